/**
 * The file format, version 1, as one table: its keys, their values and their purpose. Decoding uses it, and the JSON
 * Schema is printed from it.
 *
 * @module
 */

import { DEFAULT_RESTART, type RestartPolicy } from "../../graph/data/state.ts";

/** The kind of a key's value. */
export type Form =
  | { readonly kind: "text"; readonly pattern?: string; readonly words?: readonly string[]; readonly types?: boolean }
  | { readonly kind: "map"; readonly of: MapItem }
  | { readonly kind: "list"; readonly of: ListItem };

/** The kind of a value in a map with user-defined names. */
export type MapItem = "node" | "template" | "default" | "values" | "parameter";

/** The kind of an item of a list. */
export type ListItem = "message" | "link" | "end" | "choice" | "path" | "name";

/** A key of the format. */
export interface KeyRule {
  readonly form: Form;
  /** One line of description. */
  readonly summary: string;
  readonly required?: boolean;
  /** The default: a value, or words. */
  readonly default?: string;
}

/** The keys of one kind of mapping. */
export type KeyTable<K extends string> = Readonly<Record<K, KeyRule>>;

/** Keys with this prefix are ignored: for anchors and notes. */
export const IGNORED_PREFIX = "x-";

const NODES: KeyRule = { form: { kind: "map", of: "node" }, summary: "The nodes by name" };
const LINKS: KeyRule = {
  form: { kind: "list", of: "link" },
  summary: "Pairs of hooks to join: [node:hook, node:hook]",
};

const EACH_EXAMPLE = "each: { port: 9000-9099 }";

function eachRule(what: string): KeyRule {
  return {
    form: { kind: "map", of: "values" },
    summary: `Expands ${what} to one for each value, such as ${EACH_EXAMPLE}; \${each.port} is the value`,
  };
}

/** Keys of a document. */
export type TopologyKey = "name" | "description" | "include" | "parameters" | "each" | "nodes" | "links" | "templates";

/** Keys of a document. */
export const TOPOLOGY_KEYS: KeyTable<TopologyKey> = {
  name: {
    form: { kind: "text", pattern: "^[a-z0-9-]{1,63}$" },
    summary: "The topology's name",
    default: "the stem of the file's name",
  },
  description: { form: { kind: "text" }, summary: "What it is for" },
  include: {
    form: { kind: "list", of: "path" },
    summary: "Files whose templates and anchors are used, relative to this file: [common.yaml]",
  },
  parameters: {
    form: { kind: "map", of: "parameter" },
    summary: "Values that --set NAME=VALUE and --values FILE give, with defaults; ${parameters.NAME} is the value",
  },
  each: eachRule("the topology"),
  nodes: NODES,
  links: LINKS,
  templates: { form: { kind: "map", of: "template" }, summary: "Nodes that are copied for every accepted connection" },
};

/** The values that a parameter accepts. */
export type ParameterType = "text" | "integer" | "port" | "ports" | "boolean" | "duration" | "size";

/** The values that a parameter accepts. */
export const PARAMETER_TYPES: readonly ParameterType[] = [
  "text",
  "integer",
  "port",
  "ports",
  "boolean",
  "duration",
  "size",
];

/** Keys of a parameter of a topology. */
export type ParameterKey = "type" | "default" | "choices" | "description";

/** Keys of a parameter of a topology. */
export const PARAMETER_KEYS: KeyTable<ParameterKey> = {
  type: { form: { kind: "text", words: PARAMETER_TYPES }, summary: "What its value must be", default: "text" },
  default: { form: { kind: "text" }, summary: "Its value if none is given", default: "a value must be given" },
  choices: { form: { kind: "list", of: "choice" }, summary: "All values that it may have" },
  description: { form: { kind: "text" }, summary: "What it is for" },
};

/** The words of `restart:`. */
export const RESTART_POLICIES: readonly RestartPolicy[] = ["always", "on-failure", "never"];

/** Keys of a node. */
export type NodeKey = "type" | "hook" | "restart" | "depends" | "each" | "messages";

/** Keys of a node. */
export const NODE_KEYS: KeyTable<NodeKey> = {
  type: { form: { kind: "text", types: true }, summary: "The node's type", required: true },
  hook: {
    form: { kind: "text" },
    summary: "The hook whose name decides what the node is, such as inet/stream/tcp",
    default: "required where a hook decides that (ksocket), not allowed otherwise",
  },
  restart: {
    form: { kind: "text", words: RESTART_POLICIES },
    summary: "When a node that ended is recreated",
    default: DEFAULT_RESTART,
  },
  depends: {
    form: { kind: "list", of: "name" },
    summary: "Nodes whose messages are sent before those of this node: [db, cache]",
  },
  each: eachRule("the node"),
  messages: { form: { kind: "list", of: "message" }, summary: "Control messages, sent in this order" },
};

/** Keys of a link that is written as a mapping. */
export type LinkKey = "ends" | "each";

/** Keys of a link that is written as a mapping. */
export const LINK_KEYS: KeyTable<LinkKey> = {
  ends: {
    form: { kind: "list", of: "end" },
    summary: "The two hooks to join: [node:hook, node:hook]",
    required: true,
  },
  each: eachRule("the link"),
};

/** Keys of a template. */
export type TemplateKey = "parameters" | "entry" | "nodes" | "links";

/** Keys of a template. */
export const TEMPLATE_KEYS: KeyTable<TemplateKey> = {
  parameters: {
    form: { kind: "map", of: "default" },
    summary: "Parameters with their defaults; a parameter without a default is required",
  },
  entry: {
    form: { kind: "text" },
    summary: "The hook to which the connection is joined: node or node:hook",
    default: "its only node; required where it has several",
  },
  nodes: { ...NODES, required: true },
  links: LINKS,
};
