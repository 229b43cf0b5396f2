/**
 * An engine's graph in memory and a client of its control API, without a socket between them.
 *
 * @module
 */

import { engineServices } from "../../../../src/engine/services/services.ts";
import { ControlClient } from "../../../../src/api/client.ts";
import { controlHandler } from "../../../../src/api/server.ts";
import { Engine } from "../../../../src/engine/engine.ts";
import { graphHere, type PlacedGraph } from "../../../../src/engine/open_graph.ts";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { MemoryNetwork } from "../../../../src/runtimes/memory/network.ts";

const VERSION = "1.2.3";

/** Where sessions can be had. */
export interface SessionWorld extends AsyncDisposable {
  readonly client: ControlClient;
  readonly graph: PlacedGraph;
}

/** How a world is made. */
export interface WorldOptions {
  /** True: over the host's own sockets, which it must have. */
  readonly real?: boolean;
}

/** Opens one. */
export async function openWorld({ real = false }: WorldOptions = {}): Promise<SessionWorld> {
  const { clock, socketRuntimes: [name = "memory"], openSockets } = await detectRuntime();
  const sockets = real ? await openSockets(name) : new MemoryNetwork({ time: clock }).openSockets();
  const graph = graphHere(sockets, clock);
  const engine = new Engine({ graph, clock, pid: 1 });
  const bugs: unknown[] = [];
  const handler = controlHandler({
    services: engineServices(engine, { port: graph.port }),
    version: VERSION,
    onBug: (error) => bugs.push(error),
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
