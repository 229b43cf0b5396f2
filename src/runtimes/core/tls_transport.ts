/**
 * Streams with TLS over the streams of any runtime: a transport whose connections are those of another transport with
 * a layer on them.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { Bound } from "../../socket/socket.ts";
import type { TlsOptions, TlsState } from "../../socket/tls.ts";
import type { SharedContext } from "../tls/contexts.ts";
import type {
  ConnectOptions,
  ListenEvents,
  ListenOptions,
  OptionStore,
  StreamAttempt,
  StreamConnection,
  StreamListening,
  StreamTransport,
  StreamUpper,
} from "./stream_transport.ts";
import { sendPreamble } from "./send_preamble.ts";
import { TlsConnection } from "./tls_connection.ts";
import type { TlsHost } from "./tls_host.ts";

/** The configuration of a socket, and its context. */
class Configuration {
  readonly host: TlsHost;
  readonly endpoint: Endpoint;
  options: TlsOptions = {};
  #context: SharedContext | null = null;
  #changed: (() => void) | undefined;

  constructor(host: TlsHost, endpoint: Endpoint) {
    this.host = host;
    this.endpoint = endpoint;
  }

  get state(): TlsState | null {
    return this.#context;
  }

  /** @throws NetgraphError if a file cannot be used: the earlier configuration stays */
  set(options: TlsOptions, changed?: () => void): void {
    const context = this.host.contexts.use(options);
    this.close();
    this.options = options;
    this.#context = context;
    if (changed !== undefined) context.observers.add(changed);
    this.#changed = changed;
  }

  get context(): SharedContext {
    return this.#context ??= this.host.contexts.use(this.options);
  }

  close(): void {
    const context = this.#context;
    if (context === null) return;
    if (this.#changed !== undefined) context.observers.delete(this.#changed);
    this.host.contexts.release(context);
    this.#context = null;
  }

  secure(connection: StreamConnection, side: "server" | "client"): TlsConnection {
    const { host, endpoint, context, options } = this;
    return new TlsConnection(connection, { host, endpoint, context, options, side });
  }
}

/** A stream with TLS that neither listens nor connects. */
export class TlsTransport implements StreamTransport {
  readonly kind = "open";
  readonly #configuration: Configuration;
  readonly #make: () => StreamTransport;
  #inner: StreamTransport;
  /** The parts that a transport passes to the one that replaces it after it has connected. */
  readonly #settings: ((inner: StreamTransport) => void)[] = [];

  /** @param make opens a transport without TLS */
  constructor(endpoint: Endpoint, host: TlsHost, make: () => StreamTransport) {
    this.#configuration = new Configuration(host, endpoint);
    this.#make = make;
    this.#inner = make();
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

  get tlsState(): TlsState | null {
    return this.#configuration.state;
  }

  setTls(options: TlsOptions, changed?: () => void): void {
    this.#configuration.set(options, changed);
  }

  bind(address: SocketAddress): Bound {
    const bound = this.#inner.bind(address);
    this.#settings.push((inner) => void inner.bind(address));
    return bound;
  }

  listen(options: ListenOptions): StreamListening {
    if (this.#configuration.context.certificates.length === 0) {
      throw new NetgraphError("EINVAL", "Cannot listen: settls has no cert and key");
    }
    const events = new SecuringEvents(this.#configuration, options.events);
    return new TlsListening(this.#inner.listen({ ...options, events }), this.#configuration);
  }

  connect(address: SocketAddress, options: ConnectOptions): StreamAttempt {
    // Before anything connects: files that cannot be used are found at once.
    this.#configuration.context;
    return new TlsAttempt(address, options, {
      configuration: this.#configuration,
      inner: this.#inner,
      renew: () => this.#renew(),
    });
  }

  close(): Promise<void> | null {
    this.#configuration.close();
    return this.#inner.close();
  }

  /** The transport has connected, and cannot connect again. */
  #renew(): void {
    this.#inner = this.#make();
    for (const set of this.#settings) set(this.#inner);
  }
}

/** Puts TLS on what is accepted. */
class SecuringEvents implements ListenEvents {
  readonly #configuration: Configuration;
  readonly #events: ListenEvents;

  constructor(configuration: Configuration, events: ListenEvents) {
    this.#configuration = configuration;
    this.#events = events;
  }

  accepted(connection: StreamConnection): void {
    const secured = this.#configuration.secure(connection, "server");
    this.#events.accepted(secured);
    if (!secured.isHeld) secured.begin();
  }

  acceptFailed(error: NetgraphError): void {
    this.#events.acceptFailed(error);
  }

  failed(error: NetgraphError): void {
    this.#events.failed(error);
  }
}

class TlsListening implements StreamListening {
  readonly kind = "listening";
  readonly #inner: StreamListening;
  readonly #configuration: Configuration;

  constructor(inner: StreamListening, configuration: Configuration) {
    this.#inner = inner;
    this.#configuration = configuration;
  }

  get local(): SocketAddress | null {
    return this.#inner.local;
  }

  get options(): OptionStore {
    return this.#inner.options;
  }

  get backlogNote(): string | null {
    return this.#inner.backlogNote ?? null;
  }

  get tlsState(): TlsState | null {
    return this.#configuration.state;
  }

  setTls(options: TlsOptions, changed?: () => void): void {
    this.#configuration.set(options, changed);
  }

  setBacklog(backlog: number): void {
    this.#inner.setBacklog(backlog);
  }

  accept(): void {
    this.#inner.accept();
  }

  close(): Promise<void> | null {
    this.#configuration.close();
    return this.#inner.close();
  }
}

/** The parts of a transport that a connect with TLS uses. */
interface AttemptParts {
  readonly configuration: Configuration;
  readonly inner: StreamTransport;
  renew(): void;
}

/** A connect, and then a handshake. */
class TlsAttempt implements StreamAttempt, StreamUpper {
  readonly #address: SocketAddress;
  readonly #options: ConnectOptions;
  readonly #parts: AttemptParts;
  readonly #attempt: StreamAttempt;
  #connection: TlsConnection | null = null;
  #isOver = false;

  constructor(address: SocketAddress, options: ConnectOptions, parts: AttemptParts) {
    this.#address = address;
    this.#options = options;
    this.#parts = parts;
    const { events } = options;
    this.#attempt = parts.inner.connect(address, {
      ...options,
      events: {
        connected: (connection) => this.#connected(connection),
        connectFailed: (error) => events.connectFailed(error),
        connectCanceled: () => events.connectCanceled(),
      },
    });
  }

  cancel(): void {
    const connection = this.#connection;
    if (connection === null) return this.#attempt.cancel();
    if (this.#isOver) return;
    this.#isOver = true;
    void connection.close("aborted");
    const { configuration: { host }, renew } = this.#parts;
    host.base.later(() => {
      renew();
      this.#options.events.connectCanceled();
    });
  }

  close(): Promise<void> | null {
    this.#isOver = true;
    this.#parts.configuration.close();
    return this.#connection === null ? this.#attempt.close() : this.#connection.close("aborted");
  }

  failed(error: NetgraphError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#connection?.close("failed");
    this.#parts.renew();
    const action = `Cannot connect to ${sockaddr.format(this.#address)}`;
    this.#options.events.connectFailed(
      new NetgraphError(error.code, `${action}: ${error.message}`, { cause: error }),
    );
  }

  /** Nothing is read before the handshake is complete. */
  arrived(): false {
    return false;
  }

  ended(): void {}

  drained(): void {}

  flushed(): void {}

  #connected(connection: StreamConnection): void {
    const secured = this.#parts.configuration.secure(connection, "client");
    this.#connection = secured;
    secured.upper = this;
    const { preamble } = this.#options;
    if (preamble !== null) sendPreamble(connection, preamble);
    secured.secured(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      // Its sessions keep what they need of the context.
      this.#parts.configuration.close();
      this.#options.events.connected(secured);
    });
    secured.begin();
  }
}
