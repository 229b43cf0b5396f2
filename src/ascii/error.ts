/**
 * An error in a text or literal, with its place.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../errors.ts";

/**
 * An invalid value in a text or literal. The code is netgraph's errno for it.
 *
 * @example
 * ```ts
 * import { AsciiError, parseText, uint32 } from "@sockgraph/sockgraph";
 *
 * try {
 *   parseText(uint32, "12x");
 * } catch (error) {
 *   if (error instanceof AsciiError) console.log(error.code, error.offset); // EINVAL 2
 * }
 * ```
 */
export class AsciiError extends NetgraphError {
  /** Independent errors of later parts of the same value; each is single and has none itself. */
  readonly others: readonly AsciiError[];
  /** The name of the class. */
  override readonly name = "AsciiError";
  /** The offset of the problem in the text, in UTF-16 units from 0, never beyond its end. */
  readonly offset: number;
  /** The length of the problem; 0 if something is missing. */
  readonly length: number;
  /** The path to the problem inside a literal's structs (names) and arrays (indexes). */
  readonly path: readonly (string | number)[];
  /** Advice, as a sentence fragment without a full stop, such as `did you mean "max"?`. */
  readonly hint: string | null;

  /** Creates it from the problem and its place. */
  constructor(code: ErrorCode, message: string, where: AsciiErrorPlace = {}, others: readonly AsciiError[] = []) {
    super(code, message);
    this.offset = where.offset ?? 0;
    this.length = where.length ?? 0;
    this.path = where.path ?? [];
    this.hint = where.hint ?? null;
    this.others = others;
  }

  /** This error and the others, each alone. */
  get all(): readonly AsciiError[] {
    return [this.others.length === 0 ? this : this.#with({}), ...this.others];
  }

  /** The same errors about a part of something larger; what `place` leaves out stays. */
  moved(place: (error: AsciiError) => AsciiErrorPlace): AsciiError {
    return this.#with(place(this), this.others.map((other) => other.moved(place)));
  }

  /** This error alone, with these others. */
  and(others: readonly AsciiError[]): AsciiError {
    return this.#with({}, others);
  }

  #with(place: AsciiErrorPlace, others: readonly AsciiError[] = []): AsciiError {
    const { offset, length, path, hint } = this;
    return new AsciiError(this.code, this.message, { offset, length, path, hint, ...place }, others);
  }
}

/** The place of an error in a text or literal, and advice. */
export interface AsciiErrorPlace {
  /** The offset of the problem, in UTF-16 units from 0. */
  readonly offset?: number;
  /** The length of the problem. */
  readonly length?: number;
  /** The way inside a literal. */
  readonly path?: readonly (string | number)[];
  /** Advice. */
  readonly hint?: string | null;
}

/** The limit of errors: a value with this many is not parsed further. */
const MAX_ERRORS = 50;

/** Collects the errors of structs and arrays, so that all of them are reported together. */
export class AsciiErrors {
  readonly #errors: AsciiError[] = [];

  /** Reads one part; true if that succeeded. An error is kept. */
  attempt(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof AsciiError)) throw error;
      this.add(error);
      return false;
    }
  }

  /** Adds an error, or all of them if it has several. */
  add(error: AsciiError): void {
    this.#errors.push(...error.all);
    if (this.#errors.length >= MAX_ERRORS) this.throwAny();
  }

  /**
   * Ends the reading of a value in which something is wrong.
   *
   * @throws AsciiError the first error, with the others
   */
  throwAny(): void {
    const [first, ...others] = this.#errors.slice(0, MAX_ERRORS);
    if (first === undefined) return;
    throw others.length === 0 ? first : first.and(others);
  }
}
