import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../../src/runtimes/deno/capabilities.ts";
import { OPTIONS } from "../../../src/socket/option_table.ts";
import { NODE_KEYS, TEMPLATE_KEYS, TOPOLOGY_KEYS } from "../../../src/topology/parse/format.ts";
import { topologySchema } from "../../../src/topology/print/schema.ts";
import { test } from "../../harness.ts";
import { conforms } from "../json_schema.ts";

const SCHEMA: unknown = JSON.parse(JSON.stringify(topologySchema(describeBuiltinTypes(DENO_CAPABILITIES))));
const DIAGNOSTICS = fileURLToPath(new URL("../../diagnostics/", import.meta.url));

const WEB = `
x-base: &base { type: ksocket }
name: web
parameters:
  one:
  two: 2
  three: { type: boolean, default: true, description: what for }
  four: { choices: [a, 1], default: "\${FOUR:-a}" }
nodes:
  front:
    <<: *base
    hook: inet/stream/tcp
    restart: never
    messages:
      - setopt: { SO_REUSEADDR: 1 }
      - bind: inet/127.0.0.1:\${PORT:-8080}
      - listen: 128
      - listen: "\${BACKLOG}"
      - accept: { template: session, with: { to: "inet/localhost:9000" }, max: 5 }
      - accept:
      - getname
      - bind inet/127.0.0.1:0
  tap: { type: tee }
links: [[front, tap:left]]
templates:
  session:
    parameters: { to: , limit: 5s }
    nodes:
      up: { type: ksocket, hook: inet/stream/tcp, messages: [{ setconfig: { connectTimeout: "\${with.limit}" } }] }
`;

test("topologySchema() admits what the loader reads", () => {
  assert.equal(conforms(SCHEMA, parse(WEB, { merge: true })), true);
  assert.equal(conforms(SCHEMA, parse("nodes: {}")), true);
  assert.equal(conforms(SCHEMA, parse("parameters: { a: { typ: port } }")), false);
});

for (
  const name of [
    "unknown_key",
    "unknown_type",
    "unknown_message",
    "unknown_field",
    "missing_type",
    "missing_hook",
    "trap_messages_mapping",
  ]
) {
  test(`topologySchema() refuses ${name}`, () => {
    assert.equal(conforms(SCHEMA, parse(readFileSync(`${DIAGNOSTICS}${name}.yaml`, "utf8"))), false);
  });
}

test("topologySchema() has every key of the format", () => {
  const text = JSON.stringify(SCHEMA);
  for (const table of [TOPOLOGY_KEYS, NODE_KEYS, TEMPLATE_KEYS]) {
    for (const [key, { summary }] of Object.entries(table)) {
      assert.ok(text.includes(JSON.stringify(summary).slice(0, -1)), key);
    }
  }
});

test("topologySchema() has what editors complete: usual hooks, names of options, defaults", () => {
  const text = JSON.stringify(SCHEMA);
  assert.ok(text.includes('"hook":{"anyOf":[{"enum":["inet/stream/tcp","inet6/stream/tcp"'));
  for (const name of Object.keys(OPTIONS)) assert.ok(text.includes(`"${name}"`), name);
  assert.match(text, /"SO_REUSEADDR":\{"description":"[^"]+"\}/);
  assert.match(text, /"default":"5s"/);
  assert.match(text, /\(default: 1h, 1m for flows of datagrams\)/);
  assert.match(text, /\(bit\/s; default: 0, no limit\)/);
});

test("topologySchema() admits hooks and options that it does not list", () => {
  const node = { type: "ksocket", hook: "inet/raw/icmp", messages: [{ setopt: { level: 6, name: 1, value: [1] } }] };
  assert.equal(conforms(SCHEMA, { nodes: { it: node } }), true);
});
