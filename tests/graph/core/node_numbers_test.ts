import assert from "node:assert/strict";
import { NodeNumbers, partOfNode } from "../../../src/graph/core/node_numbers.ts";
import { partOfLimit } from "../../../src/graph/data/share.ts";
import { test } from "../../harness.ts";

test("NodeNumbers.next() counts from 1", () => {
  const numbers = new NodeNumbers();
  assert.deepEqual([numbers.next(), numbers.next(), numbers.next()], [1, 2, 3]);
});

test("NodeNumbers.setPartition() gives several counters disjoint numbers, and an ID identifies its counter", () => {
  const taken = [0, 1, 2].flatMap((part) => {
    const numbers = new NodeNumbers();
    numbers.setPartition(part, 3);
    const ids = [numbers.next(), numbers.next(), numbers.next()];
    assert.deepEqual(ids.map((id) => partOfNode(id, 3)), [part, part, part]);
    return ids;
  });
  assert.deepEqual(taken.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("partOfLimit() divides a limit, and loses nothing of it", () => {
  for (const [limit, of] of [[10, 3], [2, 2], [7, 4], [1, 1], [100, 8]] as const) {
    const parts = Array.from({ length: of }, (_, part) => partOfLimit(limit, { part, of }));
    assert.equal(parts.reduce((sum, part) => sum + part, 0), limit);
    assert.ok(Math.max(...parts) - Math.min(...parts) <= 1);
  }
});
