/**
 * A generation that is undone unless somebody confirms it.
 *
 * @module
 */

import type { Wish } from "./wish.ts";

/** A generation that awaits its confirmation. */
export interface Confirmation {
  /** When it is undone. */
  readonly until: Date;
  /** What was confirmed last; null: nothing ran. */
  readonly former: Wish | null;
}
