/**
 * What the benchmark says of itself, and that it can start what it measures.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Contender } from "../../bench/contender.ts";
import { test } from "../harness.ts";
import { run } from "../support/process.ts";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
const skip = "Deno" in globalThis ? null : "the benchmark is a program for Deno";

test("bench --help prints its usage and is no error", { skip }, async () => {
  const { code, stdout, stderr } = await run(process.execPath, ["run", "-A", "--no-prompt", MAIN, "--help"]);
  assert.equal(code, 0, stderr);
  assert.match(new TextDecoder().decode(stdout), /^Usage: deno task bench/);
});

test("bench refuses an option that it does not have", { skip }, async () => {
  const { code, stdout } = await run(process.execPath, ["run", "-A", "--no-prompt", MAIN, "--nonsense"]);
  assert.deepEqual([code, stdout.length], [64, 0]);
});

for (const index of [0, 1]) {
  test(
    `bench starts sockgraph by the task of deno.json: ${index === 0 ? "apply" : "apply-posix"}`,
    { skip },
    async () => {
      const { Children } = await import("../../bench/children.ts");
      const { sockgraphs } = await import("../../bench/contenders/sockgraph.ts");
      const { freePort, untilBound } = await import("../../bench/ports.ts");
      const folder = await Deno.makeTempDir({ prefix: "sockgraph-bench-test-" });
      await using cleanup = new AsyncDisposableStack();
      cleanup.defer(() => Deno.remove(folder, { recursive: true }));
      const children = cleanup.use(new Children());
      const port = freePort("tcp");
      const contender = sockgraphs[index] as Contender;
      const child = await contender.start({ children, folder, transport: "tcp", port, target: 9 });
      await untilBound("tcp", port, child);
    },
  );
}
