/**
 * Everything of the library that a program can call has an example, which runs and prints what it says. That they
 * compile is for `deno check --doc`, a part of the gate.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";

const LIBRARY = new URL("../../mod.ts", import.meta.url);
const MODULE = readFileSync(LIBRARY, "utf8");

/** Prints as the comments of examples have it, but for blanks. */
const RECORDER = `
export const said = [];
const show = (value) =>
  typeof value === "string" ? value : typeof value === "bigint" ? value + "n" : JSON.stringify(value);
const console = { log: (...values) => said.push(values.map((value) => show(value) ?? "undefined").join("")) };
`;

/** What can be called or read at run time, and where it is defined. Types are listed separately. */
const exported = new Map(
  [...MODULE.matchAll(/^export \{([^}]*)\} from "([^"]+)";/gm)].flatMap(([, names = "", path = ""]) =>
    names.split(",").map((name) => name.trim()).filter((name) => name !== "" && !name.startsWith("type "))
      .map((name): [string, string] => [name, path])
  ),
);

test("mod.ts exports what the search finds, by the names that the files have", async () => {
  assert.deepEqual([...exported.keys()].sort(), Object.keys(await import(LIBRARY.href)).sort());
});

for (const [name, path] of exported) {
  test(`${name} has an example that runs and prints what it says`, () => {
    const docs = docOf(name, readFileSync(new URL(path, LIBRARY), "utf8"));
    return runExample(docs);
  });
}

test("mod.ts begins with an example that runs and prints what it says", () => runExample(MODULE.split("*/")[0] ?? ""));

/** The comment in front of a definition. */
function docOf(name: string, text: string): string {
  const at = text.search(new RegExp(`^export (?:async )?(?:function|class|const) ${name}\\b`, "m"));
  assert.ok(at >= 0, `"${name}" is not where mod.ts says`);
  return text.slice(text.lastIndexOf("/**", at), at);
}

async function runExample(doc: string): Promise<void> {
  const [, quoted = ""] = /@example[^\n]*\n \* ```ts\n([^]*?) \* ```/.exec(doc) ?? [];
  const code = quoted.replaceAll(/^ \* ?/gm, "").replaceAll('"@sockgraph/sockgraph"', JSON.stringify(LIBRARY.href));
  assert.notEqual(code, "", "There is no example");
  await withFolder(async (folder) => {
    const path = join(folder, "example.ts");
    await writeFile(path, RECORDER + code);
    const module: { readonly said: readonly string[] } = await import(pathToFileURL(path).href);
    const said = module.said.map(bare);
    for (const [, desired = ""] of code.matchAll(/^.*console\.log.*\/\/ (.*)$/gm)) {
      assert.ok(said.includes(bare(desired)), `It prints ${JSON.stringify(said)}, not ${desired}`);
    }
  });
}

function bare(text: string): string {
  return text.replaceAll(/\s/g, "");
}
