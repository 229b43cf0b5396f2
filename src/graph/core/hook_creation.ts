/**
 * The creation of a hook of a node: its name, the checks of the node's type, and its reversal.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { withArticle } from "../data/name.ts";
import { Hook } from "./hook.ts";
import type { Node } from "./node.ts";

/**
 * Adds a hook to a node; for a null name, the node's type chooses one.
 *
 * @throws NetgraphError EEXIST for a name in use, EISCONN for a second hook of a type with one, or the error of the node
 */
export function addHook(node: Node, wanted: string | null): Hook {
  if (wanted !== null && node.hook(wanted) !== undefined) {
    throw new NetgraphError(
      "EEXIST",
      `Cannot add hook "${wanted}" to "${node.path}": it already has a hook of that name`,
    );
  }
  // Like ng_ksocket, before it parses the name.
  if (node.type.hookDecides && node.hooks.size > 0) {
    const message = `Cannot add hook "${wanted ?? ""}" to "${node.path}": ${withArticle(node.type.name)} has one hook`;
    throw new NetgraphError("EISCONN", message);
  }
  const name = hookName(node, wanted);
  if (node.hooks.has(name)) {
    throw new NetgraphError(
      "EEXIST",
      `Cannot add hook "${name}" to "${node.path}": it already has a hook of that name`,
    );
  }
  const hook = new Hook(node, name, wanted === null && !node.type.hookDecides);
  node.ask((behaviour) => behaviour.addHook?.(hook));
  node.hooks.set(name, hook);
  return hook;
}

/** Reverts the creation of a hook. Its node stays, even if it has no hooks now. */
export function revertHook(hook: Hook): void {
  const { behaviour, hooks } = hook.node;
  hooks.delete(hook.name);
  if (behaviour.hookRefused === undefined) behaviour.hookRemoved?.(hook);
  else behaviour.hookRefused(hook);
}

/** The name of a new hook. An identity hook keeps the given spelling, unless a topology sets it. */
function hookName(node: Node, wanted: string | null): string {
  if (wanted === null) {
    const name = node.type.automaticHook(new Set(node.hooks.keys()));
    if (name !== null) return name;
    throw new NetgraphError(
      "EINVAL",
      `Cannot join "${node.path}" without naming a hook of it: ${withArticle(node.type.name)} has no default hook`,
    );
  }
  if (node.behaviour.takesAnyHook) return wanted;
  const name = node.type.parseHook(wanted);
  return node.type.hookDecides && !node.origin.declared ? wanted : name;
}
