/**
 * What is outside of a topology in its drawing: the clients of its listeners, and the targets of its connections.
 *
 * @module
 */

import type { NodeState } from "../graph/data/state.ts";
import { isShownTarget } from "../graph/data/target_report.ts";
import type { NodeStatus } from "../reconcile/status/status_types.ts";

/** Clients or a target. */
export interface DrawnOutside {
  /** Unique in the drawing, and no name of a node. */
  readonly id: string;
  readonly kind: "clients" | "target";
  /** The node that accepts the clients, or opens connections to the target. */
  readonly node: string;
  /** The name of the target in the status of that node; null for others. */
  readonly target: string | null;
  readonly lines: readonly string[];
}

/** The limit of targets of one node that are drawn. */
const MAX_TARGETS = 12;

/** What is outside of a node. */
export function outsideOf(
  name: string,
  { node, live, addresses }: {
    readonly node: NodeState;
    readonly live: NodeStatus | null;
    readonly addresses: readonly string[];
  },
): readonly DrawnOutside[] {
  const commands = new Set(node.messages.map(({ command }) => command));
  const listens = commands.has("listen") || (commands.has("bind") && !commands.has("connect"));
  const clients: readonly DrawnOutside[] = listens
    ? [{ id: `clients ${name}`, kind: "clients", node: name, target: null, lines: ["clients"] }]
    : [];
  const targets = live?.targets === undefined || live.targets.length === 0
    ? declaredTargets(addresses).map((text) => ({ target: null, lines: [text] }))
    : runningTargets(live);
  const shown = targets.slice(0, MAX_TARGETS);
  const more = targets.length - shown.length;
  const all = more === 0 ? shown : [...shown, { target: null, lines: [`${more} more targets`] }];
  return [
    ...clients,
    ...all.map((one, index): DrawnOutside => ({ id: `target ${name} ${index}`, kind: "target", node: name, ...one })),
  ];
}

function runningTargets({ targets = [] }: NodeStatus): readonly Pick<DrawnOutside, "target" | "lines">[] {
  return targets.filter(isShownTarget).map(({ name, address }) => {
    return { target: name, lines: name === address ? [address] : [name, address] };
  });
}

/** The addresses of targets in the lines of a node, without pools: they are nodes. */
function declaredTargets(addresses: readonly string[]): readonly string[] {
  const found = addresses.flatMap((line) => {
    const [, address, more] = /^(?:(?:accept.*, )?(?:connect|to|target) (.+)|(\d+ more targets))$/.exec(line) ?? [];
    const text = address ?? more;
    return text === undefined || text.startsWith("pool/") ? [] : [text];
  });
  return [...new Set(found)];
}

/** Whether a line of a node only names a target, which is drawn as a box. */
export function namesTarget(line: string): boolean {
  return /^(?:(?:accept, )?connect|to|target) |^\d+ more targets$/.test(line);
}
