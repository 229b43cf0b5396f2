/**
 * Decodes JSON of a client: every value is checked once, on arrival, and an invalid one is rejected with its place.
 *
 * @module
 */

/** Thrown for JSON that is not what was agreed. */
export class MalformedError extends Error {
  override readonly name: string = "MalformedError";
}

/** Decodes one value; `at` is its place, such as `topologies[0].state`. */
export type Decode<T> = (value: unknown, at: string) => T;

/** The fields of an object, of which only known ones may be there. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #at: string;

  /**
   * @throws MalformedError when it is no object, or has a field that is not in `known`
   */
  constructor(value: unknown, at: string, known: readonly string[]) {
    if (!isRecord(value)) throw wrong(at, "an object", value);
    this.#values = value;
    this.#at = at;
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) throw new MalformedError(`Unknown field "${this.#place(name)}"`);
    }
  }

  /** A text that must be there. */
  text(name: string): string {
    return decodeText(this.#get(name), this.#place(name));
  }

  /** A text, or null; one that is left out is null. */
  textOrNull(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  /** One of some words. */
  word<const W extends string>(name: string, words: readonly W[]): W {
    const value = this.#get(name);
    const found = words.find((word) => word === value);
    if (found === undefined) throw wrong(this.#place(name), `one of ${words.join(", ")}`, value);
    return found;
  }

  /** True or false; `otherwise` when left out. */
  flag(name: string, otherwise: boolean): boolean {
    if (!this.has(name)) return otherwise;
    const value = this.#get(name);
    if (typeof value !== "boolean") throw wrong(this.#place(name), "true or false", value);
    return value;
  }

  /** A whole number that is not negative; `otherwise` when left out. */
  count(name: string, otherwise: number): number {
    if (!this.has(name)) return otherwise;
    const value = this.#get(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw wrong(this.#place(name), "a whole number", value);
    }
    return value;
  }

  /** A list; one that is left out is empty. */
  list<T>(name: string, decode: Decode<T>): readonly T[] {
    if (!this.has(name)) return [];
    const value: unknown = this.#get(name);
    const at = this.#place(name);
    if (!Array.isArray(value)) throw wrong(at, "a list", value);
    return value.map((item: unknown, index) => decode(item, `${at}[${index}]`));
  }

  /** A value of any other kind, which must be there. */
  value<T>(name: string, decode: Decode<T>): T {
    return decode(this.#get(name), this.#place(name));
  }

  /** True when it is there and not null. */
  has(name: string): boolean {
    return (this.#get(name) ?? null) !== null;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #place(name: string): string {
    return this.#at === "" ? name : `${this.#at}.${name}`;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text. */
export function decodeText(value: unknown, at: string): string {
  if (typeof value !== "string") throw wrong(at, "a text", value);
  return value;
}

/** The error that states what was expected. */
export function wrong(at: string, expected: string, found: unknown): MalformedError {
  const what = found === undefined
    ? "nothing"
    : found === null
    ? "null"
    : Array.isArray(found)
    ? "a list"
    : typeof found;
  return new MalformedError(`"${at === "" ? "body" : at}" must be ${expected}, not ${what}`);
}
