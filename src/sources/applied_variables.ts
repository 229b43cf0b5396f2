/**
 * The variables of the environment with which a source was applied. Later reads use them: a client may have had other
 * variables than the engine, and reading again must not revert what it applied.
 *
 * @module
 */

/** A variable for a text; undefined if it is not set. */
export type Environment = (name: string, location: string) => string | undefined;

/** A location that was read, and its variables; null for one that was not set. */
interface ReadWith {
  readonly location: string;
  readonly variables?: Readonly<Record<string, string | null>>;
}

/**
 * The environment for a further reading. A variable that a text did not name before comes from the process.
 *
 * @param sources the currently applied sources
 */
export function appliedEnvironment(
  env: (name: string) => string | undefined,
  sources: readonly ReadWith[],
): Environment {
  const known = new Map<string, Map<string, string | null>>();
  for (const { location, variables = {} } of sources) {
    const values = known.get(location) ?? new Map<string, string | null>();
    for (const [name, value] of Object.entries(variables)) values.set(name, value);
    known.set(location, values);
  }
  return (name, location) => {
    const value = known.get(location)?.get(name);
    return value === undefined ? env(name) : value ?? undefined;
  };
}
