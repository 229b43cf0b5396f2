/**
 * What is wrong with a text or literal, and where.
 *
 * @module
 */

import { type ErrorCode, NetgraphError } from "../errors.ts";

/**
 * A value that a text or literal does not hold. The code is the errno that netgraph gives for it.
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
  /** Tells it from its base. */
  override readonly name = "AsciiError";
  /** Where in the text the trouble begins, in UTF-16 units from 0, never beyond its end. */
  readonly offset: number;
  /** How much of the text is meant; 0 where something is missing. */
  readonly length: number;
  /** The way to the trouble inside a literal's structs (names) and arrays (indexes). */
  readonly path: readonly (string | number)[];
  /** Advice: what would be right. A sentence fragment without a full stop, such as `did you mean "max"?`. */
  readonly hint: string | null;

  /** Takes what and where. */
  constructor(
    code: ErrorCode,
    message: string,
    where: { offset?: number; length?: number; path?: readonly (string | number)[]; hint?: string | null } = {},
  ) {
    super(code, message);
    this.offset = where.offset ?? 0;
    this.length = where.length ?? 0;
    this.path = where.path ?? [];
    this.hint = where.hint ?? null;
  }
}
