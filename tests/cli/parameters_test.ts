/**
 * `--set` and `--values` from end to end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function test(name: string, body: (place: TestFolder) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await body(place);
  });
}

const WEB = `
parameters: { backlog: { type: integer, default: 1 }, other: 5m }
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setconfig: { idleTimeout: "\${parameters.other}" }
      - bind: inet/127.0.0.1:0
      - listen: \${parameters.backlog}
      - accept: { peer: back }
  back: { type: hole }
`;

async function listenOf(place: TestFolder): Promise<string | undefined> {
  return /listen: (\d+)/.exec((await place.call("export")).stdout)?.[1];
}

test("validate reports values at the places where they are written", async (place) => {
  await place.write("web.yaml", WEB);
  await place.write("values.yaml", "backlog: many\n");
  const { code, stderr } = await place.call("validate", "web.yaml", "--values", "values.yaml");
  assert.equal(code, 65);
  assert.match(stderr, /^values\.yaml:1:10 error\[bad-value\]: .*\n {2}1 \| backlog: many\n {4}\| {10}\^{4}\n/);
  const set = await place.call("validate", "web.yaml", "--values", "values.yaml", "--set", "backlog=2");
  assert.equal(set.code, 0, set.stderr);
  const unknown = await place.call("validate", "web.yaml", "--set", "bcklog=2");
  assert.equal(unknown.code, 65);
  assert.match(unknown.stderr, /^--set bcklog=2 error\[unknown-parameter\]: .*\n {4}did you mean "backlog"\?/);
  assert.equal((await place.call("validate", "web.yaml", "--set", "backlog")).code, 64);
  assert.equal(unknown.stdout, "");
  assert.equal((await place.call("validate", "web.yaml", "--values", "none.yaml")).code, 64);
  assert.equal((await place.call("validate", "web.yaml", "--values", ".")).code, 64);
});

test("apply --watch --set keeps the value when the file changes, and a change of it plans what it changes", async (place) => {
  await place.write("web.yaml", WEB);
  const engine = place.start("apply", "--watch", "web.yaml", "--set", "backlog=7");
  await engine.says(/generation 1 is Ready/);
  assert.equal(await listenOf(place), "7");
  await place.write("web.yaml", WEB.replace("5m", "6m"));
  await engine.says(/generation 2 is Ready/);
  assert.equal(await listenOf(place), "7");
  const { stdout } = await place.call("plan", "web.yaml", "--set", "backlog=7", "--set", "other=7m", "-o", "json");
  const [{ steps }] = JSON.parse(stdout).plans;
  assert.deepEqual(steps.map((step: { readonly message: unknown }) => step.message), [{
    command: "setconfig",
    argument: "{ idleTimeout=7m }",
  }]);
  const again = await place.call("apply", "--watch", "web.yaml", "--set", "backlog=8");
  assert.equal(again.code, 0, again.stderr);
  assert.equal(await listenOf(place), "8");
  await place.write("web.yaml", WEB.replace("5m", "9m"));
  await engine.says(/generation 4 is Ready/);
  assert.equal(await listenOf(place), "8");
});

test("apply reads a file again on SIGHUP with its values", async (place) => {
  await place.write("web.yaml", WEB);
  await place.write("values.yaml", "backlog: 3\n");
  const engine = place.start("apply", "web.yaml", "--values", "values.yaml");
  await engine.says(/generation 1 is Ready/);
  await place.write("web.yaml", WEB.replace("5m", "6m"));
  engine.signal("SIGHUP");
  await engine.says(/generation 2 is Ready/);
  assert.equal(await listenOf(place), "3");
});
