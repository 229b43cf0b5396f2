import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { imports } from "../../scripts/imports.ts";
import { test } from "../harness.ts";

const FILE = "docs/import.md";

/** The formatter breaks lines and widens columns. */
function words(text: string): readonly string[] {
  return text.replace(/-{3,}/g, "---").split(/\s+/).filter((word) => word !== "");
}

test("docs/import.md is what the tables of keywords say", () => {
  const text = readFileSync(new URL(`../../${FILE}`, import.meta.url), "utf8");
  assert.deepEqual(words(text), words(imports()), `run "deno run -A scripts/imports.ts > ${FILE}", deno fmt`);
});
