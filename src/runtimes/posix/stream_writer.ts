/**
 * The sending half of a connection: what is sent goes to the system at once, and what that does not take waits until
 * the descriptor is writable.
 *
 * Octets may be given before there is a connection; `start` begins to send them.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { Timer } from "../../clock.ts";
import type { Octets } from "../../socket/socket.ts";
import { SendQueue } from "../core/send_queue.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import { type OutQueue, PacketQueue } from "../core/out_queue.ts";

/** How long to wait before a send that the system had no memory for is tried again, in milliseconds. */
const RETRY_MS = 10;

/** The connection is over. Any other errno means to wait for the next event: it may be another call's. */
export const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "EPIPE",
  "ECONNRESET",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ENOTCONN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EBADF",
  "EPERM",
  "EMSGSIZE",
]);

/** What sending leads to. After `failed` nothing more is called. */
export interface WriterEvents {
  /** All that waited is out. */
  drained(): void;
  /** The connection is over; called from within `send` too. */
  failed(error: NetgraphError): void;
}

/** Sends on one descriptor, in order. */
export class StreamWriter {
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #packets: boolean;
  readonly #events: WriterEvents;
  #queue: OutQueue | null = null;
  #started = false;
  #ending = false;
  #endSent = false;
  #broken = false;
  #retry: Timer | null = null;

  /** @param options.packets true where bounds are kept */
  constructor(host: PosixHost, options: { fd: number; packets: boolean; events: WriterEvents }) {
    this.#host = host;
    this.#fd = options.fd;
    this.#packets = options.packets;
    this.#events = options.events;
  }

  /** Octets that the system has not taken. */
  get queuedBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** True once the end was asked for: nothing more may be sent. */
  get ending(): boolean {
    return this.#ending;
  }

  /** There is a connection. */
  start(): void {
    this.#started = true;
  }

  /** Takes octets; false when some of them wait: `drained` follows. */
  send(octets: Octets): void | false {
    const { buffer, offset, length } = octets;
    if (this.#broken || length === 0) return;
    let sent = 0;
    if (this.#started && this.queuedBytes === 0) {
      sent = this.#write(offset === 0 ? buffer.bytes : buffer.bytes.subarray(offset), length);
      if (sent === length || this.#broken) return;
    }
    this.#queue ??= this.#packets ? new PacketQueue() : new SendQueue(this.#host.pool);
    this.#queue.push(sent === 0 ? octets : { buffer, offset: offset + sent, length: length - sent });
    return false;
  }

  /** Asks for the end of the direction; it goes out with `sendEnd`, or behind what is queued. */
  end(): void {
    this.#ending = true;
  }

  /** Ends the direction, where that was asked for and nothing waits. */
  sendEnd(): void {
    if (!this.#started || !this.#ending || this.#endSent || this.queuedBytes > 0) return;
    this.#endSent = true;
    this.#host.libc.shutdown(this.#fd, this.#host.system.constants.SHUT_WR);
  }

  /** Sends what waits, as far as the system takes it. */
  flush(): void {
    const queue = this.#queue;
    if (queue === null || queue.bytes === 0) return;
    for (let bytes = queue.peek(); bytes !== null; bytes = queue.peek()) {
      const sent = this.#write(bytes, bytes.length);
      if (this.#broken) return;
      if (sent > 0) queue.take(sent);
      if (sent < bytes.length) return;
    }
    this.sendEnd();
    this.#events.drained();
  }

  /** Drops what is queued, and calls nothing more. */
  stop(): void {
    this.#broken = true;
    this.#retry?.cancel();
    this.#queue?.clear();
  }

  /** Sends what the system takes; how much it was. */
  #write(bytes: Uint8Array, length: number): number {
    const { libc, system } = this.#host;
    const sent = libc.send(this.#fd, bytes, length, system.constants.MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    const errno = libc.errno();
    if (errno !== system.constants.EAGAIN) this.#failed(errno);
    return 0;
  }

  #failed(errno: number): void {
    const code = errnoCode(errno);
    if (!FATAL.has(code)) {
      this.#retry ??= this.#host.poller.after(RETRY_MS, () => {
        this.#retry = null;
        this.flush();
      });
      return;
    }
    this.stop();
    const message = "Cannot write: connection was reset by the peer";
    this.#events.failed(
      code === "EPIPE" ? new NetgraphError("ECONNRESET", message) : errnoError(errno, "Cannot write"),
    );
  }
}
