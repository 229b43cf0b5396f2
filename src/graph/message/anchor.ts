/**
 * The anchor: the node that represents a scope, as ngctl's own socket node represents ngctl. It receives the messages
 * that create and change a topology, and its hooks hold the nodes that no link names, so that their sockets open.
 *
 * - `mkpeer { type= ourhook= peerhook= }` makes a declared node named `ourhook`; with `peerhook` the anchor holds that
 *   hook, without it no hook is made. The node is held (it accepts nothing and reads no datagrams) until `release`.
 * - `link { node= hook= peer= peerhook= }`, `unlink { … }` link and unlink two nodes; without a hook its type chooses
 *   one.
 * - `drain { timeout= generation= }`, `undrain`: all listeners of the topology; see `drain.ts`.
 * - `settemplate`, `deltemplate`, `setgeneration`, `setdescription`, `setrestart`, `release`.
 * - `refer { from= to= }`: a node was renamed, and references to its replies use its new name.
 * - `adopt`: nodes that were made manually and are joined to the topology's become part of it.
 * - `share { node= part= of= }` declares that other threads have this node too; `targets { node= events= }` reports what
 *   they know of its targets.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { boolean, enumeration, uint32 } from "../../ascii/scalar.ts";
import { optional, required, struct } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import { isErrorCode, NetgraphError } from "../../errors.ts";
import {
  addDrainResults,
  DEFAULT_DRAIN_MS,
  type DrainCommands,
  drainCommands,
  type DrainOrder,
  type DrainResult,
  NOTHING_DRAINED,
} from "../core/drain.ts";
import type { Graph } from "../core/graph.ts";
import type { Hook } from "../core/hook.ts";
import type { Command } from "../core/command.ts";
import { adoptManual } from "./manual_link.ts";
import type { Answer, Handlers } from "../core/message.ts";
import { parseTopologyNodeName } from "../data/name.ts";
import type { Node } from "../core/node.ts";
import { defineNodeType, type NodeType } from "../core/node_type.ts";
import { Pending } from "../core/pending.ts";
import { type Share, WHOLE } from "../data/share.ts";
import type { TargetEvent } from "../data/target_event.ts";
import type { RestartPolicy, TemplateState } from "../data/state.ts";
import { requireMessages } from "./template_messages.ts";
import { restartPolicy, templateType } from "./template_type.ts";

/** The argument of the anchor's `mkpeer`. */
export interface MakeDeclared {
  readonly type: string;
  readonly ourhook: string;
  readonly peerhook?: string;
}

/** Two ends of a link. */
export interface LinkEnds {
  readonly node: string;
  readonly hook?: string;
  readonly peer: string;
  readonly peerhook?: string;
}

/** The node, and when it is recreated. */
export interface SetRestart {
  readonly node: string;
  readonly policy: RestartPolicy;
}

/** Another name for a node in the references to it. */
export interface Refer {
  readonly from: string;
  readonly to: string;
}

/** This graph's part of a node that several threads have. */
export interface ShareNode extends Share {
  readonly node: string;
}

/** The facts of another thread about the targets of a node. */
export interface TargetEvents {
  readonly node: string;
  readonly events: readonly TextOfTargetEvent[];
}

/** The anchor's commands, by name. */
export type AnchorCommands = {
  readonly mkpeer: Command<MakeDeclared, null>;
  readonly link: Command<LinkEnds, null>;
  readonly unlink: Command<LinkEnds, null>;
  readonly settemplate: Command<TemplateState, null>;
  readonly deltemplate: Command<{ readonly name: string }, null>;
  readonly setgeneration: Command<number, null>;
  readonly setdescription: Command<string, null>;
  readonly setrestart: Command<SetRestart, null>;
  readonly release: Command<null, null>;
  readonly share: Command<ShareNode, null>;
  readonly targets: Command<TargetEvents, null>;
  readonly refer: Command<Refer, null>;
  readonly adopt: Command<null, null>;
} & DrainCommands;

const ACTION = { reply: null, kind: "action", cost: "live" } as const;
const linkEnds: AsciiType<LinkEnds> = struct({
  node: required(string),
  hook: optional(string),
  peer: required(string),
  peerhook: optional(string),
});

/** A report as a message has it. */
type TextOfTargetEvent = Omit<TargetEvent, "error"> & {
  readonly error?: { readonly code: string; readonly message: string };
};

function targetEventOf({ error, ...rest }: TextOfTargetEvent): TargetEvent {
  if (error === undefined) return rest;
  return { ...rest, error: { ...error, code: isErrorCode(error.code) ? error.code : "EIO" } };
}

const targetEvents: AsciiType<TextOfTargetEvent> = struct({
  kind: required(enumeration({ failed: 0, connected: 1, heard: 2, unheard: 3, asked: 4, open: 5, health: 6 })),
  name: required(string),
  count: optional(uint32),
  part: optional(uint32),
  error: optional(struct({ code: required(string), message: required(string) })),
  health: optional(struct({
    state: required(enumeration({ unknown: 0, up: 1, down: 2 })),
    isFailing: required(boolean),
    mayCloseImmediately: required(boolean),
  })),
});

/** The type of events, for their senders. */
export const targetEventsType: AsciiType<TargetEvents> = struct({
  node: required(string),
  events: required(array(targetEvents)),
});

/** The anchor's commands. */
export const ANCHOR_COMMANDS: AnchorCommands = {
  mkpeer: {
    ...ACTION,
    id: 1,
    summary: "Makes a node of the topology",
    args: struct({ type: required(string), ourhook: required(string), peerhook: optional(string) }),
  },
  link: { ...ACTION, id: 2, summary: "Joins two nodes", args: linkEnds },
  unlink: { ...ACTION, id: 3, summary: "Unlinks two nodes", args: linkEnds },
  settemplate: { ...ACTION, id: 4, summary: "Defines a template", cost: "new-connections", args: templateType },
  deltemplate: { ...ACTION, id: 5, summary: "Removes a template", args: struct({ name: required(string) }) },
  setgeneration: { ...ACTION, id: 6, summary: "Sets the generation of new nodes", args: uint32 },
  setdescription: { ...ACTION, id: 7, summary: "Describes the topology; empty for none", args: string },
  setrestart: {
    ...ACTION,
    id: 8,
    summary: "Sets when a node that ended is recreated",
    args: struct({ node: required(string), policy: required(restartPolicy) }),
  },
  release: { ...ACTION, id: 9, summary: "Starts held nodes: they accept and read", args: null },
  share: {
    ...ACTION,
    id: 10,
    summary: "Shares this node with other threads",
    args: struct({ node: required(string), part: required(uint32), of: required(uint32) }),
  },
  ...drainCommands({ drain: 11, undrain: 12 }),
  refer: {
    ...ACTION,
    id: 13,
    summary: "Updates references to a renamed node",
    args: struct({ from: required(string), to: required(string) }),
  },
  targets: {
    ...ACTION,
    id: 15,
    summary: "Reports what another thread knows of the targets of this node",
    args: targetEventsType,
  },
  adopt: { ...ACTION, id: 14, summary: "Takes nodes that were joined manually into the topology", args: null },
};

/** The type of anchors. */
export const anchorType: NodeType<AnchorCommands> = defineNodeType({
  name: "anchor",
  summary: "Stands for a topology, and holds the nodes that no link names",
  cookie: 1_764_000_001,
  commands: ANCHOR_COMMANDS,
  hooks: [{ pattern: "<node>", summary: "Holds the node of that name" }],
  creatable: false,
  parseHook: (name: string): string => name,
  create({ graph, node }) {
    return {
      commands: anchorHandlers(graph, node),
      // The data of a held socket has no destination.
      receive(hook, item): void {
        if (item.kind === "data") hook.drop("no_destination", item.length);
      },
    };
  },
});

function anchorHandlers(graph: Graph, anchor: Node): Handlers<AnchorCommands> {
  const scope = () => graph.scope(anchor.origin.scope);
  const countTemplate = (template: Pick<TemplateState, "name" | "nodes">): void => {
    const { name, generation } = scope();
    graph.counts.setTemplate(name, template, { now: graph.clock.now(), generation });
  };
  return {
    mkpeer({ type, ourhook, peerhook }) {
      const name = parseTopologyNodeName(ourhook);
      const node = graph.make(type, { scope: scope().name, declared: true });
      try {
        graph.rename(node, name);
        node.held = true;
        if (peerhook !== undefined) graph.connect({ node: anchor, hook: name }, { node, hook: peerhook });
      } catch (error) {
        graph.shutdown(node);
        throw error;
      }
      return null;
    },
    link({ node, hook, peer, peerhook }) {
      const [one, other] = [scope().node(node), scope().node(peer)];
      graph.connect({ node: one, hook: hook ?? null }, { node: other, hook: peerhook ?? null });
      return null;
    },
    unlink({ node, hook, peer, peerhook }) {
      const found = scope().node(node).hooks.list().find((one) => {
        return isEnd(one, hook) && one.peer !== null && one.peer.node.name === peer && isEnd(one.peer, peerhook);
      });
      if (found === undefined) {
        throw new NetgraphError("ENOENT", `Cannot unlink "${node}" and "${peer}": there is no such link`);
      }
      graph.removeHook(found);
      return null;
    },
    settemplate(template) {
      requireMessages(template, graph.types);
      scope().templates.set(template.name, template);
      countTemplate(template);
      for (const node of scope().names.values()) node.behaviour.templateChanged?.(template.name);
      return null;
    },
    deltemplate({ name }) {
      scope().templates.delete(name);
      countTemplate({ name, nodes: [] });
      return null;
    },
    setgeneration(generation) {
      scope().generation = generation;
      return null;
    },
    setdescription(text) {
      scope().description = text === "" ? null : text;
      return null;
    },
    setrestart({ node, policy }) {
      scope().node(node).restart = policy;
      return null;
    },
    share({ node, part, of }) {
      const shared = scope().node(node);
      if (part >= of) throw new NetgraphError("EINVAL", `Cannot share "${shared.path}": part ${part} is none of ${of}`);
      const { shares } = scope();
      const previous = shares.get(shared) ?? WHOLE;
      const share: Share = { part, of };
      shares.set(shared, share);
      try {
        shared.behaviour.shared?.(share);
      } catch (error) {
        shares.set(shared, previous);
        throw error;
      }
      return null;
    },
    targets({ node, events }) {
      // It may have ended already, in this thread or in that one.
      scope().names.get(node)?.behaviour.targetEvents?.(events.map(targetEventOf));
      return null;
    },
    refer({ from, to }) {
      const names = new Map([[from, to]]);
      for (const node of scope().names.values()) node.log.refer(names);
      return null;
    },
    adopt() {
      adoptManual(graph, scope().name);
      return null;
    },
    release() {
      for (const node of scope().names.values()) {
        if (!node.held) continue;
        node.held = false;
        node.behaviour.released?.();
      }
      graph.emit({ kind: "changed", scope: scope().name });
      return null;
    },
    drain: (order: DrainOrder | null) => drainScope(graph, scope().name, order ?? { timeout: DEFAULT_DRAIN_MS }),
    undrain() {
      undrainScope(graph, scope().name);
      return null;
    },
  };
}

/** True if a hook matches a link's end: by its name, or as chosen by its node's type. */
function isEnd(hook: Hook, name: string | undefined): boolean {
  return name === undefined ? hook.automatic : hook.name === name;
}

/** Drains all listeners of a scope, including removed ones whose connections stay open. */
function drainScope(graph: Graph, scope: string, order: DrainOrder): Answer<DrainResult> {
  const answers = [...listenersOf(graph, scope)].map((node) => node.behaviour.drain?.(order) ?? NOTHING_DRAINED);
  let sum = NOTHING_DRAINED;
  const add = (result: DrainResult): void => {
    sum = addDrainResults(sum, result);
  };
  const later = answers.filter((answer) => answer instanceof Pending);
  for (const answer of answers) if (!(answer instanceof Pending)) add(answer);
  if (later.length === 0) return sum;
  const all = new Pending<DrainResult>();
  let left = later.length;
  for (const answer of later) {
    answer.whenSettled((outcome) => {
      if (outcome.ok) add(outcome.value);
      left -= 1;
      if (left === 0) all.resolve(sum);
    });
  }
  return all;
}

/** Makes all listeners of a scope accept connections again. */
function undrainScope(graph: Graph, scope: string): void {
  for (const node of listenersOf(graph, scope)) node.behaviour.undrain?.();
}

function listenersOf(graph: Graph, scope: string): ReadonlySet<Node> {
  return new Set(
    graph.nodesOf(scope).flatMap((node) => {
      const { owner } = node.origin;
      if (owner === null) return [node];
      return owner.alive ? [] : [owner];
    }),
  );
}
