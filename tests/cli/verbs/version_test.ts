/**
 * One version everywhere.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { VERSION } from "../../../src/version.ts";
import { test } from "../../harness.ts";

test("VERSION is that of deno.json and package.json", () => {
  for (const file of ["deno.json", "package.json"]) {
    const config: unknown = JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8"));
    assert.ok(typeof config === "object" && config !== null && "version" in config);
    assert.equal(config.version, VERSION, file);
  }
});
