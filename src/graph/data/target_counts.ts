/**
 * The counts of the targets of a node, by target name. They belong to the name of the node, as its other counts do: a
 * target that was removed, or whose pool is recreated, continues them when it returns.
 *
 * @module
 */

/** The counts of one target; none of these numbers falls. */
export interface TargetTotals {
  /** Connections that were opened to it. */
  readonly connected: number;
  /** Connections that could not be opened. */
  readonly failed: number;
  /** Probes by their result. */
  readonly probes: { readonly succeeded: number; readonly failed: number };
}

/** The counts of one target. */
export class TargetCounts implements TargetTotals {
  connected = 0;
  failed = 0;
  readonly probes = { succeeded: 0, failed: 0 };
  /** Open connections that were opened here. */
  open = 0;
  /** The counts of earlier targets of the name, whose connections may still be open. */
  readonly #earlier = new Set<TargetCounts>();
  /** The address to which the last one was opened, in ASCII form; empty before the first. */
  address = "";

  /** Open connections, also those of earlier targets of the name. */
  get active(): number {
    let sum = this.open;
    for (const { open } of this.#earlier) sum += open;
    return sum;
  }

  /** Counts the open connections of an earlier target of the name, and of those before it, until they end. */
  takeOver(earlier: TargetCounts): void {
    // A target that returns may have preceded its predecessor.
    for (const one of [earlier, ...earlier.#earlier]) if (one !== this && one.open > 0) this.#earlier.add(one);
  }

  /** Adds the totals of another one; open connections are counted where they were opened. */
  add({ connected, failed, probes }: TargetTotals): void {
    this.connected += connected;
    this.failed += failed;
    this.probes.succeeded += probes.succeeded;
    this.probes.failed += probes.failed;
  }

  /** The totals as plain data. */
  totals(): TargetTotals {
    return { connected: this.connected, failed: this.failed, probes: { ...this.probes } };
  }
}

/** Totals by the name of the target. */
export type TotalsByTarget = Readonly<Record<string, TargetTotals>>;

/** The sums of the totals of two nodes. */
export function addTargetTotals(one: TotalsByTarget, other: TotalsByTarget): TotalsByTarget {
  const sums = new Map<string, TargetCounts>();
  for (const [name, totals] of [...Object.entries(one), ...Object.entries(other)]) {
    let sum = sums.get(name);
    if (sum === undefined) sums.set(name, sum = new TargetCounts());
    sum.add(totals);
  }
  return Object.fromEntries([...sums].map(([name, sum]) => [name, sum.totals()]));
}
