/**
 * Dangling names: nodes that were manually renamed or removed, while messages, templates and the argument of `accept`
 * still refer to them. Such a state cannot be applied, and cannot become the desired state.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { clientPart, findReferences, WITH } from "../../graph/core/reference.ts";
import { formatMessage, type GraphState, type MessageState, type NodeState } from "../../graph/data/state.ts";
import { commandOf, tryParseArgument, type TypeTable } from "./facts.ts";

/** A name in a node's message that does not exist. */
interface Dangling {
  readonly kind: "node" | "template";
  readonly name: string;
}

/**
 * Rejects a state that no topology can describe: messages that refer to nodes or templates that it does not have, and
 * manual links of copies or to other topologies.
 *
 * @throws NetgraphError EINVAL
 */
export function requireAdoptable(types: TypeTable, state: GraphState): void {
  requireNames(types, state);
  const link = state.manual?.find(({ template, peer }) => template !== null || peer.includes("/"));
  if (link === undefined) return;
  const what = link.template === null ? "another topology" : `a copy of "${link.template}"`;
  const why =
    `"${link.node}:${link.hook}" is joined manually to "${link.peer}", and no topology can have links of ${what}`;
  throw new NetgraphError("EINVAL", `Cannot adopt "${state.name}": ${why}; remove that link, or revert manual changes`);
}

function requireNames(types: TypeTable, state: GraphState): void {
  const templates = new Set(state.templates.map(({ name }) => name));
  const nodes = new Set(state.nodes.map(({ name }) => name));
  refuseDangling(state.nodes, "", { types, nodes, templates, topology: state.name });
  for (const template of state.templates) {
    const inside = new Set([...nodes, ...template.nodes.map(({ name }) => name)]);
    const where = ` of template "${template.name}"`;
    const missing = template.links.flatMap(({ ends }) => ends).find(({ node }) => !inside.has(node));
    if (missing !== undefined) {
      throw refusal(state.name, `a link${where}`, { kind: "node", name: missing.node });
    }
    refuseDangling(template.nodes, where, { types, nodes: inside, templates, topology: state.name });
  }
}

interface Known {
  readonly types: TypeTable;
  readonly nodes: ReadonlySet<string>;
  readonly templates: ReadonlySet<string>;
  readonly topology: string;
}

function refuseDangling(nodes: readonly NodeState[], where: string, known: Known): void {
  for (const node of nodes) {
    for (const message of node.messages) {
      const missing = danglingOf(node, message, known);
      if (missing === null) continue;
      throw refusal(known.topology, `"${formatMessage(message)}" of "${node.name}"${where}`, missing);
    }
  }
}

function danglingOf(node: NodeState, message: MessageState, { types, nodes, templates }: Known): Dangling | null {
  for (const reference of message.argument === null ? [] : findReferences(message.argument)) {
    const { node: name } = reference;
    if (clientPart(reference) !== null) continue;
    if (name !== WITH && !nodes.has(name)) return { kind: "node", name };
  }
  const command = commandOf(types, node.type, message.command);
  const args = command?.uses === undefined ? undefined : tryParseArgument(command, message);
  for (const use of args === undefined ? [] : command?.uses?.(args) ?? []) {
    const kind = use.kind === "template" ? "template" : "node";
    const name = use.kind === "node" ? use.end.node : use.name;
    // The parameters of a template are known only when it is copied.
    if (!name.includes("${") && !(kind === "node" ? nodes : templates).has(name)) return { kind, name };
  }
  return null;
}

function refusal(topology: string, who: string, { kind, name }: Dangling): NetgraphError {
  const what = `${who} refers to ${kind} "${name}", which no longer exists`;
  return new NetgraphError("EINVAL", `Cannot adopt "${topology}": ${what}; change one of them manually, or revert it`);
}
