import assert from "node:assert/strict";
import { installation } from "../src/version.ts";
import { test } from "./harness.ts";

test("installation() distinguishes the npm package from a checkout", () => {
  assert.equal(installation(), "checkout");
  assert.equal(installation("file:///usr/lib/node_modules/sockgraph/dist/npm/main.js"), "npm");
});
