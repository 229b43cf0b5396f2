/**
 * The part of several requests that says what a source may do to what runs.
 *
 * @module
 */

import type { OwnershipPolicy } from "../sources/ownership.ts";
import type { Fields } from "./fields.ts";

/** Reads the fields of a {@linkcode OwnershipPolicy}. */
export function guardFields(fields: Fields): OwnershipPolicy {
  return {
    prune: fields.flag("prune", false),
    takeOver: fields.flag("takeOver", false),
    allowEmpty: fields.flag("allowEmpty", false),
  };
}
