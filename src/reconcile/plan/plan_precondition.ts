/**
 * The precondition of a plan: it is executed only on the state for which it was made.
 *
 * The digest covers what matters for planning: the order of nodes, the form of settings and queries do not change a
 * plan, and therefore not the digest.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { GraphState, NodeState } from "../../graph/data/state.ts";
import { type TypeTable, viewMessages } from "../diff/facts.ts";

/** The state of a topology when a plan was made. */
export interface PlanPrecondition {
  /** Its generation; 0 if nothing was running. */
  readonly generation: number;
  /** `sha256:` and the digest of the observed state. */
  readonly digest: string;
}

/** The current state as a precondition. */
export async function preconditionOf(
  observed: GraphState,
  options: { readonly types: TypeTable; readonly generation: number },
): Promise<PlanPrecondition> {
  const text = JSON.stringify(canonical(observed, options.types));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
  return { generation: options.generation, digest: `sha256:${hex}` };
}

/**
 * Rejects a plan for another state.
 *
 * @throws NetgraphError ESTALE
 */
export function checkPrecondition(topology: string, desired: PlanPrecondition, now: PlanPrecondition): void {
  if (desired.generation === now.generation && desired.digest === now.digest) return;
  const then = desired.generation === 0 ? "an empty topology" : `generation ${desired.generation}`;
  const what = desired.generation !== now.generation
    ? now.generation === 0 ? "the topology is not running" : `generation ${now.generation} is running`
    : "the topology has been changed since";
  const message = `The saved plan of "${topology}" is out of date: it was made for ${then}, and ${what}`;
  throw new NetgraphError("ESTALE", `${message}; run plan again`);
}

function canonical(state: GraphState, types: TypeTable): unknown {
  const { name, description, nodes, links, templates, manual = [] } = state;
  return [
    ...[name, description, byText(nodes.map((node) => nodeText(node, types))), links, byText(templates.map(textOf))],
    ...manual.map(textOf),
  ];
}

function nodeText(node: NodeState, types: TypeTable): string {
  const { lifecycle, settings, actions } = viewMessages(types, node);
  const messages = [
    lifecycle.map(({ message }) => message),
    byText([...settings.values()].map((setting) => textOf(setting.message))),
    actions.map(({ message }) => message),
  ];
  return textOf([node.name, node.type, node.hook, node.restart, messages]);
}

function textOf(value: unknown): string {
  return JSON.stringify(value);
}

function byText(texts: readonly string[]): readonly string[] {
  return [...texts].sort();
}
