/**
 * Asks a target that has failed whether it is back, by connecting, with growing pauses: so that what failed once is not
 * held against it when no client comes any more. Only targets of streams are asked, and only while they are down.
 *
 * @module
 */

import type { Clock, Timer } from "../../../clock.ts";
import { NetgraphError } from "../../../errors.ts";
import type { ConnectAddress } from "../../../socket/address.ts";
import { parseEndpoint } from "../../../socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../../socket/socket.ts";
import { connectHook } from "./connect_template.ts";
import { Dial } from "./dial.ts";
import { discardingOwner } from "../socket_owners.ts";

/** The first pause; each one is twice as long as the one before. */
export const FIRST_PAUSE_MS = 250;
/** The longest time from one attempt to the next. */
export const LONGEST_PAUSE_MS = 1_500;
/** How long one attempt may take. */
const ATTEMPT_MS = 1_500;

/** What a probe works with. */
export interface ProbeOptions {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly address: ConnectAddress;
  /** How long a connection must last, or until the target says something; absent: connecting is enough. */
  readonly holdMs?: number;
  /** The first pause; {@linkcode FIRST_PAUSE_MS} unless given. */
  readonly pauseMs?: number;
  /** Who asks, for error messages. */
  readonly node: { readonly label: string };
  /** Is called once: the target takes connections. The probe has ended. */
  readonly up: () => void;
  /** Is called for every attempt that fails. */
  readonly down: (error: NetgraphError) => void;
}

/** Probes one target until it answers or the probe is stopped. */
export class TargetProbe {
  readonly #options: ProbeOptions;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Timer | null = null;
  #socket: Socket | null = null;
  #dial: Dial | null = null;
  #stopped = false;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#timer = options.clock.after(options.pauseMs ?? this.#pauseMs, () => this.#attempt());
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#dial?.cancel();
    this.#release();
  }

  #attempt(): void {
    this.#timer = null;
    const { runtime, clock, address, node } = this.#options;
    const startedAt = clock.now();
    try {
      const another = (): Socket => {
        const socket = runtime.open(parseEndpoint(connectHook(address, "stream")));
        socket.owner = discardingOwner();
        return socket;
      };
      const socket = another();
      this.#socket = socket;
      const how = { runtime, clock, socket, address, timeoutMs: ATTEMPT_MS, node, advise: false, another };
      const dial = new Dial(how, (result) => {
        this.#dial = null;
        if (result instanceof NetgraphError) return this.#answered(result, startedAt);
        if (result !== socket) {
          this.#release();
          this.#socket = result;
        }
        this.#hold(result, startedAt);
      });
      if (this.#socket === socket) this.#dial = dial;
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      this.#answered(error, startedAt);
    }
  }

  /** The target has taken the connection: does it keep it? */
  #hold(socket: Socket, startedAt: number): void {
    const { holdMs, clock } = this.#options;
    if (holdMs === undefined) return this.#answered(null, startedAt);
    const answer = (error: NetgraphError | null): void => {
      if (this.#socket !== socket) return;
      this.#timer?.cancel();
      this.#answered(error, startedAt);
    };
    const end = (): void => answer(new NetgraphError("ECONNRESET", "The target ends connections at once"));
    socket.owner = { ...discardingOwner(end), arrived: () => answer(null), ended: end };
    this.#timer = clock.after(holdMs, () => answer(null));
    socket.resume();
  }

  #answered(error: NetgraphError | null, startedAt: number): void {
    this.#release();
    if (this.#stopped) return;
    if (error === null) {
      this.#stopped = true;
      return this.#options.up();
    }
    this.#options.down(error);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    // Counted from the beginning of the attempt: one that was not answered has waited long enough.
    const taken = this.#options.clock.now() - startedAt;
    this.#timer = this.#options.clock.after(Math.max(0, this.#pauseMs - taken), () => this.#attempt());
  }

  #release(): void {
    this.#socket?.abort();
    this.#socket = null;
  }
}
