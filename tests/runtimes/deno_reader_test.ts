/**
 * The reading half of a connection on Deno: which buffer waits for what comes next.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BUFFER_SIZES, BufferPool } from "../../src/buffer.ts";
import { type ByteSource, DenoReader } from "../../src/runtimes/deno/reader.ts";
import { test } from "../harness.ts";

const [SMALL, MIDDLE, LARGE] = BUFFER_SIZES;

/** Answers reads with so many octets, in turn, then with the end, and notes what it was given to fill. */
class Script implements ByteSource {
  readonly asked: number[] = [];
  readonly #counts: (number | "all")[];

  constructor(...counts: (number | "all")[]) {
    this.#counts = counts;
  }

  read(into: Uint8Array): Promise<number | null> {
    this.asked.push(into.length);
    const count = this.#counts.shift() ?? null;
    return Promise.resolve(count === "all" ? into.length : count);
  }
}

/** Reads a script to its end. */
async function readAll(script: Script, pool: BufferPool): Promise<readonly number[]> {
  await new Promise<void>((resolve, reject) => {
    new DenoReader(script, pool, { receive: () => {}, ended: resolve, failed: reject }).resume();
  });
  return script.asked;
}

test("DenoReader reads with a larger buffer after each that was filled", async () => {
  const asked = await readAll(new Script("all", "all", "all"), new BufferPool());
  assert.deepEqual(asked, [SMALL, MIDDLE, LARGE, LARGE]);
});

test("DenoReader keeps a large buffer through a short read, and gives it back after two small ones", async () => {
  const asked = await readAll(new Script("all", "all", LARGE / 2, 1, LARGE / 2, 1, 1, 1), new BufferPool());
  assert.deepEqual(asked.slice(2), [LARGE, LARGE, LARGE, LARGE, LARGE, MIDDLE, MIDDLE]);
});

test("DenoReader waits with the smallest buffer after a short read where large ones are scarce", async () => {
  const pool = new BufferPool({ lendBytes: 0 });
  const asked = await readAll(new Script("all", "all", LARGE / 2, "all", 1), pool);
  assert.deepEqual(asked, [SMALL, MIDDLE, LARGE, SMALL, MIDDLE, SMALL]);
});

test("DenoReader is inactive when it reports the end or a failure", async () => {
  for (const read of [() => Promise.resolve(null), () => Promise.reject(new Error("reset"))]) {
    const active = await new Promise<boolean>((resolve) => {
      const reported = (): void => resolve(reader.active);
      const reader = new DenoReader({ read }, new BufferPool(), {
        receive: () => {},
        ended: reported,
        failed: reported,
      });
      reader.resume();
    });
    assert.equal(active, false);
  }
});

test("BufferPool.scarce counts what is lent, without the smallest buffers", () => {
  const pool = new BufferPool({ lendBytes: MIDDLE });
  const small = Array.from({ length: 100 }, () => pool.take(SMALL));
  const one = pool.take(MIDDLE);
  assert.equal(pool.scarce, false);
  const other = pool.take(MIDDLE);
  assert.equal(pool.scarce, true);
  other.release();
  assert.equal(pool.scarce, false);
  for (const buffer of [one, ...small]) buffer.release();
});
