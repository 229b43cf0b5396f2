/**
 * Sessions over a channel: a server on the graph's side, and clients on the other side.
 *
 * Bytes are copied in transit, and at most {@linkcode WINDOW_BYTES} of a session are in transit: the receiver
 * acknowledges them (`taken`), and the graph's side is full until then.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import {
  costOfEvent,
  type Session,
  type SessionAnswer,
  type SessionEvent,
  type SessionListener,
  type SessionMessage,
  type SessionNode,
  type TypeCount,
  type WriteOptions,
} from "./session.ts";

/** The limit of a session's data in transit. */
const WINDOW_BYTES = 256 * 1024;

/** A request to a session. */
export type SessionAct =
  | { readonly kind: "send"; readonly message: SessionMessage }
  | {
    readonly kind: "write";
    readonly hook: string;
    readonly octets: Uint8Array<ArrayBuffer>;
    readonly options: WriteOptions;
  }
  | { readonly kind: "end"; readonly hook: string }
  | { readonly kind: "nodes"; readonly path: string | null }
  /** This number of bytes was received. */
  | { readonly kind: "taken"; readonly bytes: number }
  | { readonly kind: "types" | "close" };

/** An event of a session; null: its end. */
export type SessionSignal = SessionEvent | null;

/** Opens a session in the graph. */
export type OpenSession = (name: string | null, listener: SessionListener) => Promise<Session>;

/** The sessions of the other side of a channel, which numbers them. */
export class ServedSessions {
  readonly #open: OpenSession;
  readonly #emit: (key: number, sessionEvent: SessionSignal) => void;
  readonly #served = new Map<number, ServedSession>();

  constructor(open: OpenSession, emit: (key: number, sessionEvent: SessionSignal) => void) {
    this.#open = open;
    this.#emit = emit;
  }

  /** Opens session `key`; returns the ID of its node. */
  async open(key: number, name: string | null): Promise<string> {
    const served = new ServedSession((sessionEvent) => {
      if (sessionEvent === null) this.#served.delete(key);
      this.#emit(key, sessionEvent);
    });
    this.#served.set(key, served);
    try {
      served.session = await this.#open(name, served);
    } catch (error) {
      this.#served.delete(key);
      throw error;
    }
    return served.session.id;
  }

  /** Executes a request to session `key`. */
  async perform(key: number, act: SessionAct): Promise<unknown> {
    const served = this.#served.get(key);
    if (served !== undefined) return await served.perform(act);
    // A close or an acknowledgement after the end is only late, and not an error.
    if (act.kind === "close" || act.kind === "taken") return undefined;
    throw overError();
  }
}

/** One session, which counts the data in transit. */
class ServedSession implements SessionListener {
  session: Session | null = null;
  readonly #emit: (sessionEvent: SessionSignal) => void;
  #underWay = 0;

  constructor(emit: (sessionEvent: SessionSignal) => void) {
    this.#emit = emit;
  }

  emit(event: SessionEvent): boolean {
    this.#emit(event);
    this.#underWay += costOfEvent(event);
    return this.#underWay < WINDOW_BYTES;
  }

  ended(): void {
    this.#emit(null);
  }

  async perform(act: SessionAct): Promise<unknown> {
    const { session } = this;
    if (session === null) throw overError();
    switch (act.kind) {
      case "send":
        return await session.send(act.message);
      case "write":
        return await session.write(act.hook, act.octets, act.options);
      case "end":
        return await session.end(act.hook);
      case "nodes":
        return await session.nodes(act.path);
      case "types":
        return await session.types();
      case "close":
        return await session.close();
      case "taken":
        this.#underWay -= act.bytes;
        if (this.#underWay < WINDOW_BYTES) session.resume();
        return undefined;
    }
  }
}

/** Sends a request to a session at the other side; the guard checks the answer. */
export type AskSession = <T>(act: SessionAct, isAnswer: (value: unknown) => value is T) => Promise<T>;

/** A session at the other side of a channel. */
export class RemoteSessionEnd implements Session {
  readonly #listener: SessionListener;
  readonly #ask: AskSession;
  #id = "";
  /** Received bytes that are not acknowledged yet. */
  #takenBytes = 0;
  #full = false;
  #over = false;

  constructor(listener: SessionListener, ask: AskSession) {
    this.#listener = listener;
    this.#ask = ask;
  }

  get id(): string {
    return this.#id;
  }

  /** Its node exists. */
  opened(id: string): void {
    this.#id = id;
  }

  /** Receives its events. */
  receive(sessionEvent: SessionSignal): void {
    if (this.#over) return;
    if (sessionEvent === null) return this.#end();
    const room = this.#listener.emit(sessionEvent);
    this.#takenBytes += costOfEvent(sessionEvent);
    if (!room) this.#full = true;
    else if (!this.#full) this.#acknowledge(WINDOW_BYTES / 4);
  }

  /** No more events arrive. */
  lost(): void {
    if (!this.#over) this.#end();
  }

  send(message: SessionMessage): Promise<SessionAnswer> {
    return this.#ask({ kind: "send", message }, isAnswer);
  }

  write(hook: string, octets: Uint8Array<ArrayBuffer>, options: WriteOptions = {}): Promise<void> {
    return this.#ask({ kind: "write", hook, octets, options }, isNothing);
  }

  end(hook: string): Promise<void> {
    return this.#ask({ kind: "end", hook }, isNothing);
  }

  nodes(path: string | null): Promise<readonly SessionNode[]> {
    return this.#ask({ kind: "nodes", path }, isNodes);
  }

  types(): Promise<readonly TypeCount[]> {
    return this.#ask({ kind: "types" }, isTypes);
  }

  resume(): void {
    this.#full = false;
    this.#acknowledge(1);
  }

  async close(): Promise<void> {
    if (!this.#over) await this.#ask({ kind: "close" }, isNothing);
  }

  #acknowledge(least: number): void {
    if (this.#over || this.#takenBytes < least) return;
    const bytes = this.#takenBytes;
    this.#takenBytes = 0;
    // A graph that has ended has already notified the listener.
    this.#ask({ kind: "taken", bytes }, isNothing).catch(() => {});
  }

  #end(): void {
    this.#over = true;
    this.#listener.ended();
  }
}

function overError(): NetgraphError {
  return new NetgraphError("ENXIO", "Cannot continue: the session has ended");
}

// Both ends are this module; the guards detect a broken channel, not a malicious peer.

function isAnswer(value: unknown): value is SessionAnswer {
  return typeof value === "object" && value !== null && "kind" in value;
}

function isNodes(value: unknown): value is readonly SessionNode[] {
  return Array.isArray(value);
}

function isTypes(value: unknown): value is readonly TypeCount[] {
  return Array.isArray(value);
}

function isNothing(value: unknown): value is undefined {
  return value === undefined;
}
