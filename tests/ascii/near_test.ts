/**
 * Advice on names.
 *
 * @module
 */

import assert from "node:assert/strict";
import { knownHint, listNames } from "../../src/ascii/near.ts";
import { test } from "../harness.ts";

const LISTS: readonly (readonly [names: string, text: string])[] = [
  ["", ""],
  ["a", '"a"'],
  ["a b", '"a" and "b"'],
  ["a b c d e f", '"a", "b", "c", "d", "e" and "f"'],
  ["a b c d e f g", '"a", "b", "c", "d", "e" and 2 more'],
];

for (const [names, text] of LISTS) {
  test(`listNames() of "${names}"`, () => assert.equal(listNames(names.split(" ").filter(Boolean)), text));
}

test("knownHint() names the near one, else what there is", () => {
  assert.equal(knownHint("ecko", ["web", "echo"]), 'did you mean "echo"?');
  assert.equal(knownHint("nothing", ["echo"]), 'there is "echo"');
  assert.equal(knownHint("nothing", ["web", "echo"]), 'there are "web" and "echo"');
  assert.equal(knownHint("nothing", []), null);
});
