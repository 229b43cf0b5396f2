/**
 * The receiving side of a connection: what Bun reads is handed on while it is wanted and kept while it is not.
 *
 * Bun stops reading when it is told to pause, but delivers what it has once more when a reset comes (1.4.5), and its
 * `close` stands for the peer's end when our own direction has ended before. This brings all of it into one order:
 * data, then the end or the failure, each told once.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { NetgraphError } from "../../errors.ts";
import type { Octets } from "../../socket/socket.ts";
import { RESET_CODES, resetError } from "../core/stream_rules.ts";
import type { Wire, WireEvents } from "./types.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** Our direction: ended by us, still open with nothing to send, or cut with octets that nobody took. */
export type OwnDirection = "ended" | "open" | "cut";

/** What reading leads to. */
export interface ReaderEvents {
  receive(octets: Octets): void | false;
  ended(): void;
  drained(): void;
  /** True where a write has met a reset. */
  broken(): boolean;
  /** The connection is gone without an error. Says what has become of our direction. */
  gone(): OwnDirection;
  /** The connection is dead. Nothing more is called. */
  failed(error: NetgraphError): void;
}

/** Reads a connection whenever it is told to. It begins paused. */
export class BunReader implements WireEvents {
  readonly wire: Wire;
  #events: ReaderEvents | null = null;
  #wanted = false;
  #stopped = false;
  /** What came while nobody wanted it. */
  #late: Uint8Array<ArrayBuffer>[] | null = null;
  #end: "none" | "held" | "told" = "none";
  #failure: NetgraphError | null = null;

  constructor(wire: Wire) {
    this.wire = wire;
    wire.data = this;
    wire.pause();
  }

  /** Tells `events` from now on. */
  attach(events: ReaderEvents): void {
    this.#events = events;
  }

  /** Reads on. Doing it twice does nothing. */
  resume(): void {
    if (this.#stopped || this.#wanted) return;
    this.#wanted = true;
    if (this.#late === null && this.#end !== "held" && this.#failure === null) return this.wire.resume();
    queueMicrotask(() => this.#handOn()); // Not from within the owner's call.
  }

  /** No more events but `drained` and `gone`; what comes is dropped. */
  stop(): void {
    this.#stopped = true;
    this.#late = null;
  }

  data(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#stopped) return;
    if (this.#wanted && this.#late === null) this.#receive(bytes);
    else (this.#late ??= []).push(bytes);
  }

  end(): void {
    if (this.#end !== "none") return;
    // The write took the error away from Bun, which then reads an end (1.4.5).
    if (this.#events?.broken() === true) this.#failure ??= resetError("Cannot go on");
    else this.#end = "held";
    this.#tellEnd();
  }

  drain(): void {
    this.#events?.drained();
  }

  close(error: unknown): void {
    const own = this.#events?.gone() ?? "ended";
    if (error !== undefined && error !== null) this.#failure = failureOf(error);
    // A write that meets a reset takes the error away from Bun, which then tells of none.
    else if (own === "cut" || (own === "open" && this.#end === "none")) this.#failure = resetError("Cannot go on");
    else if (this.#end === "none") this.#end = "held";
    this.#tellEnd();
  }

  #receive(bytes: Uint8Array<ArrayBuffer>): void {
    const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
    if (this.#events?.receive(octets) !== false || this.#stopped) return;
    this.#wanted = false;
    this.wire.pause();
  }

  #handOn(): void {
    const late = this.#late ?? [];
    while (this.#wanted && !this.#stopped) {
      const bytes = late.shift();
      if (bytes === undefined) break;
      this.#receive(bytes);
    }
    if (late.length > 0) return;
    this.#late = null;
    this.#tellEnd();
    if (this.#wanted && !this.#stopped) this.wire.resume();
  }

  /** A failure is told at once where nothing came before it: there is no use in waiting with it. */
  #tellEnd(): void {
    if (this.#stopped || this.#late !== null || this.#events === null) return;
    if (this.#failure !== null) {
      this.#stopped = true;
      return this.#events.failed(this.#failure);
    }
    if (this.#end !== "held" || !this.#wanted) return;
    this.#end = "told";
    this.#events.ended();
  }
}

function failureOf(error: unknown): NetgraphError {
  if (RESET_CODES.has(systemErrorCode(error))) return resetError("Cannot go on", { cause: error });
  return systemError(error, "Cannot go on with the connection");
}
