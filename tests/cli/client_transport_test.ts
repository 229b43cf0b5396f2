/**
 * How a client reaches an engine, with a virtual clock: which it trusts, and how it notices one that
 * does not answer or ends.
 *
 * @module
 */

import assert from "node:assert/strict";
import { clientTransport } from "../../src/cli/client_transport.ts";
import { CommandFailure } from "../../src/cli/command.ts";
import { Liveness } from "../../src/cli/liveness.ts";
import { requireOwnSocket } from "../../src/cli/socket_owner.ts";
import { NetgraphError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import type { FileFact } from "../../src/runtimes/runtime.ts";
import { test } from "../harness.ts";
import { fakeRuntime } from "./fake_runtime.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function ticks(clock: VirtualClock, count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) {
    clock.advance(500);
    await turn();
  }
}

const silence = () => new Promise<never>(() => {});

test("Liveness gives up an engine after 3 s, and one that had answered after 5 s", async () => {
  for (const [heard, count] of [[false, 6], [true, 10]] as const) {
    const clock = new VirtualClock();
    const liveness = new Liveness({ clock, probe: silence, limitMs: null });
    if (heard) liveness.noteAnswer();
    let lost: string | null = null;
    void liveness.lost.then((why) => lost = why);
    await ticks(clock, count - 1);
    assert.equal(lost, null);
    await ticks(clock, 1);
    assert.equal(lost, "engine");
    assert.equal(clock.pending, 0);
  }
});

test("Liveness waits as long as the engine is alive, but for an answer that has a limit", async () => {
  for (const limitMs of [null, 30_000]) {
    const clock = new VirtualClock();
    const liveness = new Liveness({ clock, probe: () => Promise.resolve(), limitMs });
    let lost: string | null = null;
    void liveness.lost.then((why) => lost = why);
    await ticks(clock, 59);
    assert.equal(lost, null);
    await ticks(clock, 61);
    assert.equal(lost, limitMs === null ? null : "answer");
    liveness.stop();
    assert.equal(clock.pending, 0);
  }
});

test("Liveness asks an engine that has answered every 2 s, so that many who wait are no load", async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const liveness = new Liveness({ clock, probe: () => Promise.resolve(void asked++), limitMs: null });
  await ticks(clock, 120);
  assert.equal(asked, 30);
  liveness.stop();
});

const socket = (uid: number): FileFact => ({ kind: "socket", bytes: 0, uid, mode: 0o600 });
const folder = (uid: number, mode: number): FileFact => ({ kind: "directory", bytes: 0, uid, mode });
const ROOT = { "/": folder(0, 0o755), "/run": folder(0, 0o755), "/tmp": folder(0, 0o1777) };

const OWNERS: readonly (readonly [uid: number, path: string, facts: Record<string, FileFact>, allowed: boolean])[] = [
  [1000, "/tmp/s", { "/tmp/s": socket(1000) }, true],
  [1000, "/tmp/s", { "/tmp/s": socket(0) }, true],
  [1000, "/tmp/s", { "/tmp/s": socket(1001) }, false],
  [1000, "/tmp/s", {}, true], // Nothing is there: connecting says so.
  [0, "/tmp/s", { "/tmp/s": socket(1001) }, false],
  [0, "/tmp/x/s", { "/tmp/x/s": socket(1001), "/tmp/x": folder(1001, 0o700) }, false],
  [0, "/run/web/s", { "/run/web/s": socket(1001), "/run/web": folder(1001, 0o700) }, true],
  [0, "/run/web/s", { "/run/web/s": socket(1001), "/run/web": folder(1001, 0o770) }, false],
  [0, "/run/web/s", { "/run/web/s": socket(1001), "/run/web": folder(1002, 0o700) }, false],
  [1000, "/run/web/s", { "/run/web/s": socket(1001), "/run/web": folder(1001, 0o700) }, false],
];

test("requireOwnSocket() takes a socket of one's own, of root, and to root of a service", async () => {
  for (const [uid, path, facts, allowed] of OWNERS) {
    const runtime = fakeRuntime({ uid, facts: { ...ROOT, ...facts } });
    const asked = requireOwnSocket(runtime, path);
    if (allowed) await asked;
    else await assert.rejects(asked, { exitCode: 75, message: /belongs to another user \(uid 100[12]\)/ });
  }
});

test("clientTransport() sends nothing to another user's socket", async () => {
  const runtime = fakeRuntime({
    uid: 1000,
    facts: { "/tmp/s": socket(1001) },
    fetch: () => assert.fail("It was asked"),
  });
  const { signal } = new AbortController();
  const asked = clientTransport(runtime, { signal, asked: () => {} }).fetch("/tmp/s", {
    method: "GET",
    target: "/livez",
  });
  await assert.rejects(asked, { exitCode: 75 });
});

test("clientTransport() reports an answer that breaks off as an engine that ended", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"kind":')),
    pull: (controller) => controller.error(new TypeError("error reading a body from connection")),
  });
  const runtime = fakeRuntime({ fetch: () => Promise.resolve(new Response(broken)) });
  const { signal } = new AbortController();
  const transport = clientTransport(runtime, { signal, asked: () => {} });
  const answer = await transport.fetch("/tmp/s", { method: "GET", target: "/v1/status" });
  await assert.rejects(answer.text(), { exitCode: 75, message: "The engine exited during the request" });
  assert.equal(runtime.clock.pending, 0);
});

test("clientTransport() gives up an engine that falls silent in the middle of its answer", async () => {
  const runtime = fakeRuntime({
    fetch: ({ target }) => target === "/livez" ? silence() : Promise.resolve(new Response(new ReadableStream())),
  });
  const { signal } = new AbortController();
  const transport = clientTransport(runtime, { signal, asked: () => {} });
  const answer = await transport.fetch("/tmp/s", { method: "POST", target: "/v1/apply" });
  const failed = assert.rejects(answer.text(), (error) => {
    return error instanceof CommandFailure &&
      /^The process that listens on "\/tmp\/s" does not answer/.test(error.message);
  });
  await ticks(runtime.clock, 10);
  await failed;
});

test("clientTransport() reports whether an engine was asked", async () => {
  for (const code of ["ENOENT", "ECONNREFUSED"] as const) {
    const said: boolean[] = [];
    const runtime = fakeRuntime({ fetch: () => Promise.reject(new NetgraphError(code, "Refused")) });
    const { signal } = new AbortController();
    const transport = clientTransport(runtime, { signal, asked: (there) => said.push(there) });
    await assert.rejects(transport.fetch("/tmp/s", { method: "GET", target: "/livez" }), { code });
    assert.deepEqual(said, [true, false]);
  }
});
