/**
 * What `status --watch` shows on a terminal beside the status: rates of the last seconds, the order of nodes, the
 * selected node. Keys change it.
 *
 * @module
 */

import type { Clock } from "../../../clock.ts";
import { RateMeter } from "../../../reconcile/status/rate_meter.ts";
import { carriedBy } from "../../../reconcile/status/status_hook.ts";
import type { NodeStatus, Status, TopologyStatus } from "../../../reconcile/status/status_types.ts";

/** The order of the nodes of a topology. */
export type NodeOrder = "file" | "rate" | "errors";

/** The rate of a node. */
export interface NodeRate {
  /** Bytes per second. */
  readonly in: number;
  readonly out: number;
  /** The last seconds, a character for each. */
  readonly line: string;
}

/** The seconds of a line. */
const LINE_SECONDS = 16;
const BARS = "▁▂▃▄▅▆▇█";

/** The state of the view. */
export class LiveView {
  readonly #clock: Clock;
  readonly #meters = new Map<string, RateMeter>();
  #status: Status | null = null;
  #readAt: number | null = null;
  #order: NodeOrder = "file";
  #selected: string | null = null;
  #isOpen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The order of nodes. */
  get order(): NodeOrder {
    return this.#order;
  }

  /** The selected node as `web/front`; null if none is. */
  get selected(): string | null {
    return this.#selected;
  }

  /** The node that is shown in detail; null: all are shown. */
  get opened(): string | null {
    return this.#isOpen ? this.#selected : null;
  }

  /** Takes a status. */
  take(status: Status): void {
    const now = this.#clock.now();
    const sinceMs = this.#readAt === null ? 0 : now - this.#readAt;
    this.#readAt = now;
    this.#status = status;
    const known = new Set<string>();
    for (const { name, nodes } of status.topologies) {
      for (const node of nodes) {
        const path = `${name}/${node.name}`;
        known.add(path);
        const meter = this.#meters.get(path) ?? new RateMeter();
        this.#meters.set(path, meter);
        const carried = carriedBy(node);
        meter.update({ in: carried.in.bytes, out: carried.out.bytes }, { time: now, sinceMs });
      }
    }
    for (const path of this.#meters.keys()) if (!known.has(path)) this.#meters.delete(path);
    if (this.#selected === null || !known.has(this.#selected)) [this.#selected, this.#isOpen] = [null, false];
  }

  /** The rate of a node. */
  rateOf(topology: string, { name }: Pick<NodeStatus, "name">): NodeRate {
    const meter = this.#meters.get(`${topology}/${name}`);
    if (meter === undefined) return { in: 0, out: 0, line: "" };
    return { ...meter.rate, line: lineOf(meter, this.#clock.now()) };
  }

  /** The nodes of a topology in their order. */
  ordered({ name, nodes }: TopologyStatus): readonly NodeStatus[] {
    if (this.#order === "file") return nodes;
    const value = (node: NodeStatus): number => {
      if (this.#order === "errors") return errorsOf(node);
      const rate = this.rateOf(name, node);
      return rate.in + rate.out;
    };
    return nodes.toSorted((a, b) => value(b) - value(a));
  }

  /** Handles a key. False if it has no meaning. */
  press(key: string): boolean {
    switch (key) {
      case "r":
        return this.#sort("rate");
      case "e":
        return this.#sort("errors");
      case "f":
        return this.#sort("file");
      case "up":
      case "k":
        return this.#move(-1);
      case "down":
      case "j":
        return this.#move(1);
      case "enter":
        return this.#open();
      case "escape":
        this.#isOpen = false;
        return true;
      default:
        return false;
    }
  }

  #sort(order: NodeOrder): boolean {
    this.#order = order;
    return true;
  }

  #open(): boolean {
    if (this.#selected === null) this.#move(1);
    this.#isOpen = !this.#isOpen && this.#selected !== null;
    return true;
  }

  #move(step: number): boolean {
    const paths = (this.#status?.topologies ?? []).flatMap((topology) =>
      this.ordered(topology).map(({ name }) => `${topology.name}/${name}`)
    );
    if (paths.length === 0) return false;
    const index = this.#selected === null ? -1 : paths.indexOf(this.#selected);
    const next = index < 0 ? (step > 0 ? 0 : paths.length - 1) : Math.min(paths.length - 1, Math.max(0, index + step));
    this.#selected = paths[next] ?? null;
    return true;
  }
}

/** The problems with the traffic of a node: refused connections, dropped items, failed connections to targets. */
export function errorsOf({ connections, targets = [], ...node }: NodeStatus): number {
  const dropped = Object.values(carriedBy(node).dropped).reduce((sum, count) => sum + count, 0);
  return (connections?.refused ?? 0) + dropped + targets.reduce((sum, { failed }) => sum + failed, 0);
}

/** A bar for each second, the highest of them full; empty without traffic. */
function lineOf({ samples }: RateMeter, now: number): string {
  const values = Array.from({ length: LINE_SECONDS }, (_, index) => {
    const time = now - (LINE_SECONDS - 1 - index) * 1_000;
    const sample = samples.findLast((one) => one.time <= time);
    return sample === undefined ? 0 : sample.in + sample.out;
  });
  const most = Math.max(...values);
  if (most === 0) return "";
  return values.map((value) => BARS[Math.ceil(value / most * (BARS.length - 1))] ?? "").join("");
}
