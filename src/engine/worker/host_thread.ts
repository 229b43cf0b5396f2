/**
 * The graph's side of a thread over the sockets of Deno or Bun: the host's own loop serves it.
 *
 * Messages that come before the graph exists wait for it, because a module of node types takes a while to load.
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
import { systemClock } from "../../runtimes/host/clock_system.ts";
import { setTicketKeys } from "../../runtimes/tls/ticket_keys.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { ChangedEvents } from "./changed_events.ts";
import { loadTypeModules, withExtraTypes } from "./node_modules.ts";
import { RemoteStdio } from "./stdio_channel.ts";
import type { FromWorker, ToWorker, WorkerBeginning } from "./worker_message.ts";

/** Serves a graph over `sockets` to the thread that has started this one. */
export function serveGraph(sockets: SocketRuntime): void {
  const thread = new HostThread(sockets);
  self.onmessage = ({ data }: MessageEvent<ToWorker>) => thread.receive(data);
}

class HostThread implements Channel<FromGraph, ToGraph> {
  readonly #sockets: SocketRuntime;
  readonly #stdio = new RemoteStdio((act) => emit({ kind: "stdio", act }));
  readonly #changed = new ChangedEvents(systemClock, (message) => emit({ kind: "messages", messages: [message] }));
  readonly #early: ToGraph[] = [];
  #take: ((message: ToGraph) => void) | null = null;

  constructor(sockets: SocketRuntime) {
    this.#sockets = sockets;
  }

  post(message: FromGraph): void {
    if (!this.#changed.take(message)) emit({ kind: "messages", messages: [message] });
  }

  listen(take: (message: ToGraph) => void): void {
    this.#take = take;
    for (const message of this.#early.splice(0)) take(message);
  }

  close(): void {
    this.#take = null;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "begin":
        this.#begin(message.beginning).catch(emitFault);
        return;
      case "call":
        if (this.#take === null) this.#early.push(message.message);
        else this.#take(message.message);
        return;
      case "stdio":
        return this.#stdio.take(message.event);
      case "stop":
        return emit({ kind: "stopped" });
      case "file":
      case "found":
      case "not-found":
        throw new RangeError("This thread looks up host names and opens files itself");
      default:
        message satisfies never;
    }
  }

  async #begin({ share, modules, stdio, ticketKeys }: WorkerBeginning): Promise<void> {
    if (ticketKeys !== null) setTicketKeys(ticketKeys);
    const sockets = this.#sockets;
    const types = withExtraTypes(builtinTypes(sockets, stdio ? this.#stdio : null), await loadTypeModules(modules));
    const graph = new Graph({ types, clock: systemClock, share });
    const parts = { sessionEnd, release: () => sockets.close(), yieldToLoop: () => sleep(systemClock, 0) };
    servePort(localPort(graph, parts), this);
    emit({ kind: "ready", wakeFd: null });
  }
}

function emit(message: FromWorker): void {
  self.postMessage(message, { transfer: message.kind === "messages" ? transferred(message.messages) : [] });
}

function emitFault(error: unknown): void {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  const fault = error instanceof NetgraphError ? error : new NetgraphError("EIO", `Graph's thread has failed: ${text}`);
  emit({ kind: "fault", error: fault.toData() });
}
