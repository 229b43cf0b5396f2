/**
 * The writing half of a connection on Deno: what must not meet a write that is in flight.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BufferPool } from "../../src/buffer.ts";
import { type ByteSink, DenoWriter } from "../../src/runtimes/deno/writer.ts";
import { octetsOf } from "../conformance/recorder.ts";
import { test } from "../harness.ts";

/** Takes a write when the test says so, and notes what was called. */
class Gate implements ByteSink {
  readonly calls: string[] = [];
  #done: PromiseWithResolvers<void> = Promise.withResolvers();

  async write(bytes: Uint8Array): Promise<number> {
    this.calls.push(`write ${bytes.length}`);
    const { length } = bytes;
    await this.#done.promise;
    return length;
  }

  async closeWrite(): Promise<void> {
    this.calls.push("closeWrite");
    await this.#done.promise;
  }

  /** Ends what is in flight. */
  open(): void {
    this.#done.resolve();
    this.#done = Promise.withResolvers();
  }

  fail(): void {
    this.#done.reject(new Error("broken"));
    this.#done = Promise.withResolvers();
  }
}

function writerTo(gate: Gate): DenoWriter {
  const writer = new DenoWriter(new BufferPool(), { drained: () => {}, failed: () => gate.calls.push("failed") });
  writer.start(gate);
  return writer;
}

test("DenoWriter.between() runs a task at once where nothing is in flight", () => {
  const gate = new Gate();
  writerTo(gate).between(() => gate.calls.push("task"));
  assert.deepEqual(gate.calls, ["task"]);
});

test("DenoWriter.between() runs the last task behind the write in flight and before the next", async () => {
  const gate = new Gate();
  const writer = writerTo(gate);
  writer.send(octetsOf("one"));
  writer.send(octetsOf("three"));
  writer.between(() => gate.calls.push("first"));
  writer.between(() => gate.calls.push("last"));
  writer.end();
  assert.deepEqual(gate.calls, ["write 3"]);
  gate.open();
  while (gate.calls.length < 3) await Promise.resolve();
  assert.deepEqual(gate.calls, ["write 3", "last", "write 5"]);
  gate.open();
  while (gate.calls.length < 4) await Promise.resolve();
  writer.between(() => gate.calls.push("behind the end"));
  gate.open();
  await writer.idle();
  assert.deepEqual(gate.calls.slice(3), ["closeWrite", "behind the end"]);
});

test("DenoWriter.between() drops the task of a connection that fails or is stopped", async () => {
  for (const isStopped of [true, false]) {
    const gate = new Gate();
    const writer = writerTo(gate);
    writer.send(octetsOf("one"));
    writer.between(() => gate.calls.push("task"));
    if (isStopped) writer.stop();
    gate.fail();
    await writer.idle();
    assert.deepEqual(gate.calls, isStopped ? ["write 3"] : ["write 3", "failed"]);
  }
});
