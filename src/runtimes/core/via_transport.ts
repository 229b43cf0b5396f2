/**
 * Streams that connect through a proxy, over the streams of any runtime: the connection is reported once the proxy is
 * through to the target.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound, Octets } from "../../socket/socket.ts";
import type { Via } from "../../socket/via.ts";
import { beginExchange, type ProxyExchange } from "./proxy_exchange.ts";
import { sendPreamble } from "./send_preamble.ts";
import type {
  ConnectOptions,
  Ending,
  OptionStore,
  StreamAttempt,
  StreamConnection,
  StreamListening,
  StreamTransport,
  StreamUpper,
} from "./stream_transport.ts";

/** The options of a transport through a proxy. */
export interface ViaParts {
  readonly via: Via;
  /** Opens a transport to the proxy. */
  make(): StreamTransport;
  /** Calls `call` on a later turn. */
  later(call: () => void): void;
}

/** A stream that connects through a proxy. */
export class ViaTransport implements StreamTransport {
  readonly kind = "open";
  readonly #parts: ViaParts;
  #inner: StreamTransport;
  /** The parts that a transport passes to the one that replaces it after it has connected. */
  readonly #settings: ((inner: StreamTransport) => void)[] = [];

  constructor(parts: ViaParts) {
    this.#parts = parts;
    this.#inner = parts.make();
  }

  get local(): SocketAddress | null {
    return this.#inner.local;
  }

  get options(): OptionStore {
    return {
      get: (asked) => this.#inner.options.get(asked),
      set: (option: SocketOption, made: boolean) => {
        this.#inner.options.set(option, made);
        this.#settings.push((inner) => inner.options.set(option, false));
      },
    };
  }

  bind(address: SocketAddress): Bound {
    const bound = this.#inner.bind(address);
    this.#settings.push((inner) => void inner.bind(address));
    return bound;
  }

  listen(): StreamListening {
    throw new NetgraphError("EOPNOTSUPP", "Cannot listen: the socket connects through a proxy");
  }

  connect(address: SocketAddress, options: ConnectOptions): StreamAttempt {
    const exchange = beginExchange(this.#parts.via);
    const parts = { exchange, later: this.#parts.later, renew: () => this.#renew() };
    return new ViaAttempt(this.#inner, { address, options }, parts);
  }

  close(): Promise<void> | null {
    return this.#inner.close();
  }

  /** The transport has connected, and cannot connect again. */
  #renew(): void {
    this.#inner = this.#parts.make();
    for (const set of this.#settings) set(this.#inner);
  }
}

interface AttemptParts {
  readonly exchange: ProxyExchange;
  later(call: () => void): void;
  renew(): void;
}

/** A connect to a proxy, and then the exchange with it. */
class ViaAttempt implements StreamAttempt, StreamUpper {
  readonly #options: ConnectOptions;
  readonly #parts: AttemptParts;
  readonly #attempt: StreamAttempt;
  #connection: StreamConnection | null = null;
  #received: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Through, failed, canceled or closed. */
  #isOver = false;

  constructor(
    inner: StreamTransport,
    { address, options }: { readonly address: SocketAddress; readonly options: ConnectOptions },
    parts: AttemptParts,
  ) {
    this.#options = options;
    this.#parts = parts;
    const { events } = options;
    this.#attempt = inner.connect(address, {
      bound: options.bound,
      preamble: null,
      events: {
        connected: (connection) => this.#connected(connection),
        connectFailed: (error) => events.connectFailed(error),
        connectCanceled: () => events.connectCanceled(),
      },
    });
  }

  cancel(): void {
    if (this.#connection === null) return this.#attempt.cancel();
    this.#end(() => this.#options.events.connectCanceled());
  }

  close(): Promise<void> | null {
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (this.#connection === null) return this.#attempt.close();
    return wasOver ? null : this.#connection.close("aborted");
  }

  arrived({ buffer, offset, length }: Octets): void | false {
    if (this.#isOver) return false;
    const all = new Uint8Array(this.#received.length + length);
    all.set(this.#received);
    all.set(buffer.bytes.subarray(offset, offset + length), this.#received.length);
    this.#received = all;
    return this.#take();
  }

  ended(): void {
    this.#fail(new NetgraphError("ECONNRESET", "the proxy closed the connection before it was through"));
  }

  drained(): void {}

  flushed(): void {}

  failed(error: NetgraphError): void {
    this.#fail(new NetgraphError(error.code, `the proxy closed the connection: ${error.message}`, { cause: error }));
  }

  #connected(connection: StreamConnection): void {
    this.#connection = connection;
    connection.upper = this;
    sendPreamble(connection, this.#parts.exchange.first);
    connection.resume();
  }

  #take(): void | false {
    for (;;) {
      const step = this.#parts.exchange.take(this.#received);
      switch (step.kind) {
        case "more":
          return;
        case "failed":
          this.#fail(step.error);
          return false;
        case "done":
          this.#through(this.#received.subarray(step.used));
          return false;
        case "send":
          this.#received = this.#received.subarray(step.used);
          if (this.#connection !== null) sendPreamble(this.#connection, step.bytes);
      }
    }
  }

  /** On a later turn: until then the connection has stopped reading. */
  #through(rest: Uint8Array<ArrayBuffer>): void {
    this.#parts.later(() => {
      const connection = this.#connection;
      if (this.#isOver || connection === null) return;
      this.#isOver = true;
      const through = rest.length === 0 ? connection : new BegunConnection(connection, rest, this.#parts.later);
      this.#options.events.connected(through);
    });
  }

  #fail(error: NetgraphError): void {
    this.#end(() => this.#options.events.connectFailed(error));
  }

  #end(report: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.later(() => {
      void this.#connection?.close("aborted");
      this.#parts.renew();
      report();
    });
  }
}

/** A connection whose first bytes were read already, together with the reply of the proxy. */
class BegunConnection implements StreamConnection {
  readonly kind = "connected";
  readonly #inner: StreamConnection;
  readonly #later: (call: () => void) => void;
  #rest: Uint8Array<ArrayBuffer> | null;

  constructor(inner: StreamConnection, rest: Uint8Array<ArrayBuffer>, later: (call: () => void) => void) {
    this.#inner = inner;
    this.#rest = rest;
    this.#later = later;
  }

  get upper(): StreamUpper {
    return this.#inner.upper;
  }

  set upper(upper: StreamUpper) {
    this.#inner.upper = upper;
  }

  get local(): SocketAddress | null {
    return this.#inner.local;
  }

  get peer(): SocketAddress | null {
    return this.#inner.peer;
  }

  get options(): OptionStore {
    return this.#inner.options;
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes;
  }

  get ackedBytes(): number | null {
    return this.#inner.ackedBytes ?? null;
  }

  send(octets: Octets): void | false {
    return this.#inner.send(octets);
  }

  end(): void {
    this.#inner.end();
  }

  resume(): void {
    if (this.#rest === null) return this.#inner.resume();
    this.#later(() => {
      const rest = this.#rest;
      if (rest === null) return;
      this.#rest = null;
      const taken = this.upper.arrived({ buffer: new SharedBuffer(rest), offset: 0, length: rest.length });
      if (taken !== false) this.#inner.resume();
    });
  }

  finish(): boolean {
    this.#rest = null;
    return this.#inner.finish();
  }

  applyOption(option: SocketOption): void {
    this.#inner.applyOption?.(option);
  }

  close(how: Ending): Promise<void> | null {
    this.#rest = null;
    return this.#inner.close(how);
  }
}
