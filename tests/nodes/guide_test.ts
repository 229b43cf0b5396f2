/**
 * docs/writing-a-node-type.md: its code runs as it stands, and does what it says.
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

const GUIDE = readFileSync(new URL("../../docs/writing-a-node-type.md", import.meta.url), "utf8");
const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

test("docs/writing-a-node-type.md has code that runs and does what it says", () =>
  withFolder(async (folder) => {
    const [type = "", trial = ""] = GUIDE.split("## Trying it").map(codeOf);
    await writeFile(join(folder, "upcase.ts"), type);
    // What it prints is compared below; a test prints nothing.
    const [, got = "", count] = /^console\.log\(got, count\); \/\/ (\[.*\]) (.*)$/m.exec(trial) ?? [];
    const path = join(folder, "trial.ts");
    await writeFile(path, trial.replace(/^console\.log\(got, count\).*$/m, "export { count, got };"));
    const said = await import(pathToFileURL(path).href);
    assert.deepEqual([said.got, said.count], [JSON.parse(got), count]);
  }));

/** The code of a part of the guide, as one module that uses this checkout. */
function codeOf(text: string): string {
  const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
  return blocks.join("\n").replaceAll('"@sockgraph/sockgraph"', JSON.stringify(LIBRARY));
}
