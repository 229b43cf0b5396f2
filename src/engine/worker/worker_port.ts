/**
 * A graph in a separate thread, for the engine: a GraphPort.
 *
 * The thread is requested to stop and awaited: over `posix` its descriptors belong to the process and would stay open.
 * If it fails, every waiting call fails with it; another one can be started.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { type Channel, type FromGraph, remotePort, type ToGraph } from "../../graph/port/port_message.ts";
import { type Share, WHOLE } from "../../graph/data/share.ts";
import { lookupName } from "../../runtimes/host/node_lookup.ts";
import type { Waker } from "../../runtimes/posix/wake.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { StandardIo } from "../../socket/standard_io.ts";
import { NodeFileStreams } from "../../runtimes/host/node_file_streams.ts";
import { FileServer } from "./file_channel.ts";
import { StdioServer } from "./stdio_channel.ts";
import { THREAD_KINDS, type ThreadedRuntime } from "./thread_kind.ts";
import type { FromWorker, LookupRequest, ToWorker } from "./worker_message.ts";

/** A graph in a separate thread. */
export interface WorkerPort {
  /** The port of the graph. Its `close` ends the thread too. */
  readonly port: GraphPort;
  readonly capabilities: Capabilities;
  /** Resolves when the thread has ended: with its error, or with null after `close`. */
  readonly fault: Promise<NetgraphError | null>;
  /** Resolves when, after a failure, all of its resources are released; absent if that is immediate. */
  readonly released?: Promise<void>;
}

/** The time limit of stopping the thread, in milliseconds. */
const STOP_MS = 2_000;

/** The options of a thread. */
export interface WorkerOptions {
  /** The runtime of its sockets. */
  readonly runtime: ThreadedRuntime;
  /** The clock of this thread. */
  readonly clock: Clock;
  /** Its index among several graphs that act as one. */
  readonly share?: Share;
  /** The modules of node types beside the built-in ones. */
  readonly modules?: readonly string[];
  /** Standard input and output, if it may have them. */
  readonly stdio?: StandardIo | null;
  /** The keys of TLS tickets that it has in common with other threads. */
  readonly ticketKeys?: Uint8Array<ArrayBuffer> | null;
  /** A thread of this runtime that already runs and has received no message yet. */
  readonly worker?: Worker | null;
}

/**
 * Starts a thread and creates a graph in it.
 *
 * @throws NetgraphError ENOSYS if there is no such runtime, ENOTCAPABLE without the permission for FFI; the errors of
 * loading a module
 */
export async function startWorkerPort(options: WorkerOptions): Promise<WorkerPort> {
  const { capabilities, openWaker } = THREAD_KINDS[options.runtime];
  const thread = new Thread(options, await openWaker?.() ?? null);
  // If messages wait for the graph automatically, only a module of node types must be awaited.
  if (openWaker !== null || (options.modules ?? []).length > 0) await thread.ready;
  const remote = remotePort(thread);
  return {
    capabilities,
    fault: thread.ended,
    port: {
      ...remote,
      async close(): Promise<void> {
        try {
          await remote.close();
        } finally {
          await thread.stop();
        }
      },
    },
  };
}

/** This side of the graph's thread, and its channel. */
class Thread implements Channel<ToGraph, FromGraph> {
  readonly #clock: Clock;
  readonly #waker: Waker | null;
  readonly #stdio: StdioServer | null;
  readonly #files: FileServer;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<NetgraphError | null>();
  #wakeFd: number | null = null;
  #over: NetgraphError | null = null;
  #take: ((message: FromGraph) => void) | null = null;
  #failed: ((error: unknown) => void) | null = null;

  constructor(
    { clock, runtime, share = WHOLE, modules = [], stdio = null, worker = null, ticketKeys = null }: WorkerOptions,
    waker: Waker | null,
  ) {
    this.#clock = clock;
    this.#waker = waker;
    this.#stdio = stdio === null ? null : new StdioServer(stdio, (event) => {
      if (this.#over === null) this.#send({ kind: "stdio", event });
    });
    this.#files = new FileServer(new NodeFileStreams(clock), (event) => {
      if (this.#over === null) this.#send({ kind: "file", event });
    });
    this.#worker = worker ?? THREAD_KINDS[runtime].start();
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onmessageerror = () => this.#end(new NetgraphError("EIO", "Graph's thread sent what cannot be read"));
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new NetgraphError("EIO", `Graph's thread has failed: ${event.message}`));
    };
    const begin: ToWorker = { kind: "begin", beginning: { share, modules, stdio: stdio !== null, ticketKeys } };
    this.#worker.postMessage(begin);
  }

  /** Resolves when the graph exists. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the thread has ended. */
  get ended(): Promise<NetgraphError | null> {
    return this.#ended.promise;
  }

  post(message: ToGraph): void {
    this.#send({ kind: "call", message });
  }

  listen(take: (message: FromGraph) => void, failed: (error: unknown) => void): void {
    this.#take = take;
    this.#failed = failed;
  }

  /** Nothing: the thread ends by `stop`. */
  close(): void {}

  /**
   * Stops the thread and waits for its end; an ended one is not awaited.
   *
   * @throws NetgraphError ETIMEDOUT if it does not stop
   */
  async stop(): Promise<void> {
    if (this.#over === null) this.#send({ kind: "stop" });
    const late = Promise.withResolvers<"late">();
    const timer = this.#clock.after(STOP_MS, () => late.resolve("late"));
    const outcome = await Promise.race([this.#ended.promise, late.promise]);
    timer.cancel();
    if (outcome !== "late") return;
    this.#end(new NetgraphError("ETIMEDOUT", `Graph's thread did not stop within ${STOP_MS / 1000} s`));
    throw this.#over;
  }

  #send(message: ToWorker): void {
    if (this.#over !== null) throw this.#over;
    // The counter follows the message, so that the woken thread knows that it follows; a message that cannot be cloned
    // throws.
    this.#worker.postMessage(message);
    if (this.#wakeFd !== null) this.#waker?.wake(this.#wakeFd);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#wakeFd = message.wakeFd;
        return this.#ready.resolve();
      case "messages":
        for (const one of message.messages) this.#take?.(one);
        return;
      case "file":
        return this.#files.perform(message.request);
      case "stdio":
        return this.#stdio?.perform(message.act);
      case "lookup":
        void this.#lookUp(message.id, message.desired);
        return;
      case "stopped":
        return this.#end(null);
      case "fault":
        return this.#end(NetgraphError.from(message.error));
      default:
        message satisfies never;
    }
  }

  async #lookUp(id: number, desired: LookupRequest): Promise<void> {
    const answer = await lookup(id, desired);
    if (this.#over === null) this.#send(answer);
  }

  /** The thread has closed what it had, or cannot do so. */
  #end(fault: NetgraphError | null): void {
    if (this.#over !== null) return;
    const over = fault ?? new NetgraphError("ECANCELED", "Graph's thread has ended");
    this.#over = over;
    this.#worker.terminate();
    this.#stdio?.close();
    this.#files.close();
    this.#waker?.close();
    this.#ready.reject(over);
    this.#ready.promise.catch(() => {}); // It is not awaited any more once it was ready.
    this.#failed?.(over);
    this.#ended.resolve(fault);
  }
}

async function lookup(id: number, desired: LookupRequest): Promise<ToWorker> {
  try {
    return { kind: "found", id, addresses: await lookupName(desired) };
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    return { kind: "not-found", id, error: error.toData() };
  }
}
