import assert from "node:assert/strict";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { tapOnlyNodes } from "../../../src/reconcile/status/tap_only.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { test } from "../../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);
const FRONT = `{ type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 8, accept: `;
const OUT = `{ type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:9"] }`;
const IN = `{ type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }`;
const SESSION = `
templates:
  session:
    entry: tap:left
    nodes: { tap: { type: tee }, server: ${OUT} }
    links: [["tap:right", server], ["tap:left2right", copies]]
`;

const CASES: Readonly<Record<string, readonly [text: string, tapOnly: readonly string[]]>> = {
  "a collector behind a hub that each copy has a tap to": [
    `nodes: { front: ${FRONT}{ template: session }] }, copies: { type: hub }, out: ${OUT} }
links: [[copies, out]]${SESSION}`,
    ["copies", "out"],
  ],
  "nothing where the hub has clients of its own": [
    `nodes: { front: ${FRONT}{ template: session }] }, copies: { type: hub }, watch: ${
      FRONT.replace(":80", ":81")
    }{ peer: copies }] } }${SESSION}`,
    [],
  ],
  "what is behind the tap of a declared tee": [
    `nodes: { in: ${IN}, tap: { type: tee }, out: ${OUT}, log: ${OUT} }
links: [[in, "tap:left"], ["tap:right", out], ["tap:left2right", log]]`,
    ["log"],
  ],
  "nothing where another way leads there": [
    `nodes: { in: ${IN}, tap: { type: tee }, bus: { type: hub }, log: ${OUT} }
links: [[in, "tap:left"], ["tap:right", bus], ["tap:left2right", bus], [bus, log]]`,
    [],
  ],
  "nothing of a plain chain": [`nodes: { in: ${IN}, out: ${OUT} }\nlinks: [[in, out]]`, []],
  "nothing of two tees that copy to each other": [
    `nodes: { one: { type: tee }, two: { type: tee }, a: ${OUT}, b: ${OUT} }
links: [["one:left2right", "two:left"], ["two:left2right", "one:left"], ["one:right", a], ["two:right", b]]`,
    [],
  ],
};

for (const [what, [text, tapOnly]] of Object.entries(CASES)) {
  test(`tapOnlyNodes() finds ${what}`, () => {
    const { topologies: [topology] } = loadTopology({
      source: { name: "t.yaml", text },
      types: TYPES,
      env: () => null,
      defaultName: "t",
      baseDirectory: "/",
    });
    assert.ok(topology !== undefined);
    const types = new Map(TYPES.map((type) => [type.name, type]));
    assert.deepEqual([...tapOnlyNodes(types, topology.state)].sort(), [...tapOnly].sort());
  });
}
