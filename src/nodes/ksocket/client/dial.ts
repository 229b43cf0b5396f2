/**
 * Connecting to a name or an address: a name is looked up and its addresses are tried in order, within one time limit;
 * the error of a rejected connect suggests what would have worked.
 *
 * An address that does not answer delays the others for a moment only: the next one is tried in parallel, as in RFC
 * 8305 (Happy Eyeballs), and the first that connects wins. The others need sockets of their own meanwhile.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { errorText, NetgraphError } from "../../../errors.ts";
import type { SocketAddress, TargetAddress } from "../../../socket/address.ts";
import { connectAddress, sockaddr } from "../../../socket/address_text.ts";
import { type Endpoint, parseEndpoint } from "../../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../../socket/socket.ts";
import { whyOf } from "../outcomes.ts";
import { discardingOwner } from "../socket_owners.ts";
import { lookUpName } from "./lookup.ts";
import { refusedAddresses } from "./refused_addresses.ts";

/** How long an address is tried alone before the next one is tried in parallel, in milliseconds. */
const ATTEMPT_DELAY_MS = 250;
/** The cause of all dials that were canceled: clients that leave at once cancel many, and an error is expensive to make. */
const CANCELED = new NetgraphError("ECANCELED", errorText("ECANCELED"));

/** The input of a dial. */
export interface DialOptions {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly socket: Socket;
  readonly address: TargetAddress;
  /** The time limit of the whole dial, in milliseconds. */
  readonly timeoutMs: number;
  /** The node that connects, for error messages. */
  readonly node: { readonly label: string };
  /**
   * Opens one more socket like `socket`, of that family, to try another address beside it.
   *
   * @throws NetgraphError if no other one is possible
   */
  another(family: Endpoint["family"]): Socket;
  /** Configures a socket before it connects to the address. */
  readonly configure?: ((socket: Socket, address: TargetAddress) => void) | undefined;
  /** Is called with the addresses of a name. */
  readonly found?: (addresses: readonly SocketAddress[]) => void;
  /** False to say only what failed, and not what would have worked. */
  readonly advise?: boolean;
}

/** One address that was tried, and its result. */
interface Attempt {
  readonly address: SocketAddress;
  /** Null while it is in progress. */
  error: NetgraphError | null;
}

/** Called once: with the socket that has connected, or with the error. */
export type DialDone = (result: Socket | NetgraphError) => void;

/** A connect in progress. */
export class Dial {
  readonly #options: DialOptions;
  readonly #done: DialDone;
  readonly #timer: Timer;
  /** The addresses of a name. */
  #addresses: readonly SocketAddress[] = [];
  // These have exact lengths, as most dials try one address: an array after a push has room for 16 more.
  #attempts: readonly Attempt[] = [];
  /** The sockets that are connecting. */
  #connecting: readonly Socket[] = NO_SOCKETS;
  /** Sockets whose connect has failed: they can try another address. */
  #free: readonly Socket[];
  /** Sockets that were opened in addition to the first. */
  #others: Socket[] | null = null;
  #nextAttempt: Timer | null = null;
  #finished = false;
  #timedOut = false;
  #endProbe: () => void = () => {};

  /**
   * Starts to connect.
   *
   * @param done is called once, perhaps from within
   */
  constructor(options: DialOptions, done: DialDone) {
    this.#options = options;
    this.#done = done;
    this.#free = [options.socket];
    this.#timer = options.clock.after(options.timeoutMs, () => this.#timeOut());
    const { address, runtime } = options;
    if (address.family !== "name") {
      this.#addresses = [address];
      this.#tryNext();
      return;
    }
    const isStream = options.socket.endpoint.type !== "dgram";
    const found = (result: readonly SocketAddress[] | NetgraphError): void => {
      if (this.#finished) return;
      if (result instanceof NetgraphError) return this.#finish(this.#describe(result));
      this.#addresses = isStream ? result : refusedAddresses(options.clock).inOrder(result);
      options.found?.(this.#addresses);
      this.#tryNext();
    };
    lookUpName(runtime, address, found);
  }

  /** Cancels it: `done` is called with ECANCELED, from within. */
  cancel(): void {
    if (this.#finished) return;
    this.#endProbe();
    this.#finish(this.#describe(CANCELED));
  }

  /** Tries the next address, in parallel to those in progress. */
  #tryNext(): void {
    this.#nextAttempt?.cancel();
    this.#nextAttempt = null;
    const address = this.#addresses[this.#attempts.length];
    if (address === undefined) return;
    const socket = this.#takeFree(address) ?? this.#openAnother(address);
    if (socket instanceof NetgraphError) {
      // Those in progress continue, and the address waits until one of them fails.
      if (this.#connecting.length === 0) this.#skip(address, socket);
      return;
    }
    this.#try(socket, address);
    if (this.#finished || this.#timedOut || this.#attempts.length === this.#addresses.length) return;
    this.#nextAttempt ??= this.#options.clock.after(this.#delayMs, () => this.#tryNext());
  }

  /** If there is little time, every address gets its part of it. */
  get #delayMs(): number {
    return Math.min(ATTEMPT_DELAY_MS, Math.ceil(this.#options.timeoutMs / (this.#addresses.length + 1)));
  }

  /** A socket of the address's family whose connect has failed, or that was not used yet. */
  #takeFree({ family }: SocketAddress): Socket | undefined {
    const free = this.#free;
    let at = free.length - 1;
    while (at >= 0 && free[at]?.endpoint.family !== family) at--;
    // Only names leave the family open: any other address is for the socket that there is.
    if (at < 0 && !this.#isOpen) at = free.length - 1;
    const found = free[at];
    if (found !== undefined) this.#free = without(free, found);
    return found;
  }

  /** True for a name whose addresses may be of either family. */
  get #isOpen(): boolean {
    const { address } = this.#options;
    return address.family === "name" && (address.of === "tcp" || address.of === "udp");
  }

  /** The system opens no socket for an address. */
  #skip(address: SocketAddress, error: NetgraphError): void {
    this.#attempts = added(this.#attempts, { address, error });
    if (this.#attempts.length < this.#addresses.length) this.#tryNext();
    else this.#explain(address, error);
  }

  #openAnother({ family }: SocketAddress): Socket | NetgraphError {
    try {
      const socket = this.#options.another(
        this.#isOpen && family !== "generic" ? family : this.#options.socket.endpoint.family,
      );
      socket.owner = discardingOwner();
      (this.#others ??= []).push(socket);
      return socket;
    } catch (error) {
      if (error instanceof NetgraphError) return error;
      throw error;
    }
  }

  #try(socket: Socket, address: SocketAddress): void {
    const attempt: Attempt = { address, error: null };
    this.#attempts = added(this.#attempts, attempt);
    this.#connecting = added(this.#connecting, socket);
    const settle = (error: NetgraphError | null): void => {
      this.#connecting = without(this.#connecting, socket);
      if (this.#finished) return;
      if (error === null) return this.#finish(socket);
      if (this.#timedOut) return this.#finish(this.#timeoutError());
      attempt.error = error;
      this.#free = added(this.#free, socket);
      if (this.#attempts.length < this.#addresses.length) this.#tryNext();
      else if (this.#connecting.length === 0) this.#explain(attempt.address, error);
    };
    try {
      this.#options.configure?.(socket, this.#options.address);
      socket.connect(address, settle);
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      settle(error);
    }
  }

  #timeOut(): void {
    this.#timedOut = true;
    const { socket } = this.#options;
    if (!this.#connecting.includes(socket)) return this.#finish(this.#timeoutError());
    // It stays with its node, which may connect it again: the attempt must have ended.
    this.#closeOthers(null);
    socket.cancelConnect();
  }

  #timeoutError(): NetgraphError {
    return this.#describe(new NetgraphError("ETIMEDOUT", `no answer within ${this.#options.timeoutMs / 1000} s`));
  }

  /**
   * All addresses have failed. A refused connect on loopback often means a server that listens on the other family
   * only.
   */
  #explain(at: SocketAddress, error: NetgraphError): void {
    const failed = this.#describe(error);
    const other = this.#options.advise === false || this.#isOpen ? null : otherLoopback(at);
    if (error.code !== "ECONNREFUSED" || other === null) return this.#finish(failed);
    // The error is known: the suggestion has its own time limit.
    this.#timer.cancel();
    this.#endProbe = probe(this.#options, other, (answers) => {
      if (this.#finished) return;
      if (!answers) return this.#finish(failed);
      const found = sockaddr.format(other);
      const hook = `${other.family}/stream/tcp`;
      const advice = `${found} answers: use hook "${hook}" and connect to ${found}`;
      this.#finish(
        new NetgraphError(failed.code, `${failed.message}; ${advice}`, { subject: failed.subject, cause: error }),
      );
    });
  }

  #describe(error: NetgraphError): NetgraphError {
    const { address } = this.#options;
    const node = this.#options.node.label;
    const wanted = connectAddress.format(address);
    const noSocket = error.code === "ENOENT" && address.family === "local";
    const what = error.code === "ETIMEDOUT" && this.#timedOut
      ? error.message
      : noSocket
      ? "no socket has this path"
      : whyOf(error);
    const tried = address.family === "name" ? this.#tried(error) : "";
    return new NetgraphError(error.code, `Cannot connect "${node}" to ${wanted}${tried}: ${what}`, {
      subject: { node, address: wanted },
      cause: error,
    });
  }

  /** The addresses of a name that were tried, each with its error if that differs from the main one. */
  #tried(whole: NetgraphError): string {
    if (this.#attempts.length === 0) return "";
    const texts = this.#attempts.map(({ address, error }) => {
      const why = error === null || error.code === whole.code ? "" : `: ${whyOf(error)}`;
      return `${sockaddr.format(address)}${why}`;
    });
    return ` (${texts.join(", ")})`;
  }

  #closeOthers(winner: Socket | null): void {
    const others = this.#others;
    this.#others = null;
    for (const socket of others ?? []) if (socket !== winner) socket.abort();
  }

  #finish(result: Socket | NetgraphError): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer.cancel();
    this.#nextAttempt?.cancel();
    const winner = result instanceof NetgraphError ? null : result;
    this.#closeOthers(winner);
    const { socket } = this.#options;
    // The receiver of the winner closes the others.
    if (winner === null && this.#connecting.includes(socket)) socket.cancelConnect();
    this.#done(result);
  }
}

const NO_SOCKETS: readonly Socket[] = [];

function added<T>(list: readonly T[], one: T): readonly T[] {
  return list.length === 0 ? [one] : [...list, one];
}

function without(sockets: readonly Socket[], socket: Socket): readonly Socket[] {
  if (sockets.length === 1 && sockets[0] === socket) return NO_SOCKETS;
  return sockets.filter((one) => one !== socket);
}

/** The same port on the other family's loopback; null if the address is not loopback. */
function otherLoopback(address: SocketAddress): SocketAddress | null {
  if (address.family === "inet" && address.host.startsWith("127.")) {
    return { family: "inet6", host: "::1", port: address.port, zone: null };
  }
  if (address.family === "inet6" && address.host === "::1") {
    return { family: "inet", host: "127.0.0.1", port: address.port };
  }
  return null;
}

/** How long the suggestion may delay the error, in milliseconds. */
const PROBE_MS = 200;

/** Checks whether a server answers at `address`; the returned function cancels it, and no result follows then. */
function probe(options: DialOptions, address: SocketAddress, done: (answers: boolean) => void): () => void {
  let end = (): void => {};
  if (options.socket.endpoint.type !== "stream") {
    done(false);
    return end;
  }
  try {
    const socket = options.runtime.open(parseEndpoint(`${address.family}/stream/tcp`));
    socket.owner = discardingOwner();
    const timer = options.clock.after(PROBE_MS, () => socket.cancelConnect());
    end = () => {
      timer.cancel();
      socket.abort();
    };
    socket.connect(address, (error) => {
      end();
      done(error === null);
    });
  } catch (error) {
    // A host without the other family, or a permission that is missing: then there is no suggestion.
    if (!(error instanceof NetgraphError)) throw error;
    end();
    done(false);
  }
  return end;
}
