/**
 * `deno task bench:plan`: how long large topologies take to read, apply and plan, on the memory runtime, and how long
 * the data plane would wait for it.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { parseArgs } from "node:util";
import { sleep } from "../src/clock.ts";
import type { ApplyRequest } from "../src/api/operations/apply.ts";
import { Engine } from "../src/engine/engine.ts";
import { describeBuiltinTypes } from "../src/nodes/builtin.ts";
import { systemClock } from "../src/runtimes/host/clock_system.ts";
import { MEMORY_CAPABILITIES } from "../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../src/runtimes/memory/network.ts";
import { loadTopology } from "../src/topology/load/load.ts";
import { formatTable } from "./report.ts";
import { type Timed, timed } from "./stall.ts";
import { summarize } from "./statistics.ts";

const SIZES = [100, 1_000, 10_000] as const;
const ROUNDS = 5;
const FIRST_PORT = 10_000;

/** One kind of work on one size: a figure for each round. */
interface Figure {
  readonly nodes: number;
  readonly work: string;
  readonly ms: number[];
  readonly stallMs: number[];
  readonly workMs: number[];
}

if (import.meta.main) await main(Deno.args);

async function main(args: readonly string[]): Promise<void> {
  const options = { quick: { type: "boolean", default: false }, output: { type: "string", short: "o" } } as const;
  const { quick, output } = parseArgs({ args: [...args], options }).values;
  const figures: Figure[] = [];
  for (const nodes of SIZES) figures.push(...await measure(nodes, quick ? 1 : ROUNDS));
  if (output === "json") return console.log(JSON.stringify(figures, null, 2));
  console.log([`Large topologies on the memory runtime; ms, medians`, ...formatFigures(figures)].join("\n"));
}

async function measure(nodes: number, rounds: number): Promise<readonly Figure[]> {
  const figures = new Map<string, Figure>();
  const note = <T>(work: string, { ms, stallMs, workMs, value }: Timed<T>): T => {
    const figure = figures.get(work) ?? { nodes, work, ms: [], stallMs: [], workMs: [] };
    figures.set(work, figure);
    figure.ms.push(ms);
    figure.stallMs.push(stallMs);
    figure.workMs.push(workMs);
    return value;
  };
  for (let round = 0; round < rounds; round++) {
    await using engine = openEngine();
    const same = note("read the file", await timed(() => desired(textOf(nodes, FIRST_PORT))));
    const other = desired(textOf(nodes, FIRST_PORT + nodes));
    note("apply, all new", await timed(() => apply(engine, same)));
    note("plan, nothing changed", await timed(() => plan(engine, same, 0)));
    note("plan, one node changed", await timed(() => plan(engine, other, 1)));
    note("apply, one node changed", await timed(() => apply(engine, other)));
    note("down", await timed(() => engine.down({ names: ["large"] })));
  }
  return [...figures.values()];
}

function openEngine(): Engine {
  return new Engine({
    sockets: new MemoryNetwork({ time: systemClock }).openSockets(),
    clock: systemClock,
    pid: Deno.pid,
    yieldToLoop: () => sleep(systemClock, 0),
  });
}

async function apply(engine: Engine, topologies: ApplyRequest["topologies"]): Promise<void> {
  const request = { topologies, replace: [], rollback: true, waitMs: 0 };
  const [outcome] = await engine.apply(request, () => {});
  if (outcome?.result !== "applied") throw new Error(`The topology was not applied: ${JSON.stringify(outcome)}`);
}

/** Plans; as many nodes must be new or recreated as were changed. */
async function plan(engine: Engine, topologies: ApplyRequest["topologies"], changed: number): Promise<void> {
  const [result] = await engine.plan({ topologies, replace: [] });
  const steps = result?.plan.steps.length ?? 0;
  if ((steps > 0) !== (changed > 0)) throw new Error(`The plan has ${steps} steps for ${changed} changed nodes`);
}

/** Half of the nodes are sockets, the others discard data; the first socket has the port `first`. */
function textOf(nodes: number, first: number): string {
  const numbers = Array.from({ length: nodes / 2 }, (_, number) => number);
  const made = numbers.map((number) => {
    const port = number === 0 ? first : FIRST_PORT + number;
    return `  in-${number}: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:${port}"] }
  out-${number}: { type: hole }`;
  });
  const links = numbers.map((number) => `  - [in-${number}, out-${number}]`);
  return `name: large\nnodes:\n${made.join("\n")}\nlinks:\n${links.join("\n")}\n`;
}

function desired(text: string): ApplyRequest["topologies"] {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "large.yaml", text },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(`The topology does not load: ${error.message}`);
  return topologies.map(({ state }) => ({ state, source: { kind: "file", location: "/large.yaml", revision: null } }));
}

function formatFigures(figures: readonly Figure[]): readonly string[] {
  const lines = figures.map(({ nodes, work, ms, stallMs, workMs }) => {
    const { median, min, max } = summarize(ms);
    const stall = summarize(stallMs).max;
    const atWork = Math.max(...workMs);
    return [`${nodes} nodes: ${work}`, ...[median, min, max, stall, atWork].map((value) => value.toFixed(1))];
  });
  return formatTable([["", "median", "min", "max", "longest stall", "at work in it"], ...lines]);
}
