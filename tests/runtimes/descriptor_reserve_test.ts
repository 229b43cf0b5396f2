/**
 * The reserve of descriptors.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import { DescriptorReserve, RESERVED_DESCRIPTORS } from "../../src/runtimes/host/descriptor_reserve.ts";
import { test } from "../harness.ts";

/** A process with so many descriptors. */
class Process {
  free: number;

  constructor(free: number) {
    this.free = free;
  }

  open(): number {
    if (this.free === 0) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return this.free--;
  }

  close(): void {
    this.free++;
  }

  release(count: number): void {
    this.free += count;
  }
}

const EXHAUSTED = new NetgraphError("EMFILE", "too many open files");

test("DescriptorReserve holds descriptors while a socket serves clients", () => {
  const process = new Process(100);
  const reserve = new DescriptorReserve(process);
  assert.equal(process.free, 100);
  reserve.addServer();
  reserve.addServer();
  assert.equal(process.free, 100 - RESERVED_DESCRIPTORS);
  reserve.removeServer();
  assert.equal(process.free, 100 - RESERVED_DESCRIPTORS);
  reserve.removeServer();
  assert.equal(process.free, 100);
});

test("DescriptorReserve gives its descriptors back when none is left, until they and a few more are free", () => {
  const process = new Process(100);
  const reserve = new DescriptorReserve(process);
  reserve.addServer();
  while (process.free > 0) process.open();
  assert.ok(reserve.isHeld(), "no failure yet");
  reserve.failed(new NetgraphError("ECONNABORTED", "gone"));
  assert.equal(process.free, 0, "of another kind");
  reserve.failed(EXHAUSTED);
  assert.equal(process.free, RESERVED_DESCRIPTORS);
  assert.equal(reserve.isHeld(), false);
  assert.equal(process.free, RESERVED_DESCRIPTORS, "an attempt leaves them free");
  process.release(3);
  assert.equal(reserve.isHeld(), false);
  process.release(1);
  assert.ok(reserve.isHeld());
  assert.equal(process.free, 4);
});

test("DescriptorReserve does without where no file can be opened", () => {
  const reserve = new DescriptorReserve(new Process(3));
  reserve.addServer();
  reserve.failed(EXHAUSTED);
  assert.ok(reserve.isHeld());
  reserve.removeServer();
});
