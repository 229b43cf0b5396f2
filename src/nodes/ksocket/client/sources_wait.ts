/**
 * Whether the sources of a stream can be pushed back: standard input and other streams can, also through nodes that
 * pass items on. A source with other receivers, or with datagrams, cannot wait for this one.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import { PASSING } from "../connection/answers.ts";

/** The path through a tee; its other hooks have copies, which do not push back. */
const TEE_PATH: Readonly<Record<string, string>> = { left: "right", right: "left" };

/** True if all sources of a node's hook can be pushed back. */
export function sourcesWait(hook: Hook): boolean {
  const seen = new Set<Hook>();
  const open: Hook[] = hook.peer === null ? [] : [hook.peer];
  let waits = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { node, name } = next;
    const type = node.type.name;
    if (type === "stdio" || (type === "ksocket" && node.behaviour.flow === "stream")) {
      waits = true;
      continue;
    }
    if (!PASSING.has(type) || (type === "tee" && TEE_PATH[name] === undefined)) return false;
    for (const other of node.hooks.values()) {
      const passes = type === "tee" ? other.name === TEE_PATH[name] : other !== next;
      if (passes && other.peer !== null) open.push(other.peer);
    }
  }
  return waits;
}
