/**
 * The variables of the environment with which a source was applied. Later reads use them: a client may have had other
 * variables than the engine, and reading again must not revert what it applied.
 *
 * @module
 */

import { type GivenValues, PARAMETER_PREFIX } from "../topology/parse/parameters.ts";

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

/** The environment with the values of parameters, which no process has. */
export function withGivenValues(
  env: (name: string) => string | undefined,
  given: GivenValues,
): (name: string) => string | undefined {
  return (name) => {
    return name.startsWith(PARAMETER_PREFIX) ? given.get(name.slice(PARAMETER_PREFIX.length))?.text : env(name);
  };
}

/**
 * The environment of a followed source. A client that hands it over sends the variables that it names, and no others:
 * the first reading finds the missing names. A new text of the source may have further names; their variables come from
 * the process.
 */
export class FollowedEnvironment {
  readonly #process: (name: string) => string | undefined;
  readonly #given: Readonly<Record<string, string | null>> | null;
  readonly #missing = new Set<string>();

  /**
   * @param process the variables of this process, and the values of parameters
   * @param given the variables of the client, null for one that is not set there; absent: there is no client
   */
  constructor(process: (name: string) => string | undefined, given?: Readonly<Record<string, string | null>>) {
    this.#process = process;
    this.#given = given ?? null;
  }

  /** The names that the first reading found, and the client has not sent. */
  get missing(): readonly string[] {
    return [...this.#missing];
  }

  /** The environment of the first reading. */
  first(sources: readonly ReadWith[]): Environment {
    const given = this.#given;
    if (given === null) return this.later(sources);
    return (name) => {
      if (name.startsWith(PARAMETER_PREFIX)) return this.#process(name);
      if (Object.hasOwn(given, name)) return given[name] ?? undefined;
      this.#missing.add(name);
      return undefined;
    };
  }

  /** The environment of a further reading: the last apply counts. */
  later(sources: readonly ReadWith[]): Environment {
    const given = this.#given ?? {};
    return appliedEnvironment(
      (name) => Object.hasOwn(given, name) ? given[name] ?? undefined : this.#process(name),
      sources,
    );
  }
}
