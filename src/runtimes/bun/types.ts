/**
 * The part of Bun's global that is used, written out because Deno's checker has no types of Bun.
 *
 * Some of it is missing from Bun's own types too (1.4.5): `flags` of a UDP socket, `reusePort` and `ipv6Only` of a
 * listener.
 *
 * @module
 */

/** A server made by `Bun.serve`. */
export interface BunServer {
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** What Bun calls when something happens to a stream. */
export interface WireEvents {
  /** The octets are ours to keep. */
  data(bytes: Uint8Array<ArrayBuffer>): void;
  /** The peer has ended its direction. Not called when our own has ended before: `close` follows alone. */
  end(): void;
  /** A write that was cut short can go on. */
  drain(): void;
  /** It is gone: after both directions have ended, or with the error that ended it. */
  close(error: unknown): void;
}

/** A stream connection of Bun, TCP or unix. */
export interface Wire {
  /** Who is told. */
  data: WireEvents | null | undefined;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** Writes what the system takes now, and says how much that was; -1 when the connection is gone. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** Ends our direction. */
  shutdown(): void;
  /** Closes it; the system still sends what was written. */
  end(): void;
  /** Closes it with a reset. */
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(on: boolean): boolean;
  setKeepAlive(on: boolean, delayMs: number): boolean;
  setTypeOfService(octet: number): void;
  /** Lets others handle it from now on. */
  reload(options: { readonly socket: WireHandlers }): void;
}

/** The handlers that Bun calls, one set for many connections. */
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
   * @returns false when the system takes none now; `drain` follows
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

/** What Bun calls when something happens to a UDP socket. */
export interface BunDatagramHandlers {
  data(socket: BunDatagrams, bytes: Uint8Array<ArrayBuffer>, port: number, host: string): void;
  drain(): void;
  /** Bun 1.4.5 hands over the error alone, although its types name the socket first. */
  error(error: unknown): void;
}

/** The global `Bun`. */
export interface BunGlobal {
  readonly version: string;
  serve(options: {
    readonly unix: string;
    /** Seconds; 0 keeps silent streams open. */
    readonly idleTimeout: number;
    /** True shows errors as pages with source text. */
    readonly development: boolean;
    /** A larger request is answered 413. */
    readonly maxRequestBodySize: number;
    fetch(request: Request): Promise<Response>;
    /** Answers where `fetch` has thrown. */
    error(error: unknown): Response;
  }): BunServer;
  listen(
    options:
      & { readonly allowHalfOpen: true; readonly socket: WireHandlers }
      & (
        | { readonly unix: string }
        | { readonly hostname: string; readonly port: number; readonly reusePort: boolean; readonly ipv6Only: boolean }
      ),
  ): BunListener;
  /** Takes over a descriptor that is connected (1.4.5; not in Bun's own types). `open` follows with the connection. */
  connect(
    options: { readonly fd: number; readonly allowHalfOpen: true; readonly socket: WireHandlers },
  ): Promise<unknown>;
  udpSocket(options: {
    readonly hostname: string;
    readonly port: number;
    /** A sum of {@linkcode UDP_FLAGS}. */
    readonly flags: number;
    readonly binaryType: "uint8array";
    readonly socket: BunDatagramHandlers;
  }): Promise<BunDatagrams>;
  /** What a promise has settled with already. */
  peek(promise: Promise<BunDatagrams>): unknown;
}

/** What the `flags` of a UDP socket are made of. */
export const UDP_FLAGS = { reusePort: 4, ipv6Only: 8, reuseAddress: 16 } as const;

/**
 * The global of the host that runs this.
 *
 * @throws TypeError elsewhere than on Bun
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
