/**
 * The messages that every node understands, as in netgraph(4).
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { hint32, uint32 } from "../../ascii/scalar.ts";
import { required, struct, withInitial } from "../../ascii/struct.ts";
import { fixedString, string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import { NetgraphError } from "../../errors.ts";
import { asciiToBinary, type BinaryMessage, binaryMessage, binaryToAscii, type CookieCommands } from "./conversion.ts";
import { followPath } from "./follow.ts";
import type { Graph } from "../core/graph.ts";
import type { Command } from "../core/command.ts";
import type { Handlers } from "../core/message.ts";
import { parseNodeName, withArticle } from "../data/name.ts";
import type { Node } from "../core/node.ts";

/** Netgraph's `NGM_GENERIC_COOKIE`. */
const GENERIC_COOKIE = 1_137_070_366;
/** Part of a command's number: it has no side effect (`NGM_READONLY`) and is always answered (`NGM_HASREPLY`). */
const ASKS = 0x3000_0000;

const name32 = fixedString(32);
const path512 = fixedString(512);

/** The argument of `mkpeer`. */
export interface MakePeer {
  /** The new node's type. */
  readonly type: string;
  /** The hook of the node that receives the message. */
  readonly ourhook: string;
  /** The hook of the new node. */
  readonly peerhook: string;
}

/** The argument of the generic `connect`. */
export interface ConnectHooks {
  /** The other node, relative to the receiver. */
  readonly path: string;
  /** The hook of the node that receives the message. */
  readonly ourhook: string;
  /** The hook of the other node. */
  readonly peerhook: string;
}

/** A node in a listing. */
export interface NodeInfo {
  /** Its name; empty for none. */
  readonly name: string;
  /** Its type. */
  readonly type: string;
  /** Its ID. */
  readonly id: number;
  /** The number of its hooks. */
  readonly hooks: number;
}

/** A node with its hooks and their peers. */
export interface HookList {
  /** The node that answers. */
  readonly nodeinfo: NodeInfo;
  /** Its hooks, the newest first. */
  readonly linkinfo: readonly LinkInfo[];
}

/** One hook in a listing. */
export interface LinkInfo {
  /** The hook of the node that answers. */
  readonly ourhook: string;
  /** The hook at the other end. */
  readonly peerhook: string;
  /** The node at the other end. */
  readonly nodeinfo: NodeInfo;
}

/** Nodes in a listing. */
export interface NodeList {
  /** Their number. */
  readonly numnames: number;
  /** The nodes, the newest first. */
  readonly nodeinfo: readonly NodeInfo[];
}

/** Types in a listing. */
export interface TypeList {
  /** Their number. */
  readonly numtypes: number;
  /** The types. */
  readonly typeinfo: readonly TypeInfo[];
}

/** One type in a listing. */
export interface TypeInfo {
  /** Its name. */
  readonly typename: string;
  /** The number of its nodes. */
  readonly numnodes: number;
}

const nodeInfo: AsciiType<NodeInfo> = struct({ name: name32, type: name32, id: hint32, hooks: uint32 });

/** The generic commands' types, by name. */
export type GenericCommands = {
  readonly shutdown: Command<null, null>;
  readonly mkpeer: Command<MakePeer, null>;
  readonly connect: Command<ConnectHooks, null>;
  readonly name: Command<{ readonly name: string }, null>;
  readonly rmhook: Command<{ readonly hook: string }, null>;
  readonly nodeinfo: Command<null, NodeInfo>;
  readonly listhooks: Command<null, HookList>;
  readonly listnames: Command<null, NodeList>;
  readonly listnodes: Command<null, NodeList>;
  readonly listtypes: Command<null, TypeList>;
  readonly textstatus: Command<null, string>;
  readonly textconfig: Command<string, string>;
  readonly binary2ascii: Command<BinaryMessage, BinaryMessage>;
  readonly ascii2binary: Command<BinaryMessage, BinaryMessage>;
};

const QUERY = { args: null, kind: "query", cost: "live" } as const;
const ACTION = { reply: null, kind: "action", cost: "replace" } as const;
const nodeList: AsciiType<NodeList> = struct({ numnames: uint32, nodeinfo: array(nodeInfo) });

/**
 * The generic commands, with the numbers of `NGM_GENERIC_COOKIE`.
 *
 * @example
 * ```ts
 * import { GENERIC_COMMANDS, Graph } from "@sockgraph/sockgraph";
 *
 * await using graph = await Graph.open({ runtime: "memory" });
 * const { value } = await graph.msg(".", { commands: GENERIC_COMMANDS, command: "nodeinfo", args: null });
 * console.log(value?.type); // socket
 * ```
 */
export const GENERIC_COMMANDS: GenericCommands = {
  shutdown: { ...ACTION, id: 1, summary: "Ends the node and its hooks", args: null },
  mkpeer: {
    ...ACTION,
    id: 2,
    summary: "Makes a node and joins it to this one",
    args: struct({ type: required(name32), ourhook: required(name32), peerhook: required(name32) }),
  },
  connect: {
    ...ACTION,
    id: 3,
    summary: "Joins this node to another one",
    args: struct({ path: required(path512), ourhook: required(name32), peerhook: required(name32) }),
  },
  name: { ...ACTION, id: 4, summary: "Gives the node a name", args: struct({ name: required(name32) }) },
  rmhook: { ...ACTION, id: 5, summary: "Takes a hook away, if it is there", args: struct({ hook: required(name32) }) },
  nodeinfo: { ...QUERY, id: ASKS + 6, summary: "Name, type, id and number of hooks", reply: nodeInfo },
  listhooks: {
    ...QUERY,
    id: ASKS + 7,
    summary: "The node's hooks and their peers",
    reply: struct({
      nodeinfo: required(nodeInfo),
      linkinfo: withInitial(array(struct({ ourhook: name32, peerhook: name32, nodeinfo: required(nodeInfo) })), []),
    }),
  },
  listnames: { ...QUERY, id: ASKS + 8, summary: "All nodes that have a name", reply: nodeList },
  listnodes: { ...QUERY, id: ASKS + 9, summary: "All nodes", reply: nodeList },
  listtypes: {
    ...QUERY,
    id: ASKS + 10,
    summary: "All types of node",
    reply: struct({ numtypes: uint32, typeinfo: array(struct({ typename: name32, numnodes: uint32 })) }),
  },
  textstatus: { ...QUERY, id: ASKS + 11, summary: "A status in words, of types that have one", reply: string },
  binary2ascii: {
    ...QUERY,
    id: ASKS + 12,
    summary: "A message in binary as text",
    args: binaryMessage,
    reply: binaryMessage,
  },
  ascii2binary: {
    ...QUERY,
    id: ASKS + 13,
    summary: "A message in text as FreeBSD's binary",
    args: binaryMessage,
    reply: binaryMessage,
  },
  textconfig: {
    ...ACTION,
    id: 14,
    summary: "Gets or sets a configuration in words, of types that have one",
    args: string,
    argsOptional: true,
    reply: string,
  },
};

/** The answers of every node to the generic commands. */
export function genericHandlers(graph: Graph, node: Node): Handlers<GenericCommands> {
  return {
    shutdown() {
      refuseAnchor(node, "shut down");
      graph.shutdown(node);
      return graph.whenFreed();
    },
    mkpeer({ type, ourhook, peerhook }) {
      const peer = graph.make(type, { scope: node.origin.scope });
      try {
        graph.connect({ node, hook: ourhook }, { node: peer, hook: peerhook });
      } catch (error) {
        graph.shutdown(peer);
        throw error;
      }
      return null;
    },
    connect({ path, ourhook, peerhook }) {
      graph.connect({ node, hook: ourhook }, { node: followPath(graph, path, node).node, hook: peerhook });
      return null;
    },
    name({ name }) {
      refuseAnchor(node, "name");
      graph.rename(node, parseNodeName(name));
      return null;
    },
    rmhook({ hook }) {
      const found = node.hook(hook);
      if (found !== undefined) graph.removeHook(found);
      return null;
    },
    nodeinfo: () => describeNode(node),
    listhooks: () => ({
      nodeinfo: describeNode(node),
      linkinfo: node.hooks.list().toReversed().flatMap(describeLink),
    }),
    listnames: () => listOf(graph.allNodes().filter((one) => one.name !== null)),
    listnodes: () => listOf(graph.allNodes()),
    listtypes: () => {
      const typeinfo = graph.types.map(({ name }) => ({
        typename: name,
        numnodes: graph.allNodes().filter((one) => one.type.name === name).length,
      }));
      return { numtypes: typeinfo.length, typeinfo };
    },
    // A type that has them lists commands of these names itself.
    textstatus: () => refuseText(node, "textstatus"),
    textconfig: () => refuseText(node, "textconfig"),
    binary2ascii: (message) => binaryToAscii(message, tablesOf(node)),
    ascii2binary: (message) => asciiToBinary(message, tablesOf(node)),
  };
}

/** A topology is closed as a whole: without its anchor it could not receive messages any more. */
function refuseAnchor(node: Node, action: string): void {
  if (node.type.name !== "anchor") return;
  throw new NetgraphError("EINVAL", `Cannot ${action} the anchor of "${node.origin.scope}": it is the topology itself`);
}

function refuseText(node: Node, command: string): never {
  const message = `Cannot send "${command}" to "${node.path}": ${withArticle(node.type.name)} has none in words`;
  throw new NetgraphError("EINVAL", message);
}

/** A node's own commands take precedence. */
function tablesOf({ type: { cookie, commands } }: Node): readonly CookieCommands[] {
  return [{ cookie, commands }, { cookie: GENERIC_COOKIE, commands: GENERIC_COMMANDS }];
}

function describeNode(node: Node): NodeInfo {
  return { name: node.name ?? "", type: node.type.name, id: node.id, hooks: node.hooks.size };
}

function describeLink(
  hook: { readonly name: string; readonly peer: { readonly name: string; readonly node: Node } | null },
): readonly LinkInfo[] {
  const { peer } = hook;
  return peer === null ? [] : [{ ourhook: hook.name, peerhook: peer.name, nodeinfo: describeNode(peer.node) }];
}

function listOf(nodes: readonly Node[]): NodeList {
  return { numnames: nodes.length, nodeinfo: nodes.map(describeNode) };
}
