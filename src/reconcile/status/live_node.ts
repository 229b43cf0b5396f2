/**
 * Nodes that have no name: accepted connections, and the copies of templates that were made for them. Status combines
 * them in the node of their origin; here each is listed.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { Traffic } from "../../graph/data/node_report.ts";
import type { NodePhase, NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import { NO_TRAFFIC } from "./status_hook.ts";

/** A connection, or a node of the copy of a template that was made for one. */
export interface LiveNode {
  /** Its topology. */
  readonly topology: string;
  /** The ID in hexadecimal, as in `[1f]:`. */
  readonly id: string;
  /** The kind of node. */
  readonly kind: "connection" | "copy";
  /** The node that accepted the connection. */
  readonly node: string;
  /** Its owner by ID: the listener for a connection, the connection for a copy. */
  readonly owner: string;
  /** The template's node of which it is a copy: `session/upstream`; null for a connection. */
  readonly template: string | null;
  /** Its type's name. */
  readonly type: string;
  /** Its identity hook; null for other types. */
  readonly hook: string | null;
  /** Its phase. */
  readonly state: NodePhase;
  /** The generation of its start. */
  readonly generation: number;
  /** Its age in milliseconds. */
  readonly ageMs: number;
  /** Its socket address in ASCII form; null if it has none. */
  readonly local: string | null;
  /** Its peer in ASCII form; null if it has none. */
  readonly peer: string | null;
  /** Received data: from the network for a socket, otherwise by its hooks. */
  readonly in: Traffic;
  /** Sent data. */
  readonly out: Traffic;
  /** The problem; null if there is none. */
  readonly error: Pick<ErrorData, "code" | "message"> | null;
}

/** The nodes without a name, in the order of their creation. */
export function liveNodes(snapshot: ScopeSnapshot): readonly LiveNode[] {
  const byId = new Map(snapshot.nodes.map((node) => [node.id, node]));
  const nodeOf = acceptedBy(byId);
  return snapshot.nodes.flatMap((node) => {
    const { owner } = node;
    return owner === null ? [] : [describe(node, { owner, topology: snapshot.name, node: nodeOf(node) })];
  });
}

/** Returns the named node to which an unnamed one belongs. */
function acceptedBy(byId: ReadonlyMap<string, NodeSnapshot>): (node: NodeSnapshot) => string {
  const find = (node: NodeSnapshot): string => {
    const owner = node.owner === null ? undefined : byId.get(node.owner);
    return node.name ?? (owner === undefined ? "" : find(owner));
  };
  return find;
}

function describe(
  node: NodeSnapshot,
  place: { readonly owner: string; readonly topology: string; readonly node: string },
): LiveNode {
  const { id, template, type, hook, phase: state, generation, ageMs, report, error } = node;
  const sum = (way: "in" | "out") => node.hooks.map((one) => one[way]).reduce(add, NO_TRAFFIC);
  const carried = { in: sum("in"), out: sum("out") };
  return {
    topology: place.topology,
    id,
    kind: template === null ? "connection" : "copy",
    node: place.node,
    owner: place.owner,
    template,
    type,
    hook,
    state,
    generation,
    ageMs,
    local: report?.local ?? null,
    peer: report?.peer ?? null,
    in: carried.in,
    out: carried.out,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}

function add(a: Traffic, b: Traffic): Traffic {
  return { bytes: a.bytes + b.bytes, items: a.items + b.items };
}
