/**
 * Shipped topologies at work, for tests that talk to them with programs that nobody here wrote.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ApplyOutcome, WantedTopology } from "../../src/control/protocol.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { type LoadedTopology, loadTopology } from "../../src/topology/load.ts";

/** A topology at work. */
export interface World {
  readonly engine: Engine;
  /** What the topology's `getname` answered: `127.0.0.1:4711`. */
  address(node: string): Promise<string>;
  /** The port of that. */
  port(node: string): Promise<number>;
  /** Applies the topology once more, from `text` or as it is shipped, with other variables. */
  apply(options: { env?: Readonly<Record<string, string>>; text?: string }): Promise<ApplyOutcome>;
}

/** Why scenarios cannot run on this host, or null. */
export const NO_SOCKETS: string | null = (await detectRuntime()).socketRuntimes[0] === "memory"
  ? "this host has no socket runtime yet"
  : null;

/** Brings a shipped topology up, with `PORT=0` unless `env` says else. */
export async function withTopology(
  name: string,
  env: Readonly<Record<string, string>>,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const runtime = await detectRuntime();
  const [socketRuntime] = runtime.socketRuntimes;
  if (socketRuntime === undefined) throw new RangeError("This host has no socket runtime");
  const sockets = runtime.openSockets(socketRuntime);
  const types = describeBuiltinTypes(sockets.capabilities);
  const shipped = await readFile(fileURLToPath(new URL(`../../topologies/${name}.yaml`, import.meta.url)), "utf8");
  const load = (text: string, variables: Readonly<Record<string, string>>): LoadedTopology => {
    const { topologies: [topology], diagnostics } = loadTopology({
      source: { name: `${name}.yaml`, text },
      types,
      env: (variable) => ({ PORT: "0", ...variables })[variable] ?? null,
      defaultName: name,
      baseDirectory: "/",
    });
    if (topology === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    return topology;
  };
  await using engine = new Engine({ sockets, clock: runtime.clock, pid: runtime.process.pid });
  const world = makeWorld(engine, name, (options) => load(options.text ?? shipped, options.env ?? env));
  await world.apply({});
  await body(world);
}

function makeWorld(
  engine: Engine,
  name: string,
  load: (options: { env?: Readonly<Record<string, string>>; text?: string }) => LoadedTopology,
): World {
  const address = async (node: string): Promise<string> => {
    const { text } = await engine.msg({ path: `${name}/${node}:`, command: "getname", argument: null });
    return text?.replace(/^inet6?\//, "") ?? "";
  };
  return {
    engine,
    address,
    port: async (node) => Number((await address(node)).replace(/^.*:/, "")),
    async apply(options) {
      const { state } = load(options);
      const source = { kind: "file", location: `${name}.yaml`, revision: "test" } as const;
      const topologies: WantedTopology[] = [{ state, source }];
      const [outcome] = await engine.apply({ topologies, waitMs: 10_000, replace: [], rollback: true }, () => {});
      if (outcome === undefined) throw new RangeError("Apply told no outcome");
      return outcome;
    },
  };
}
