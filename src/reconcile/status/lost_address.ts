/**
 * Sockets that are bound to an address which was removed from this machine: they keep it, and no client reaches them.
 * When the address returns, they serve again automatically.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
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

interface Known {
  readonly own: boolean | null;
  readonly at: number;
  /** The time since which an earlier address is missing; null if it exists, or was never seen. */
  readonly goneSince: Date | null;
}

/** Checks addresses to which sockets are bound. */
export class LostAddresses {
  readonly #isOwn: OwnAddress;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(isOwn: OwnAddress, clock: Clock) {
    this.#isOwn = isOwn;
    this.#clock = clock;
  }

  /** The same with a fault at each node whose address is missing. */
  marked(snapshot: ScopeSnapshot): ScopeSnapshot {
    const faults = snapshot.nodes.map((node) => this.#faultOf(node));
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

  #faultOf({ report, messages }: NodeSnapshot): Fault | null {
    const local = report?.local ?? null;
    if (local === null || !messages.some(({ command }) => command === "bind")) return null;
    const [, v4, v6] = HOST.exec(local) ?? [];
    const host = v4 ?? v6;
    if (host === undefined || LASTING.test(host)) return null;
    const since = this.#goneSince(host);
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

  #goneSince(host: string): Date | null {
    const before = this.#known.get(host);
    const at = this.#clock.now();
    if (before !== undefined && at - before.at < FRESH_MS) return before.goneSince;
    const own = this.#isOwn(host);
    // An address that was never seen here may be bound anyway: a range of addresses, or one that is added later.
    const wasHere = before !== undefined && (before.own === true || before.goneSince !== null);
    const goneSince = own === false && wasHere ? before.goneSince ?? this.#clock.wall() : null;
    this.#known.set(host, { own: own ?? before?.own ?? null, at, goneSince });
    return goneSince;
  }
}
