import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaults } from "../../scripts/defaults.ts";
import { ENVIRONMENT } from "../../src/cli/defaults.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { POSIX_CAPABILITIES } from "../../src/runtimes/posix/capabilities.ts";
import { NODE_KEYS, TEMPLATE_KEYS, TOPOLOGY_KEYS } from "../../src/topology/parse/format.ts";
import { test } from "../harness.ts";
import { tableRows } from "./document.ts";

const FILE = "docs/defaults.md";
const TEXT = readFileSync(new URL(`../../${FILE}`, import.meta.url), "utf8");
const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));

/** The formatter breaks lines and widens columns. */
function words(text: string): readonly string[] {
  return text.replace(/-{3,}/g, "---").split(/\s+/).filter((word) => word !== "");
}

test("docs/defaults.md is what the tables of the program say", () => {
  assert.deepEqual(words(TEXT), words(defaults()), `run "deno run -A scripts/defaults.ts > ${FILE}", deno fmt`);
});

test("docs/defaults.md with another default is stale", () => {
  const stale = TEXT.replace("1h (1m for flows of datagrams)", "2h (1m for flows of datagrams)");
  assert.notEqual(stale, TEXT);
  assert.notDeepEqual(words(stale), words(defaults()));
});

test("docs/defaults.md has every key of a file, and every field of every setting", () => {
  const first = new Set(tableRows(TEXT).map(([cell = ""]) => cell.replaceAll("`", "")));
  for (const key of Object.keys(TOPOLOGY_KEYS)) assert.ok(first.has(key), key);
  for (const key of Object.keys(NODE_KEYS)) assert.ok(first.has(`node.${key}`), key);
  for (const key of Object.keys(TEMPLATE_KEYS)) assert.ok(first.has(`template.${key}`), key);
  for (const { commands, creatable } of describeBuiltinTypes(POSIX_CAPABILITIES)) {
    if (!creatable) continue;
    for (const [name, { args, kind }] of Object.entries(commands)) {
      if (kind !== "setting" || args?.description.kind !== "struct") continue;
      for (const field of args.description.fields) {
        assert.ok(first.has(`${name} ${field.name}`), `${name} ${field.name}`);
      }
    }
  }
});

test("the table of the environment has every variable that the program names where it reads one", () => {
  const known = new Set(ENVIRONMENT.map(({ name }) => name));
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const read = files.flatMap((name) =>
    [...readFileSync(`${SOURCES}${name}`, "utf8").matchAll(/\benv\("([A-Z_]+)"\)/g)].map(([, variable = ""]) =>
      variable
    )
  );
  assert.ok(read.length >= 5);
  assert.deepEqual(read.filter((variable) => !known.has(variable)), []);
});
