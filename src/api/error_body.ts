/**
 * Failures as they cross the wire.
 *
 * @module
 */

import { type ErrorCode, isErrorCode } from "../errors.ts";

/** A failure's code: one of ours, or an errno's name if a node or the system failed. */
export type ErrorBodyCode =
  | "bad-request"
  | "not-found"
  | "method-not-allowed"
  | "too-large"
  | "wrong-version"
  | "internal"
  | ErrorCode;

/** A failure as it crosses the wire. */
export interface ErrorBody {
  /** For programs. */
  readonly code: ErrorBodyCode;
  /** For people. */
  readonly message: string;
}

/** True for a code of the graph or the system. */
export function isGraphCode(code: ErrorBodyCode): code is ErrorCode {
  return isErrorCode(code);
}
