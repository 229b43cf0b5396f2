/**
 * The engine in the foreground among its clients: what keeps it running, what its terminal shows of them, and whose
 * runtime decides.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test as harnessTest } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { TestFolder } from "./program.ts";

const native = realRuntimes.find(({ name }) => name !== "posix");
const posix = realRuntimes.find(({ name }) => name === "posix");

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(
    name,
    { skip: native === undefined ? "this host has no real sockets" : native.skip, timeoutMs: 60_000 },
    async () => {
      await using place = await TestFolder.open();
      await body(place);
    },
  );
}

const HOLE = "nodes: { a: { type: hole } }\n";
/** An address that no host has (RFC 5737): listening there fails for good. */
const FAILING =
  `nodes: { a: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/192.0.2.1:80", listen: 1] } }\n`;
/** Port 1 refuses: the node is retried. */
const DEGRADED = `nodes: { up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:1"] } }\n`;

test("apply runs on when one of several topologies fails, and ends 4 when nothing runs", async (place) => {
  await place.write("good.yaml", HOLE);
  await place.write("bad.yaml", FAILING);
  const engine = place.start("apply", "good.yaml", "bad.yaml");
  await engine.says(/The engine keeps running with what was applied/);
  await engine.says(/Press Ctrl-C to stop the engine/);
  const { topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  assert.equal(topologies.find(({ name }: { name: string }) => name === "good")?.generation, 1);
  engine.signal("SIGTERM");
  await engine.ended;
  assert.equal((await place.run("apply", "bad.yaml")).code, 4);
});

test("the engine's terminal shows what clients change", async (place) => {
  await place.write("web.yaml", HOLE);
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Press Ctrl-C/);
  await place.write("more.yaml", "name: more\n" + HOLE);
  for (
    const [args, shown] of [
      [["apply", "more.yaml"], /^more: generation 1 applied by a client$/m],
      [["suspend", "more"], /^more: suspended by a client$/m],
      [["resume", "more"], /^more: resumed by a client$/m],
      [["down", "more"], /^more: stopped by a client$/m],
    ] as const
  ) {
    assert.equal((await place.run(...args)).code, 0);
    await engine.says(shown);
  }
  for (
    const [args, shown] of [
      [["msg", "web/a:", "name", '{ name="b" }'], /^web\/a: name \{ name="b" \} sent by a client$/m],
      [["ngctl", "shutdown", "web/b:"], /^web\/b: shutdown sent by a client$/m],
      [["ngctl", "mkpeer", "hole", "x", "h"], /^ngctl\d+: mkpeer .*hole.* sent by a client$/m],
    ] as const
  ) {
    const { code, stderr } = await place.run(...args);
    assert.equal(code, 0, stderr);
    await engine.says(shown);
  }
  await place.write("bad.yaml", FAILING);
  assert.equal((await place.run("apply", "bad.yaml")).code, 4);
  // Who only asks changes nothing.
  assert.equal((await place.call("msg", "web/:", "listhooks")).code, 0);
  await engine.says(/^bad: change by a client failed: Cannot /m);
  engine.signal("SIGTERM");
  const { code, stderr } = await engine.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /listhooks/);
});

test("an engine that is ended while it is Ready exits with 0, though its terminal has not said so yet", async (place) => {
  await place.write("web.yaml", HOLE);
  const engine = place.start("apply", "web.yaml");
  // Without an engine it ends with 75.
  while ((await place.call("wait", "web")).code !== 0);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("wait ends at once when nothing brings back what is not Ready", async (place) => {
  await place.write("web.yaml", HOLE);
  await place.write("up.yaml", DEGRADED);
  const engine = place.start("apply", "--wait=0", "web.yaml", "up.yaml");
  await engine.says(/Press Ctrl-C/);
  assert.equal((await place.call("suspend", "up")).code, 0);
  assert.equal((await place.call("wait", "up", "--timeout", "10h")).code, 3);
  assert.equal((await place.call("msg", "web/a:", "shutdown")).code, 0);
  assert.equal((await place.call("wait", "web", "--timeout", "10h")).code, 3);
  engine.signal("SIGTERM");
  await engine.ended;
});

harnessTest("plan and apply are judged by the runtime of the engine", {
  skip: posix === undefined ? "there is no runtime posix" : posix.skip,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write(
    "web.yaml",
    `nodes: { a: { type: ksocket, hook: inet/stream/tcp, messages: [setopt: { SO_RCVBUF: 65536 }, bind: "inet/127.0.0.1:0", listen: 5] } }\n`,
  );
  const engine = place.startWith(posix?.permissions ?? [], "apply", "web.yaml", "--runtime", "posix");
  await engine.says(/Press Ctrl-C/);
  for (const verb of ["plan", "apply"]) {
    const { code, stderr } = await place.run(verb, "web.yaml");
    assert.equal(code, 0, stderr);
  }
  engine.signal("SIGTERM");
  await engine.ended;
});
