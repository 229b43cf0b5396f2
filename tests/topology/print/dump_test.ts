import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import type { GraphState, MessageState } from "../../../src/graph/data/state.ts";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../../src/runtimes/deno/capabilities.ts";
import { dumpTopologies, dumpTopology } from "../../../src/topology/print/dump.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { loadTexts } from "../../../src/sources/load.ts";
import { readSource } from "../../../src/sources/read.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../src/topology/parse/render.ts";
import { test } from "../../harness.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);

function loadStates(
  text: string,
  defaultName: string | null = null,
  baseDirectory: string | null = null,
): readonly GraphState[] {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "dump.yaml", text },
    types: TYPES,
    env: () => null,
    defaultName,
    baseDirectory,
  });
  const errors = diagnostics.filter((one) => one.severity === "error");
  assert.equal(errors.length, 0, `${renderDiagnostics(errors)}\n${text}`);
  return topologies.map((one) => one.state);
}

const WEB = `name: web
description: "TCP front: the first # one"

nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_REUSEADDR: 1 }
      - bind: inet/127.0.0.1:8080
      - listen: 128
      - accept: { template: session, with: { to: "inet/localhost:9000" } }
      - getname
  tap:
    type: tee
links:
  - [front, tap:left]

templates:
  session:
    parameters: { to: , limit: 5s }
    entry: upstream
    nodes:
      upstream:
        type: ksocket
        hook: inet/stream/tcp
        restart: never
        messages:
          - setconfig: { connectTimeout: "\${with.limit}" }
          - connect: "\${with.to}"
`;

test("dumpTopology() writes a file as a person would", () => {
  const [state] = loadStates(WEB);
  assert.ok(state !== undefined);
  assert.equal(dumpTopology(state, TYPES), WEB);
});

test("dumpTopologies() writes documents that load to the same states", () => {
  const states = loadStates(`${WEB}---\nname: empty\n`);
  assert.deepEqual(loadStates(dumpTopologies(states, TYPES)), states);
});

const SHIPPED = fileURLToPath(new URL("../../../topologies/", import.meta.url));

for (const file of readdirSync(SHIPPED).filter((name) => name.endsWith(".yaml"))) {
  test(`dumpTopology() keeps the shipped ${file}`, async () => {
    const runtime = await detectRuntime();
    const texts = await readSource({ kind: "path", name: file, path: `${SHIPPED}${file}` }, runtime);
    const loaded = loadTexts(texts, { types: TYPES, env: () => undefined });
    assert.deepEqual(loaded.valid, true);
    const states = loaded.topologies.map(({ state }) => state);
    assert.deepEqual(states.length, 1);
    assert.deepEqual(loadStates(dumpTopologies(states, TYPES)), states.map(withoutGroups));
  });
}

/** An `each` is expanded in the text. */
function withoutGroups(state: GraphState): GraphState {
  return { ...state, nodes: state.nodes.map(({ group: _group, ...node }) => node) };
}

/** Words that YAML, the expressions and the ASCII form each would like to take for their own. */
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    "null",
    "~",
    "$",
    "$$",
    "${x}",
    "${a.getname}",
    "$${",
    "a: b",
    "# c",
    "- d",
    "{",
    "é\n\t",
    "\u2028",
    "\ud800x",
  ),
);
const name = fc.stringMatching(/^[a-w][a-z0-9_-]{0,9}$/).filter((one) => one !== "other" && one !== "bus");
const port = fc.integer({ min: 1, max: 65535 });

/** Messages as one may write them; what they are in a state is the loader's to say. */
const message: fc.Arbitrary<string> = fc.oneof(
  fc.constant("getname"),
  port.map((value) => `bind inet/127.0.0.1:${value}`),
  text.map((value) => `send ${JSON.stringify(value)}`),
  fc.integer({ min: 0, max: 60_000 }).map((value) => `setconfig { idleTimeout=${value}ms maxQueueBytes=${value} }`),
  fc.constant("setopt { SO_LINGER={ onoff=1 linger=10 } }"),
  fc.constant("connect ${other.getname}"),
  fc.constant('accept { connect=local/"/tmp/a b" deny=[ 10.0.0.0/8 192.168.0.0/16 ] }'),
  fc.constant('accept { peer="bus" messages=[ "setopt { TCP_NODELAY=1 }" ] max=500 maxPerSource=10 overflow=refuse }'),
);

test("loadTopology() reads what dumpTopology() writes", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1 }),
      text,
      fc.array(message, { maxLength: 4 }),
      (names, description, messages) => {
        const state: GraphState = {
          name: "any",
          description: stripLoneSurrogates(description),
          nodes: [
            ...names.map((name) => ({
              name,
              type: "ksocket",
              hook: "inet/stream/tcp",
              restart: "on-failure" as const,
              messages: [{ command: "getname", argument: null }],
            })),
            { name: "bus", type: "hub", hook: null, restart: "always", messages: [] },
            { name: "other", type: "ksocket", hook: "inet/stream/tcp", restart: "always", messages: [] },
          ],
          links: [{ ends: [{ node: "bus", hook: null }, { node: "other", hook: "inet/stream/tcp" }] }],
          templates: [],
        };
        // Any text loads to some canonical state; from there on nothing may change.
        const written = messages.map(canonicalMessage).flatMap((one) => one ?? []);
        const once = {
          ...state,
          nodes: state.nodes.map((node, index) => index === 0 ? { ...node, messages: written } : node),
        };
        assert.deepEqual(withoutChecks(dumpTopology(once, TYPES)), once);
      },
    ),
    { numRuns: 300 },
  );
});

/** A message in canonical form, by way of the loader; null for one that no type reads. */
function canonicalMessage(written: string): readonly MessageState[] | null {
  const quoted = JSON.stringify(stripLoneSurrogates(written.replaceAll("$", "$$$$")).replaceAll("$${other", "${other"));
  const state = withoutChecks(`name: x
nodes:
  other: { type: ksocket, hook: inet/stream/tcp }
  bus: { type: hub }
  one: { type: ksocket, hook: inet/stream/tcp, messages: [${quoted}] }
`);
  return state?.nodes.find((node) => node.name === "one")?.messages ?? null;
}

/** Loads with the types' own checks off: they judge sense, and these messages are about form. */
function withoutChecks(yaml: string): GraphState | undefined {
  const types = TYPES.map((type) => ({ ...type, check: () => [], claims: () => [] }));
  const { topologies } = loadTopology({
    source: { name: "dump.yaml", text: yaml },
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  return topologies[0]?.state;
}

function stripLoneSurrogates(value: string): string {
  return value.replaceAll(/\p{Cs}/gu, "");
}

test("messages inside accept that refer to replies are texts in the state, given as mappings or not", () => {
  const text = (message: string) => `
name: greet
nodes:
  other: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/127.0.0.1:0" }] }
  bus: { type: hub }
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/127.0.0.1:0
      - listen: 1
      - accept: { peer: bus, messages: [${message}, { setopt: { TCP_NODELAY: 1 } }] }
`;
  const [mapping, typed] = ['{ send: "${other.getname}" }', "'send \"${other.getname}\"'"].map((message) => {
    const [state] = loadStates(text(message));
    assert.ok(state);
    assert.deepEqual(loadStates(dumpTopology(state, TYPES)), [state]);
    return state.nodes[2]?.messages[2]?.argument;
  });
  assert.equal(mapping, '{ peer="bus" messages=[ "send \\"${other.getname}\\"" "setopt { TCP_NODELAY=1 }" ] }');
  assert.equal(typed, mapping);
});
