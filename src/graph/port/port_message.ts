/**
 * The port of a graph in another thread: calls and answers over a channel, in order.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { ConnectionRecording } from "../data/connection_record.ts";
import type { CountsSnapshot } from "../data/counts.ts";
import type { TapAct } from "../data/tap.ts";
import type { ConnectionsEnded, GraphEvent } from "../data/event.ts";
import type { Reply } from "../core/message.ts";
import type { GraphPort, SendOptions } from "./port.ts";
import type { Session, SessionListener } from "../session/session.ts";
import { RemoteSessionEnd, ServedSessions, type SessionAct, type SessionSignal } from "../session/session_channel.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../data/snapshot.ts";

/** The limit of connections whose records wait at the other end: what ends while it stands still for some seconds. */
export const MAX_UNTAKEN_RECORDS = 65_536;

/** A request of one side to the other. */
type Call =
  | {
    readonly kind: "send";
    readonly path: string;
    readonly command: string;
    readonly argument: string | null;
    readonly options: SendOptions;
  }
  | { readonly kind: "snapshot"; readonly scope: string; readonly options: SnapshotOptions }
  | { readonly kind: "openScope"; readonly scope: string; readonly counts: readonly CountsSnapshot[] }
  | { readonly kind: "closeScope"; readonly scope: string }
  /** `key` is the number that the caller assigned. */
  | { readonly kind: "openSession"; readonly key: number; readonly name: string | null }
  | { readonly kind: "session"; readonly key: number; readonly act: SessionAct }
  | { readonly kind: "tap"; readonly act: TapAct }
  | { readonly kind: "recordConnections"; readonly recording: ConnectionRecording }
  /** The records of so many connections have been taken. */
  | { readonly kind: "recordsTaken"; readonly count: number }
  | { readonly kind: "scopes" | "close" };

/** A message to the graph. */
export type ToGraph = { readonly id: number; readonly call: Call };

/** A message from the graph. */
export type FromGraph =
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: ErrorData | null; readonly text: string }
  | { readonly kind: "event"; readonly event: GraphEvent }
  | { readonly kind: "session"; readonly key: number; readonly sessionEvent: SessionSignal };

/** One end of a channel that keeps messages in order. */
export interface Channel<Out, In> {
  /**
   * Throws for values that cannot be cloned, and after the channel has closed. The memory of
   * {@linkcode transferred} is moved.
   */
  post(message: Out): void;
  /**
   * Receives messages from now on.
   *
   * @param failed is called when no more messages will arrive, with the reason
   */
  listen(handle: (message: In) => void, failed: (error: unknown) => void): void;
  close(): void;
}

/**
 * The memory of messages that is moved to the receiver: the lines of connections. A copy of them in each thread would
 * only be freed by a collection of its whole heap.
 */
export function transferred(messages: readonly (FromGraph | ToGraph)[]): ArrayBuffer[] {
  return messages.flatMap((message) =>
    "event" in message && message.event.kind === "connections-ended" && message.event.lines !== null
      ? [message.event.lines.buffer]
      : []
  );
}

/** A MessagePort as a channel. */
export function overMessagePort<Out extends FromGraph | ToGraph, In>(port: MessagePort): Channel<Out, In> {
  return {
    post: (message) => port.postMessage(message, transferred([message])),
    listen: (handle) => {
      port.onmessage = ({ data }: MessageEvent<In>) => handle(data);
    },
    close: () => port.close(),
  };
}

/** Serves `port` to the other end of `channel`; the returned function ends that and closes the channel. */
export function servePort(port: GraphPort, channel: Channel<FromGraph, ToGraph>): () => void {
  const post = (message: FromGraph): void => channel.post(message);
  const records = new RecordFlow();
  const stop = port.subscribe((event) => {
    const sent = event.kind === "connections-ended" ? records.admit(event) : event;
    if (sent !== null) post({ kind: "event", event: sent });
  });
  const sessions = new ServedSessions(
    (name, listener) => port.openSession(name, listener),
    (key, sessionEvent) => post({ kind: "session", key, sessionEvent }),
  );
  const answer = async ({ id, call }: ToGraph): Promise<void> => {
    try {
      if (call.kind === "recordsTaken") records.taken(call.count, (event) => post({ kind: "event", event }));
      post({ kind: "answer", id, value: await perform(port, sessions, call) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      post({ kind: "failure", id, error: error instanceof NetgraphError ? error.toData() : null, text });
    }
  };
  channel.listen(answer, () => {});
  return () => {
    stop();
    channel.close();
  };
}

/** Limits the records that the other end has not taken: it may stand still, and each waits in memory. */
class RecordFlow {
  #untaken = 0;
  #lost = 0;

  /** The records with what was lost before them; null if they are lost themselves. */
  admit(ended: ConnectionsEnded): ConnectionsEnded | null {
    if (this.#untaken + ended.count > MAX_UNTAKEN_RECORDS) {
      this.#lost += ended.count;
      return null;
    }
    const lost = this.#lost;
    this.#lost = 0;
    this.#untaken += ended.count;
    return { ...ended, lost };
  }

  /** The other end has taken records; it learns of lost ones although no record may follow. */
  taken(count: number, emit: (ended: ConnectionsEnded) => void): void {
    this.#untaken -= count;
    if (this.#lost === 0) return;
    emit({ kind: "connections-ended", count: 0, lost: this.#lost, records: [], lines: null });
    this.#lost = 0;
  }
}

/** The port at the other end of `channel`. */
export function remotePort(channel: Channel<ToGraph, FromGraph>): GraphPort {
  const remote = new RemotePort(channel);
  return {
    send: (path, command, argument, options = {}) =>
      remote.ask({ kind: "send", path, command, argument, options }, isReply),
    snapshot: (scope, options = {}) => remote.ask({ kind: "snapshot", scope, options }, isSnapshot),
    scopes: () => remote.ask({ kind: "scopes" }, isNames),
    openScope: (scope, counts = []) => remote.ask({ kind: "openScope", scope, counts }, isNothing),
    closeScope: (scope) => remote.ask({ kind: "closeScope", scope }, isNothing),
    openSession: (name, listener) => remote.openSession(name, listener),
    recordConnections: (recording) => remote.ask({ kind: "recordConnections", recording }, isNothing),
    tap: (act) => remote.ask({ kind: "tap", act }, isNothing),
    subscribe: (listen) => remote.subscribe(listen),
    close: () => remote.close(),
  };
}

class RemotePort {
  readonly #channel: Channel<ToGraph, FromGraph>;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  readonly #listeners = new Set<(event: GraphEvent) => void>();
  readonly #sessions = new Map<number, RemoteSessionEnd>();
  #lastId = 0;
  #lastKey = 0;
  #closing: Promise<void> | null = null;

  constructor(channel: Channel<ToGraph, FromGraph>) {
    this.#channel = channel;
    channel.listen((message) => this.#handle(message), (error) => this.#fail(error));
  }

  async ask<T>(call: Call, isAnswer: (value: unknown) => value is T): Promise<T> {
    const id = ++this.#lastId;
    const answer = await new Promise<unknown>((resolve, reject) => {
      // A call that cannot be cloned throws here, before any wait for it.
      this.#channel.post({ id, call });
      this.#waiting.set(id, { resolve, reject });
    });
    if (isAnswer(answer)) return answer;
    throw new TypeError(`Graph in another thread gave an answer to "${call.kind}" that is none`);
  }

  /** Closes it once; further calls do nothing. */
  close(): Promise<void> {
    this.#closing ??= this.ask({ kind: "close" }, isNothing).then(() => this.#channel.close());
    return this.#closing;
  }

  subscribe(listen: (event: GraphEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async openSession(name: string | null, listener: SessionListener): Promise<Session> {
    const key = ++this.#lastKey;
    const session = new RemoteSessionEnd(
      listener,
      (act, isAnswer) => this.ask({ kind: "session", key, act }, isAnswer),
    );
    // Its events may arrive before the answer is processed.
    this.#sessions.set(key, session);
    try {
      session.opened(await this.ask({ kind: "openSession", key, name }, isText));
    } catch (error) {
      this.#sessions.delete(key);
      throw error;
    }
    return session;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    for (const session of this.#sessions.values()) session.lost();
    this.#sessions.clear();
  }

  #handle(message: FromGraph): void {
    if (message.kind === "event") {
      const { event } = message;
      for (const listen of this.#listeners) listen(event);
      // It fails if the other end has ended meanwhile, which its other calls report.
      if (event.kind === "connections-ended") {
        this.ask({ kind: "recordsTaken", count: event.count }, isNothing).catch(() => {});
      }
      return;
    }
    if (message.kind === "session") {
      this.#sessions.get(message.key)?.receive(message.sessionEvent);
      if (message.sessionEvent === null) this.#sessions.delete(message.key);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") return waiting?.resolve(message.value);
    waiting?.reject(message.error === null ? new Error(message.text) : NetgraphError.from(message.error));
  }
}

function perform(port: GraphPort, sessions: ServedSessions, call: Call): Promise<unknown> {
  switch (call.kind) {
    case "send":
      return port.send(call.path, call.command, call.argument, call.options);
    case "snapshot":
      return port.snapshot(call.scope, call.options);
    case "openScope":
      return port.openScope(call.scope, call.counts);
    case "closeScope":
      return port.closeScope(call.scope);
    case "openSession":
      return sessions.open(call.key, call.name);
    case "session":
      return sessions.perform(call.key, call.act);
    case "tap":
      return port.tap(call.act);
    case "recordConnections":
      return port.recordConnections(call.recording);
    case "recordsTaken":
      return Promise.resolve();
    case "scopes":
      return port.scopes();
    case "close":
      return port.close();
  }
}

// Both ends are this module; the guards detect a broken channel, not a malicious peer.

function isReply(value: unknown): value is Reply {
  return isObject(value) && "from" in value && "text" in value;
}

function isSnapshot(value: unknown): value is ScopeSnapshot | null {
  return value === null || (isObject(value) && "nodes" in value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNothing(value: unknown): value is undefined {
  return value === undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
