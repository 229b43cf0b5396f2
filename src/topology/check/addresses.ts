/**
 * The addresses that a topology binds, and the targets of their connections: {@linkcode checkTogether} compares them.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { isNamed, type NamedClaim, type Target } from "../../graph/data/claim.ts";
import type { Use } from "../../graph/core/command.ts";
import type { CheckedMessage } from "../../graph/core/node_type.ts";
import { substituteReferences, WITH } from "../../graph/core/reference.ts";
import { linkedNodes } from "./check_nodes.ts";
import type { ResolvedGraph, ResolvedMessage, ResolvedNode, ResolvedTopology } from "../resolve/resolved.ts";
import type { Span } from "../parse/source.ts";

/** A target, and the message that names it. */
export interface PlacedTarget {
  /** Its address. */
  readonly target: Target;
  /** The message. */
  readonly span: Span;
}

/** A node that binds an address. */
export interface Listener {
  /** The node's name. */
  readonly node: string;
  /** The address. */
  readonly claim: NamedClaim;
  /** The message that binds it. */
  readonly span: Span;
  /** Where its connections and datagrams are sent: groups, which several listeners may share. */
  readonly targets: readonly (readonly PlacedTarget[])[];
}

/** The listeners of a topology without errors. */
export function listenersOf(topology: ResolvedTopology): readonly Listener[] {
  const { graph } = topology;
  const linked = linkedNodes(graph);
  const walk = new Walk(topology);
  return [...graph.nodes.values()].flatMap((node) => {
    if (node.type === null || (node.type.hookDecides && node.hook === null)) return [];
    const messages = node.messages.map(({ checked }) => checked);
    const claims = node.type.claims({ hook: node.hook, messages, linked: linked.has(node), inTemplate: false });
    return claims.filter(isNamed).map((claim): Listener => {
      return { node: node.name, claim, span: spanOf(node, claim.text), targets: walk.from(node) };
    });
  });
}

/** The message that names an address, or the node. */
function spanOf({ messages, declaration }: ResolvedNode, text: string): Span {
  return messages.find(({ state }) => state.argument === text)?.declaration.span ?? declaration.name.span;
}

class Walk {
  readonly #topology: ResolvedTopology;
  readonly #peers = new Map<ResolvedNode, ResolvedNode[]>();
  /** The nodes that a node reaches by links, cached: thousands of listeners may join one hub. */
  readonly #reached = new Map<ResolvedNode, readonly PlacedTarget[]>();

  constructor(topology: ResolvedTopology) {
    this.#topology = topology;
    for (const { ends: [{ node: one }, { node: other }] } of topology.graph.links) {
      for (const [a, b] of [[one, other], [other, one]] as const) {
        const known = this.#peers.get(a);
        if (known === undefined) this.#peers.set(a, [b]);
        else known.push(b);
      }
    }
  }

  from(node: ResolvedNode): readonly (readonly PlacedTarget[])[] {
    const own = targetsOf(node, node.messages.map(({ checked }) => checked)).filter(({ target }) => target.each);
    const used = node.messages.flatMap(({ uses }) => uses.flatMap((use) => this.#ofUse(use, node)));
    const linked = (this.#peers.get(node) ?? []).map((other) => this.#ofNode(other));
    return [own, ...used, ...linked].filter((group) => group.length > 0);
  }

  #ofUse(use: Use, user: ResolvedNode): readonly (readonly PlacedTarget[])[] {
    if (use.kind === "node") {
      const node = this.#topology.graph.nodes.get(use.end.node);
      return node === undefined ? [] : [this.#ofNode(node)];
    }
    if (use.kind === "pool") return this.#ofPool(use.name, user);
    const template = this.#topology.templates.get(use.name);
    if (template === undefined) return [];
    const own = [...template.nodes.values()].flatMap((node) =>
      targetsOf(node, node.messages.map((message) => filled(message, use.with, template)))
    );
    const shared = template.links.flatMap(({ ends }) => ends).map(({ node }) => node)
      .filter((node) => !template.nodes.has(node.name));
    const pools = [...template.nodes.values()].flatMap((node) =>
      node.messages.flatMap(({ uses }) =>
        uses.flatMap((one) => one.kind === "pool" ? this.#ofPool(one.name, node) : [])
      )
    );
    return [own, ...shared.map((node) => this.#ofNode(node)), ...pools];
  }

  /** The targets of a pool for one of its users, which connects by streams or by datagrams. */
  #ofPool(name: string, user: ResolvedNode): readonly (readonly PlacedTarget[])[] {
    const node = this.#topology.graph.nodes.get(name);
    const other = user.hook?.includes("/dgram/") === true ? "tcp" : "udp";
    return node === undefined ? [] : [this.#ofNode(node).filter(({ target }) => target.space !== other)];
  }

  #ofNode(start: ResolvedNode): readonly PlacedTarget[] {
    const known = this.#reached.get(start);
    if (known !== undefined) return known;
    const nodes = new Set([start]);
    for (const node of nodes) {
      if (node.type?.fansOut !== true && node.type?.passes !== true) continue;
      // A set's iteration also visits elements that are added meanwhile.
      for (const next of this.#peers.get(node) ?? []) nodes.add(next);
    }
    const found = [...nodes].flatMap((node) =>
      targetsOf(node, node.messages.map(({ checked }) => checked)).filter(({ target }) => !target.each)
    );
    this.#reached.set(start, found);
    return found;
  }
}

function targetsOf(node: ResolvedNode, messages: readonly CheckedMessage[]): readonly PlacedTarget[] {
  return (node.type?.targets?.({ hook: node.hook, messages }) ?? []).map((target) => {
    return { target, span: node.messages[target.messageIndex]?.declaration.span ?? node.declaration.name.span };
  });
}

/** A template's message with the parameters of one user. */
function filled(
  { checked, command, state, references }: ResolvedMessage,
  given: Readonly<Record<string, string>>,
  { template }: ResolvedGraph,
): CheckedMessage {
  const type = command?.args ?? null;
  if (references.length === 0 || type === null || state.argument === null) return checked;
  const values = new Map(
    template?.parameters.map(({ name, value }) => {
      return [name.text, Object.hasOwn(given, name.text) ? given[name.text] : value];
    }),
  );
  if (references.some(({ reference: { node, query } }) => node !== WITH || typeof values.get(query) !== "string")) {
    return checked;
  }
  try {
    const text = substituteReferences(state.argument, ({ query }) => values.get(query) ?? "");
    return { command: checked.command, args: parseText(type, text) };
  } catch (error) {
    // The checks of the template have reported it.
    if (error instanceof AsciiError) return checked;
    throw error;
  }
}
