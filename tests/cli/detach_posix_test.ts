/**
 * `apply --detach --runtime posix` from end to end: the engine in the background has FFI and a worker, and what that
 * worker measures is reported by the engine.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test } from "../harness.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { TestFolder } from "./program.ts";

const posix = realRuntimes.find(({ name }) => name === "posix");
/** A relay in front of an echo: connects are measured, connections, and how long they live. */
const RELAY = `
nodes:
  back: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { peer: echo }, getname] }
  echo: { type: echo }
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { connect: "\${back.getname}" }] }
`;

test("apply --detach --runtime posix serves, reports what its worker measured, and ends with down", {
  skip: machine.skip,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("relay.yaml", RELAY);
  const permissions = [...posix?.permissions ?? [], "--allow-run=deno"];
  try {
    const begun = await place.startWith(permissions, "apply", "--detach", "--runtime", "posix", "relay.yaml").ended;
    assert.equal(begun.code, 0, begun.stderr);
    const { engine, topologies: [relay] } = JSON.parse((await place.call("status", "-o", "json")).stdout);
    assert.equal(engine.runtime, "posix");
    const front = relay.nodes.find(({ name }: { name: string }) => name === "front");
    await echoes(Number(front.local.split(":")[1]));
    const metrics = await metricsOf(place);
    for (const name of ["connect", "connection"]) {
      const count = new RegExp(`^sockgraph_${name}_duration_seconds_count\\{.*\\} ([1-9]\\d*)$`, "m");
      assert.match(metrics, count);
    }
    assert.match(metrics, /^sockgraph_backpressure_seconds_total\{/m);
  } finally {
    assert.equal((await place.run("down")).code, 0, readFileSync(join(place.folder, "s.log"), "utf8"));
  }
  assert.equal((await place.call("status")).code, 75);
});

async function echoes(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write("there and back");
  const [said] = await once(socket, "data");
  assert.equal(String(said), "there and back");
  socket.end();
  await once(socket, "close");
}

/** The metrics once the end of the connection has been counted. */
async function metricsOf({ control: path }: TestFolder): Promise<string> {
  const { control } = await detectRuntime();
  for (;;) {
    const response = await control.fetch(path, { method: "GET", target: "/metrics" });
    const text = await response.text();
    if (/^sockgraph_connection_duration_seconds_count\{.*\} [1-9]/m.test(text)) return text;
  }
}
