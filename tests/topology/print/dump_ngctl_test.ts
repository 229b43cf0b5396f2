import assert from "node:assert/strict";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { dumpNgctl } from "../../../src/topology/print/dump_ngctl.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../src/topology/parse/render.ts";
import { test } from "../../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);

/** The script without its first line. */
function script(text: string): readonly string[] {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "a.yaml", text },
    types: TYPES,
    env: () => null,
    defaultName: "t",
    baseDirectory: null,
  });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  assert.equal(errors.length, 0, renderDiagnostics(errors));
  return dumpNgctl(topologies.map(({ state }) => state), TYPES).trimEnd().split("\n").slice(1).filter((line) => line);
}

test("dumpNgctl() makes each node from one that is there, and takes away what it began with", () => {
  const lines = script(`
nodes:
  tap: { type: tee }
  a: { type: ksocket, hook: inet/dgram/udp, messages: [{ bind: "inet/127.0.0.1:5140" }] }
  b: { type: ksocket, hook: inet6/dgram/udp, messages: [{ setopt: { IPV6_V6ONLY: 1 } }, { connect: "inet6/[::1]:53" }] }
links: [[a, tap:left], [b, tap:right]]
`);
  assert.deepEqual(lines, [
    "# sockgraph: topology t",
    "mkpeer . tee tmp0 left2right",
    "name tmp0 tap",
    "mkpeer tap: ksocket left inet/dgram/udp",
    "name tap:left a",
    "mkpeer tap: ksocket right inet6/dgram/17",
    "name tap:right b",
    "rmhook tmp0",
    "msg a: bind inet/127.0.0.1:5140",
    "msg b: setopt { level=41 name=27 value=[ 0x1 ] }",
    "msg b: connect inet6/[::1]:53",
  ]);
});

test("dumpNgctl() joins two sockets by a tee, and sends what ngctl stops at last", () => {
  const lines = script(`
nodes:
  a: { type: ksocket, hook: inet/stream/tcp, messages: [{ connect: "inet/127.0.0.1:1" }, getname] }
  b: { type: ksocket, hook: inet/stream/tcp, messages: [{ bind: "inet/127.0.0.1:2" }] }
links: [[a, b]]
`);
  const [tee, , , , , shut] = lines.slice(1);
  assert.deepEqual([tee, shut], ["mkpeer . tee tmp0 left2right", "shutdown tmp0"]);
  assert.equal(lines[7], "msg b: bind inet/127.0.0.1:2");
  assert.match(lines[8] ?? "", /^# ngctl ends a script/);
  assert.deepEqual(lines.slice(9), ["msg a: connect inet/127.0.0.1:1", "msg a: getname"]);
});

test("dumpNgctl() lends a hook of a node whose hooks are all wanted", () => {
  const lines = script(`
nodes:
  line: { type: pipe, messages: [{ setcfg: { delay: 1000, downstream: { queuelen: 9, drophead: true } } }] }
  a: { type: echo }
  b: { type: hole }
links: [[line:upper, a], [line:lower, b]]
`);
  assert.ok(lines.includes("msg line: setcfg { delay=1000 downstream={ queuelen=9 drophead=1 } }"), lines.join("\n"));
  const made = lines.filter((line) => line.startsWith("mkpeer")).length;
  assert.equal(made, 3);
});

test("dumpNgctl() comments on what has no counterpart, in column 0", () => {
  const lines = script(`
name: web
description: All of it
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    restart: never
    messages:
      - setconfig: { idleTimeout: 5s }
      - setopt: { TCP_CORK: 1 }
      - bind: "\${other.getname}"
      - listen: 5
      - accept: { connect: inet/localhost:80 }
  other: { type: ksocket, hook: inet/dgram/udp }
  cut: { type: frame }
  lone: { type: tee, messages: [getstats] }
`);
  const lacking = lines.filter((line) => line.startsWith("# sockgraph: no counterpart: "));
  assert.deepEqual(lacking.map((line) => line.slice(29).replace(/ \(.*$/, "")), [
    "node cut of type frame",
    "restart: never of front",
    "node lone without links",
    "msg front: setconfig { idleTimeout=5s }",
    "msg front: setopt { TCP_CORK=1 }",
    "msg front: bind ${other.getname}",
    "msg front: accept { connect=inet/localhost:80 }",
  ]);
  assert.ok(
    lines.includes(
      "# sockgraph: web_hold has a hook to each node that would have none otherwise, because netgraph removes a node with its last hook",
    ),
  );
  assert.ok(lines.every((line) => line.startsWith("#") || /^(mkpeer|name|msg|rmhook) /.test(line)));
});

test("dumpNgctl() gives names that ngctl can take, each once", () => {
  const lines = script(`
name: one
nodes: { "#écho": { type: echo }, b: { type: hole } }
links: [["#écho", b]]
---
name: two
nodes: { b: { type: hole }, c: { type: echo } }
links: [[b, c]]
`);
  const names = lines.flatMap((line) => /^name \S+ (.*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(names.sort(), ["__cho", "b", "c", "two_b"]);
});

test("dumpNgctl() makes a bridge that has an uplink by another uplink", () => {
  for (const [links, spare] of [["[b, sw:link0], [a, sw:uplink1]", "uplink2"], ["[a, sw], [b, sw]", "link2"]]) {
    const lines = script(`
nodes:
  sw: { type: bridge }
  a: { type: ksocket, hook: inet/dgram/udp }
  b: { type: ksocket, hook: inet/dgram/udp }
links: [${links}]
`);
    assert.equal(lines[1], `mkpeer . bridge tmp0 ${spare}`);
  }
});
