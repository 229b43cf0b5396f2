/**
 * Hooks of a type with a few fixed names.
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import { nearHint } from "../ascii/near.ts";

/** Parses the name of one of these hooks, for a type's `parseHook`. */
export function oneOfHooks(type: string, hooks: readonly string[]): (name: string) => string {
  return (name) => {
    if (hooks.includes(name)) return name;
    throw unknownHook(type, name, hooks);
  };
}

/** The error for any other name. */
export function unknownHook(type: string, name: string, hooks: readonly string[]): AsciiError {
  const hint = nearHint(name, hooks) ?? `expected one of ${hooks.join(", ")}`;
  return new AsciiError("EINVAL", `A ${type} has no hook "${name}"`, { length: name.length, hint });
}
