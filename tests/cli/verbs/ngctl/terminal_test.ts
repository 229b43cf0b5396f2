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
import { peer, test } from "../../../harness.ts";
import { TestFolder } from "../../program.ts";

const script = peer("script");
const MAIN = fileURLToPath(new URL("../../../../src/cli/main.ts", import.meta.url));
const FLAGS = "Deno" in globalThis
  ? "run --no-prompt --allow-env --allow-net --allow-read --allow-write --allow-sys=uid"
  : "";
/** The end of the prompt, behind which a line is typed. */
const PROMPT = "+ \u001b[3G";
/** Moves of the cursor at the end. */
const MOVES = new RegExp("(\u001b\\[[0-9;]*[A-Z])+$");

interface Step {
  /** What must have been said at the end, before it is typed. */
  readonly after: string;
  /** What must have been said anywhere. */
  readonly once?: string;
  readonly keys: string;
}

/** A terminal takes several keys at once for something pasted, in which a Tab is a Tab. */
const STEPS: readonly Step[] = [
  { after: PROMPT, keys: "mkpeer ec" },
  { after: "mkpeer ec", keys: "\t" },
  { after: "mkpeer echo ", keys: "x y\r" },
  { after: PROMPT, keys: "write x 104 105\r" },
  { after: PROMPT, once: "Rec'd data packet", keys: "shw .\r" },
  { after: PROMPT, once: "unknown command", keys: "list -n\r" },
  { after: PROMPT, once: "total named nodes", keys: "shutdown y" },
  { after: "shutdown y", keys: "\u0003" },
  { after: PROMPT, once: "^C", keys: "list -n" },
  { after: "list -n", keys: "\r" },
  { after: PROMPT, once: "shutdown y", keys: "\u0003" },
];

test("ngctl talks to a person, completes, and shows data as it comes", {
  skip: script.skip,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("one.yaml", "nodes: { a: { type: hub } }\n");
  await place.start("apply", "--runtime", "memory", "one.yaml").says(/generation 1 is Ready/);
  // By a variable: Deno 2.9.6 gives every permission to a child whose arguments name it.
  const child = spawn("script", ["-qec", `exec "$PROGRAM" ${FLAGS} '${MAIN}' ngctl -n me`, "/dev/null"], {
    cwd: place.folder,
    env: { ...process.env, PROGRAM: process.execPath, SOCKGRAPH_CONTROL: place.control, TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const steps = [...STEPS];
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    const [step] = steps;
    // The line is redrawn for a completion: sequences that move the cursor are between and after the words.
    const shown = step?.after === PROMPT ? said : said.replace(MOVES, "");
    if (step === undefined || !shown.endsWith(step.after) || !said.includes(step.once ?? "")) continue;
    steps.shift();
    child.stdin.write(step.keys);
  }
  const [code] = await ended;
  assert.deepEqual(steps, []);
  assert.equal(code, 0);
  assert.match(said, /Rec'd data packet on hook "x":\r\n0000: {2}68 69 .* hi {14}\r\n/);
  assert.match(said, /ngctl: unknown command "shw"; did you mean "show"\?\r\n/);
  assert.match(said, /There are 3 total named nodes:\r\n {2}Name: me {14}Type: socket/);
});
