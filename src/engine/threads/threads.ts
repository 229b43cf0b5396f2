/**
 * A graph in several threads: the first is the graph for those above, and when it fails all begin anew; each of the
 * others is started again by itself.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { Shard } from "./shard.ts";
import { ShardedPort } from "./sharded_port.ts";
import type { StandardIo } from "../../socket/standard_io.ts";
import { SupervisedPort } from "../worker/supervised_port.ts";
import { startWorkerPort, type WorkerPort } from "../worker/worker_port.ts";

/** What threads are started with. */
export interface ThreadsOptions {
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** How many. */
  readonly threads: number;
  /** The modules of node types beside the built-in ones. */
  readonly modules?: readonly string[];
  /** Standard input and output, for the first of them. */
  readonly stdio?: StandardIo | null;
  /** Starts the thread at place `part` of all. */
  readonly start?: (part: number) => Promise<WorkerPort>;
}

/**
 * Starts a graph in so many threads.
 *
 * @throws NetgraphError what starting a thread throws; then none of them is left
 */
export async function startThreads(options: ThreadsOptions): Promise<WorkerPort> {
  const { clock, threads, modules = [], stdio = null } = options;
  const startOne = (part: number): Promise<WorkerPort> =>
    startWorkerPort({ clock, modules, share: { part, of: threads }, stdio: part === 0 ? stdio : null });
  const { start = startOne } = options;
  if (threads === 1) return await start(0);
  const [first, ...others] = await startAll(threads, start);
  if (first === undefined) throw new RangeError("Cannot start a graph in no thread");
  const supervised = others.map((worker, index) => {
    return new SupervisedPort(worker, { ...options, start: () => start(index + 1) });
  });
  const shards = supervised.map((port, index) => {
    return new Shard(index + 1, { port, lost: () => port.outage !== null });
  });
  const port = new ShardedPort(first.port, shards, options);
  for (const [index, shard] of shards.entries()) {
    supervised[index]?.listen({
      lost: (error, delayMs) => port.lost(shard, error, delayMs),
      restarted: () => port.restarted(shard),
    });
  }
  const gone = first.fault.then((fault) => fault === null ? undefined : port.closeShards());
  return { port, capabilities: first.capabilities, fault: first.fault, gone };
}

async function startAll(
  threads: number,
  start: (part: number) => Promise<WorkerPort>,
): Promise<readonly WorkerPort[]> {
  const started = await Promise.allSettled(Array.from({ length: threads }, (_, part) => start(part)));
  const failed = started.find((one) => one.status === "rejected");
  const workers = started.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  if (failed === undefined) return workers;
  await Promise.allSettled(workers.map(({ port }) => port.close()));
  throw failed.reason;
}
