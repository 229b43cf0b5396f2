/**
 * Targets of connections: which one is next, their health, and the effect on clients.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { Pending } from "../../graph/core/pending.ts";
import type { NodeCounts } from "../../graph/data/counts.ts";
import type { TargetCounts } from "../../graph/data/target_counts.ts";
import type { TargetEvent } from "../../graph/data/target_event.ts";
import { type Share, WHOLE } from "../../graph/data/share.ts";
import type { TargetReport } from "../../graph/data/target_report.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { targetAddress } from "../../socket/address_text.ts";
import { unseenNotes } from "../ksocket/client/datagram_health.ts";
import type { FailureRow } from "../ksocket/outcomes.ts";
import { selectTarget } from "./balance.ts";
import { Target, type TargetHost } from "./target.ts";
import { ResolvedNames, type UsedSpec } from "./resolved_names.ts";
import { faultsOfTargets } from "./target_faults.ts";
import {
  type Balance,
  DEFAULT_HEALTH,
  DEFAULT_POOL,
  judgesByAnswers,
  type PoolConfig,
  type PoolHealth,
  targetName,
  type TargetSpec,
} from "./target_spec.ts";

/** The context of a pool. */
export interface PoolHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  /** Its node, for error messages, and its counts, which are others after it was renamed. */
  readonly node: { readonly label: string; readonly counts: NodeCounts };
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** The state of a target has changed. */
  changed(): void;
  /** Reports to the other threads that have this pool. */
  report(event: TargetEvent): void;
  /** True for names whose counts are those of its targets, also removed ones; absent: all of the node are. */
  readonly owns?: (name: string) => boolean;
}

/** What balances by open connections. */
const COUNTING: ReadonlySet<Balance> = new Set(["leastconn", "random"]);

/** The targets of one pool. */
export class TargetPool implements TargetHost {
  readonly runtime: SocketRuntime;
  readonly clock: Clock;
  readonly node: { readonly label: string };
  config: PoolConfig = DEFAULT_POOL;
  readonly #host: PoolHost;
  #health: PoolHealth = DEFAULT_HEALTH;
  /** By name. */
  #targets: ReadonlyMap<string, Target> = new Map();
  #specs: readonly TargetSpec[] = [];
  readonly #names: ResolvedNames;
  /** Orders for all targets of a resolved name, by the name of the declared target. */
  readonly #orders = new Map<string, Target["order"]>();
  #share: Share = WHOLE;
  /** By name; not those that an earlier pool of the name had. */
  readonly #removedAt = new Map<string, Date>();
  readonly #since: Date;

  constructor(host: PoolHost) {
    this.#host = host;
    this.runtime = host.runtime;
    this.clock = host.clock;
    this.node = host.node;
    this.#since = host.clock.wall();
    const { runtime, clock } = host;
    this.#names = new ResolvedNames({ runtime, clock, changed: () => this.#update() });
  }

  /** This thread's part of the pool: the first judges the targets for all. */
  set share(share: Share) {
    this.#share = share;
    for (const target of this.#targets.values()) target.announce();
  }

  get isJudgedElsewhere(): boolean {
    return this.#share.part > 0;
  }

  get report(): ((event: TargetEvent) => void) | null {
    return this.#share.of > 1 ? (event) => this.#host.report(event) : null;
  }

  get reportOpen(): ((event: Pick<TargetEvent, "name" | "count">) => void) | null {
    const { part, of } = this.#share;
    if (of === 1 || !COUNTING.has(this.config.balance)) return null;
    return (event) => this.#host.report({ kind: "open", part, ...event });
  }

  /** Another thread has events. */
  receive(events: readonly TargetEvent[]): void {
    for (const one of events) this.#targets.get(one.name)?.receive(one);
  }

  /** The targets in the order in which they were declared. */
  get targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  get health(): PoolHealth {
    return this.#health;
  }

  /**
   * Sets the targets. Existing ones do not change; connections to removed ones stay open.
   *
   * @returns settled once the names of new ones have been looked up; null if there is nothing to await
   */
  setTargets(specs: readonly TargetSpec[]): Pending<unknown> | null {
    this.#specs = specs;
    const answers = this.#names.set(specs);
    this.#update();
    return answers;
  }

  /** Makes the targets those that are declared, with the addresses of names that are resolved. */
  #update(): void {
    const before = this.#targets;
    const targets = new Map<string, Target>();
    for (const spec of this.#specs.flatMap((one) => this.#names.expand(one))) {
      const name = targetName(spec);
      if (targets.has(name)) continue;
      const known = before.get(name);
      if (known !== undefined && known.text === targetAddress.format(spec.to)) {
        known.spec = spec;
        targets.set(name, known);
        continue;
      }
      const fresh = new Target(this, spec);
      fresh.order = this.#orderOf(spec);
      targets.set(name, fresh);
    }
    const stay = new Set(targets.values());
    for (const target of before.values()) {
      if (stay.has(target)) continue;
      target.close();
      this.#removedAt.set(target.name, this.clock.wall());
    }
    for (const name of targets.keys()) this.#removedAt.delete(name);
    this.#targets = targets;
    for (const [name, target] of targets) if (before.get(name) !== target) target.begin();
    this.#stateFailedLookups();
    this.#host.changed();
  }

  /** A name that has no address is a target that no connection reaches. */
  #stateFailedLookups(): void {
    for (const spec of this.#specs) {
      const failure = this.#names.failureOf(spec);
      if (failure !== null) this.#targets.get(targetName(spec))?.notFound(failure);
    }
  }

  #orderOf({ of }: UsedSpec): Target["order"] {
    return of === undefined ? "use" : this.#orders.get(of) ?? "use";
  }

  /**
   * Gives an order for a target, or for all addresses of a declared one.
   *
   * @returns false if there is none of that name
   */
  setOrder(name: string, order: Target["order"]): boolean {
    const meant = this.targets.filter(({ spec, name: own }) => own === name || spec.of === name);
    if (this.#specs.some((spec) => spec.resolve === "all" && targetName(spec) === name)) this.#orders.set(name, order);
    for (const target of meant) target.setOrder(order);
    return meant.length > 0;
  }

  /** Notes for operators. */
  notes(): readonly string[] {
    return [...this.#names.notes(), ...this.#unseenNotes()];
  }

  /** Nothing shows that a target does not take datagrams, unless it answers probes. */
  #unseenNotes(): readonly string[] {
    if (judgesByAnswers(this.#health)) return [];
    const one = this.targets.find(({ connectParameters }) => connectParameters.kind === "dgram");
    return one === undefined ? [] : unseenNotes(this.runtime, one.endpoint("dgram"));
  }

  /** Sets the health settings, for later failures and probes. */
  setHealth(health: PoolHealth): void {
    this.#health = health;
    for (const target of this.#targets.values()) target.healthChanged();
  }

  /**
   * The target of the next attempt: one that is up, otherwise a backup that is up, otherwise the one that failed least
   * recently.
   *
   * @param tried the targets that this connection has tried
   * @param source the host of the client
   * @returns null when all were tried, or none may be used
   */
  select(tried: ReadonlySet<Target>, source: string): Target | null {
    const left = this.targets.filter((target) => target.order === "use" && !tried.has(target));
    const up = left.filter((target) => target.isUp);
    const preferred = up.filter(({ spec }) => spec.backup !== true);
    const candidates = preferred.length > 0 ? preferred : up;
    if (candidates.length > 0) {
      return selectTarget(candidates, { balance: this.config.balance, source, random: this.#host.random });
    }
    return left.reduce<Target | null>((best, target) => {
      return best === null || target.failedAt < best.failedAt ? target : best;
    }, null);
  }

  countsOf(name: string): TargetCounts {
    return this.#host.node.counts.target(name);
  }

  changed(target: Target): void {
    this.#host.changed();
    // A flow stays at a target as long as that is up, or no other is.
    if (!target.isUp && this.#hasOther(target)) target.moveFlows();
    else if (target.isUp) { for (const one of this.#targets.values()) if (!one.isUp) one.moveFlows(); }
  }

  #hasOther(target: Target): boolean {
    return this.targets.some((one) => one !== target && one.order === "use" && one.isUp);
  }

  /** True if a target is not known to be down. */
  get hasTargetUp(): boolean {
    return this.targets.some((one) => one.order === "use" && one.isUp);
  }

  /** The failures of targets that are down, each by itself. */
  failures(): readonly FailureRow[] {
    return this.isJudgedElsewhere ? [] : this.targets.flatMap(({ failure }) => failure ?? []);
  }

  /** The faults that keep it from serving all its connections. */
  faults(): readonly Fault[] {
    if (this.isJudgedElsewhere) return [];
    return faultsOfTargets(this.reports(), this.clock.wall());
  }

  /** The health of each target, and the counts of removed ones. */
  reports(): readonly TargetReport[] {
    const { node: { counts }, owns = () => true } = this.#host;
    const removed = [...counts.targets].filter(([name]) => !this.#targets.has(name) && owns(name));
    return [
      ...this.targets.map((target) => target.report()),
      ...removed.map(([name, counts]) => this.#reportRemoved(name, counts)),
    ];
  }

  #reportRemoved(name: string, { address, active, connected: total, failed, probes }: TargetCounts): TargetReport {
    return {
      name,
      address: address === "" ? name : address,
      weight: 0,
      backup: false,
      state: "removed",
      active,
      total,
      failed,
      probes: { ...probes },
      since: (this.#removedAt.get(name) ?? this.#since).toISOString(),
      failures: 0,
      error: null,
      nextProbeAt: null,
    };
  }

  /** Ends all probes. */
  close(): void {
    this.#names.close();
    for (const target of this.#targets.values()) target.close();
  }
}
