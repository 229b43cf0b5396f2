/**
 * The targets of a listener: the addresses of its destinations, each as a pool of one, and a pool of its own for each
 * list. Addresses in templates belong to no destination; they are only observed.
 *
 * @module
 */

import type { NetgraphError } from "../../../errors.ts";
import { inTurn, type Pending } from "../../../graph/core/pending.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import { type Share, WHOLE } from "../../../graph/data/share.ts";
import type { TargetEvent } from "../../../graph/data/target_event.ts";
import type { TargetReport } from "../../../graph/data/target_report.ts";
import { targetAddress } from "../../../socket/address_text.ts";
import type { TargetAddress } from "../../../socket/address.ts";
import { ObservedTargets } from "../../pool/observed_targets.ts";
import { emitTargetEvent } from "../../pool/pool.ts";
import type { Target } from "../../pool/target.ts";
import { TargetPool } from "../../pool/target_pool.ts";
import { DEFAULT_POOL, targetName, type TargetSpec } from "../../pool/target_spec.ts";
import { type AcceptTarget, destinationsOf } from "../accept_target.ts";
import { type Destination, isTargetList } from "../destination.ts";
import type { SocketNode } from "../role.ts";
import type { FailureRow } from "../outcomes.ts";
import { describeRule } from "../routing/route_rule.ts";

/** The targets of one listener. */
export class ListenerTargets {
  readonly #host: SocketNode;
  readonly #changed: () => void;
  /** Those of templates. */
  readonly observed: ObservedTargets;
  /** The addresses of destinations; no connection is balanced between them. Null before the first one. */
  #addresses: TargetPool | null = null;
  /** The pools of lists, by what the names of their targets begin with: nothing, or a rule. */
  #lists: ReadonlyMap<string, TargetPool> = new Map();
  /** Also those of earlier destinations, whose connections may still be on the way. */
  readonly #poolOf = new WeakMap<Destination, TargetPool>();
  readonly #targetOf = new WeakMap<Destination, Target>();
  /** The destinations that are neither an address nor a list. */
  #others: readonly Destination[] = [];

  constructor(host: SocketNode, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    const { runtime, node, graph: { clock } } = host;
    this.observed = new ObservedTargets({ runtime, node, clock }, changed);
  }

  /** Sets the targets; those that stay keep their state. Settled once the names of new ones have been looked up. */
  set(target: AcceptTarget | null): Pending<unknown> | null {
    const destinations = target === null ? [] : destinationsOf(target);
    this.observed.clear();
    this.#others = destinations.filter(({ connect }) => {
      return connect === undefined || (!isTargetList(connect) && connect.family === "pool");
    });
    const answers = this.#setLists(destinations, target?.route !== undefined);
    this.#setAddresses(destinations);
    return inTurn(answers, (answer) => answer);
  }

  #setLists(destinations: readonly Destination[], areRules: boolean): readonly (Pending<unknown> | null)[] {
    const before = this.#lists;
    const lists = new Map<string, TargetPool>();
    this.#lists = lists;
    const answers = destinations.map((destination) => {
      const { connect, balance = DEFAULT_POOL.balance } = destination;
      if (connect === undefined || !isTargetList(connect)) return null;
      const prefix = areRules ? `${describeRule(destination)}/` : "";
      const pool = before.get(prefix) ?? this.#newPool((name) => name.startsWith(prefix));
      lists.set(prefix, pool);
      this.#poolOf.set(destination, pool);
      pool.config = { ...DEFAULT_POOL, balance };
      return pool.setTargets(prefix === "" ? connect : connect.map((spec) => withPrefix(spec, prefix)));
    });
    for (const [prefix, pool] of before) if (!lists.has(prefix)) pool.close();
    return answers;
  }

  #setAddresses(destinations: readonly Destination[]): void {
    const specs = new Map<Destination, TargetSpec>();
    for (const destination of destinations) {
      const to = addressOf(destination);
      if (to !== null) specs.set(destination, { to });
    }
    if (specs.size === 0 && this.#addresses === null) return;
    this.#addresses ??= this.#newPool((name) => ![...this.#lists.keys()].some((prefix) => name.startsWith(prefix)));
    // Rules may have the same address.
    this.#addresses.setTargets([...new Map([...specs.values()].map((spec) => [targetName(spec), spec])).values()]);
    const targets = new Map(this.#addresses.targets.map((one) => [one.name, one]));
    for (const [destination, spec] of specs) {
      const target = targets.get(targetName(spec));
      if (target !== undefined) this.#targetOf.set(destination, target);
    }
  }

  #newPool(owns: (name: string) => boolean): TargetPool {
    const { runtime, node, graph } = this.#host;
    const report = (event: TargetEvent): void => emitTargetEvent(graph, node, event);
    const pool = new TargetPool({
      runtime,
      node,
      clock: graph.clock,
      random: Math.random,
      changed: this.#changed,
      report,
      owns,
    });
    pool.share = graph.scope(node.origin.scope).shares.get(node) ?? WHOLE;
    return pool;
  }

  get #pools(): readonly TargetPool[] {
    return this.#addresses === null ? [...this.#lists.values()] : [this.#addresses, ...this.#lists.values()];
  }

  /** The pool of a destination that has a list. */
  poolOf(destination: Destination): TargetPool | null {
    return this.#poolOf.get(destination) ?? null;
  }

  /** The target of a destination that has one address. */
  targetOf(destination: Destination): Target | null {
    return this.#targetOf.get(destination) ?? null;
  }

  /** Several threads have the listener: the first judges the targets for all. */
  set share(share: Share) {
    for (const pool of this.#pools) pool.share = share;
  }

  /** Another thread has events. */
  receive(events: readonly TargetEvent[]): void {
    for (const pool of this.#pools) pool.receive(events);
  }

  /** A connection to a destination failed at an address; `count` is 0 for one that was counted before. */
  failed(
    destination: Destination | null,
    { address, error, count }: { readonly address: string; readonly error: NetgraphError; readonly count: number },
  ): void {
    const target = destination === null ? null : this.targetOf(destination);
    if (target === null) return this.observed.failed(address, error, count);
    target.failedWith(error, count);
    this.#changed();
  }

  /** Addresses to which connections fail, each by itself. */
  failures(): readonly FailureRow[] {
    return [...this.#addresses?.failures() ?? [], ...this.observed.failures().values()];
  }

  /** The faults of lists. @param isFailing true for another destination that is known to fail */
  faults(isFailing: (destination: Destination) => boolean): readonly Fault[] {
    const faults = [...this.#lists.values()].flatMap((pool) => pool.faults());
    if (!faults.some(({ serving }) => !serving) || !this.serves(isFailing)) return faults;
    return faults.map((one) => one.serving ? one : { ...one, reason: "TargetsDown", serving: true });
  }

  /** True if a destination is not known to fail. @param isFailing true for one without targets that is known to fail */
  serves(isFailing: (destination: Destination) => boolean): boolean {
    if (this.#pools.some(({ hasTargetUp }) => hasTargetUp)) return true;
    return this.observed.failures().size < this.#others.filter((one) => !isFailing(one)).length;
  }

  /** The health of all targets. */
  reports(): readonly TargetReport[] {
    return this.#pools.flatMap((pool) => pool.reports());
  }

  /** Notes for operators. */
  notes(): readonly string[] {
    return [...new Set(this.#pools.flatMap((pool) => pool.notes()))];
  }

  /** The listener was removed. */
  close(): void {
    this.observed.clear();
    for (const pool of this.#pools) pool.close();
  }
}

/** The address of a destination; null for a list, a pool, a node and a template. */
function addressOf({ connect }: Destination): TargetAddress | null {
  if (connect === undefined || isTargetList(connect) || connect.family === "pool") return null;
  return connect.family === "generic" ? null : connect;
}

function withPrefix(spec: TargetSpec, prefix: string): TargetSpec {
  return { ...spec, name: `${prefix}${spec.name ?? targetAddress.format(spec.to)}` };
}
