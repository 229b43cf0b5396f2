/**
 * The receiving side of a connection: data that Bun reads is passed on while the owner reads, and kept otherwise.
 *
 * Bun stops reading after a pause, but delivers its data once more when a reset arrives (1.4.5), and its `close` means
 * the peer's end if our own direction has ended before. This class establishes one order: data, then the end or the
 * error, each reported once.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import type { NetgraphError } from "../../errors.ts";
import type { Octets } from "../../socket/socket.ts";
import { RESET_CODES, resetError } from "../core/stream_rules.ts";
import type { Wire, WireEvents } from "./types.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/** Our direction: ended by us, still open with nothing to send, or closed with bytes that were not accepted. */
export type OwnDirection = "ended" | "open" | "cut";

/** The events of reading. */
export interface ReaderEvents {
  receive(octets: Octets): void | false;
  ended(): void;
  drained(): void;
  /** True if a write has failed because of a reset. */
  broken(): boolean;
  /** The connection has closed without an error. Returns the state of our direction. */
  closed(): OwnDirection;
  /** The connection has failed. No calls follow. */
  failed(error: NetgraphError): void;
}

/** Reads a connection on request. It starts paused. */
export class BunReader implements WireEvents {
  readonly wire: Wire;
  #events: ReaderEvents | null = null;
  #wanted = false;
  #stopped = false;
  /** Data that arrived while the owner did not read. */
  #late: Uint8Array<ArrayBuffer>[] | null = null;
  #end: "none" | "held" | "reported" = "none";
  #failure: NetgraphError | null = null;

  constructor(wire: Wire) {
    this.wire = wire;
    wire.data = this;
    wire.pause();
  }

  /** Reports to `events` from now on. */
  attach(events: ReaderEvents): void {
    this.#events = events;
  }

  /** Continues reading. A second call does nothing. */
  resume(): void {
    if (this.#stopped || this.#wanted) return;
    this.#wanted = true;
    if (this.#late === null && this.#end !== "held" && this.#failure === null) return this.wire.resume();
    queueMicrotask(() => this.#deliver()); // Not from within the owner's call.
  }

  /** No more events except `drained` and `closed`; arriving data is dropped. */
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
    // The write consumed the error of Bun, which then reads an end of file (1.4.5).
    if (this.#events?.broken() === true) this.#failure ??= resetError("Connection has failed");
    else this.#end = "held";
    this.#reportEnd();
  }

  drain(): void {
    this.#events?.drained();
  }

  close(error: unknown): void {
    const own = this.#events?.closed() ?? "ended";
    if (error !== undefined && error !== null) this.#failure = failureOf(error);
    // A write that meets a reset consumes the error, and Bun then reports none.
    else if (own === "cut" || (own === "open" && this.#end === "none")) {
      this.#failure = resetError("Connection has failed");
    } else if (this.#end === "none") this.#end = "held";
    this.#reportEnd();
  }

  #receive(bytes: Uint8Array<ArrayBuffer>): void {
    const octets = { buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length };
    if (this.#events?.receive(octets) !== false || this.#stopped) return;
    this.#wanted = false;
    this.wire.pause();
  }

  #deliver(): void {
    const late = this.#late ?? [];
    while (this.#wanted && !this.#stopped) {
      const bytes = late.shift();
      if (bytes === undefined) break;
      this.#receive(bytes);
    }
    if (late.length > 0) return;
    this.#late = null;
    this.#reportEnd();
    if (this.#wanted && !this.#stopped) this.wire.resume();
  }

  /** An error is reported immediately if no data preceded it: there is no reason to delay it. */
  #reportEnd(): void {
    if (this.#stopped || this.#late !== null || this.#events === null) return;
    if (this.#failure !== null) {
      this.#stopped = true;
      return this.#events.failed(this.#failure);
    }
    if (this.#end !== "held" || !this.#wanted) return;
    this.#end = "reported";
    this.#events.ended();
  }
}

function failureOf(error: unknown): NetgraphError {
  if (RESET_CODES.has(systemErrorCode(error))) return resetError("Connection has failed", { cause: error });
  return systemError(error, "Connection has failed");
}
