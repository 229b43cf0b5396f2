/**
 * Measures one row of our own cost in a process of its own, and prints the result as JSON. The flags of V8 make the
 * bytes exact: nothing is compiled in another thread, and a young generation that holds a whole measurement is not
 * collected during it.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { Session } from "node:inspector";
import v8 from "node:v8";
import process from "node:process";
import type { Relay } from "./relay.ts";
import { OWN_COST_ROWS, type OwnCostRow } from "./rows.ts";

/** What one row has cost. */
export interface OwnCost {
  readonly name: string;
  readonly bytes: number;
  readonly calls: number;
  /** The processor time of one unit, without a kernel, in microseconds. Depends on the machine. */
  readonly cpuUs: number;
  /** The bytes by function, or by class, the largest first; only if they were requested. */
  readonly parts: readonly (readonly [bytes: number, name: string])[];
}

/** The arguments of `deno` for this program. */
export const MEASURE_ARGS: readonly string[] = [
  "run",
  "-A",
  "--no-prompt",
  "--unstable-net",
  "--v8-flags=--single-threaded,--expose-gc,--min-semi-space-size=64,--max-semi-space-size=64",
  import.meta.filename ?? "",
];

/** The number of measurements, of which the median counts. */
const ROUNDS = 5;
/** The interval of the profiler in bytes: most allocations are seen, in proportion to their size. */
const SAMPLE_BYTES = 64;
/** The number of parts that are printed. */
const PARTS = 40;

if (import.meta.main) {
  const [name = "", detail = ""] = Deno.args;
  const row = OWN_COST_ROWS.find((one) => one.name === name);
  if (row === undefined) throw new RangeError(`Unknown row "${name}"`);
  console.log(JSON.stringify(row.counts === "kept" ? kept(row, detail !== "") : await allocated(row, detail !== "")));
  // The runtime has descriptors that no kernel knows.
  Deno.exit(0);
}

async function allocated(row: OwnCostRow, detailed: boolean): Promise<OwnCost> {
  const relay = row.open();
  relay.run(row.warmUp);
  const rounds: Pick<OwnCost, "bytes" | "calls" | "cpuUs">[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    emptyYoungGeneration();
    rounds.push(measure(relay, row.units));
  }
  const parts = detailed ? await byFunction(relay, row.units) : [];
  const median = (of: "bytes" | "calls" | "cpuUs"): number => rounds.map((one) => one[of]).sort(ascending)[2] ?? 0;
  return { name: row.name, bytes: median("bytes"), calls: median("calls"), cpuUs: median("cpuUs"), parts };
}

function measure(relay: Relay, units: number): Pick<OwnCost, "bytes" | "calls" | "cpuUs"> {
  const { kernel } = relay;
  const [calls, cpu, heap] = [kernel.callCount, process.cpuUsage(), usedHeap()];
  relay.run(units);
  const bytes = (usedHeap() - heap) / units;
  const { user, system } = process.cpuUsage(cpu);
  return { bytes, calls: (kernel.callCount - calls) / units, cpuUs: (user + system) / units };
}

function kept(row: OwnCostRow, detailed: boolean): OwnCost {
  const relay = row.open();
  relay.run(row.warmUp);
  collect();
  const before = detailed ? byClass() : new Map<string, number>();
  const heap = usedHeap();
  const { calls, cpuUs } = measure(relay, row.units);
  collect();
  const bytes = (usedHeap() - heap) / row.units;
  const parts = detailed
    ? [...byClass()].map(([name, size]) => [(size - (before.get(name) ?? 0)) / row.units, name] as const)
    : [];
  // The snapshots are part of the heap, too.
  const sum = parts.reduce((all, [size]) => all + size, 0);
  return { name: row.name, bytes: detailed ? sum : bytes, calls, cpuUs, parts: largest(parts) };
}

function exposedGc(): (options?: { type: "minor" }) => void {
  const { gc } = globalThis as { gc?: (options?: { type: "minor" }) => void };
  if (gc === undefined) throw new Error("Run this program with --v8-flags=--expose-gc");
  return gc;
}

/** A full collection would also drop the shapes of objects that are not alive, and with them the optimized code. */
function emptyYoungGeneration(): void {
  exposedGc()({ type: "minor" });
}

function collect(): void {
  for (let round = 0; round < 3; round++) exposedGc()();
}

function usedHeap(): number {
  return Deno.memoryUsage().heapUsed;
}

/** The bytes by function that allocates them. */
async function byFunction(relay: Relay, units: number): Promise<readonly (readonly [number, string])[]> {
  const session = new Session();
  session.connect();
  session.post("HeapProfiler.enable");
  session.post("HeapProfiler.startSampling", {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  relay.run(units);
  const head = await new Promise<ProfileNode>((resolve, reject) => {
    session.post("HeapProfiler.stopSampling", (error, result) => {
      if (error === null) resolve(result.profile.head);
      else reject(error);
    });
  });
  const bytes = new Map<string, number>();
  const open = [head];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { functionName, url, lineNumber } = node.callFrame;
    const name = `${functionName || "(anonymous)"} ${url.replace(/^.*\/(?=src\/|bench\/)/, "")}:${lineNumber + 1}`;
    if (node.selfSize > 0) bytes.set(name, (bytes.get(name) ?? 0) + node.selfSize / units);
    open.push(...node.children);
  }
  return largest([...bytes].map(([name, size]) => [size, name]));
}

interface ProfileNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

/** The bytes of all live objects by class. */
function byClass(): Map<string, number> {
  const file = Deno.makeTempFileSync({ prefix: "sockgraph-bench-", suffix: ".heapsnapshot" });
  try {
    v8.writeHeapSnapshot(file);
    const { snapshot: { meta }, nodes, strings } = JSON.parse(Deno.readTextFileSync(file)) as Snapshot;
    const width = meta.node_fields.length;
    const [kinds = []] = meta.node_types;
    const bytes = new Map<string, number>();
    for (let at = 0; at < nodes.length; at += width) {
      const name = `${kinds[nodes[at] ?? 0]} ${strings[nodes[at + 1] ?? 0]?.slice(0, 60)}`;
      bytes.set(name, (bytes.get(name) ?? 0) + (nodes[at + 3] ?? 0));
    }
    return bytes;
  } finally {
    Deno.removeSync(file);
  }
}

/** The part of V8's heap snapshots that is read: the first four fields of a node are kind, name, ID and own size. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly (readonly string[])[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

function largest(parts: readonly (readonly [number, string])[]): readonly (readonly [number, string])[] {
  return parts.toSorted(([one], [other]) => other - one).slice(0, PARTS).filter(([bytes]) => bytes >= 0.5);
}

function ascending(one: number, other: number): number {
  return one - other;
}
