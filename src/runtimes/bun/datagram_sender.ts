/**
 * The sending half of a UDP socket: straight to the system, and through a queue of copies while the system takes none.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { Octets } from "../../socket/socket.ts";
import type { BunDatagrams } from "./types.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** So many datagrams may wait, however small they are. */
const MAX_QUEUED = 4096;

/**
 * What an earlier datagram met on its way, which the system tells once more at the next send, to whomever that goes:
 * the second try is about this one.
 */
const EARLIER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);

/** Where a datagram goes. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Datagram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly to: Target;
}

/** Sends datagrams in order; what the system refuses is counted. */
export class BunDatagramSender {
  /** Datagrams that were refused, by errno. */
  readonly errors: Map<string, number> = new Map();
  readonly #datagrams: BunDatagrams;
  readonly #drained: () => void;
  #queue: Datagram[] = [];
  #queuedBytes = 0;
  #full = false;

  constructor(datagrams: BunDatagrams, drained: () => void) {
    this.#datagrams = datagrams;
    this.#drained = drained;
  }

  /** Octets that the system has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while something is to be sent. */
  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** Takes a datagram; false when it is full now. */
  send({ buffer, offset, length }: Octets, to: Target): void | false {
    const bytes = buffer.bytes.subarray(offset, offset + length);
    if (this.#queue.length === 0 && this.#try(bytes, to)) return;
    this.#queue.push({ bytes: bytes.slice(), to });
    this.#queuedBytes += length;
    if (!this.#over) return;
    this.#full = true;
    return false;
  }

  /** Sends what the system takes now. */
  drain(): void {
    let sent = 0;
    for (const { bytes, to } of this.#queue) {
      if (!this.#try(bytes, to)) break;
      sent++;
      this.#queuedBytes -= bytes.length;
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
    if (!this.#full || this.#over) return;
    this.#full = false;
    this.#drained();
  }

  /** Drops what waits. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** Counts what the system says of a datagram that it took before. */
  refused(error: unknown): void {
    const code = systemErrorCode(error);
    // Too long is told at the send already.
    if (code !== "EMSGSIZE") this.#count(code);
  }

  get #over(): boolean {
    return this.#queuedBytes > HIGH_WATER_BYTES || this.#queue.length > MAX_QUEUED;
  }

  /** False when the system takes none now. */
  #try(bytes: Uint8Array, to: Target): boolean {
    try {
      return this.#send(bytes, to);
    } catch (error) {
      if (error instanceof TypeError && !(error instanceof NetgraphError)) throw error;
      this.#count(systemErrorCode(error));
      return true;
    }
  }

  #send(bytes: Uint8Array, to: Target): boolean {
    try {
      return this.#datagrams.send(bytes, to.port, to.host);
    } catch (error) {
      if (!EARLIER.has(systemErrorCode(error))) throw error;
      return this.#datagrams.send(bytes, to.port, to.host);
    }
  }

  #count(code: ErrorCode): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
