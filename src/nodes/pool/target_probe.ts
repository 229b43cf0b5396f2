/**
 * Probes of a target: one attempt, or attempts with growing pauses until the target is back, so that a failure does not
 * last when there are no more clients.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { decodeText, encodeText } from "../../ascii/octets.ts";
import { SharedBuffer } from "../../buffer.ts";
import { errorText, isErrorCode, NetgraphError } from "../../errors.ts";
import type { TargetAddress } from "../../socket/address.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { proxyHeader, type ProxyVersion } from "../../socket/proxy_protocol.ts";
import type { Octets, Socket, SocketRuntime } from "../../socket/socket.ts";
import { connectHook } from "../ksocket/client/connect_template.ts";
import { Dial } from "../ksocket/client/dial.ts";
import { refusedAddresses } from "../ksocket/client/refused_addresses.ts";
import { discardingOwner } from "../ksocket/socket_owners.ts";
import { DEFAULT_HEALTH, type TargetKind } from "./target_spec.ts";

/** The first pause; each one is twice as long as the one before. */
export const FIRST_PAUSE_MS = 250;

/** The input of an attempt. */
export interface AttemptOptions {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly address: TargetAddress;
  /** What is asked; a stream unless given. */
  readonly kind?: TargetKind;
  /** The node that asks, for error messages. */
  readonly node: { readonly label: string };
  /** The time limit of the attempt. */
  readonly timeoutMs: number;
  /** How long a connection must last, or until the target sends something; absent: connecting is enough. */
  readonly holdMs?: number;
  /** The PROXY header that it begins with, which names no client. */
  readonly proxy?: ProxyVersion;
  /** Configures the TLS of a socket before it connects to the address; absent without TLS. */
  readonly secure?: ((socket: Socket, address: TargetAddress) => void) | undefined;
  /** A text that is sent once the connection is established. */
  readonly send?: string;
  /** A text that must be in the first bytes that come. */
  readonly expect?: string;
}

/** Asks a target once: by connecting, and by what is sent and expected. */
export class ProbeAttempt {
  readonly #options: AttemptOptions;
  readonly #done: (error: NetgraphError | null) => void;
  readonly #deadline: number;
  #timer: Timer | null = null;
  #socket: Socket | null = null;
  #dial: Dial | null = null;
  #ended = false;
  #received = "";

  /** @param done is called once unless it is stopped, perhaps from within */
  constructor(options: AttemptOptions, done: (error: NetgraphError | null) => void) {
    this.#options = options;
    this.#done = done;
    this.#deadline = options.clock.now() + options.timeoutMs;
    try {
      this.#connect();
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      this.#finish(error);
    }
  }

  /** Ends it without a result. */
  stop(): void {
    this.#ended = true;
    this.#release();
  }

  #connect(): void {
    const { runtime, clock, address, node, timeoutMs, kind = "stream", secure } = this.#options;
    const plain = parseEndpoint(connectHook(address, kind));
    const endpoint = secure === undefined ? plain : parseEndpoint(`${plain.family}/stream/tls`);
    const another = (family: Endpoint["family"]): Socket => {
      const socket = runtime.open({ ...endpoint, family });
      socket.owner = discardingOwner();
      return socket;
    };
    const socket = another(endpoint.family);
    this.#socket = socket;
    const header = this.#header(kind);
    const configure = (one: Socket, to: TargetAddress): void => {
      secure?.(one, to);
      if (kind === "stream") one.setPreamble?.(header);
    };
    const options = { runtime, clock, socket, address, timeoutMs, node, advise: false, another, configure };
    let settled = false;
    const dial = new Dial(options, (result) => {
      settled = true;
      this.#dial = null;
      if (result instanceof NetgraphError) return this.#finish(result);
      if (result !== socket) {
        this.#socket?.abort();
        this.#socket = result;
      }
      this.#ask(result, kind);
    });
    if (!settled && !this.#ended) this.#dial = dial;
  }

  /** Checks whether the target keeps the established connection, and answers as expected. */
  #ask(socket: Socket, kind: TargetKind): void {
    const { holdMs, clock, send, expect } = this.#options;
    const waitMs = expect !== undefined
      ? Math.max(1, this.#deadline - clock.now())
      : kind === "dgram"
      ? REFUSED_MS
      : holdMs;
    if (waitMs === undefined && !this.#sends) return this.#finish(null);
    const end = (): void => this.#finish(new NetgraphError("ECONNRESET", "The target closes connections immediately"));
    const arrived = ({ buffer, offset, length }: Octets): void => {
      if (expect === undefined) return this.#finish(null);
      this.#received += decodeText(buffer.bytes.subarray(offset, offset + length));
      if (this.#received.includes(expect)) return this.#finish(null);
      if (this.#received.length > MAX_RECEIVED) this.#finish(new NetgraphError("EPROTO", errorText("EPROTO")));
    };
    socket.owner = { ...discardingOwner(end), arrived, ended: end };
    socket.resume();
    const header = kind === "stream" ? null : this.#header(kind);
    const text = Uint8Array.of(...header ?? [], ...encodeText(send ?? ""));
    if (send !== undefined || kind === "dgram") {
      socket.send({ buffer: new SharedBuffer(text), offset: 0, length: text.length }, null);
    }
    if (waitMs === undefined) {
      // Its end is not awaited; a socket that is closed from within its connect would not send the text.
      socket.owner = discardingOwner();
      this.#timer = clock.after(0, () => this.#finish(null));
      return;
    }
    if (!this.#ended) this.#timer = clock.after(waitMs, () => this.#waited(socket));
  }

  /** The header of a connection of its own. */
  #header(kind: TargetKind): Uint8Array<ArrayBuffer> | null {
    const { proxy } = this.#options;
    if (proxy === undefined) return null;
    return proxyHeader(kind === "stream" ? proxy : "v2", { source: null, destination: null }, kind);
  }

  /** Nothing came that ends the waiting: good, unless an answer was expected or the system has refused the datagram. */
  #waited(socket: Socket): void {
    const [refused] = [...socket.sendErrors.keys()].filter(isErrorCode);
    if (refused !== undefined && socket.peer !== null) refusedAddresses(this.#options.clock).add(socket.peer);
    if (refused !== undefined) return this.#finish(new NetgraphError(refused, errorText(refused)));
    if (this.#options.expect === undefined) return this.#finish(null);
    this.#finish(
      this.#received === ""
        ? new NetgraphError("ETIMEDOUT", errorText("ETIMEDOUT"))
        : new NetgraphError("EPROTO", errorText("EPROTO")),
    );
  }

  #finish(error: NetgraphError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    const { expect, kind = "stream" } = this.#options;
    // A reset would drop what was sent: nothing has shown that it arrived.
    if (error === null && kind === "stream" && this.#sends && expect === undefined) this.#close();
    this.#release();
    this.#done(error);
  }

  /** True if the target receives something: a text, or a header. */
  get #sends(): boolean {
    return this.#options.send !== undefined || this.#options.proxy !== undefined;
  }

  #close(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.owner = discardingOwner();
    socket.close();
  }

  #release(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#dial?.cancel();
    this.#dial = null;
    this.#socket?.abort();
    this.#socket = null;
  }
}

/** A datagram that is not rejected within this time counts as accepted. */
const REFUSED_MS = 500;
/** The size of the part of an answer that is searched for the expected text, in bytes. */
const MAX_RECEIVED = 16_384;

/** The dependencies of a probe. */
export interface ProbeOptions extends Omit<AttemptOptions, "timeoutMs"> {
  /** The first pause; {@linkcode FIRST_PAUSE_MS} unless given. */
  readonly pauseMs?: number;
  /** The longest time from one attempt to the next. */
  readonly intervalMs?: number;
  /** The time limit of an attempt. */
  readonly timeoutMs?: number;
  /** Is called for every attempt that succeeds. True: the target is up, and the probe has ended. */
  readonly up: () => boolean;
  /** Is called for every attempt that fails. */
  readonly down: (error: NetgraphError) => void;
}

/** Probes one target until it is up or the probe is stopped. */
export class TargetProbe {
  readonly #options: ProbeOptions;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Timer | null = null;
  #attempt: ProbeAttempt | null = null;
  #stopped = false;
  /** The time of the next attempt, on the clock; null while one is in progress. */
  nextAt: number | null = null;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#wait(options.pauseMs ?? this.#pauseMs);
  }

  /** Ends it without a result. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#attempt?.stop();
    this.#attempt = null;
  }

  #wait(delayMs: number): void {
    const { clock } = this.#options;
    this.nextAt = clock.now() + delayMs;
    this.#timer = clock.after(delayMs, () => this.#begin());
  }

  #begin(): void {
    this.#timer = null;
    this.nextAt = null;
    const { clock, timeoutMs = DEFAULT_HEALTH.timeout } = this.#options;
    const startedAt = clock.now();
    const attempt = new ProbeAttempt({ ...this.#options, timeoutMs }, (error) => {
      this.#attempt = null;
      this.#answered(error, startedAt);
    });
    if (this.#timer === null && !this.#stopped) this.#attempt = attempt;
  }

  #answered(error: NetgraphError | null, startedAt: number): void {
    if (this.#stopped) return;
    if (error === null) {
      if (this.#options.up()) return this.stop();
      this.#pauseMs = FIRST_PAUSE_MS;
    } else {
      this.#options.down(error);
      this.#pauseMs = Math.min(this.#options.intervalMs ?? DEFAULT_HEALTH.interval, this.#pauseMs * 2);
    }
    if (this.#stopped) return;
    // Counted from the start of the attempt: an unanswered one has waited long enough.
    const taken = this.#options.clock.now() - startedAt;
    this.#wait(Math.max(0, this.#pauseMs - taken));
  }
}
