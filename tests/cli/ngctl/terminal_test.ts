/**
 * `sockgraph ngctl` at a terminal, which script(1) makes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { peer, test } from "../../harness.ts";
import { Workplace } from "../program.ts";

const script = peer("script");
const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const FLAGS = "Deno" in globalThis
  ? "run --no-prompt --allow-env --allow-net --allow-read --allow-write --allow-sys=uid"
  : "";
/** The end of the prompt, behind which a line is typed. */
const PROMPT = "+ \u001b[3G";

test("ngctl talks to a person, and shows data as it comes", { skip: script.skip, timeoutMs: 60_000 }, async () => {
  await using place = await Workplace.open();
  await place.write("one.yaml", "nodes: { a: { type: hub } }\n");
  await place.start("apply", "--runtime", "memory", "one.yaml").says(/generation 1 is Ready/);
  // By a variable: Deno 2.9.6 gives every permission to a child whose arguments name it.
  const child = spawn("script", ["-qec", `exec "$PROGRAM" ${FLAGS} ${MAIN} ngctl -n me`, "/dev/null"], {
    cwd: place.folder,
    env: { ...process.env, PROGRAM: process.execPath, SOCKGRAPH_CONTROL: place.control, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines = ["mkpeer echo x y", "write x 104 105", "shw .", "list -n", "quit"];
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    // Each prompt is answered once; one more comes below the data, wherever that comes in.
    const wanted = said.endsWith(PROMPT) && (lines[0] !== "shw ." || said.includes("Rec'd data packet"));
    const line = wanted ? lines.shift() : undefined;
    if (line !== undefined) child.stdin.write(`${line}\r`);
  }
  const [code] = await ended;
  assert.equal(code, 0);
  assert.match(said, /Rec'd data packet on hook "x":\r\n0000: {2}68 69 .* hi {14}\r\n/);
  assert.match(said, /ngctl: unknown command "shw"\r\n/);
  assert.match(said, /There are 3 total named nodes:\r\n {2}Name: me {14}Type: socket/);
});
