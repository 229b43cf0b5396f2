/**
 * An engine's graph in memory and a client of its control API, without a socket between them.
 *
 * @module
 */

import { ControlClient } from "../../../src/control/client.ts";
import { controlHandler } from "../../../src/control/handler.ts";
import { Engine } from "../../../src/engine/engine.ts";
import { graphHere, type PlacedGraph } from "../../../src/engine/graph_place.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory_network.ts";

const VERSION = "1.2.3";

/** Where sessions can be had. */
export interface SessionWorld extends AsyncDisposable {
  readonly client: ControlClient;
  readonly graph: PlacedGraph;
}

/** Opens one; without `sessions` the graph is as one in another thread. */
export async function openWorld(options: { sessions: boolean } = { sessions: true }): Promise<SessionWorld> {
  const { clock } = await detectRuntime();
  const graph = graphHere(new MemoryNetwork({ time: clock }).openSockets(), clock);
  const engine = new Engine({ graph, clock, pid: 1 });
  const bugs: unknown[] = [];
  const handler = controlHandler({
    face: engine,
    version: VERSION,
    onBug: (error) => bugs.push(error),
    ...(options.sessions && graph.sessions !== undefined ? { sessions: graph.sessions } : {}),
  });
  const client = new ControlClient(
    ({ target, ...init }) => handler(new Request(`http://control${target}`, init)),
    { version: VERSION },
  );
  return {
    client,
    graph,
    async [Symbol.asyncDispose](): Promise<void> {
      await engine[Symbol.asyncDispose]();
      if (bugs.length > 0) throw bugs[0];
    },
  };
}
