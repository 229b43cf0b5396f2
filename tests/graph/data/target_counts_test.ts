/**
 * The counts of a target.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TargetCounts } from "../../../src/graph/data/target_counts.ts";
import { test } from "../../harness.ts";

test("A target counts the open connections of earlier targets of its name once each, also when one of them returns", () => {
  const [first, second, third] = [new TargetCounts(), new TargetCounts(), new TargetCounts()];
  first.open = 1;
  second.open = 2;
  third.open = 4;
  second.takeOver(first);
  third.takeOver(second);
  assert.deepEqual([first.active, second.active, third.active], [1, 3, 7]);
  // A rollback brings the first one back, and another one the third.
  first.takeOver(third);
  third.takeOver(first);
  assert.deepEqual([first.active, third.active], [7, 7]);
  second.open = 0;
  assert.deepEqual([first.active, third.active], [5, 5]);
});
