/**
 * The variables of the environment that a source was applied with. Whoever reads it again uses them: a client may have
 * had others than the engine, and reading again does not undo what it applied.
 *
 * @module
 */

/** A variable as a text asks for it; undefined where it is not set. */
export type Environment = (name: string, location: string) => string | undefined;

/** Where something was read, and with which variables; null for one that was not set. */
interface ReadWith {
  readonly location: string;
  readonly variables?: Readonly<Record<string, string | null>>;
}

/**
 * The environment for a further reading. A variable that a text did not name before comes from the process.
 *
 * @param sources what is applied now
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
