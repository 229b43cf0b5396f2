/**
 * TLS on a connection, as the layer between it and its socket.
 *
 * - Data that is sent before the handshake is complete waits, and the sender is pushed back.
 * - Nothing is decrypted that the owner does not take: what was read and not decrypted keeps the connection below paused,
 *   so that a connection holds one read of it at most.
 * - A close_notify is the end of one direction; an end without it fails the connection, as a reset does.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { Octets, TakeBeforeTls } from "../../socket/socket.ts";
import { HANDSHAKE_TIMEOUT_MS, type TlsSessionInfo } from "../../socket/tls.ts";
import { END, FAILED, type Session, WAIT } from "../tls/session.ts";
import type { OutQueue } from "./out_queue.ts";
import type { StreamLayer } from "./stream_layer.ts";
import type { Ending, OptionStore, StreamConnection, StreamUpper } from "./stream_transport.ts";
import { TlsInput } from "./tls_input.ts";
import { encrypt } from "./tls_output.ts";
import { describeSession, NameChoice, openSession, type TlsParts } from "./tls_parts.ts";
import { UNSET_UPPER } from "./unset_owner.ts";

/** The most that one record adds, with room to spare. */
const RECORD_BYTES = 17 * 1024;
/** The time limit within which the peer of a closed connection must end too, in milliseconds. */
const LINGER_MS = 1_000;
/** A connection with TLS. */
export class TlsConnection implements StreamConnection, StreamLayer {
  readonly kind = "connected";
  upper: StreamUpper = UNSET_UPPER;
  readonly #lower: StreamConnection;
  readonly #parts: TlsParts;
  readonly #session: Session;
  #state: "handshaking" | "secured" | "failed" | "closed" = "handshaking";
  #timer: Timer | null = null;
  #isBegun = false;
  /** Reads what precedes TLS; null: nothing does. */
  #before: TakeBeforeTls | null = null;
  #secured: (() => void) | null = null;
  readonly #input: TlsInput;
  /** Reads the server name that the client sends; null at a client, and once it is read. */
  #choice: NameChoice | null;
  /** Plain text that was sent before the handshake was complete. */
  #early: OutQueue | null = null;
  #isReading = false;
  #isPumping = false;
  #isPumpPlanned = false;
  /** OpenSSL may hold plain text that was not read. */
  #mayHold = false;
  /** A close_notify has come. */
  #peerEnded = false;
  /** The connection below has ended, and no close_notify came before. */
  #isTruncated = false;
  #isLowerDead = false;
  /** The connection below has ended, behind a close_notify or without. */
  #isLowerEnded = false;
  #isEnding = false;
  #endSent = false;
  #isFinishing = false;
  #isLingered = false;
  #hasAlert = false;

  constructor(lower: StreamConnection, parts: TlsParts) {
    this.#lower = lower;
    this.#parts = parts;
    this.#session = openSession(parts);
    this.#input = new TlsInput(this.#session);
    this.#choice = parts.side === "server" ? new NameChoice(parts, this.#session) : null;
    lower.upper = this;
  }

  get local(): SocketAddress | null {
    return this.#lower.local;
  }

  get peer(): SocketAddress | null {
    return this.#lower.peer;
  }

  get options(): OptionStore {
    return this.#lower.options;
  }

  get ackedBytes(): number | null {
    return this.#lower.ackedBytes ?? null;
  }

  get queuedBytes(): number {
    return this.#lower.queuedBytes + (this.#early?.bytes ?? 0);
  }

  /** The result of the handshake; null before it is complete. */
  get tls(): TlsSessionInfo | null {
    return this.#state === "secured" ? this.#session.info() : null;
  }

  /** Begins the handshake. */
  begin(): void {
    if (this.#state !== "handshaking" || this.#isBegun) return;
    this.#isBegun = true;
    this.#before = null;
    const { host: { base }, options: { handshakeTimeout = HANDSHAKE_TIMEOUT_MS } } = this.#parts;
    this.#timer = base.clock.after(handshakeTimeout, () => this.#timeOut(handshakeTimeout));
    this.#lower.resume();
    if (this.#parts.side === "client") this.#doHandshake();
  }

  /** Calls `done` once the handshake is complete, which it begins; a failure is the failure of the connection. */
  secured(done: () => void): void {
    if (this.#state === "secured") return done();
    this.#secured = done;
    this.begin();
  }

  /** True while something precedes the handshake. */
  get isHeld(): boolean {
    return this.#before !== null;
  }

  beforeTls(take: TakeBeforeTls): void {
    if (this.#isBegun) return;
    this.#before = take;
    this.#lower.resume();
  }

  applyOption(...[option]: Parameters<NonNullable<StreamConnection["applyOption"]>>): void {
    this.#lower.applyOption?.(option);
  }

  send(octets: Octets): void | false {
    if (this.#state === "secured") return this.#encrypt(octets);
    if (this.#state !== "handshaking") return;
    const { host, endpoint } = this.#parts;
    (this.#early ??= host.newQueue(endpoint)).push(octets);
    return false;
  }

  end(): void {
    this.#isEnding = true;
    // On a turn of its own: a close that follows says the same by itself.
    this.#parts.host.base.later(() => {
      if (this.#state === "secured") this.#sendEnd();
    });
  }

  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    if (this.#state !== "secured") return;
    if (this.#mayHold || this.#isTruncated) this.#pumpLater();
    else this.#lower.resume();
  }

  finish(): boolean {
    this.#isFinishing = true;
    // Early data and the end are sent once the handshake is complete.
    if (this.#state === "handshaking" && (this.#early !== null || this.#input.firstBytes.length > 0)) return true;
    return this.#state === "secured" ? this.#linger() : this.#lower.finish();
  }

  close(how: Ending): Promise<void> | null {
    const hadAlert = this.#hasAlert;
    this.#state = "closed";
    this.#timer?.cancel();
    this.#session.free();
    this.#early?.clear();
    this.#input.drop();
    if (how !== "failed" || this.#isLowerDead) return this.#lower.close(how);
    if (!hadAlert) return this.#lower.close("aborted");
    this.#parts.host.closeBehindAlert(this.#lower);
    return null;
  }

  arrived(octets: Octets): void | false {
    // Data that arrives while it lingers is dropped.
    if (this.#isFinishing && this.#state === "secured") return;
    // Data after close_notify is ignored.
    if (this.#peerEnded || this.#state === "failed" || this.#state === "closed") return false;
    if (this.#before !== null) return this.#takeBefore(this.#before, octets);
    this.#input.take(octets);
    if (this.#choice !== null) {
      const isMade = this.#choice.take(octets);
      if (!isMade) { while (this.#input.feed()); }
      if (!isMade) return;
      this.#choice = null;
    }
    if (this.#state === "handshaking") this.#doHandshake();
    else this.#pump();
    this.#input.retain();
    return this.#wantsMore ? undefined : false;
  }

  /** Passes on what may precede TLS; what follows it in the same piece is the beginning of TLS. */
  #takeBefore(take: TakeBeforeTls, { buffer, offset, length }: Octets): void | false {
    const taken = take({ buffer, offset, length });
    if (taken === null || taken === length || !this.#isBegun) return;
    return this.arrived({ buffer, offset: offset + taken, length: length - taken });
  }

  ended(): void {
    this.#isLowerEnded = true;
    if (this.#isFinishing && this.#state === "secured") return this.#lingered();
    if (this.#peerEnded || this.#state === "failed") return;
    this.#isTruncated = true;
    if (this.#state === "handshaking") return this.#endedEarly();
    if (!this.#mayHold && this.#input.isEmpty) return this.#fail("ECONNRESET", TRUNCATED);
    // Data that arrived before it is read first.
    if (this.#isReading) this.#pumpLater();
  }

  drained(): void {
    if (this.#state === "secured") this.upper.drained();
  }

  flushed(): void {
    this.upper.flushed();
  }

  failed(error: NetgraphError): void {
    this.#isLowerDead = true;
    if (this.#state === "failed") return;
    this.#state = "failed";
    this.#timer?.cancel();
    if (this.#isFinishing) this.upper.flushed();
    else this.upper.failed(error);
  }

  get #wantsMore(): boolean {
    if (this.#state === "handshaking") return true;
    return this.#state === "secured" && this.#isReading && this.#input.isEmpty && !this.#peerEnded;
  }

  #doHandshake(): void {
    for (;;) {
      const result = this.#session.handshake();
      this.#hasAlert = result === FAILED;
      this.#flush();
      if (result === FAILED) return this.#failTls();
      if (result === 1) return this.#complete();
      if (!this.#input.feed()) return;
    }
  }

  #complete(): void {
    this.#state = "secured";
    this.#timer?.cancel();
    this.#timer = null;
    // The client may have sent data with its last message.
    this.#mayHold = true;
    const early = this.#early;
    this.#early = null;
    let isFull = false;
    for (let octets = early?.shift() ?? null; octets !== null; octets = early?.shift() ?? null) {
      if (this.#encrypt(octets) === false) isFull = true;
      octets.buffer.release();
    }
    if (this.#isFinishing) {
      if (!this.#linger()) this.upper.flushed();
      return;
    }
    if (this.#isEnding) this.#sendEnd();
    const secured = this.#secured;
    this.#secured = null;
    secured?.();
    if (early !== null && !isFull && this.#isAlive) this.upper.drained();
    if (this.#isReading && this.#isAlive) this.#pump();
  }

  get #isAlive(): boolean {
    return this.#state === "secured";
  }

  #pumpLater(): void {
    if (this.#isPumpPlanned) return;
    this.#isPumpPlanned = true;
    this.#parts.host.base.later(() => {
      this.#isPumpPlanned = false;
      if (this.#state !== "secured") return;
      this.#pump();
      if (this.#wantsMore) this.#lower.resume();
    });
  }

  /** Passes plain text on, as much as the owner takes. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#isReading && this.#isAlive && !this.#peerEnded && this.#pumpOnce());
    } finally {
      this.#isPumping = false;
    }
  }

  /** One piece; false if no other can follow. */
  #pumpOnce(): boolean {
    const buffer = this.#parts.host.plainBuffer();
    const { bytes } = buffer;
    let length = 0;
    let result = WAIT;
    while (length + RECORD_BYTES <= bytes.length) {
      result = this.#session.read(length === 0 ? bytes : bytes.subarray(length));
      if (result > 0) length += result;
      else if (result !== WAIT || !this.#input.feed()) break;
    }
    this.#mayHold = result !== WAIT;
    this.#hasAlert = result === FAILED;
    // Such as an answer to a change of keys.
    this.#flush();
    if (length > 0 && this.upper.arrived({ buffer, offset: 0, length }) === false) this.#isReading = false;
    if (!this.#isAlive || !this.#isReading) return false;
    if (result > 0) return true;
    if (result === END) {
      this.#peerEnded = true;
      this.#input.drop();
      this.upper.ended();
    } else if (result === FAILED) this.#failTls();
    else if (this.#isTruncated) this.#fail("ECONNRESET", TRUNCATED);
    return false;
  }

  #encrypt(octets: Octets): void | false {
    const result = encrypt(octets, { session: this.#session, host: this.#parts.host, lower: this.#lower });
    // Not from within the owner's call.
    if (result === "failed") this.#parts.host.base.later(() => this.#failTls());
    if (result === "full") return false;
  }

  /** Sends the pending output of OpenSSL. */
  #flush(): void {
    if (this.#isLowerDead || this.#endSent) return;
    for (;;) {
      const room = this.#parts.host.cipherBuffer();
      const length = this.#session.take(room.bytes);
      if (length === 0) return;
      this.#lower.send({ buffer: room, offset: 0, length });
    }
  }

  #sendEnd(): void {
    if (this.#endSent) return;
    this.#session.end();
    this.#flush();
    this.#endSent = true;
    this.#lower.end();
  }

  /**
   * Ends, and reads on until the peer ends too: closed with unread input, such as the tickets of a server, the system
   * would reset the connection, and the peer would lose what it has not read.
   *
   * @returns true if that takes time
   */
  #linger(): boolean {
    this.#sendEnd();
    if (this.#isLowerEnded) return this.#lower.finish();
    this.#timer = this.#parts.host.base.clock.after(LINGER_MS, () => this.#lingered());
    this.#input.drop();
    this.#lower.resume();
    return true;
  }

  #lingered(): void {
    if (this.#isLingered) return;
    this.#isLingered = true;
    this.#timer?.cancel();
    if (!this.#lower.finish()) this.upper.flushed();
  }

  #timeOut(timeoutMs: number): void {
    const said = this.#input.firstBytes.length === 0 ? "the peer has sent nothing" : "the peer has not completed it";
    this.#fail("ETLS", `TLS handshake took more than ${timeoutMs / 1000} s: ${said}`);
  }

  #endedEarly(): void {
    // A client that only checks whether the port is open is not a failure.
    if (this.#input.firstBytes.length === 0) {
      return this.#fail("ECONNRESET", "The peer ended the connection before TLS began");
    }
    this.#fail("ETLS", "The peer ended the connection during the TLS handshake");
  }

  #failTls(): void {
    this.#fail("ETLS", describeSession(this.#parts, this.#session, this.#input.firstBytes));
  }

  #fail(code: ErrorCode, message: string): void {
    if (this.#state === "failed" || this.#state === "closed") return;
    this.#state = "failed";
    this.#timer?.cancel();
    if (this.#isFinishing) this.upper.flushed();
    else this.upper.failed(new NetgraphError(code, message));
  }
}

const TRUNCATED = "The peer closed the connection without ending TLS (no close_notify): its data may be incomplete";
