/**
 * When a target is probed: until it is up again while it is down; at intervals if all targets are probed; and once it
 * has closed a new connection, to check whether it closes all of them.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import type { TargetAddress } from "../../socket/address.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { type AttemptOptions, ProbeAttempt, TargetProbe } from "./target_probe.ts";
import type { PoolHealth, TargetSpec } from "./target_spec.ts";

/** The delay after which a target that has ended its direction is checked: does it still read? */
const READS_ON_MS = 500;
/** A target that keeps a silent connection for this time does not end all immediately. */
const HOLD_MS = 700;

/** The context of the probes of one target. */
export interface ProbeHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  /** The node that connects, for error messages. */
  readonly node: { readonly label: string };
  /** The current health settings. */
  readonly health: PoolHealth;
}

/** The parameters of connections to a target. */
export type ConnectParameters = Pick<AttemptOptions, "kind" | "secure" | "proxy">;

/** The target that is probed, which receives the results. */
export interface ProbedTarget {
  readonly address: TargetAddress;
  /** The parameters of its last connection. */
  readonly connectParameters: ConnectParameters;
  /** As it is declared. */
  readonly spec: TargetSpec;
  /** True if it is up, as far as is known. */
  readonly isUp: boolean;
  /** True if it may be probed at all. */
  readonly mayBeProbed: boolean;
  /** A probe has succeeded. */
  probeSucceeded(): void;
  /** A probe has failed; `isConfirmation`: of a target that is down, or that may close every connection. */
  probeFailed(error: NetgraphError, isConfirmation: boolean): void;
  /** The target may close every connection immediately: it has closed a new one. */
  closedImmediately(): void;
  /** The check whether the target closes every connection has ended. */
  decided(): void;
}

/** The probes of one target. */
export class ProbeSchedule {
  readonly #host: ProbeHost;
  readonly #target: ProbedTarget;
  /** Probes until the target is up. */
  #probe: TargetProbe | null = null;
  /** The timer of the decision to probe a target that has closed a new connection. */
  #decision: Timer | null = null;
  /** The next probe of a target that is not down. */
  #next: Timer | null = null;
  #attempt: ProbeAttempt | null = null;

  constructor(host: ProbeHost, target: ProbedTarget) {
    this.#host = host;
    this.#target = target;
  }

  /** True while the target may end all connections immediately. */
  get isDeciding(): boolean {
    return this.#decision !== null || this.#probe !== null;
  }

  /** The time of the next probe of a target that is down, on the clock; null while there is none. */
  get nextAt(): number | null {
    return this.#probe?.nextAt ?? null;
  }

  /** Probes the target until it is up. */
  probeUntilUp(how: { readonly pauseMs?: number; readonly holdMs?: number } = {}): void {
    const { health } = this.#host;
    if (!this.#mayProbe || this.#probe !== null) return;
    this.#probe = new TargetProbe({
      ...this.#question,
      ...how,
      intervalMs: health.interval,
      timeoutMs: health.timeout,
      up: () => this.#succeeded(),
      down: (error) => this.#target.probeFailed(error, true),
    });
  }

  /** Probes a target that is not down, if all are probed. */
  probeAtIntervals(delayMs = this.#host.health.interval): void {
    const { clock, health } = this.#host;
    if (health.probe !== "all" || !this.#mayProbe || this.#next !== null || this.#attempt !== null) return;
    this.#next = clock.after(delayMs, () => {
      this.#next = null;
      this.#probeOnce();
    });
  }

  /**
   * The target has closed a new connection first, without sending a byte: probes whether it closes all of them, unless it has
   * ended only its own direction.
   *
   * @param readsOn true if it has accepted data after that
   */
  decide(readsOn: () => boolean): void {
    if (this.isDeciding || !this.#mayProbe) return;
    this.#decision = this.#host.clock.after(READS_ON_MS, () => {
      this.#decision = null;
      if (!readsOn()) this.#target.closedImmediately();
      this.#target.decided();
    });
  }

  /** Probes whether the target ends all connections at once. */
  checkEarlyClose(): void {
    this.probeUntilUp({ pauseMs: 0, holdMs: HOLD_MS });
  }

  /** The target ends connections as it should, or is down. */
  cancelDecision(): void {
    this.#decision?.cancel();
    this.#decision = null;
  }

  /** Stops the probes at intervals. */
  stopIntervals(): void {
    this.#next?.cancel();
    this.#next = null;
    this.#attempt?.stop();
    this.#attempt = null;
  }

  /** Stops all probes. */
  stop(): void {
    this.#probe?.stop();
    this.#probe = null;
    this.cancelDecision();
    this.stopIntervals();
  }

  get #mayProbe(): boolean {
    return this.#host.health.probe !== "none" && this.#target.mayBeProbed;
  }

  #probeOnce(): void {
    const { health, clock } = this.#host;
    const startedAt = clock.now();
    let settled = false;
    const attempt = new ProbeAttempt({ ...this.#question, timeoutMs: health.timeout }, (error) => {
      settled = true;
      this.#attempt = null;
      if (error === null) this.#target.probeSucceeded();
      else this.#target.probeFailed(error, false);
      const taken = clock.now() - startedAt;
      if (this.#target.isUp) this.probeAtIntervals(Math.max(0, health.interval - taken));
    });
    if (!settled) this.#attempt = attempt;
  }

  /** True if the target needs no more probes. */
  #succeeded(): boolean {
    this.#target.probeSucceeded();
    if (!this.#target.isUp) return false;
    this.#probe = null;
    this.#target.decided();
    return true;
  }

  get #question(): Omit<AttemptOptions, "timeoutMs"> {
    const { runtime, clock, node, health: { send, expect } } = this.#host;
    const { address, connectParameters, spec: { proxy } } = this.#target;
    return {
      runtime,
      clock,
      node,
      address,
      ...connectParameters,
      ...(proxy === undefined ? {} : { proxy }),
      ...(send === undefined ? {} : { send }),
      ...(expect === undefined ? {} : { expect }),
    };
  }
}
