/**
 * Whether what sends to a stream waits when it is told to: standard input and other streams do, also through nodes that
 * pass items on. Who has other receivers as well, or receives datagrams, cannot wait for this one.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import { PASSING } from "../connection/answers.ts";

/** The way through a tee; its other hooks have copies, whose receivers nobody waits for. */
const TEE_PATH: Readonly<Record<string, string>> = { left: "right", right: "left" };

/** True where all that leads to a node by its hook sends no more while it is told to wait. */
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
