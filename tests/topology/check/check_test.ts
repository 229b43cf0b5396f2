import assert from "node:assert/strict";
import { findCycles } from "../../../src/topology/check/cycle.ts";
import { test } from "../../harness.ts";
import { load } from "../types.ts";

/** What the loader finds, as `code line:text`: the text is what the caret stands under. */
function findings(text: string, variables: Record<string, string> = {}): readonly string[] {
  return load(text, { variables }).diagnostics.map(({ code, span }) => {
    const line = text.slice(0, span?.start ?? 0).split("\n").length;
    return `${code} ${line}:${span === null ? "" : text.slice(span.start, span.end)}`;
  });
}

function socket(name: string, ...messages: string[]): string {
  return `  ${name}: { type: ksocket, hook: inet/stream/tcp, messages: [${messages.join(", ")}] }\n`;
}

test("checkTopology() holds `before:` against the message it names, in either form", () => {
  const option = "{ setopt: { SO_RCVBUF: 1 } }";
  assert.deepEqual(findings(`nodes:\n${socket("a", option, "bind inet/h:1")}`), []);
  assert.deepEqual(findings(`nodes:\n${socket("a", option)}`), []);
  assert.deepEqual(findings(`nodes:\n${socket("a", "bind inet/h:1", option)}`), [
    "wrong-order 2:setopt: { SO_RCVBUF: 1 }",
  ]);
});

test("checkTopology() reports what a type finds, at its message", () => {
  assert.deepEqual(findings(`nodes:\n${socket("a", "listen 1")}`), ["no-address 2:listen 1"]);
  // A message that is wrong itself is reported once; consequences of a misspelt one are not reported.
  assert.deepEqual(findings(`nodes:\n${socket("a", "listen x")}`), ["bad-number 2:x"]);
  assert.deepEqual(findings(`nodes:\n${socket("a", "bnd inet/h:1", "listen 1")}`), ["unknown-message 2:bnd"]);
});

test("checkTopology() reports two nodes with the same address, and only those", () => {
  const two = (one: string, other: string) => `nodes:\n${socket("a", `bind ${one}`)}${socket("b", `bind ${other}`)}`;
  assert.deepEqual(findings(two("inet/h:1", "inet/h:2")), []);
  assert.deepEqual(findings(two("inet/h:0", "inet/h:0")), []);
  assert.deepEqual(findings(two("inet/h:1", "inet/h:1")), ["address-conflict 3:bind inet/h:1"]);
  assert.deepEqual(findings(two("inet/h:1", "inet/h:1 ").replace("bind inet/h:1 ", "'bind inet/h:${P}'"), { P: "1" }), [
    "address-conflict 3:'bind inet/h:${P}'",
  ]);
});

test("checkTopology() orders nodes by references, and reports circles", () => {
  const to = (name: string) => `"connect \${${name}.getname}"`;
  assert.deepEqual(findings(`nodes:\n${socket("a", to("b"))}${socket("b", to("c"))}${socket("c")}`), []);
  assert.deepEqual(findings(`nodes:\n${socket("a", to("a"))}`), ["reference-cycle 2:${a.getname}"]);
  const knot = `nodes:\n${socket("a", to("b"))}${socket("b", to("c"))}${socket("c", to("b"))}`;
  assert.deepEqual(findings(knot), ["reference-cycle 3:${c.getname}"]);
});

test("checkTopology() finds names of a template in the topology as well", () => {
  const text = (name: string) =>
    `nodes:
  bus: { type: hub }
  a: { type: ksocket, hook: inet/stream/tcp, messages: ['bind inet/127.0.0.1:80', listen: 5, accept: { template: t }] }
templates:
  t:
    entry: e
    nodes: { e: { type: hub }, s: { type: ksocket, hook: inet/stream/tcp } }
    links: [[e, ${name}]]
`;
  assert.deepEqual(findings(text("bus")), []);
  assert.deepEqual(findings(text("bos")), ["unknown-node 8:bos"]);
});

test("checkTopology() reads a template's messages with what its users give", () => {
  const text = (given: string, use = "connect: '${with.to}'") =>
    `nodes:
  a: { type: ksocket, hook: inet/stream/tcp, messages: [{ accept: { template: t, with: { to: ${given} } } }] }
templates:
  t:
    parameters: { to: }
    nodes: { e: { type: ksocket, hook: inet/stream/tcp, messages: [{ ${use} }] } }
`;
  assert.deepEqual(findings(text("'inet/h:80'")), []);
  assert.deepEqual(findings(text("'inet/h:90000'")), ["bad-address 2:90000"]);
  assert.deepEqual(findings(text("90000", "connect: 'inet/h:${with.to}'")), ["bad-address 2:90000"]);
  assert.deepEqual(findings(text("'local/\"a\"'")), ["no-base-directory 2:'local/\"a\"'"]);
  assert.deepEqual(findings(text("x", "setconfig: { mode: '${with.to}' }")), ["bad-word 2:x"]);
  // In a quoted string a quote is text; beside one it is not.
  assert.deepEqual(findings(text("'a\"b'", "send: '<${with.to}>'")), []);
  assert.deepEqual(findings(text("'a\"b'", "send: '\"${with.to}\"'")), []);
  assert.deepEqual(findings(text("'a\"b'").replace("[{ connect: '${with.to}' }]", "['send \"<${with.to}>\"']")), []);
  assert.deepEqual(findings(text("'a\"b'").replace("[{ connect: '${with.to}' }]", "['send ${with.to}']")), [
    "bad-argument 2:a",
  ]);
  // An unknown field is reported at its place, with any parameter.
  assert.deepEqual(findings(text("x", "setconfig: { moed: '${with.to}' }")), ["unknown-field 6:moed"]);
});

test("checkTopology() warns of streams that meet datagrams, also by way of nodes that copy", () => {
  const nodes = `nodes:
  s: { type: ksocket, hook: inet/stream/tcp }
  d: { type: ksocket, hook: inet/dgram/udp }
  h: { type: hub }
  e: { type: echo }
`;
  assert.deepEqual(findings(`${nodes}links: [[s, h], [h, d]]\n`), ["mixed-flow 6:[h, d]"]);
  assert.deepEqual(findings(`${nodes}links: [[s, e], [e, d]]\n`), []);
});

test("checkTopology() warns of the link that closes a circle of copies", () => {
  const nodes = "nodes: { a: { type: hub }, b: { type: hub }, t: { type: tee } }\n";
  assert.deepEqual(findings(`${nodes}links: [[a, b], [b, t:left]]\n`), []);
  assert.deepEqual(findings(`${nodes}links: [[a, t:left], [a, t:right]]\n`), ["fan-out-cycle 2:[a, t:right]"]);
  assert.deepEqual(findings(`${nodes}links: [[t:left, t:right]]\n`), ["fan-out-cycle 2:[t:left, t:right]"]);
});

test("findCycles() finds one cycle a knot, and chains of any length", () => {
  const cycles = (edges: Readonly<Record<string, string[]>>) =>
    findCycles(Object.keys(edges), (name) => edges[name] ?? []);
  assert.deepEqual(cycles({ a: ["b"], b: ["c", "a"], c: ["a"] }), [["a", "b", "c"]]);
  assert.deepEqual(cycles({ a: ["b"], b: [], x: ["x"], y: ["a", "x"] }), [["x"]]);
  const names = Array.from({ length: 50_000 }, (_, index) => `${index}`);
  assert.deepEqual(findCycles(names, (name) => name === "49999" ? [] : [`${Number(name) + 1}`]), []);
});
