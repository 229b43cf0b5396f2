/**
 * The messages that every node understands.
 *
 * @module
 */

import assert from "node:assert/strict";
import { string } from "../../../src/ascii/text.ts";
import { Graph } from "../../../src/graph/core/graph.ts";
import type { Command } from "../../../src/graph/core/command.ts";
import { defineNodeType } from "../../../src/graph/core/node_type.ts";
import { localPort } from "../../../src/graph/port/port_local.ts";
import { sessionEnd } from "../../../src/nodes/session_end.ts";
import { test } from "../../harness.ts";
import { STILL } from "../../support/graph.ts";
import { code, withNetwork } from "../../support/network.ts";

test("listhooks, nodeinfo, listnames, listnodes and listtypes list what exists", () =>
  withNetwork(async (network) => {
    await network.declare("a", "hub");
    const b = await network.declare("b", "tee");
    await network.port.send("t/:", "link", '{ node="a" hook="x" peer="b" peerhook="left" }');
    const id = `0x${b.id.toString(16)}`;
    assert.equal(await network.msg("b", "nodeinfo"), `{ name="b" type="tee" id=${id} hooks=1 }`);
    const hooks = await network.msg("a", "listhooks") ?? "";
    assert.ok(
      hooks.includes(`linkinfo=[ { ourhook="x" peerhook="left" nodeinfo={ name="b" type="tee" id=${id} hooks=1 } } ]`),
    );
    assert.match(await network.msg("a", "listnames") ?? "", /^\{ numnames=2 /);
    assert.match(await network.msg("a", "listnodes") ?? "", /^\{ numnames=3 /);
    assert.match(await network.msg("a", "listtypes") ?? "", /typename="tee" numnodes=1/);
  }));

test("mkpeer and connect are rolled back when the other side refuses", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    const b = await network.declare("b", "tee");
    await assert.rejects(network.msg("a", 'mkpeer { type="tee" ourhook="x" peerhook="bad" }'), code("EINVAL"));
    await assert.rejects(network.msg("a", 'connect { path="t/b:" ourhook="x" peerhook="bad" }'), code("EINVAL"));
    assert.deepEqual([a.hooks.size, b.hooks.size, network.undeclared()], [0, 0, []]);
  }));

test("name gives a node a name that is free, and frees its old one", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    await network.declare("b", "hub");
    await assert.rejects(network.msg("a", 'name { name="b" }'), code("EADDRINUSE"));
    await assert.rejects(network.msg("a", 'name { name="x:y" }'), code("EINVAL"));
    await network.msg("a", 'name { name="c" }');
    assert.deepEqual([network.node("c"), a.path], [a, "t/c"]);
    await assert.rejects(network.msg("a", "nodeinfo"), code("ENOENT"));
  }));

test("rmhook parts both sides, and reports nothing of a hook that is not there", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    await network.msg("a", 'mkpeer { type="hole" ourhook="x" peerhook="y" }');
    await network.msg("a", 'rmhook { hook="nope" }');
    await network.msg("a", 'rmhook { hook="x" }');
    assert.deepEqual([a.hooks.size, network.undeclared()], [0, []]);
  }));

test("shutdown answers once the address is free", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.msg("front", "shutdown");
    await network.listen("");
    await assert.rejects(network.msg("gone", "shutdown"), code("ENOENT"));
  }));

test("textstatus and textconfig are for the types that have them", async () => {
  const type = defineNodeType<{ readonly textstatus: Command<null, string> }>({
    name: "worded",
    summary: "Has a status in words",
    cookie: 7,
    commands: { textstatus: { id: 11, summary: "", args: null, reply: string, kind: "query", cost: "live" } },
    hooks: [],
    parseHook: (name) => name,
    create: () => ({ commands: { textstatus: () => "all is well" }, receive: () => {} }),
  });
  const port = localPort(new Graph({ types: [type], clock: STILL }), { sessionEnd });
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="worded" ourhook="it" }');
  assert.equal((await port.send("t/it:", "textstatus", null)).text, '"all is well"');
  for (const argument of [null, '"a=1"']) {
    await assert.rejects(port.send("t/it:", "textconfig", argument), code("EINVAL"));
  }
  await port.close();
});

test("ascii2binary gives FreeBSD's layout, and binary2ascii the text again", () =>
  withNetwork(async (network) => {
    await network.declare("ks", "inet/dgram/udp");
    const octets = "[ 0x10 0x2 3=0x50 0x7f 7=0x1 15=0x0 ]";
    const header = "cmd=1 typecookie=942710669";
    assert.equal(
      await network.msg("ks", 'ascii2binary { cmdstr="bind" token=5 data="inet/127.0.0.1:80" }'),
      `{ version=8 arglen=16 cmd=1 token=5 typecookie=942710669 cmdstr="bind" data=${octets} }`,
    );
    const text = await network.msg("ks", `binary2ascii { arglen=16 ${header} data=${octets} }`) ?? "";
    assert.match(text, /^\{ version=8 arglen=18 cmd=1 typecookie=942710669 cmdstr="bind" data=\[ 0x69 0x6e 0x65 0x74 /);
    const generic = await network.msg("ks", 'ascii2binary { cmdstr="nodeinfo" data="" }');
    assert.equal(generic, '{ version=8 cmd=805306374 typecookie=1137070366 cmdstr="nodeinfo" data=[] }');
    const reply = await network.msg("ks", 'ascii2binary { cmdstr="connect" flags=1 data="61" }') ?? "";
    assert.ok(reply.includes("flags=0x1") && reply.endsWith("data=[ 0x3d 3=0x0 ] }"), reply);
    const refused = [
      ['ascii2binary { cmdstr="frobnicate" data="" }', "ENOSYS"],
      ['ascii2binary { cmdstr="bind" data="inet/1.2.3.4.5" }', "EINVAL"],
      ['ascii2binary { version=7 cmdstr="listen" data="1" }', "EINVAL"],
      [`binary2ascii { ${header} data=[ 0x10 2 ] }`, "EINVAL"],
      [`binary2ascii { cmd=2 typecookie=942710669 data=[ 1 0 0 0 0 ] }`, "EINVAL"],
      [`binary2ascii { arglen=3 cmd=2 typecookie=942710669 data=[ 1 0 0 0 ] }`, "E2BIG"],
      [`binary2ascii { cmd=2 typecookie=1 data=[ 1 0 0 0 ] }`, "EINVAL"],
      [`binary2ascii { cmd=99 typecookie=942710669 data=[] }`, "EINVAL"],
    ] as const;
    for (const [message, desired] of refused) await assert.rejects(network.msg("ks", message), code(desired), message);
  }));

test("binary2ascii refuses octets whose text the command would not take", () =>
  withNetwork(async (network) => {
    await network.declare("ks", "inet/stream/tcp");
    // An address of no family, a prefix beyond the address, a size beyond every integer.
    for (const [cmd, data] of [[1, "[ 2 ]"], [2, "[ 0 0 0 ]"], [1000, "[ 0xff 0xff ]"]] as const) {
      const message = `binary2ascii { cmd=${cmd} typecookie=942710669 data=${data} }`;
      await assert.rejects(network.msg("ks", message), code("EINVAL"), message);
    }
  }));

test("rmhook and paths take each spelling of a hook that decides what its node is", () =>
  withNetwork(async (network) => {
    await network.declare("hub", "hub");
    for (
      const [made, asked] of [["2/2/17", "inet/dgram/udp"], ["inet/dgram/udp", "2/2/17"], ["2/2/17", "inet/2/udp"]]
    ) {
      await network.msg("hub", `mkpeer { type="ksocket" ourhook="a" peerhook="${made}" }`);
      const [node] = network.undeclared();
      assert.deepEqual([...node?.hooks.keys() ?? []], [made]);
      await network.port.send(`${node?.path}:${asked}`, "nodeinfo", null);
      await network.msg(node?.path ?? "", `rmhook { hook="${asked}" }`);
      assert.deepEqual(network.undeclared(), [], `${made} by ${asked}`);
    }
  }));
