/**
 * The part of several requests that says what a source may do to what runs.
 *
 * @module
 */

import type { GuardWish } from "../sources/guard.ts";
import type { Fields } from "./fields.ts";

/** Reads the fields of a {@linkcode GuardWish}. */
export function guardFields(fields: Fields): GuardWish {
  return {
    prune: fields.flag("prune", false),
    takeOver: fields.flag("takeOver", false),
    allowEmpty: fields.flag("allowEmpty", false),
  };
}
