/**
 * The sending half of a UDP socket: directly to the system, and through a queue of copies while the system accepts
 * none.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { Octets } from "../../socket/socket.ts";
import type { BunDatagrams } from "./types.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** The limit of datagrams that wait, regardless of size. */
const MAX_QUEUED = 4096;

/**
 * The error of an earlier datagram, which the system reports once more at the next send to any destination: the second
 * attempt concerns this datagram.
 */
const EARLIER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);

/** The destination of a datagram. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Datagram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly to: Target;
}

/** Sends datagrams in order; rejected ones are counted. */
export class BunDatagramSender {
  /** Datagrams that were rejected, by errno. */
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

  /** Bytes that the system has not accepted. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while there is data to send. */
  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** Accepts a datagram; false when it is now full. */
  send({ buffer, offset, length }: Octets, to: Target): void | false {
    const bytes = buffer.bytes.subarray(offset, offset + length);
    if (this.#queue.length === 0 && this.#try(bytes, to)) return;
    this.#queue.push({ bytes: bytes.slice(), to });
    this.#queuedBytes += length;
    if (!this.#over) return;
    this.#full = true;
    return false;
  }

  /** Sends as much as the system accepts now. */
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

  /** Drops the queue. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** Counts an error that the system reports for a datagram that it accepted before. */
  refused(error: unknown): void {
    const code = systemErrorCode(error);
    // An error for excessive length is reported by the send itself.
    if (code !== "EMSGSIZE") this.#count(code);
  }

  get #over(): boolean {
    return this.#queuedBytes > HIGH_WATER_BYTES || this.#queue.length > MAX_QUEUED;
  }

  /** False when the system accepts none now. */
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
