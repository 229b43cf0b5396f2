/**
 * The sending half of a datagram socket on Deno: what waits, in which order it goes, and whose buffers it holds.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BUFFER_SIZES, BufferPool } from "../../src/buffer.ts";
import { type DatagramSink, DenoDatagramSender } from "../../src/runtimes/deno/datagram_sender.ts";
import { test } from "../harness.ts";

const PEER = { transport: "udp", hostname: "127.0.0.1", port: 9 } as const;

/** Takes one datagram at a time, on request. */
class SlowSink implements DatagramSink {
  readonly sent: number[] = [];
  #taken: PromiseWithResolvers<number> | null = null;

  send(bytes: Uint8Array): Promise<number> {
    assert.equal(this.#taken, null, "several sends are in flight");
    this.sent.push(bytes[0] ?? -1);
    this.#taken = Promise.withResolvers();
    return this.#taken.promise;
  }

  /** Ends the send in flight. */
  async take(error?: Error): Promise<void> {
    const taken = this.#taken;
    this.#taken = null;
    if (error === undefined) taken?.resolve(1);
    else taken?.reject(error);
    await Promise.allSettled([taken?.promise]);
  }
}

/** Sends one octet for each number, as a socket does that receives into a large buffer. */
function sendAll(sender: DenoDatagramSender, numbers: readonly number[]): readonly boolean[] {
  const pool = new BufferPool();
  return numbers.map((number) => {
    const buffer = pool.take(BUFFER_SIZES[1]);
    buffer.bytes[0] = number;
    sender.send({ buffer, offset: 0, length: 1 }, PEER);
    const kept = !buffer.exclusive;
    // Who sent it uses the buffer again, unless it was kept.
    if (!kept) buffer.bytes[0] = 255;
    buffer.release();
    return kept;
  });
}

test("DenoDatagramSender sends in order, one at a time, whatever was kept or copied", async () => {
  const sink = new SlowSink();
  const sender = new DenoDatagramSender(sink, () => {});
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const kept = sendAll(sender, numbers);
  assert.ok(kept.includes(true) && kept.includes(false), "some are kept and some are copied");
  for (const _ of numbers) await sink.take();
  assert.deepEqual(sink.sent, numbers);
  assert.equal(sender.busy, false);
  assert.equal(sender.queuedBytes, 0);
  await sender.idle();
});

test("DenoDatagramSender counts a refusal, and sends the next", async () => {
  const sink = new SlowSink();
  const sender = new DenoDatagramSender(sink, () => {});
  sendAll(sender, [1, 2]);
  await sink.take(Object.assign(new Error("too long"), { code: "EMSGSIZE" }));
  await sink.take();
  assert.deepEqual(sink.sent, [1, 2]);
  assert.deepEqual([...sender.errors], [["EMSGSIZE", 1]]);
});

test("DenoDatagramSender.stop() drops what waits, and is idle when the send in flight is done", async () => {
  const sink = new SlowSink();
  const sender = new DenoDatagramSender(sink, () => assert.fail("drained was called"));
  sendAll(sender, [1, 2, 3]);
  sender.stop();
  const idle = sender.idle();
  assert.equal(sender.busy, true);
  await sink.take();
  await idle;
  assert.deepEqual(sink.sent, [1]);
  assert.equal(sender.busy, false);
});
