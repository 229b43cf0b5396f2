/**
 * Sockets that are bound to an address which was removed from this machine: they keep it, and no client reaches them.
 * When the address returns, they serve again automatically.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";

/** True for an address of this machine, null if that cannot be known. */
export type OwnAddress = (host: string) => boolean | null;

/** How long an answer of the system is cached. */
const FRESH_MS = 500;
/** The host of a socket address in ASCII form. */
const HOST = /^(?:inet\/([\d.]+)|inet6\/\[([^\]]+)\]):/;
/** All addresses, or addresses that no machine loses. */
const LASTING = /^(?:0\.0\.0\.0|127\..*|::|::1)$/;

/** How often addresses are checked while no client reads the status. */
const CHECK_MS = 1_000;

interface Known {
  /** The topologies with a socket that is bound to it. */
  readonly topologies: Set<string>;
  readonly own: boolean | null;
  readonly at: number;
  /** The time since which an earlier address is missing; null if it exists, or was never seen. */
  readonly removedSince: Date | null;
}

/** Checks addresses to which sockets are bound. */
export class LostAddresses {
  readonly #isOwn: OwnAddress;
  readonly #clock: Clock;
  readonly #changed: (topology: string) => void;
  readonly #known = new Map<string, Known>();
  #timer: Timer | null = null;
  #closed = false;

  /** @param changed called for each topology with a socket whose address has left this machine, or has returned */
  constructor(isOwn: OwnAddress, { clock, changed }: { clock: Clock; changed: (topology: string) => void }) {
    this.#isOwn = isOwn;
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Checks the addresses of a topology no longer. */
  forget(topology: string): void {
    for (const [host, { topologies }] of this.#known) {
      if (topologies.delete(topology) && topologies.size === 0) this.#known.delete(host);
    }
    if (this.#known.size === 0) this.#stop();
  }

  /** Checks no address any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  /** The same with a fault at each node whose address is missing. */
  marked(snapshot: ScopeSnapshot): ScopeSnapshot {
    const faults = snapshot.nodes.map((node) => this.#faultOf(node, snapshot.name));
    if (faults.every((fault) => fault === null)) return snapshot;
    return {
      ...snapshot,
      nodes: snapshot.nodes.map((node, index) => {
        const { report } = node;
        const fault = faults[index] ?? null;
        if (fault === null || report === null) return node;
        return { ...node, report: { ...report, faults: [fault, ...report.faults ?? []] } };
      }),
    };
  }

  #faultOf({ report, messages }: NodeSnapshot, topology: string): Fault | null {
    const local = report?.local ?? null;
    if (local === null || !messages.some(({ command }) => command === "bind")) return null;
    const [, v4, v6] = HOST.exec(local) ?? [];
    const host = v4 ?? v6;
    if (host === undefined || LASTING.test(host)) return null;
    const since = this.#removedSince(host, topology);
    if (since === null) return null;
    const message = `${local}: the address is no longer one of this machine`;
    return {
      reason: "AddressGone",
      code: "EADDRNOTAVAIL",
      message,
      count: 1,
      since: since.toISOString(),
      serving: false,
    };
  }

  #removedSince(host: string, topology: string): Date | null {
    const before = this.#known.get(host);
    before?.topologies.add(topology);
    if (before !== undefined && this.#clock.now() - before.at < FRESH_MS) return before.removedSince;
    const { removedSince } = this.#check(
      host,
      before ?? { topologies: new Set([topology]), own: null, at: 0, removedSince: null },
    );
    if (!this.#closed) this.#timer ??= this.#clock.after(CHECK_MS, () => this.#checkAll());
    return removedSince;
  }

  #check(host: string, before: Known): Known {
    const own = this.#isOwn(host);
    // An address that was never seen here may be bound anyway: a range of addresses, or one that is added later.
    const wasHere = before.own === true || before.removedSince !== null;
    const removedSince = own === false && wasHere ? before.removedSince ?? this.#clock.wall() : null;
    const known = { ...before, own: own ?? before.own, at: this.#clock.now(), removedSince };
    this.#known.set(host, known);
    return known;
  }

  #checkAll(): void {
    this.#timer = this.#clock.after(CHECK_MS, () => this.#checkAll());
    for (const [host, before] of [...this.#known]) {
      const { topologies, removedSince } = this.#check(host, before);
      if ((removedSince === null) === (before.removedSince === null)) continue;
      for (const topology of topologies) this.#changed(topology);
    }
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
