/**
 * The worst of several outcomes, in the order 65, 1, 4, 3.
 *
 * @module
 */

import assert from "node:assert/strict";
import { worstExit } from "../../src/cli/exit_code.ts";
import { test } from "../harness.ts";

test("worstExit() takes 65 before 1, 4 and 3", () => {
  assert.equal(worstExit([0, 3, 4, 1, 65]), 65);
  assert.equal(worstExit([0, 3, 4, 1]), 1);
  assert.equal(worstExit([3, 4, 0]), 4);
  assert.equal(worstExit([0, 3]), 3);
  assert.equal(worstExit([0]), 0);
  assert.equal(worstExit([]), 0);
});
