/**
 * Topologies for a picture, in any format: nodes with their texts, and edges in the direction of the traffic.
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import { parseText } from "../ascii/parse.ts";
import type { Use } from "../graph/core/command.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { End, GraphState, MessageState, NodeState } from "../graph/data/state.ts";
import { carriedBy } from "../reconcile/status/status_hook.ts";
import type { NodeStatus, TopologyStatus } from "../reconcile/status/status_types.ts";
import { formatBytes } from "../quantity.ts";
import { type DrawnOutside, outsideOf } from "./outside.ts";

/** A node. */
export interface DrawnNode {
  /** `front`, `session/upstream`: unique within the topology. */
  readonly name: string;
  /** The template it is in; null for the topology's own. */
  readonly template: string | null;
  readonly type: string;
  readonly hook: string | null;
  /** What its socket is: `bind inet/127.0.0.1:80`; for a running one: its actual address. */
  readonly addresses: readonly string[];
  /** Its state; null if it does not run. */
  readonly state: NodeStatus["state"] | null;
  /** `12 active, 840 total`, `in 1.2 MiB, out 9.4 GiB`; empty if it does not run. */
  readonly counters: readonly string[];
}

/** Two nodes that are joined: by a link, or by what becomes of accepted connections. */
export interface DrawnEdge {
  readonly kind: "link" | "accept";
  /** Traffic enters here. */
  readonly from: DrawnEnd;
  readonly to: DrawnEnd;
}

/** One end of an edge. */
export interface DrawnEnd {
  readonly node: string;
  /** The label of the hook; null if it is obvious: a ksocket has only one. */
  readonly label: string | null;
}

/** A topology. */
export interface Drawing {
  readonly name: string;
  readonly description: string | null;
  readonly nodes: readonly DrawnNode[];
  /** In the order of the traffic. */
  readonly edges: readonly DrawnEdge[];
  /** Clients and targets. */
  readonly outside: readonly DrawnOutside[];
}

/** Draws a topology; with a status it is one that runs. */
export function drawingOf(state: GraphState, types: readonly NodeType[], status: TopologyStatus | null): Drawing {
  const scopes = [{ template: null, ...state }, ...state.templates.map((one) => ({ template: one.name, ...one }))];
  const outside: DrawnOutside[] = [];
  const nodes = scopes.flatMap(({ template, nodes: members }) =>
    members.map((node) => {
      const drawn = drawNode(node, template, status);
      const live = status?.nodes.find(({ name }) => name === drawn.name) ?? null;
      outside.push(...outsideOf(drawn.name, { node, live, addresses: drawn.addresses }));
      return drawn;
    })
  );
  const names = new Set(nodes.map(({ name }) => name));
  const edges = scopes.flatMap(({ template, nodes: members, links }) => {
    const place = (end: End): DrawnEnd => {
      const inside = `${template}/${end.node}`;
      const name = template !== null && names.has(inside) ? inside : end.node;
      const decides = nodes.find((node) => node.name === name)?.hook === end.hook;
      return { node: name, label: decides ? null : end.hook };
    };
    const joined = links.map(({ ends: [a, b] }): DrawnEdge => ({ kind: "link", from: place(a), to: place(b) }));
    const accepted = members.flatMap((node) =>
      usesOf(node, types).flatMap((use): DrawnEdge[] => {
        const to = targetOf(use, state, place);
        return to === null
          ? []
          : [{ kind: "accept", from: { node: place({ node: node.name, hook: node.hook }).node, label: "accept" }, to }];
      })
    );
    return [...accepted, ...joined];
  });
  return { name: state.name, description: state.description, nodes, edges: directed(nodes, edges), outside };
}

function targetOf(use: Use, { templates }: GraphState, place: (end: End) => DrawnEnd): DrawnEnd | null {
  if (use.kind === "node") return place(use.end);
  if (use.kind === "pool") return place({ node: use.name, hook: null });
  const template = templates.find(({ name }) => name === use.name);
  if (template === undefined) return null;
  const { entry, nodes } = template;
  const decides = nodes.find(({ name }) => name === entry.node)?.hook === entry.hook;
  return { node: `${template.name}/${entry.node}`, label: decides ? null : entry.hook };
}

function drawNode(node: NodeState, template: string | null, status: TopologyStatus | null): DrawnNode {
  const name = template === null ? node.name : `${template}/${node.name}`;
  const live = status?.nodes.find((one) => one.name === name) ?? null;
  const running = [live?.local ?? null, live?.peer === undefined || live.peer === null ? null : `to ${live.peer}`];
  const shown = running.filter((one) => one !== null);
  return {
    name,
    template,
    type: node.type,
    hook: node.hook,
    addresses: shown.length > 0 ? [...shown, ...declared(node, "accept")] : declared(node, null),
    state: live?.state ?? null,
    counters: live === null ? [] : countersOf(live),
  };
}

const ADDRESS = /(?:inet6?|tcp|udp|pool|local)\/(?:"(?:[^"\\]|\\.)*"|\$\{[^}]*\}|[^\s"{}])+|^\$\{[^}]*\}$/;

const TARGET = new RegExp(ADDRESS, "g");
const NAME = /name="(?:[^"\\]|\\.)*"/g;
/** The limit of targets that are drawn. */
const MAX_TARGETS = 6;

/** The addresses in messages: of all commands, or of one. */
function declared({ type, hook, messages }: NodeState, only: string | null): readonly string[] {
  if (type === "pool") return messages.flatMap(poolTargets);
  if (hook === null) return [];
  return messages.filter(({ command }) => only === null || command === only).flatMap(({ command, argument }) => {
    if (!["bind", "connect", "accept"].includes(command)) return [];
    if (command === "accept") return accepted(argument ?? "");
    const [address] = ADDRESS.exec(argument ?? "") ?? [];
    return address === undefined ? [] : [`${command} ${address}`];
  });
}

/** The addresses to which accepted connections go; those of rules with their conditions. */
function accepted(text: string): readonly string[] {
  const [first = "", ...places] = text.split("connect=");
  const found = places.map((place, index) => {
    const before = index === 0 ? first : places[index - 1] ?? "";
    const conditions = text.includes("route=[") ? before.slice(before.lastIndexOf("{") + 1).trim() : "";
    const addresses = connectedBy(place);
    if (addresses.length === 0) return [];
    return [`accept${conditions === "" ? "" : ` ${conditions}`}, connect ${limited(addresses).join(", ")}`];
  });
  return limited([...new Set(found.flat())]);
}

/** The address after `connect=`, or those of a list. */
function connectedBy(text: string): readonly string[] {
  if (!text.startsWith("[")) return ADDRESS.exec(text)?.slice(0, 1) ?? [];
  const [list = ""] = text.replaceAll(NAME, "").split(" ]");
  return [...list.matchAll(TARGET)].map(([address]) => address);
}

/** The targets of a pool; of many the first. */
function poolTargets({ command, argument }: MessageState): readonly string[] {
  if (command !== "settargets") return [];
  const text = (argument ?? "").replaceAll(NAME, "");
  return limited([...text.matchAll(TARGET)].map(([address]) => `target ${address}`));
}

/** The first of many targets. */
function limited(found: readonly string[]): readonly string[] {
  const more = found.length - MAX_TARGETS;
  return more > 0 ? [...found.slice(0, MAX_TARGETS), `${more} more targets`] : found;
}

function countersOf(node: NodeStatus): readonly string[] {
  const { connections } = node;
  const carried = carriedBy(node);
  const counted = connections === null ? [] : [`${connections.active} active, ${connections.total} total`];
  return [...counted, `in ${formatBytes(carried.in.bytes)}, out ${formatBytes(carried.out.bytes)}`];
}

function usesOf(node: NodeState, types: readonly NodeType[]): readonly Use[] {
  const commands = types.find(({ name }) => name === node.type)?.commands ?? {};
  return node.messages.flatMap(({ command, argument }: MessageState) => {
    const known = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (known?.uses === undefined || known.args === null || argument === null) return [];
    try {
      return known.uses(parseText(known.args, argument));
    } catch (error) {
      // An argument that refers to a reply has no value yet, and names no template.
      if (error instanceof AsciiError) return [];
      throw error;
    }
  });
}

/** Directs each edge away from the entry of traffic: nodes that accept, nodes that bind, then the file's order. */
function directed(nodes: readonly DrawnNode[], edges: readonly DrawnEdge[]): readonly DrawnEdge[] {
  const takers = edges.filter(({ kind }) => kind === "accept").map(({ from }) => from.node);
  const binds = nodes.filter(({ addresses }) =>
    addresses.some((one) => !/^(?:connect|to|target|[0-9]+ more) /.test(one))
  );
  const roots = [...takers, ...binds.map(({ name }) => name), ...nodes.map(({ name }) => name)];
  const done = new Set<DrawnEdge>();
  const seen = new Set<string>();
  const found: DrawnEdge[] = [];
  for (const root of roots) {
    const queue = [root];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (seen.has(name)) continue;
      seen.add(name);
      for (const edge of edges) {
        if (done.has(edge) || (edge.from.node !== name && edge.to.node !== name)) continue;
        done.add(edge);
        const turned = edge.kind === "link" && edge.from.node !== name;
        found.push(turned ? { ...edge, from: edge.to, to: edge.from } : edge);
        queue.push(turned ? edge.from.node : edge.to.node);
      }
    }
  }
  return found;
}
