/**
 * Chains: order, and leaving from anywhere.
 *
 * @module
 */

import assert from "node:assert/strict";
import { LinkedList, type ListNode } from "../src/linked_list.ts";
import { test } from "./harness.ts";

class Member implements ListNode<Member> {
  prev: Member | null = null;
  next: Member | null = null;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

test("Chain keeps the order of a Set, through thousands of comings and goings", () => {
  const chain = new LinkedList<Member>();
  const plain = new Set<Member>();
  const members: Member[] = [];
  for (let name = 0; name < 5_000; name++) {
    const member = new Member(name);
    members.push(member);
    chain.add(member);
    plain.add(member);
    const gone = members[name - (name * 7919) % 40];
    if (gone !== undefined && plain.delete(gone)) chain.remove(gone);
    assert.equal(chain.size, plain.size);
  }
  assert.deepEqual(chain.list().map(({ name }) => name), [...plain].map(({ name }) => name));
});

test("Chain.remove() takes the first, the last, one between and the only one, and clears their links", () => {
  const chain = new LinkedList<Member>();
  const members = [0, 1, 2, 3].map((name) => new Member(name));
  for (const member of members) chain.add(member);
  const left: number[][] = [];
  for (const place of [0, 3, 1, 2]) {
    const member = members[place];
    if (member !== undefined) chain.remove(member);
    assert.deepEqual([member?.prev, member?.next], [null, null]);
    left.push(chain.list().map(({ name }) => name));
  }
  assert.deepEqual(left, [[1, 2, 3], [1, 2], [2], []]);
  assert.equal(chain.size, 0);
});
