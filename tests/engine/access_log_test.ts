/**
 * The access log: what becomes of lines that cannot be written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AccessLog, CLOSE_WITHIN_MS } from "../../src/engine/access_log.ts";
import { NetgraphError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import type { AppendFailure } from "../../src/runtimes/runtime.ts";
import { test } from "../harness.ts";
import { STILL } from "../support/graph.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A file whose writes wait, or fail, as the test wants. */
class Sink {
  text = "";
  failure: NetgraphError | null = null;
  /** So many lines of a batch fit although it fails. */
  room = 0;
  held: Promise<void> | null = null;
  closed = 0;

  async write(octets: Uint8Array): Promise<AppendFailure | null> {
    await this.held;
    const lines = new TextDecoder().decode(octets).split(/(?<=\n)/);
    const written = this.failure === null ? lines.length : Math.min(this.room, lines.length);
    this.text += lines.slice(0, written).join("");
    return this.failure === null ? null : { written, error: this.failure };
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  get lines(): number {
    return this.text.split("\n").length - 1;
  }
}

test("close() waits for the last line, once", async () => {
  const sink = new Sink();
  const gate = Promise.withResolvers<void>();
  sink.held = gate.promise;
  const log = new AccessLog({ sink, clock: STILL, format: "text" });
  for (let times = 0; times < 3; times++) log.take(bytes("line\n".repeat(1_000)), 1_000);
  const closing = Promise.all([log.close(), log.close()]);
  gate.resolve();
  await closing;
  assert.deepEqual([sink.lines, sink.closed, log.dropped], [3_000, 1, 0]);
});

test("A slow disk loses lines, which are counted", async () => {
  const sink = new Sink();
  const gate = Promise.withResolvers<void>();
  sink.held = gate.promise;
  const log = new AccessLog({ sink, clock: STILL, format: "text", maxWaiting: 1_000 });
  for (let times = 0; times < 4; times++) log.take(bytes("line\n".repeat(400)), 400);
  gate.resolve();
  await log.close();
  // The first are being written, and count.
  assert.deepEqual([sink.lines, log.dropped], [800, 800]);
});

test("The memory of lines is free once they are written or lost, and lost lines of the graph are counted", async () => {
  const sink = new Sink();
  const log = new AccessLog({ sink, clock: STILL, format: "text", maxWaiting: 1 });
  const [written, lost] = [bytes("one\n"), bytes("two\n")];
  log.take(written, 1);
  log.take(lost, 1);
  log.lost(7);
  await log.close();
  assert.deepEqual([written.length, lost.length, sink.text, log.dropped], [0, 0, "one\n", 8]);
});

test("close() leaves a disk that stands still after a limit, and counts the lines that are lost", async () => {
  const sink = new Sink();
  sink.held = new Promise(() => {});
  const clock = new VirtualClock();
  const failures: (string | null)[] = [];
  const log = new AccessLog({
    sink,
    clock,
    format: "text",
    onFailure: (error) => failures.push(error?.message ?? null),
  });
  for (let times = 0; times < 3; times++) log.take(bytes("line\n"), 1);
  const closed = log.close();
  clock.advance(CLOSE_WITHIN_MS);
  await closed;
  assert.deepEqual([log.dropped, sink.closed, failures], [3, 0, ["Cannot write the last 3 lines of the access log"]]);
});

test("A full disk loses lines, which are counted, and each cause is reported once, as is its end", async () => {
  const sink = new Sink();
  const failures: (string | null)[] = [];
  const log = new AccessLog({
    sink,
    clock: STILL,
    format: "text",
    onFailure: (error) => failures.push(error?.message ?? null),
  });
  const write = async (): Promise<void> => {
    log.take(bytes("one\ntwo\n"), 2);
    await log.idle;
  };
  sink.failure = new NetgraphError("ENOSPC", "no space");
  sink.room = 1;
  await write();
  sink.room = 0;
  await write();
  sink.failure = new NetgraphError("EACCES", "a link");
  await write();
  sink.failure = null;
  await write();
  assert.deepEqual([failures, sink.lines, log.dropped], [["no space", "a link", null], 3, 5]);
  await log.close();
});
