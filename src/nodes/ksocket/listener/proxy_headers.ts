/**
 * The PROXY protocol at a listener: connections whose header is still being read. They have no node yet, and are neither
 * admitted nor forwarded. Their number, their bytes and their time have bounds.
 *
 * @module
 */

import type { Timer } from "../../../clock.ts";
import type { NetgraphError } from "../../../errors.ts";
import { CompactingSet } from "../../../compacting_map.ts";
import { type ProxyEnds, readProxyHeader } from "../../../socket/proxy_protocol.ts";
import type { Octets, Socket, SocketOwner } from "../../../socket/socket.ts";
import type { AcceptTarget } from "../accept_target.ts";
import type { SocketNode } from "../role.ts";
import { PrefetchedSocket } from "./prefetched_socket.ts";
import { TrustedSources } from "./trusted_sources.ts";

/** The number of connections whose header is read at a time; others wait in the system's queue. */
export const MAX_PROXY_READS = 1024;

/** The receivers of the connections. */
export interface ProxyEvents {
  /** The header is read: the socket has the client as its peer. */
  ready(child: Socket): void;
  /** A header is malformed, missing, or not to be trusted. */
  refused(child: Socket, why: string, readBytes: number): void;
  /** The connection has ended before it said anything. */
  aborted(): void;
}

/** Reads headers. */
export class ProxyHeaders {
  readonly #own: Pick<SocketNode, "clock" | "config">;
  readonly #events: ProxyEvents;
  readonly #reads = new CompactingSet<HeaderRead>();
  readonly #trusted = new TrustedSources();

  constructor(own: Pick<SocketNode, "clock" | "config">, events: ProxyEvents) {
    this.#own = own;
    this.#events = events;
  }

  /** True while no more headers are read. */
  get isFull(): boolean {
    return this.#reads.size >= MAX_PROXY_READS;
  }

  /** Reads the header of a connection that was just accepted. */
  read(child: Socket, target: AcceptTarget): void {
    const isTrusted = this.#trusted.has(child.peer, target);
    if (!isTrusted && target.proxyProtocol === "require") {
      return this.#events.refused(child, "the address is not in trusted", 0);
    }
    const read = new HeaderRead(child, {
      isTrusted,
      isRequired: target.proxyProtocol === "require",
      clock: this.#own.clock,
      timeoutMs: this.#own.config.handshakeTimeout,
      done: (outcome) => {
        this.#reads.delete(read);
        if (outcome.kind === "ready") this.#events.ready(outcome.socket);
        else if (outcome.kind === "refused") this.#events.refused(child, outcome.why, outcome.readBytes);
        else this.#events.aborted();
      },
    });
    this.#reads.add(read);
    read.begin();
  }

  /** Ends them all. */
  close(): void {
    for (const read of [...this.#reads]) read.abort();
  }
}

type Outcome =
  | { readonly kind: "ready"; readonly socket: Socket }
  | { readonly kind: "refused"; readonly why: string; readonly readBytes: number }
  | { readonly kind: "aborted" };

interface HeaderReadOptions extends Pick<SocketNode, "clock"> {
  readonly isTrusted: boolean;
  readonly isRequired: boolean;
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly done: (outcome: Outcome) => void;
}

/** The header of one connection, which it reads as its owner. */
class HeaderRead implements SocketOwner {
  readonly #child: Socket;
  readonly #options: HeaderReadOptions;
  readonly #timer: Timer | null;
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  #isDone = false;

  constructor(child: Socket, options: HeaderReadOptions) {
    this.#child = child;
    this.#options = options;
    child.owner = this;
    const { clock, timeoutMs } = options;
    this.#timer = timeoutMs === 0 ? null : clock.after(timeoutMs, () => this.#expired());
  }

  /** Reads; before the handshake where the connection has TLS. */
  begin(): void {
    if (!this.#child.endpoint.tls) return this.#child.resume();
    this.#child.beforeTls?.((octets) => this.#take(octets));
  }

  /** The listener is closed. */
  abort(): void {
    this.#child.abort();
    this.#finish({ kind: "aborted" });
  }

  arrived(octets: Octets): void | false {
    return this.#take(octets) === null ? undefined : false;
  }

  /** @returns null if more has to come; otherwise how many of these bytes belong to the header */
  #take(octets: Octets): number | null {
    if (this.#isDone) return 0;
    const before = this.#bytes.length;
    this.#append(octets);
    const reading = readProxyHeader(this.#bytes);
    switch (reading.kind) {
      case "more":
        return null;
      case "malformed":
        this.#refuse(`its PROXY header is malformed: ${reading.why}`);
        return octets.length;
      case "none":
        if (this.#options.isRequired) this.#refuse("it does not begin with a PROXY header");
        else this.#ready(NO_CLIENT, 0);
        return 0;
      case "header":
        if (!this.#options.isTrusted) this.#refuse("it sends a PROXY header, and the address is not in trusted");
        else this.#ready(reading.header, reading.length);
        return reading.length - before;
    }
  }

  ended(): void {
    if (this.#isDone) return;
    if (this.#bytes.length > 0) return this.#refuse("it has ended within its PROXY header");
    this.#child.abort();
    this.#finish({ kind: "aborted" });
  }

  failed(_error: NetgraphError): void {
    this.#finish({ kind: "aborted" });
  }

  drained(): void {}

  /** Never: it does not listen. */
  accepted(child: Socket): void {
    child.abort();
  }

  /** Never: it does not listen. */
  acceptFailed(): void {}

  #expired(): void {
    if (this.#options.isRequired || this.#bytes.length > 0) {
      return this.#refuse("its PROXY header is not complete within handshakeTimeout");
    }
    // A client that waits for the server to begin.
    this.#ready(NO_CLIENT, 0);
  }

  #ready({ source, destination }: ProxyEnds, length: number): void {
    const { clock } = this.#options;
    // With TLS the rest is not decrypted yet.
    const rest = this.#child.endpoint.tls ? NO_BYTES : this.#bytes.slice(length);
    const named = source === null ? { peer: this.#child.peer, destination: null } : { peer: source, destination };
    const socket = new PrefetchedSocket(this.#child, { ...named, rest, clock });
    this.#finish({ kind: "ready", socket });
  }

  #refuse(why: string): void {
    this.#finish({ kind: "refused", why, readBytes: this.#bytes.length });
  }

  #finish(outcome: Outcome): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#timer?.cancel();
    this.#bytes = NO_BYTES;
    this.#options.done(outcome);
  }

  #append({ buffer, offset, length }: Octets): void {
    const all = new Uint8Array(this.#bytes.length + length);
    all.set(this.#bytes);
    all.set(buffer.bytes.subarray(offset, offset + length), this.#bytes.length);
    this.#bytes = all;
  }
}

/** The connection keeps its own addresses. */
const NO_CLIENT: ProxyEnds = { source: null, destination: null };
const NO_BYTES: Uint8Array<ArrayBuffer> = new Uint8Array(0);
