/**
 * docs/node-types.md: its code runs as it stands, and does what it says.
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

const GUIDE = readFileSync(new URL("../../docs/node-types.md", import.meta.url), "utf8");
const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

test("docs/node-types.md has code that runs and does what it says", () =>
  withFolder(async (folder) => {
    const blocks = [...GUIDE.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
    assert.equal(blocks.length, 4);
    const said = /console\.log\(got, count\); \/\/ (\[.*\]) (.*)$/m.exec(GUIDE);
    const path = join(folder, "upcase.ts");
    const code = blocks.join("\n").replaceAll('"@sockgraph/sockgraph"', JSON.stringify(LIBRARY));
    // What it prints is compared below; a test prints nothing.
    await writeFile(path, code.replace(/^console\.log.*$/m, ""));
    const { got, count } = await import(pathToFileURL(path).href);
    assert.deepEqual(got, JSON.parse(said?.[1] ?? ""));
    assert.equal(count, said?.[2]);
  }));
