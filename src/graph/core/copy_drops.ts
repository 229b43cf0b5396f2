/**
 * The drops of template copies for the connections of one listener. Copies are short-lived, so their listener reports
 * the drops: for all copies of a template's node together.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import type { Fault } from "../data/fault.ts";
import { DropHealth } from "./drop_health.ts";
import type { Graph } from "./graph.ts";
import type { Hook } from "./hook.ts";
import type { Node } from "./node.ts";

/** The drops of the copies of one listener's connections, by the template's node. */
export class CopyDrops {
  readonly #maker: Node;
  readonly #graph: Graph;
  readonly #drops = new Map<string, DropHealth>();

  constructor(maker: Node, graph: Graph) {
    this.#maker = maker;
    this.#graph = graph;
  }

  /** An item was dropped at a hook of a copy. */
  note(hook: Hook, reason: CloseReason): void {
    const { template } = hook.node.origin;
    if (template === null) return;
    let drops = this.#drops.get(template);
    if (drops === undefined) this.#drops.set(template, drops = this.#watch(hook.node, template));
    drops.note(hook, reason);
  }

  /** The hook was removed. */
  end(hook: Hook): void {
    this.#drops.get(hook.node.origin.template ?? "")?.end(hook);
  }

  /** From now on, copies have another destination. */
  clear(): void {
    for (const drops of this.#drops.values()) drops.clear();
    this.#drops.clear();
  }

  /** The faults that keep connections from being served. */
  faults(): readonly Fault[] {
    return [...this.#drops.values()].flatMap((drops) => drops.faults());
  }

  #watch(copy: Node, template: string): DropHealth {
    const { counts, type: { outside } } = copy;
    const { clock } = this.#graph;
    const maker = this.#maker;
    return new DropHealth({
      clock,
      outside,
      copiesOf: template,
      tapOnly: !isOnPath(copy),
      counts: () => counts,
      phase: () => maker.phase,
      changed: () => this.#graph.emit({ kind: "changed", scope: maker.origin.scope }),
    });
  }
}

/** The declared node that accepted the connection for which a copy was made; null if there is none any more. */
export function makerOf({ origin: { owner } }: Node): Node | null {
  if (owner === null || !owner.alive) return null;
  return owner.origin.declared ? owner : makerOf(owner);
}

/** True for a copy that the connection reaches not only by taps. */
function isOnPath(copy: Node): boolean {
  const { owner } = copy.origin;
  const seen = new Set<Node>();
  const open = owner === null ? [] : [owner];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === copy) return true;
    for (const { name, peer } of node.hooks.values()) {
      if (peer === null || node.type.isTap(name) || peer.node.type.isTap(peer.name)) continue;
      if (peer.node.origin.owner !== owner || seen.has(peer.node)) continue;
      seen.add(peer.node);
      open.push(peer.node);
    }
  }
  return false;
}
