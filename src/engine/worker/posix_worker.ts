/**
 * The thread of a graph over runtime `posix`: it blocks in epoll, and runs its host's loop only if there is a reason.
 *
 * The engine's thread posts a message and then adds one to the wake counter; so this thread knows the number of pending
 * messages, and runs the host's loop until they have arrived. While a call is in progress, each batch is followed by a
 * turn too, because its answer may depend on a promise. Outgoing messages are collected and posted once per batch.
 *
 * Descriptors belong to the process and outlive a thread: in all cases this one closes them before it ends.
 *
 * @module
 */

import { sleep } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { Graph } from "../../graph/core/graph.ts";
import { localPort } from "../../graph/port/port_local.ts";
import { type Channel, type FromGraph, servePort, type ToGraph, transferred } from "../../graph/port/port_message.ts";
import { builtinTypes } from "../../nodes/builtin.ts";
import { sessionEnd } from "../../nodes/session_end.ts";
import { openPosixSockets, type PosixSockets, type Resolver } from "../../runtimes/posix/sockets.ts";
import { hostTurn } from "../../runtimes/posix/turn.ts";
import { setTicketKeys } from "../../runtimes/tls/ticket_keys.ts";
import { ChangedEvents } from "./changed_events.ts";
import { RemoteFiles } from "./file_channel.ts";
import { loadTypeModules, withExtraTypes } from "./node_modules.ts";
import { RemoteStdio } from "./stdio_channel.ts";
import type { FromWorker, ToWorker, WorkerBeginning } from "./worker_message.ts";

/** Lookups of host names by the engine's thread for this one. */
class Lookups {
  readonly #waiting = new Map<number, Parameters<Resolver>[1]>();
  #lastId = 0;

  readonly ask: Resolver = (desired, done) => {
    const id = ++this.#lastId;
    this.#waiting.set(id, done);
    emit({ kind: "lookup", id, desired });
  };

  answer(id: number, result: Parameters<Parameters<Resolver>[1]>[0]): void {
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}

/** The graph's end of the channel, and the loop that serves it. */
class GraphThread implements Channel<FromGraph, ToGraph> {
  readonly #sockets: PosixSockets;
  readonly #lookups: Lookups;
  readonly #files: RemoteFiles;
  readonly stdio: RemoteStdio = new RemoteStdio((act) => emit({ kind: "stdio", act }));
  readonly #changed: ChangedEvents;
  #take: ((message: ToGraph) => void) | null = null;
  #outbox: FromGraph[] = [];
  #received = 0;
  #expected = 0;
  #calls = 0;
  #stopping = false;

  constructor(sockets: PosixSockets, { lookups, files }: { lookups: Lookups; files: RemoteFiles }) {
    this.#files = files;
    this.#sockets = sockets;
    this.#lookups = lookups;
    this.#changed = new ChangedEvents(sockets.clock, (message) => this.#outbox.push(message));
  }

  post(message: FromGraph): void {
    if (message.kind === "answer" || message.kind === "failure") this.#calls--;
    if (!this.#changed.take(message)) this.#outbox.push(message);
  }

  listen(take: (message: ToGraph) => void): void {
    this.#take = take;
  }

  close(): void {
    this.#take = null;
  }

  /** Receives a message from the engine's thread. */
  receive(message: ToWorker): void {
    this.#received++;
    switch (message.kind) {
      case "begin":
        throw new RangeError("The graph's thread has begun already");
      case "call":
        this.#calls++;
        this.#take?.(message.message);
        return;
      case "file":
        return this.#files.take(message.event);
      case "stdio":
        return this.stdio.take(message.event);
      case "found":
        return this.#lookups.answer(message.id, message.addresses);
      case "not-found":
        return this.#lookups.answer(message.id, NetgraphError.from(message.error));
      case "stop":
        this.#stopping = true;
        return;
      default:
        message satisfies never;
    }
  }

  /** Serves until it receives `stop`. */
  async run(): Promise<void> {
    const counter = this.#sockets.wakeCounter((times) => {
      this.#expected += times;
    });
    emit({ kind: "ready", wakeFd: counter.fd });
    while (!this.#stopping) {
      this.#sockets.poll(-1);
      if (this.#calls > 0 || this.#received < this.#expected) await this.#turn();
      if (this.#outbox.length > 0) this.#flush();
    }
  }

  /** Runs the host's loop until all announced messages have arrived, and immediate answers are ready. */
  async #turn(): Promise<void> {
    const before = this.#received;
    do await hostTurn(); while (this.#received < this.#expected);
    if (this.#received > before) await hostTurn();
  }

  #flush(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    emit({ kind: "messages", messages });
  }
}

async function serve(): Promise<void> {
  const beginning = firstMessage(); // It may arrive at any time from now on.
  const lookups = new Lookups();
  const files = new RemoteFiles((request) => emit({ kind: "file", request }));
  const sockets = await openPosixSockets(lookups.ask, files);
  try {
    const thread = new GraphThread(sockets, { lookups, files });
    const { share, modules, stdio, ticketKeys } = await beginning;
    if (ticketKeys !== null) setTicketKeys(ticketKeys);
    const types = withExtraTypes(builtinTypes(sockets, stdio ? thread.stdio : null), await loadTypeModules(modules));
    const graph = new Graph({ types, clock: sockets.clock, share });
    const parts = { sessionEnd, release: () => sockets.close(), yieldToLoop: () => sleep(sockets.clock, 0) };
    servePort(localPort(graph, parts), thread);
    self.onmessage = ({ data }: MessageEvent<ToWorker>) => thread.receive(data);
    await thread.run();
  } finally {
    sockets.destroy();
  }
}

/** The first message. The engine's thread sends nothing else before the graph exists. */
function firstMessage(): Promise<WorkerBeginning> {
  return new Promise((resolve) => {
    self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
      if (data.kind === "begin") resolve(data.beginning);
    };
  });
}

function emit(message: FromWorker): void {
  self.postMessage(message, { transfer: message.kind === "messages" ? transferred(message.messages) : [] });
}

try {
  await serve();
  emit({ kind: "stopped" });
} catch (error) {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  const fault = error instanceof NetgraphError ? error : new NetgraphError("EIO", `Graph's thread has failed: ${text}`);
  emit({ kind: "fault", error: fault.toData() });
}
