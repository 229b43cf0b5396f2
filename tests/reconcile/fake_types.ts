/**
 * Two made-up node types with every kind of command: `sock`, which is its hook as a ksocket is, and `bus`, which is not.
 *
 * @module
 */

import { optional, struct } from "../../src/ascii/struct.ts";
import { string } from "../../src/ascii/text.ts";
import { uint32 } from "../../src/ascii/scalar.ts";
import type { AsciiType } from "../../src/ascii/type.ts";
import type { Claim } from "../../src/graph/data/claim.ts";
import type { CommandTable } from "../../src/graph/core/command.ts";
import type { GraphState, LinkState, NodeState, RestartPolicy } from "../../src/graph/data/state.ts";
import { canonicalLink, compareLinks } from "../../src/graph/data/state.ts";
import type { TypeFacts, TypeTable } from "../../src/reconcile/diff/facts.ts";

/** What the fake `accept` takes. */
interface Accept {
  readonly template?: string;
  readonly max?: number;
}

/** What the fake `setconfig` takes. */
type Config = Readonly<Record<string, number | undefined>>;

const acceptType: AsciiType<Accept> = struct({ template: optional(string), max: optional(uint32) });
const configType: AsciiType<Config> = struct({ a: optional(uint32), b: optional(uint32), early: optional(uint32) });

const BASE = { id: 1, summary: "", reply: null } as const;

/** Builds the untyped table that the reconciler reads; `unknown` arguments are what the command's own type parsed. */
const SOCK: CommandTable = {
  bind: { ...BASE, args: string, kind: "lifecycle", cost: "replace" },
  listen: { ...BASE, args: uint32, argsOptional: true, kind: "lifecycle", cost: "replace" },
  connect: { ...BASE, args: string, kind: "lifecycle", cost: "replace", failureDegrades: true },
  join: { ...BASE, args: string, kind: "lifecycle", cost: "live" },
  getname: { ...BASE, args: null, kind: "query", cost: "live" },
  send: { ...BASE, args: string, kind: "action", cost: "replace" },
  accept: {
    ...BASE,
    args: acceptType,
    kind: "setting",
    cost: "new-connections",
    uses: (args) =>
      isAccept(args) && args.template !== undefined ? [{ kind: "template", name: args.template, with: {} }] : [],
  },
  setconfig: {
    ...BASE,
    args: configType,
    kind: "setting",
    cost: "live",
    entries: (args) => fieldsOf(args).map(([key, value]) => ({ key, args: { [key]: value } })),
    reset: (key) => key === "a" ? { a: 0 } : null,
  },
  setearly: { ...BASE, args: uint32, kind: "setting", cost: "live", before: "bind" },
};

function isAccept(args: unknown): args is Accept {
  return typeof args === "object" && args !== null;
}

function fieldsOf(args: unknown): readonly [string, unknown][] {
  return typeof args === "object" && args !== null ? Object.entries(args) : [];
}

const sock: TypeFacts = {
  commands: SOCK,
  hookDecides: true,
  flow: (hook) => hook.includes("dgram") ? "datagram" : "stream",
  claims: (node) =>
    node.messages.flatMap(({ command, args }): Claim[] =>
      command === "bind" && typeof args === "string"
        ? [{ space: "tcp", host: null, place: args, shared: false, peer: null, text: args }]
        : []
    ),
};

const bus: TypeFacts = { commands: {}, hookDecides: false, flow: () => "any", claims: () => [] };

/** The made-up types. */
export const FAKE_TYPES: TypeTable = new Map([["sock", sock], ["bus", bus]]);

/** A `sock` with messages as one types them. */
export function sockNode(
  name: string,
  messages: readonly string[] = [],
  options: { hook?: string; restart?: RestartPolicy } = {},
): NodeState {
  const { hook = "inet/stream/tcp", restart = "always" } = options;
  return { name, type: "sock", hook, restart, messages: messages.map(message) };
}

/** A `bus`. */
export function busNode(name: string): NodeState {
  return { name, type: "bus", hook: null, restart: "always", messages: [] };
}

/** A link of ends as one writes them: `front:inet/stream/tcp`, `bus`. */
export function link(a: string, b: string): LinkState {
  return canonicalLink(end(a), end(b));
}

/** A topology named `web`. */
export function web(nodes: readonly NodeState[], rest: Partial<Omit<GraphState, "nodes">> = {}): GraphState {
  const links = [...rest.links ?? []].sort(compareLinks);
  return { name: "web", description: null, templates: [], ...rest, nodes, links };
}

function message(text: string): NodeState["messages"][number] {
  const blank = text.indexOf(" ");
  return blank < 0
    ? { command: text, argument: null }
    : { command: text.slice(0, blank), argument: text.slice(blank + 1) };
}

function end(text: string): { node: string; hook: string | null } {
  const colon = text.indexOf(":");
  return colon < 0 ? { node: text, hook: null } : { node: text.slice(0, colon), hook: text.slice(colon + 1) };
}
