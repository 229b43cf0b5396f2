/**
 * Errors of reading a source, beside errors of the environment.
 *
 * @module
 */

/**
 * - `usage`: it does not exist, or is not a kind that can be read
 * - `invalid`: it exists, and has no usable content
 * - `unreachable`: its server does not return it
 */
export type SourceFault = "usage" | "invalid" | "unreachable";

/** Thrown if a source cannot be read. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  readonly fault: SourceFault;

  /** @param message the text: sentence case, no full stop, values quoted */
  constructor(fault: SourceFault, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}
