/**
 * The part of Bun's global that is used, declared here because Deno's type checker does not have Bun's types.
 *
 * Some of it is also missing from Bun's own types (1.4.5): `flags` of a UDP socket, `reusePort` and `ipv6Only` of a
 * listener.
 *
 * @module
 */

/** A server created by `Bun.serve`. */
export interface BunServer {
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** The callbacks for events of a stream. */
export interface WireEvents {
  /** The callee may keep the bytes. */
  data(bytes: Uint8Array<ArrayBuffer>): void;
  /** The peer has ended its direction. Not called when our own has ended before: `close` follows alone. */
  end(): void;
  /** A write that was incomplete can continue. */
  drain(): void;
  /** It is closed: after both directions have ended, or with the error that closed it. */
  close(error: unknown): void;
}

/** A stream connection of Bun, TCP or unix. */
export interface Wire {
  /** The receiver of its events. */
  data: WireEvents | null | undefined;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** Writes what the system accepts now, and returns the number of bytes; -1 if the connection is closed. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** Ends our direction. */
  shutdown(): void;
  /** Closes it; the system still sends written data. */
  end(): void;
  /** Closes it with a reset. */
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(on: boolean): boolean;
  setKeepAlive(on: boolean, delayMs: number): boolean;
  setTypeOfService(octet: number): void;
  /** Replaces its handlers. */
  reload(options: { readonly socket: WireHandlers }): void;
}

/** The callbacks of Bun, one set for many connections. */
export interface WireHandlers {
  readonly binaryType: "uint8array";
  open(wire: Wire): void;
  data(wire: Wire, bytes: Uint8Array<ArrayBuffer>): void;
  end(wire: Wire): void;
  drain(wire: Wire): void;
  close(wire: Wire, error: unknown): void;
  error(wire: Wire, error: unknown): void;
}

/** A listener of Bun. */
export interface BunListener {
  readonly hostname?: string;
  readonly port?: number;
  stop(closeActiveConnections: boolean): void;
}

/** A UDP socket of Bun. */
export interface BunDatagrams {
  readonly address: { readonly address: string; readonly port: number };
  /** Its descriptor (1.4.5; not in Bun's own types). */
  readonly fd?: number;
  /**
   * Sends one datagram.
   *
   * @returns false when the system accepts none now; `drain` follows
   */
  send(bytes: Uint8Array, port: number, host: string): boolean;
  setBroadcast(on: boolean): unknown;
  setTTL(hops: number): unknown;
  setMulticastTTL(hops: number): unknown;
  setMulticastLoopback(on: boolean): unknown;
  setMulticastInterface(address: string): unknown;
  addMembership(group: string, address?: string): unknown;
  dropMembership(group: string, address?: string): unknown;
  close(): void;
}

/** The callbacks for events of a UDP socket. */
export interface BunDatagramHandlers {
  data(socket: BunDatagrams, bytes: Uint8Array<ArrayBuffer>, port: number, host: string): void;
  drain(): void;
  /** Bun 1.4.5 passes only the error, although its types name the socket first. */
  error(error: unknown): void;
}

/** The global `Bun`. */
export interface BunGlobal {
  readonly version: string;
  serve(
    options: {
      readonly unix: string;
      /** Seconds; 0 keeps silent streams open. */
      readonly idleTimeout: number;
      /** True shows errors as pages with source text. */
      readonly development: boolean;
      /** A larger request is answered with 413. */
      readonly maxRequestBodySize: number;
      fetch(request: Request): Promise<Response>;
      /** The response if `fetch` has thrown. */
      error(error: unknown): Response;
    },
  ): BunServer;
  listen(
    options:
      & { readonly allowHalfOpen: true; readonly socket: WireHandlers }
      & (
        | { readonly unix: string }
        | { readonly hostname: string; readonly port: number; readonly reusePort: boolean; readonly ipv6Only: boolean }
      ),
  ): BunListener;
  /**
   * Takes over a descriptor that is already connected (1.4.5; not in Bun's own types). `open` follows with the
   * connection.
   */
  connect(
    options: { readonly fd: number; readonly allowHalfOpen: true; readonly socket: WireHandlers },
  ): Promise<unknown>;
  udpSocket(options: {
    readonly hostname: string;
    readonly port: number;
    /** The sum of some {@linkcode UDP_FLAGS}. */
    readonly flags: number;
    readonly binaryType: "uint8array";
    readonly socket: BunDatagramHandlers;
  }): Promise<BunDatagrams>;
  /** The value of a promise that has already settled. */
  peek(promise: Promise<BunDatagrams>): unknown;
}

/** The values of `flags` of a UDP socket. */
export const UDP_FLAGS = { reusePort: 4, ipv6Only: 8, reuseAddress: 16 } as const;

/**
 * The global object of the host.
 *
 * @throws TypeError on other hosts
 */
export function bunGlobal(): BunGlobal {
  const found: unknown = Reflect.get(globalThis, "Bun");
  if (isBunGlobal(found)) return found;
  throw new TypeError("Cannot find the global Bun: this is another runtime");
}

/** True for a connection of Bun. */
export function isWire(value: unknown): value is Wire {
  return typeof value === "object" && value !== null && "reload" in value && "terminate" in value && "pause" in value;
}

/** True for a UDP socket of Bun. */
export function isBunDatagrams(value: unknown): value is BunDatagrams {
  return typeof value === "object" && value !== null && "sendMany" in value && "address" in value;
}

function isBunGlobal(value: unknown): value is BunGlobal {
  return typeof value === "object" && value !== null && "serve" in value && "version" in value;
}
