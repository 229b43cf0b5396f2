/**
 * Shipped topologies at work, for tests that talk to them with programs of other projects.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { ApplyOutcome } from "../../src/api/apply_event.ts";
import type { RequestedTopology } from "../../src/api/operations/apply.ts";
import { Engine } from "../../src/engine/engine.ts";
import { openGraph } from "../../src/engine/open_graph.ts";
import { describeTypes } from "../../src/engine/node_catalog.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { readSource } from "../../src/sources/read.ts";
import type { RuntimeName } from "../../src/socket/capability.ts";
import { type LoadedTopology, loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

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

/** Brings a shipped topology up. */
export type WithTopology = (
  name: string,
  env: Readonly<Record<string, string>>,
  body: (world: World) => Promise<void>,
) => Promise<void>;

/** What a scenario is declared with, and needs. */
export interface Scenario {
  /** With a timeout, and the programs that it talks to. */
  readonly timeoutMs?: number;
  readonly peers?: readonly { readonly skip: string | null }[];
}

/** Declares a test on every real runtime of this host, whose name is added to its own. */
export function scenario(name: string, options: Scenario, body: (withTopology: WithTopology) => Promise<void>): void {
  const missing = options.peers?.find(({ skip }) => skip !== null)?.skip ?? null;
  for (const runtime of realRuntimes) {
    const { timeoutMs } = options;
    test(`${name} (${runtime.name})`, { skip: runtime.skip ?? missing, timeoutMs }, () => {
      return body((...topology) => withTopology(runtime.name, ...topology));
    });
  }
}

/** Brings a shipped topology up, with `PORT=0` unless `env` says else. */
async function withTopology(
  socketRuntime: RuntimeName,
  ...[name, env, body]: Parameters<WithTopology>
): Promise<void> {
  const runtime = await detectRuntime();
  const types = await describeTypes(runtime, socketRuntime);
  const path = fileURLToPath(new URL(`../../topologies/${name}.yaml`, import.meta.url));
  const [source] = await readSource({ kind: "path", name: `${name}.yaml`, path }, runtime);
  const shipped = new TextDecoder().decode(source?.octets);
  const load = (text: string, variables: Readonly<Record<string, string>>): LoadedTopology => {
    const { topologies: [topology], diagnostics } = loadTopology({
      source: { name: `${name}.yaml`, text },
      types,
      env: (variable) => ({ PORT: "0", ...variables })[variable] ?? null,
      ...(source?.included === undefined ? {} : { included: source.included }),
      defaultName: name,
      baseDirectory: "/",
    });
    if (topology === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    return topology;
  };
  await using engine = new Engine({
    graph: await openGraph(runtime, socketRuntime),
    clock: runtime.clock,
    pid: runtime.process.pid,
  });
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
      const topologies: RequestedTopology[] = [{ state, source }];
      const [outcome] = await engine.apply({ topologies, waitMs: 10_000, replace: [], rollback: true }, () => {});
      if (outcome === undefined) throw new RangeError("Apply emitted no outcome");
      return outcome;
    },
  };
}
