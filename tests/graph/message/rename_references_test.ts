/**
 * References under other names.
 *
 * @module
 */

import assert from "node:assert/strict";
import { renameReferences } from "../../../src/graph/core/reference.ts";
import { test } from "../../harness.ts";

const NAMES = new Map([["a", "b"], ["b", 'say "x"']]);

const cases: readonly (readonly [text: string, renamed: string])[] = [
  ["inet/127.0.0.1:${a.getname.port}", "inet/127.0.0.1:${b.getname.port}"],
  ["${a.getname} ${c.getname} ${a.getpeername}", "${b.getname} ${c.getname} ${b.getpeername}"],
  ['{ to="${b.getname}" }', '{ to="${say \\"x\\".getname}" }'],
  ["$${a.getname}", "$${a.getname}"],
  ["${aa.getname}", "${aa.getname}"],
  ["a.getname", "a.getname"],
];

for (const [text, renamed] of cases) {
  test(`renameReferences() makes ${renamed} of ${text}`, () => {
    assert.equal(renameReferences(text, NAMES), renamed);
  });
}
