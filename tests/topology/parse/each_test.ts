import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { load } from "../types.ts";

function namesOf(nodes: string, variables: Record<string, string> = {}): readonly string[] {
  const { topologies, diagnostics } = load(`nodes:\n  ${nodes.replaceAll("\n", "\n  ")}\n`, { variables });
  assert.deepEqual(diagnostics.map(({ message }) => message), []);
  return topologies.flatMap(({ state }) => state.nodes.map(({ name }) => name));
}

const EXPANSIONS: readonly (readonly [string, string, readonly string[]])[] = [
  ["a range", "a${each.n}: { each: { n: 8-11 }, type: hub }", ["a8", "a9", "a10", "a11"]],
  ["leading zeros", "a${each.n}: { each: { n: 08-10 }, type: hub }", ["a08", "a09", "a10"]],
  ["a list with a range", "a${each.n}: { each: { n: [x, 1-2] }, type: hub }", ["ax", "a1", "a2"]],
  ["one value", "a${each.n}: { each: { n: 7 }, type: hub }", ["a7"]],
  ["a quoted range", 'a-${each.n}: { each: { n: "1-2" }, type: hub }', ["a-1", "a-2"]],
  ["text with a dash", "a-${each.n}: { each: { n: [1-x, x-2] }, type: hub }", ["a-1-x", "a-x-2"]],
  ["no values", "a${each.n}: { each: { n: [] }, type: hub }", []],
  ["null", "a: { each: , type: hub }", ["a"]],
  ["a product", "${each.a}${each.b}: { each: { a: [x, y], b: 1-2 }, type: hub }", ["x1", "x2", "y1", "y2"]],
  ["zip", "${each.a}${each.b}: { each: { zip: { a: [x, y], b: 1-2 } }, type: hub }", ["x1", "y2"]],
  ["a variable", "a${each.n}: { each: { n: '1-${LAST:-3}' }, type: hub }", ["a1", "a2", "a3"]],
];

for (const [what, nodes, names] of EXPANSIONS) {
  test(`each expands a node: ${what}`, () => assert.deepEqual(namesOf(nodes), names));
}

test("each expands a range with a variable", () => {
  assert.deepEqual(namesOf("a${each.n}: { each: { n: '1-${LAST}' }, type: hub }", { LAST: "2" }), ["a1", "a2"]);
});

test("each gives its values to all texts of a node, and the node its group", () => {
  const { topologies, diagnostics } = load(`nodes:
  game-\${each.port}:
    each: { port: 9000-9001, kind: [tcp] }
    type: ksocket
    hook: inet/stream/\${each.kind}
    messages: ["bind inet/127.0.0.1:\${each.port}", { accept: { connect: "inet/127.0.0.1:1\${each.port}" } }]
`);
  assert.deepEqual(diagnostics, []);
  const hook = "inet/stream/tcp";
  assert.deepEqual(
    topologies[0]?.state.nodes,
    ["9000", "9001"].map((port) => ({
      name: `game-${port}`,
      type: "ksocket",
      hook,
      restart: "always",
      messages: [
        { command: "bind", argument: `inet/127.0.0.1:${port}` },
        { command: "accept", argument: `{ connect=inet/127.0.0.1:1${port} }` },
      ],
      group: "game-*",
    })),
  );
});

test("each expands links and documents, and the inner one has the values of the outer one", () => {
  const { topologies, diagnostics } = load(`name: t-\${each.tenant}
each: { tenant: [a, b] }
nodes:
  hub: { type: hub }
  \${each.tenant}-\${each.n}: { each: { n: 1-2 }, type: echo }
links:
  - { each: { n: 1-2 }, ends: ["hub", "\${each.tenant}-\${each.n}"] }
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    topologies.map(({ state }) => [state.name, state.links.map(({ ends }) => ends.map(({ node }) => node).join())]),
    [["t-a", ["a-1,hub", "a-2,hub"]], ["t-b", ["b-1,hub", "b-2,hub"]]],
  );
});

test("A problem of an expanded node is listed once, at its place in the text", () => {
  const { diagnostics, topologies } = load(`nodes:
  game-\${each.port}:
    each: { port: 9000-9999 }
    type: ksocket
    hook: inet/stream/tcp
    messages: ["bind inet/127.0.0.1:9\${each.port}0"]
`);
  assert.deepEqual(topologies, []);
  assert.equal(diagnostics.length, 1);
  assert.equal(diagnostics[0]?.message, 'Port 990000 in "inet/127.0.0.1:990000" is larger than 65535');
});

test("A node with the name each has its replies outside an each", () => {
  const { diagnostics } = load(`nodes:
  each: { type: ksocket, hook: inet/stream/tcp, messages: [bind inet/127.0.0.1:0, listen 1, accept, getname] }
  b: { type: ksocket, hook: inet/stream/tcp, messages: [{ connect: "\${each.getname}" }] }
`);
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message), []);
});
