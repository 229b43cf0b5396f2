/**
 * When a change of a source is taken, with a made-up disk and no time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import type { SourceSnapshot } from "../../src/sources/source_snapshot.ts";
import { SourceError } from "../../src/sources/source_error.ts";
import { ChangeDetector } from "../../src/sources/change_detector.ts";
import { test } from "../harness.ts";

/** One file; its stamp changes with every write unless a test forges it. */
class Disk {
  readonly clock = new VirtualClock();
  readonly watch: ChangeDetector;
  reads = 0;
  #text = "a";
  #stamp = 0;

  constructor() {
    const read = (): Promise<SourceSnapshot> => {
      this.reads++;
      return Promise.resolve(
        this.#text === ""
          ? { kind: "unreadable", mark: "!", error: new SourceError("usage", "Gone") }
          : { kind: "texts", mark: this.#text, texts: [], origins: [] },
      );
    };
    this.watch = new ChangeDetector({ fingerprint: () => Promise.resolve(String(this.#stamp)), read }, this.clock);
  }

  write(text: string, options: { stamped?: boolean } = {}): void {
    this.#text = text;
    if (options.stamped !== false) this.#stamp++;
  }

  /** What the next look takes; null for nothing. */
  async check(): Promise<string | null> {
    this.clock.advance(500);
    return (await this.watch.check())?.mark ?? null;
  }

  /** Lets it be taken, and comes to rest. */
  async taken(): Promise<this> {
    await this.watch.take();
    for (let check = 0; check < 6; check++) assert.equal(await this.check(), null);
    return this;
  }
}

test("Watch reads nothing while stamps stay", async () => {
  const disk = await new Disk().taken();
  const before = disk.reads;
  for (let check = 0; check < 10; check++) assert.equal(await disk.check(), null);
  assert.equal(disk.reads, before);
});

test("Watch accepts a change when two checks agree", async () => {
  const disk = await new Disk().taken();
  disk.write("b");
  assert.deepEqual([await disk.check(), await disk.check(), await disk.check()], [null, "b", null]);
});

test("Watch accepts a burst once, as it is in the end", async () => {
  const disk = await new Disk().taken();
  for (const text of ["b", "bc", "", "bcd"]) {
    disk.write(text);
    assert.equal(await disk.check(), null);
  }
  assert.deepEqual([await disk.check(), await disk.check()], ["bcd", null]);
});

test("Watch does not see what is gone and back between two checks that agree", async () => {
  const disk = await new Disk().taken();
  disk.write("");
  assert.equal(await disk.check(), null);
  disk.write("a");
  assert.deepEqual([await disk.check(), await disk.check()], [null, null]);
  assert.equal(disk.watch.settling, false);
});

test("Watch detects that a source is gone, and that it is back", async () => {
  const disk = await new Disk().taken();
  disk.write("");
  assert.deepEqual([await disk.check(), await disk.check()], [null, "!"]);
  disk.write("a");
  assert.deepEqual([await disk.check(), await disk.check()], [null, "a"]);
});

test("Watch sees a second change that leaves the same stamp", async () => {
  const disk = await new Disk().taken();
  disk.write("b");
  assert.deepEqual([await disk.check(), await disk.check()], [null, "b"]);
  disk.write("c", { stamped: false });
  assert.deepEqual([await disk.check(), await disk.check()], [null, "c"]);
});

test("Watch accepts a source that never comes to rest as it is", async () => {
  const disk = await new Disk().taken();
  const taken: string[] = [];
  for (let round = 0; round < 25; round++) {
    disk.write(`b${round}`);
    const mark = await disk.check();
    if (mark !== null) taken.push(mark);
  }
  assert.deepEqual(taken, ["b20"]);
});

test("Watch.again() takes what is there once more", async () => {
  const disk = await new Disk().taken();
  disk.watch.again();
  assert.deepEqual([await disk.check(), await disk.check(), await disk.check()], [null, "a", null]);
});
