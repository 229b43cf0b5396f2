/**
 * The unit for systemd: that systemd understands it, and that it says of us what is so.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT } from "../../src/cli/exit_code.ts";
import { isVerb } from "../../src/cli/verbs/table.ts";
import { peer, test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { run } from "../support/process.ts";

const UNIT = readFileSync(new URL("../../packaging/sockgraph.service", import.meta.url), "utf8");
const BINARY = "/usr/local/bin/sockgraph";
const analyze = peer("systemd-analyze");
/** Not the peer's own reason: nothing but this file needs systemd, and CI may lack it. */
const skip = analyze.path === null ? "there is no systemd here" : null;

function settings(name: string): readonly string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

test("sockgraph.service is understood by systemd, every line of it", { skip }, async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "sockgraph.service");
    await writeFile(path, UNIT.replaceAll(BINARY, "/bin/true"));
    const { code, stderr } = await run(analyze.path ?? "", ["verify", "--man=no", path]);
    assert.deepEqual({ code, said: stderr.split("\n").filter((line) => line.includes(path)) }, { code: 0, said: [] });
  });
});

test("sockgraph.service calls verbs that there are", () => {
  const calls = [...settings("ExecStart"), ...settings("ExecReload")].filter((call) => call.startsWith(BINARY));
  assert.equal(calls.length, 2);
  for (const call of calls) assert.ok(isVerb(call.split(" ")[1] ?? ""), call);
});

test("sockgraph.service starts again where that may help", () => {
  const codes = (name: string) => settings(name).join(" ").split(" ").map(Number);
  assert.deepEqual(codes("RestartPreventExitStatus"), [EXIT.usage, EXIT.invalid, EXIT.permission]);
  assert.deepEqual(codes("SuccessExitStatus"), [EXIT.interrupted, EXIT.terminated]);
});

test("sockgraph.service waits longer than apply does", () => {
  assert.ok(Number(settings("TimeoutStartSec")[0]) > 30);
});
