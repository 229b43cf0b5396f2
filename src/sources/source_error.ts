/**
 * How reading a source fails, other than by the world's own errors.
 *
 * @module
 */

/**
 * - `usage`: it is not there, or is none that can be read
 * - `invalid`: it is there, and holds nothing that can be used
 * - `unreachable`: its server does not give it
 */
export type SourceFault = "usage" | "invalid" | "unreachable";

/** Thrown when a source cannot be had. */
export class SourceError extends Error {
  override readonly name: string = "SourceError";
  readonly fault: SourceFault;

  /**
   * @param message for people: sentence case, no full stop, values quoted
   */
  constructor(fault: SourceFault, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}
