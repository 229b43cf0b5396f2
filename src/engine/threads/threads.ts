/**
 * A graph in several threads: the first is the graph for higher layers, and when it fails all restart; each of the
 * others is restarted separately.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { newTicketKeys } from "../../runtimes/tls/ticket_keys.ts";
import type { StandardIo } from "../../socket/standard_io.ts";
import { SupervisedPort } from "../worker/supervised_port.ts";
import type { ThreadedRuntime } from "../worker/thread_kind.ts";
import { startWorkerPort, type WorkerPort } from "../worker/worker_port.ts";

/** The options of threads. */
export interface ThreadsOptions {
  /** The runtime of their sockets. */
  readonly runtime: ThreadedRuntime;
  readonly clock: Clock;
  /** A random number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** The number of threads. */
  readonly threads: number;
  /** The modules of node types beside the built-in ones. */
  readonly modules?: readonly string[];
  /** The keys of TLS tickets that they have in common. */
  readonly ticketKeys?: Uint8Array<ArrayBuffer>;
  /** Standard input and output, for the first of them. */
  readonly stdio?: StandardIo | null;
  /** A thread that already runs and can become the first of them; null if there is none. */
  readonly worker?: () => Worker | null;
  /** Starts thread `part`. */
  readonly start?: (part: number) => Promise<WorkerPort>;
}

/**
 * Starts a graph in several threads.
 *
 * @throws NetgraphError the error of starting a thread; then none of them runs
 */
export async function startThreads(options: ThreadsOptions): Promise<WorkerPort> {
  const { clock, runtime, threads, modules = [], stdio = null, ticketKeys = newTicketKeys() } = options;
  const startOne = (part: number): Promise<WorkerPort> => {
    const first = part === 0 ? { stdio, worker: options.worker?.() ?? null } : {};
    return startWorkerPort({ clock, runtime, modules, ticketKeys, share: { part, of: threads }, ...first });
  };
  const { start = startOne } = options;
  if (threads === 1) return await start(0);
  const [first, ...others] = await startAll(threads, start);
  if (first === undefined) throw new RangeError("Cannot start a graph in no thread");
  const supervised = others.map((worker, index) => {
    return new SupervisedPort(worker, { ...options, start: () => start(index + 1) });
  });
  const { Shard } = await import("./shard.ts");
  const { ShardedPort } = await import("./sharded_port.ts");
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
  const released = first.fault.then((fault) => fault === null ? undefined : port.closeShards());
  return { port, capabilities: first.capabilities, fault: first.fault, released };
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
