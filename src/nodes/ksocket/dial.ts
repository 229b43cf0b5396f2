/**
 * Connecting, as people mean it: a name is looked up and its addresses tried in order, all of it within a time limit,
 * and a refusal says what would have worked.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { errorText, NetgraphError } from "../../errors.ts";
import type { ConnectAddress, SocketAddress } from "../../socket/address.ts";
import { connectAddress, sockaddr } from "../../socket/address_text.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../socket/socket.ts";
import { nobody } from "./nobody.ts";

/** What a dial works with. */
export interface DialOptions {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly socket: Socket;
  readonly address: ConnectAddress;
  /** For all of it, in milliseconds. */
  readonly timeoutMs: number;
  /** Who connects, for error messages. */
  readonly node: { readonly label: string };
}

/** A connect under way. */
export class Dial {
  readonly #options: DialOptions;
  readonly #done: (error: NetgraphError | null) => void;
  readonly #timer: Timer;
  /** What a name was looked up to, and how many of them were tried. */
  #addresses: readonly SocketAddress[] = NO_ADDRESSES;
  #tried = 0;
  #finished = false;
  #connecting = false;
  #timedOut = false;
  #endProbe: () => void = () => {};

  /**
   * Begins to connect.
   *
   * @param done is called once, perhaps from within; with null once the socket is connected
   */
  constructor(options: DialOptions, done: (error: NetgraphError | null) => void) {
    this.#options = options;
    this.#done = done;
    this.#timer = options.clock.after(options.timeoutMs, () => this.#timeOut());
    const { address, runtime } = options;
    if (address.family !== "name") {
      this.#try(address);
      return;
    }
    const { of: family, name, port } = address;
    runtime.lookup({ family, name, port }, (result) => {
      if (this.#finished) return;
      if (result instanceof NetgraphError) return this.#finish(this.#describe(result, null));
      this.#addresses = result;
      this.#next(null);
    });
  }

  /** Gives up: `done` is called with ECANCELED, from within. */
  cancel(): void {
    if (this.#finished) return;
    if (this.#connecting) this.#options.socket.cancelConnect();
    this.#endProbe();
    this.#finish(this.#describe(new NetgraphError("ECANCELED", errorText("ECANCELED")), null));
  }

  #next(failure: { error: NetgraphError; at: SocketAddress } | null): void {
    const address = this.#addresses[this.#tried++];
    if (address === undefined) this.#explain(failure);
    else this.#try(address);
  }

  #try(address: SocketAddress): void {
    this.#connecting = true;
    try {
      this.#options.socket.connect(address, (error) => {
        this.#connecting = false;
        if (this.#finished) return;
        if (error === null) return this.#finish(null);
        if (this.#timedOut) return this.#finish(this.#timeoutError());
        this.#next({ error, at: address });
      });
    } catch (error) {
      this.#connecting = false;
      if (!(error instanceof NetgraphError)) throw error;
      this.#finish(this.#describe(error, address));
    }
  }

  #timeOut(): void {
    this.#timedOut = true;
    this.#addresses = NO_ADDRESSES;
    if (this.#connecting) this.#options.socket.cancelConnect();
    else this.#finish(this.#timeoutError());
  }

  #timeoutError(): NetgraphError {
    const { timeoutMs } = this.#options;
    return this.#describe(new NetgraphError("ETIMEDOUT", `no answer within ${timeoutMs / 1000} s`), null);
  }

  /** The last address has failed. A refusal on loopback is often a server that listens on the other family only. */
  #explain(failure: { error: NetgraphError; at: SocketAddress } | null): void {
    const error = failure?.error ?? new NetgraphError("ENOTFOUND", errorText("ENOTFOUND"));
    const failed = this.#describe(error, failure?.at ?? null);
    const other = failure === null ? null : otherLoopback(failure.at);
    if (error.code !== "ECONNREFUSED" || other === null) return this.#finish(failed);
    // What it failed of is known: advice has a limit of its own.
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

  #describe(error: NetgraphError, at: SocketAddress | null): NetgraphError {
    const { address } = this.#options;
    const node = this.#options.node.label;
    const wanted = connectAddress.format(address);
    const tried = at === null || address.family !== "name" ? "" : ` (${sockaddr.format(at)})`;
    const what = error.code === "ETIMEDOUT" && this.#timedOut ? error.message : errorText(error.code);
    return new NetgraphError(error.code, `Cannot connect "${node}" to ${wanted}${tried}: ${what}`, {
      subject: { node, address: wanted },
      cause: error,
    });
  }

  #finish(error: NetgraphError | null): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer.cancel();
    this.#done(error);
  }
}

const NO_ADDRESSES: readonly SocketAddress[] = [];

/** The same port on the other family's loopback; null where the address is no loopback. */
function otherLoopback(address: SocketAddress): SocketAddress | null {
  if (address.family === "inet" && address.host.startsWith("127.")) {
    return { family: "inet6", host: "::1", port: address.port, zone: null };
  }
  if (address.family === "inet6" && address.host === "::1") {
    return { family: "inet", host: "127.0.0.1", port: address.port };
  }
  return null;
}

/** How long the advice may hold the error up, in milliseconds. */
const PROBE_MS = 200;

/** Asks whether anybody answers at `address`; the returned function gives up, and nothing is told then. */
function probe(options: DialOptions, address: SocketAddress, tell: (answers: boolean) => void): () => void {
  let end = (): void => {};
  if (options.socket.endpoint.type !== "stream") {
    tell(false);
    return end;
  }
  try {
    const socket = options.runtime.open(parseEndpoint(`${address.family}/stream/tcp`));
    socket.owner = nobody();
    const timer = options.clock.after(PROBE_MS, () => socket.cancelConnect());
    end = () => {
      timer.cancel();
      socket.abort();
    };
    socket.connect(address, (error) => {
      end();
      tell(error === null);
    });
  } catch (error) {
    // A host without the other family, or a permission that is missing: there is no advice then.
    if (!(error instanceof NetgraphError)) throw error;
    end();
    tell(false);
  }
  return end;
}
