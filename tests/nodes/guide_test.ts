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
import { Engine } from "../../src/engine/engine.ts";
import { echoType } from "../../src/nodes/echo.ts";
import { test } from "../harness.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { withFolder } from "../support/folder.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const GUIDE = readFileSync(new URL("../../docs/writing-a-node-type.md", import.meta.url), "utf8");
const LIBRARY = new URL("../../mod.ts", import.meta.url).href;

test("docs/writing-a-node-type.md has code that runs and does what it says", () =>
  withFolder(async (folder) => {
    const { trial } = await writeGuide(folder);
    // What it prints is compared below; a test prints nothing.
    const [, got = "", count] = /^console\.log\(got, count\); \/\/ (\[.*\]) (.*)$/m.exec(trial) ?? [];
    const path = join(folder, "trial.ts");
    await writeFile(path, trial.replace(/^console\.log\(got, count\).*$/m, "export { count, got };"));
    const said = await import(pathToFileURL(path).href);
    assert.deepEqual([said.got, said.count], [JSON.parse(got), count]);
  }));

for (const runtime of ["memory", ...realRuntimes.map(({ name }) => name)]) {
  const skip = realRuntimes.find(({ name }) => name === runtime)?.skip ?? null;
  test(
    `docs/writing-a-node-type.md has a topology with the type, which runs on ${runtime}`,
    { skip },
    () =>
      withFolder(async (folder) => {
        const { work } = await writeGuide(folder);
        const path = join(folder, "work.ts");
        await writeFile(path, work);
        const { start } = await import(pathToFileURL(path).href);
        await using engine: Engine = await start(runtime);
        const { text } = await engine.msg({ path: "loud/a:", command: "getname", argument: null });
        await using graph = engine.graph;
        await using socket = await graph.socket();
        await socket.mkpeer(".", { type: "ksocket", ourhook: "u", peerhook: "inet/dgram/udp" });
        await socket.msg("u", `connect ${text}`);
        await socket.write("u", "hello");
        const item = await socket.read();
        assert.equal(item?.kind === "data" ? new TextDecoder().decode(item.octets) : item?.kind, "HELLO");
        assert.equal((await graph.msg("loud/loud:", "getcount")).text, "1");
      }),
  );
}

test("Engine.open() refuses a module without node types, one that is not there, and a name that is taken", async () => {
  const none = new URL("../harness.ts", import.meta.url);
  await assert.rejects(Engine.open({ runtime: "memory", types: [none] }), { code: "EINVAL" });
  const gone = new URL("./nothing_there.ts", import.meta.url);
  await assert.rejects(Engine.open({ runtime: "memory", types: [gone] }), { code: "ENOENT" });
  await assert.rejects(Engine.open({ runtime: "memory", types: [echoType] }), { code: "EEXIST" });
});

test("Engine.open() refuses a type without module where the graph is in another thread", {
  skip: machine.skip,
}, async () => {
  await assert.rejects(Engine.open({ runtime: "posix", types: [echoType] }), { code: "EOPNOTSUPP" });
});

/** Puts the type into a folder; the rest of the guide's code. */
async function writeGuide(folder: string): Promise<{ readonly trial: string; readonly work: string }> {
  const [type = "", trial = "", work = ""] = GUIDE.split(/^## (?:Testing|Using it in an engine)$/m).map(codeOf);
  await writeFile(join(folder, "upcase.ts"), type);
  return { trial, work };
}

/** The code of a part of the guide, as one module that uses this checkout. */
function codeOf(text: string): string {
  const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
  return blocks.join("\n").replaceAll('"@sockgraph/sockgraph"', JSON.stringify(LIBRARY));
}
