/**
 * Hooks of a type that has just a few, each by its name.
 *
 * @module
 */

import { AsciiError } from "../ascii/error.ts";
import { nearHint } from "../ascii/near.ts";

/** Takes the name of one of these hooks, as a type's `parseHook` does. */
export function oneOfHooks(type: string, hooks: readonly string[]): (name: string) => string {
  return (name) => {
    if (hooks.includes(name)) return name;
    throw unknownHook(type, name, hooks);
  };
}

/** What is said of any other name. */
export function unknownHook(type: string, name: string, hooks: readonly string[]): AsciiError {
  const hint = nearHint(name, hooks) ?? `expected one of ${hooks.join(", ")}`;
  return new AsciiError("EINVAL", `A ${type} has no hook "${name}"`, { length: name.length, hint });
}
