/**
 * `deno task bench:worker`: the mutual cost of the engine's work and its connections: the response time of `status`
 * under four streams, the delay of an echo while 10,000 nodes are planned, the time of a start, and the processor time
 * of the streams.
 *
 * With `--against FOLDER`, another checkout is measured alternately with this one.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ControlClient } from "../src/api/client.ts";
import { APPLY, type ApplyRequest } from "../src/api/operations/apply.ts";
import { STATUS } from "../src/api/operations/status.ts";
import { describeBuiltinTypes } from "../src/nodes/builtin.ts";
import { detectRuntime } from "../src/runtimes/detect.ts";
import { MEMORY_CAPABILITIES } from "../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../src/topology/load/load.ts";
import { VERSION } from "../src/version.ts";
import { type Child, Children } from "./children.ts";
import { cpuSeconds } from "./cpu.ts";
import { freePort, untilBound } from "./ports.ts";
import { formatTable } from "./report.ts";
import { summarize } from "./statistics.ts";

const RUNTIMES = ["deno", "bun", "posix"] as const;
type Name = (typeof RUNTIMES)[number];

const STREAMS = 4;
const PLANNED_NODES = 10_000;
const PLANS = 5;
/** The pause between two requests, in milliseconds. */
const PAUSE_MS = 5;
const LOAD = fileURLToPath(new URL("stream_load.ts", import.meta.url));

/** Figures of one kind, by the checkout and the runtime. */
type Figures = Map<string, number[]>;

/** A running engine. */
interface Subject {
  readonly child: Child;
  readonly port: number;
  readonly client: ControlClient;
  /** Milliseconds from its start to the first connection. */
  readonly startMs: number;
}

interface Surroundings {
  readonly children: Children;
  readonly folder: string;
  readonly seconds: number;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      against: { type: "string" },
      only: { type: "string", default: RUNTIMES.join(",") },
      what: { type: "string", default: Object.keys(WORK).join(",") },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "3" },
    },
  });
  const root = fileURLToPath(new URL("../", import.meta.url));
  const checkouts = values.against === undefined ? [root] : [root, values.against];
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-bench-" });
  const figures = new Map<string, Figures>();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  const children = cleanup.use(new Children());
  for (const what of values.what.split(",")) {
    const work = WORK[what];
    if (work === undefined) throw new RangeError(`Cannot measure "${what}"`);
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const name of RUNTIMES.filter((one) => values.only.split(",").includes(one))) {
        for (const [index, checkout] of checkouts.entries()) {
          const place = await Deno.makeTempDir({ dir: folder });
          const measured = await work(
            (target) => start({ checkout, name, target }, { children, folder: place }),
            { children, folder: place, seconds: Number(values.seconds) },
          );
          for (const [figure, value] of Object.entries(measured)) {
            const row = figures.get(`${what}: ${figure}`) ?? new Map();
            figures.set(`${what}: ${figure}`, row);
            const key = `${name} ${index === 0 ? "now" : "before"}`;
            row.set(key, [...row.get(key) ?? [], value]);
          }
        }
      }
    }
  }
  console.log(format(figures).join("\n"));
}

type Start = (target: number | null) => Promise<Subject>;
type Work = (start: Start, surroundings: Surroundings) => Promise<Readonly<Record<string, number>>>;

/** What can be measured. */
const WORK: Readonly<Record<string, Work>> = {
  async start(start) {
    const { child, startMs } = await start(null);
    await child.stop();
    return { "ms to the first connection": startMs };
  },

  async status(start, { children, seconds }) {
    const target = freePort("tcp");
    const sink = children.start([Deno.execPath(), "run", "--allow-net", LOAD, "sink", String(target)]);
    await untilBound("tcp", target, sink);
    const { child, port, client } = await start(target);
    const load = { over: false };
    const before = await cpuSeconds(child.pid);
    const command = [Deno.execPath(), "run", "--allow-net", LOAD, "pour", `${port}`, `${STREAMS}`, `${seconds}`];
    const loading = children.run(command).finally(() => load.over = true);
    await after(500);
    const times: number[] = [];
    while (!load.over) {
      const begin = performance.now();
      await client.status();
      times.push(performance.now() - begin);
      await after(PAUSE_MS);
    }
    const gibibytes = Number(await loading) / 2 ** 30;
    const cpu = await cpuSeconds(child.pid) - before;
    await child.stop();
    await sink.stop();
    return {
      "ms, median": at(times, 0.5),
      "ms, 95 of 100 within": at(times, 0.95),
      "ms, longest": at(times, 1),
      "GiB/s": gibibytes / seconds,
      "CPU ms/GiB (status included)": cpu * 1000 / gibibytes,
    };
  },

  async streams(start, { children, seconds }) {
    const target = freePort("tcp");
    const sink = children.start([Deno.execPath(), "run", "--allow-net", LOAD, "sink", String(target)]);
    await untilBound("tcp", target, sink);
    const { child, port } = await start(target);
    await after(500);
    const before = await cpuSeconds(child.pid);
    const command = [Deno.execPath(), "run", "--allow-net", LOAD, "pour", `${port}`, `${STREAMS}`, `${seconds}`];
    const gibibytes = Number(await children.run(command)) / 2 ** 30;
    const cpu = await cpuSeconds(child.pid) - before;
    await child.stop();
    await sink.stop();
    return { "GiB/s": gibibytes / seconds, "CPU ms/GiB": cpu * 1000 / gibibytes };
  },

  async plan(start) {
    const { child, port, client } = await start(null);
    const echo = new EchoClient(port);
    await after(500);
    await echo.times();
    await after(2_000);
    const quiet = await echo.times();
    const topologies = largeTopology();
    let planning: number[] = [];
    let ms = 0;
    for (let plan = 0; plan < PLANS; plan++) {
      const begin = performance.now();
      await client.ask(APPLY.plan, { topologies, replace: [] });
      ms += performance.now() - begin;
      planning = [...planning, ...await echo.times()];
    }
    await echo[Symbol.asyncDispose]();
    await child.stop();
    return {
      "echo ms, longest while idle": at(quiet, 1),
      "echo ms, longest while planning": at(planning, 1),
      "echo ms, 999 of 1000 while planning": at(planning, 0.999),
      "ms for a plan": ms / PLANS,
    };
  },
};

/** A process that asks for an echo again and again. */
class EchoClient implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;

  constructor(port: number) {
    const args = ["run", "--allow-net", LOAD, "echo", String(port)];
    this.#process = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** How long each echo took since the last look. */
  async times(): Promise<readonly number[]> {
    await this.#input.write(new TextEncoder().encode("\n"));
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error("The echo client has ended");
      text += value;
    }
    return text.trim().split("\n").flatMap((line): readonly number[] => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#process.status;
  }
}

/** Starts an engine with a front that leads to `target`, or echoes where there is none. */
async function start(
  { checkout, name, target }: { readonly checkout: string; readonly name: Name; readonly target: number | null },
  { children, folder }: { readonly children: Children; readonly folder: string },
): Promise<Subject> {
  const port = freePort("tcp");
  const [file, path] = [`${folder}/bench.yaml`, `${folder}/control.sock`];
  const accept = target === null ? "{ peer: echo }" : `{ connect: "inet/127.0.0.1:${target}" }`;
  await Deno.writeTextFile(
    file,
    `name: bench
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:${port}", listen: 128, accept: ${accept}]
${target === null ? "  echo: { type: echo }\n" : ""}`,
  );
  const begin = performance.now();
  const child = children.start([...commandOf(checkout, name), "--control", path, file], { cwd: checkout });
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      const why = child.ended();
      if (why !== null) throw new Error(why);
      await after(2);
    }
  }
  const startMs = performance.now() - begin;
  const { control } = await detectRuntime();
  const client = new ControlClient((request) => control.fetch(path, request), { version: VERSION });
  await client.ask(STATUS.wait, { names: ["bench"], timeoutMs: 10_000 });
  return { child, port, client, startMs };
}

function commandOf(checkout: string, name: Name): readonly string[] {
  if (name === "bun") return ["bun", "src/cli/main.ts", "apply"];
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`));
  const { command }: { readonly command: string } = tasks[name === "posix" ? "apply-posix" : "apply"];
  const [, , ...args] = command.split(/\s+/); // Without the variable and the program.
  return [Deno.execPath(), ...args];
}

function largeTopology(): ApplyRequest["topologies"] {
  const numbers = Array.from({ length: PLANNED_NODES / 2 }, (_, number) => number);
  const made = numbers.map((number) => {
    return `  in-${number}: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:${
      10_000 + number
    }"] }
  out-${number}: { type: hole }`;
  });
  const links = numbers.map((number) => `  - [in-${number}, out-${number}]`);
  const { topologies } = loadTopology({
    source: { name: "large.yaml", text: `name: large\nnodes:\n${made.join("\n")}\nlinks:\n${links.join("\n")}\n` },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  return topologies.map(({ state }) => ({ state, source: { kind: "file", location: "/large.yaml", revision: null } }));
}

function at(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

function format(figures: ReadonlyMap<string, Figures>): readonly string[] {
  const rows = [...figures].flatMap(([figure, row]) =>
    [...row].map(([key, values]) => {
      const { median, min, max } = summarize(values);
      const before = row.get(key.replace(" now", " before")) ?? values;
      const ratio = summarize(values.map((value, round) => value / (before[round] ?? NaN))).median;
      return [
        `${figure}`,
        key,
        ...[median, min, max].map((value) => value.toFixed(value < 10 ? 2 : 0)),
        ratio.toFixed(2),
      ];
    })
  );
  return formatTable([["", "", "median", "min", "max", "of before, by pairs"], ...rows]);
}

if (import.meta.main) await main(Deno.args);
