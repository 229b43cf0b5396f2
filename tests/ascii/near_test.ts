/**
 * Advice on names.
 *
 * @module
 */

import assert from "node:assert/strict";
import { listNames, runningHint } from "../../src/ascii/near.ts";
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

test("runningHint() names the most similar topology, otherwise those that are running", () => {
  assert.equal(runningHint("ecko", ["web", "echo"]), 'did you mean "echo"?');
  assert.equal(runningHint("nothing", ["echo"]), '"echo" is running');
  assert.equal(runningHint("nothing", ["web", "echo"]), '"web" and "echo" are running');
  assert.equal(runningHint("nothing", []), "no topology is running");
});
