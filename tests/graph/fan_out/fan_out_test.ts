/**
 * Branches: bounded queues beside the path, their order, and that what they keep is given back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SharedBuffer } from "../../../src/buffer.ts";
import { type BranchPolicy, DEFAULT_POLICY } from "../../../src/graph/fan_out/branch_policy.ts";
import { Branch } from "../../../src/graph/fan_out/fan_out.ts";
import { Item } from "../../../src/graph/core/item.ts";
import { test } from "../../harness.ts";
import { makeGraph, makeProbe, type Probe } from "../../support/graph.ts";

const BRANCH_QUEUE_BYTES = DEFAULT_POLICY.bytes;
const CHUNK = 64 * 1024;

/** A branch, and its receiver. */
async function makeBranch(
  policy: BranchPolicy = DEFAULT_POLICY,
): Promise<{ branch: Branch; probe: Probe; makeRoom(): void }> {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [sender, probe] = [makeProbe(graph), makeProbe(graph)];
  graph.connect({ node: sender.node, hook: "out" }, { node: probe.node, hook: "x" });
  const hook = sender.node.hooks.get("out");
  if (hook === undefined) throw new RangeError("No hook");
  const branch = new Branch(hook, policy);
  // The test's own end notifies the branch, as a node that has one does.
  const makeRoom = () => {
    probe.full = false;
    branch.resumed();
  };
  return { branch, probe, makeRoom };
}

function itemOf(size: number): { item: Item; buffer: SharedBuffer } {
  const buffer = new SharedBuffer(new Uint8Array(size));
  const item = new Item().carry(buffer, 0, size);
  item.whole = true;
  return { item, buffer };
}

test("Branch.send() drops what is beyond 1 MiB, counted, and gives back what it kept once that is out", async () => {
  const { branch, probe, makeRoom } = await makeBranch();
  probe.full = true;
  const items = Array.from({ length: BRANCH_QUEUE_BYTES / CHUNK + 3 }, () => itemOf(CHUNK));
  for (const { item } of items) branch.send(item);
  assert.deepEqual(branch.hook.dropped(), { queue_full: 2 });
  assert.equal(items.filter(({ buffer }) => !buffer.exclusive).length, BRANCH_QUEUE_BYTES / CHUNK);
  makeRoom();
  assert.equal(probe.got.length, BRANCH_QUEUE_BYTES / CHUNK + 1);
  assert.equal(items.filter(({ buffer }) => !buffer.exclusive).length, 0);
});

test("Branch.send() bounds items without octets as well", async () => {
  const { branch, probe } = await makeBranch();
  probe.full = true;
  for (let sent = 0; sent < BRANCH_QUEUE_BYTES / 16; sent++) branch.send(itemOf(0).item);
  assert.ok((branch.hook.dropped()["queue_full"] ?? 0) > 0);
});

test("Branch.discard() counts what waits and resets the receiver; without any it does nothing", async () => {
  const { branch, probe } = await makeBranch();
  branch.discard("shutdown");
  assert.deepEqual([probe.got, branch.hook.dropped()], [[], {}]);
  probe.full = true;
  for (let sent = 0; sent < 3; sent++) branch.send(itemOf(CHUNK).item);
  branch.discard("shutdown");
  assert.deepEqual([probe.got.at(-1), branch.held], ["x abort", 0]);
  assert.deepEqual([branch.hook.dropped(), branch.hook.droppedBytes()], [{ shutdown: 2 }, { shutdown: 2 * CHUNK }]);
});

test("Branch.close() gives back what waits, counted", async () => {
  const { branch, probe } = await makeBranch();
  probe.full = true;
  branch.send(itemOf(CHUNK).item);
  const { item, buffer } = itemOf(CHUNK);
  branch.send(item);
  assert.equal(buffer.exclusive, false);
  branch.close();
  assert.equal(buffer.exclusive, true);
  assert.deepEqual(branch.hook.droppedBytes(), { no_destination: CHUNK });
});

test("Branch.send() copies few octets of a large buffer rather than hold all of it", async () => {
  const { branch, probe, makeRoom } = await makeBranch();
  probe.full = true;
  branch.send(itemOf(1).item);
  const { buffer } = itemOf(CHUNK);
  buffer.bytes.set(new TextEncoder().encode("hi"), 5);
  branch.send(new Item().carry(buffer, 5, 2));
  assert.equal(buffer.exclusive, true);
  buffer.bytes.fill(0);
  makeRoom();
  assert.equal(probe.got.at(-1), "x hi");
});

test("Branch.send() ends the branch of a stream that does not keep up, for any receiver", async () => {
  const { branch, probe, makeRoom } = await makeBranch();
  probe.full = true;
  const pieces = Array.from({ length: BRANCH_QUEUE_BYTES / CHUNK + 3 }, () => itemOf(CHUNK));
  for (const { item } of pieces) {
    item.whole = false;
    branch.send(item);
  }
  assert.equal(probe.got.at(-1), "x abort");
  // All that waited is lost as well.
  assert.deepEqual(branch.hook.dropped(), { queue_full: pieces.length - 1 });
  assert.deepEqual(branch.hook.droppedBytes(), { queue_full: (pieces.length - 1) * CHUNK });
  assert.equal(pieces.filter(({ buffer }) => !buffer.exclusive).length, 0);
  makeRoom();
  assert.equal(probe.got.length, 2);
});

/** The fate of ten items of one octet, of which one is in progress and two may wait. */
async function overflow(policy: BranchPolicy["policy"]): Promise<readonly [readonly string[], Record<string, number>]> {
  const { branch, probe, makeRoom } = await makeBranch({ policy, bytes: 128 });
  probe.full = true;
  for (let number = 0; number < 10; number++) {
    const { item, buffer } = itemOf(1);
    buffer.bytes[0] = 48 + number;
    branch.send(item);
  }
  branch.send(new Item().signal("eof"));
  makeRoom();
  return [probe.got.map((text) => text.slice(2)), branch.hook.dropped()];
}

test("Branch.send() does as its policy says, and keeps the end of file", async () => {
  assert.deepEqual(await overflow("default"), [["0", "1", "2", "eof"], { queue_full: 7 }]);
  assert.deepEqual(await overflow("drop-newest"), [["0", "1", "2", "eof"], { queue_full: 7 }]);
  assert.deepEqual(await overflow("drop-oldest"), [["0", "8", "9", "eof"], { queue_full: 7 }]);
  assert.deepEqual(await overflow("disconnect"), [["0", "abort"], { queue_full: 9 }]);
});

test("Branch.stops() is true for the path and for a branch that blocks, while they are full", async () => {
  for (const [policy, desired] of [["default", false], ["block", true], ["drop-newest", false]] as const) {
    const { branch, probe, makeRoom } = await makeBranch({ policy, bytes: 128 });
    assert.equal(branch.stops(true), false);
    probe.full = true;
    branch.send(itemOf(1).item);
    assert.equal(branch.stops(false), desired, policy);
    assert.equal(branch.stops(true), policy !== "drop-newest", policy);
    makeRoom();
    assert.equal(branch.stops(true), false);
  }
});
