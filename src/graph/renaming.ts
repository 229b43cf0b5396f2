/**
 * Other names for what is there, in its old place.
 *
 * @module
 */

import type { Hook } from "./hook.ts";

/** Gives a hook another name. */
export function renameHook(hook: Hook, name: string): void {
  hook.node.hooks.rename(hook.name, name);
  hook.name = name;
}

/** Renames a key and keeps its place, so that listings do not jump. */
export function replaceKey<V>(map: Map<string, V>, from: string, to: string): void {
  const entries = [...map].map(([key, value]): [string, V] => [key === from ? to : key, value]);
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
