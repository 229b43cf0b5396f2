import assert from "node:assert/strict";
import { MalformedError } from "../../src/api/fields.ts";
import { APPLY_REQUEST } from "../../src/api/operations/apply.ts";
import { decodePieces } from "../../src/api/shape.ts";
import { runSync } from "../../src/cooperative.ts";
import { test } from "../harness.ts";

const NODE = { name: "a", type: "hole", hook: null, restart: "always", messages: [] };
const SOURCE = { kind: "file", location: "/t.yaml", revision: null };
const MANY = 6_400;

function request(nodes: readonly unknown[]): unknown {
  return { topologies: [{ state: { name: "t", description: null, nodes, links: [], templates: [] }, source: SOURCE }] };
}

function rests(value: unknown): number {
  let count = 0;
  for (const _ of decodePieces(APPLY_REQUEST, value, "")) count++;
  return count;
}

test("decodePieces() pauses while it reads many nodes, and many messages of one node", () => {
  assert.ok(rests(request(Array(MANY).fill(NODE))) >= MANY / 64);
  const messages = Array(MANY).fill({ command: "getname", argument: null });
  assert.ok(rests(request([{ ...NODE, messages }])) >= MANY / 64);
  assert.equal(rests(request([NODE])), 0);
});

test("APPLY_REQUEST reads what it is given, and names the place of what is wrong", () => {
  const { topologies } = APPLY_REQUEST.decode(request([NODE, NODE]), "");
  assert.deepEqual(topologies.map(({ state }) => state.nodes.length), [2]);
  const wrong = request([NODE, { ...NODE, messages: [5] }]);
  assert.throws(() => runSync(decodePieces(APPLY_REQUEST, wrong, "")), (error: unknown) => {
    assert.ok(error instanceof MalformedError);
    assert.match(error.message, /"topologies\[0\]\.state\.nodes\[1\]\.messages\[0\]" must be an object, not number/);
    return true;
  });
});
