/**
 * one2many: receivers, back-pressure, and what is reported.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dispatch } from "../../src/graph/message/dispatch.ts";
import { Item } from "../../src/graph/core/item.ts";
import { one2manyType } from "../../src/nodes/one2many.ts";
import { test } from "../harness.ts";
import { octets, probeNode } from "../support/graph.ts";
import { followPath } from "../../src/graph/message/follow.ts";

const ALL = ["one", "many0", "many1", "many2"];

async function makeOne2Many(hooks: readonly string[], config = "{}") {
  const probed = await probeNode("one2many", hooks);
  await probed.msg("setconfig", config);
  const send = (hook: string, text: string) => probed.at(hook).end.send("x", octets(text));
  const got = () => hooks.map((hook) => probed.at(hook).got.map((text) => text.slice(2)).join(" "));
  return { ...probed, send, got };
}

test("one2many roundrobin gives each link in turn, by number and not by age", async () => {
  const { send, got } = await makeOne2Many(["one", "many2", "many0", "many1"]);
  for (const text of ["1", "2", "3", "4"]) send("one", text);
  assert.deepEqual(got(), ["", "3", "1 4", "2"]);
});

test("one2many accepts all and failover by name and by number", async () => {
  const { send, got, msg } = await makeOne2Many(ALL, "{ xmitAlg=all }");
  send("one", "1");
  await msg("setconfig", "{ xmitAlg=3 }");
  send("one", "2");
  await msg("setconfig", "{ xmitAlg=2 }");
  send("one", "3");
  assert.deepEqual(got(), ["", "1 2 3", "1 3", "1 3"]);
  await assert.rejects(msg("setconfig", "{ xmitAlg=4 }"), { code: "EINVAL" });
  await assert.rejects(msg("setconfig", "{ failAlg=never }"), { code: "EINVAL" });
});

test("one2many sends what comes in by any link to one, by a disabled one too", async () => {
  const { send, got } = await makeOne2Many(ALL, "{ enabledLinks=[ 1 0 0 ] }");
  send("many0", "1");
  send("many1", "2");
  send("one", "3");
  send("one", "4");
  assert.deepEqual(got(), ["1 2", "3 4", "", ""]);
});

test("one2many setconfig without enabledLinks enables all, and a new link is enabled", async () => {
  const { send, msg, join, at } = await makeOne2Many(["one", "many0", "many1"], "{ enabledLinks=[ 0 1 ] }");
  join("many3");
  assert.equal(await msg("getconfig"), "{ xmitAlg=1 failAlg=1 enabledLinks=[ 1=1 3=1 ] }");
  send("one", "1");
  send("one", "2");
  assert.deepEqual([at("many1").got, at("many3").got], [["x 1"], ["x 2"]]);
  await msg("setconfig", "{ xmitAlg=failover failAlg=notify }");
  assert.equal(await msg("getconfig"), "{ xmitAlg=3 failAlg=2 enabledLinks=[ 1 1 3=1 ] }");
  send("one", "3");
  assert.deepEqual(at("many0").got, ["x 3"]);
});

test("one2many drops what no active link takes, counted", async () => {
  const { send, node } = await makeOne2Many(["one", "many0"], "{ enabledLinks=[] }");
  send("one", "1");
  assert.deepEqual(node.hooks.get("one")?.dropped(), { no_destination: 1 });
  const lonely = await makeOne2Many(["many0"]);
  lonely.send("many0", "1");
  assert.deepEqual(lonely.node.hooks.get("many0")?.dropped(), { no_destination: 1 });
});

test("one2many passes the end of file of one to all links, and keeps that of a link", async () => {
  const { at, got } = await makeOne2Many(ALL, "{ enabledLinks=[ 1 ] }");
  at("many1").end.end("x");
  at("many0").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual(got(), ["", "", "", ""]);
  at("one").end.end("x");
  assert.deepEqual(got(), ["", "eof", "eof", "eof"]);
});

test("one2many roundrobin leaves a full link out, and pushes back when all are full", async () => {
  const { at, send, got, makeRoom } = await makeOne2Many(ALL);
  at("many0").full = true;
  assert.equal(send("one", "1"), undefined);
  for (const text of ["2", "3", "4"]) assert.equal(send("one", text), undefined);
  assert.deepEqual(got(), ["", "1", "2 4", "3"]);
  at("many1").full = at("many2").full = true;
  assert.equal(send("one", "5"), undefined);
  assert.equal(send("one", "6"), false);
  makeRoom("many1");
  assert.deepEqual(at("one").resumed, ["x"]);
  assert.deepEqual(got(), ["", "1", "2 4 6", "3 5"]);
  makeRoom("many0");
  assert.deepEqual(at("one").resumed, ["x"]);
});

test("one2many failover waits for the lowest link, and goes on with the next when that is gone", async () => {
  const { graph, at, send } = await makeOne2Many(ALL, "{ xmitAlg=failover }");
  at("many0").full = true;
  assert.equal(send("one", "1"), false);
  graph.shutdown(at("many0").node);
  assert.deepEqual(at("one").resumed, ["x"]);
  send("one", "2");
  assert.deepEqual(at("many1").got, ["x 2"]);
});

test("one2many failover leaves a link that was reset, with failAlg=notify only", async () => {
  for (const [failAlg, desired] of [["notify", ["", "1 3", "2", ""]], ["manual", ["", "1 2 3", "", ""]]] as const) {
    const { at, send, got } = await makeOne2Many(ALL, `{ xmitAlg=failover failAlg=${failAlg} }`);
    send("one", "1");
    at("many0").node.hooks.get("x")?.send(new Item().signal("abort"));
    send("one", "2");
    // What comes in by it shows that it works again.
    send("many0", "");
    at("one").got.length = 0;
    send("one", "3");
    assert.deepEqual(got(), desired, failAlg);
  }
});

test("one2many notifies the node at one when the last active link fails, and when the first one is up", async () => {
  const { at, msg, graph, join } = await makeOne2Many(["one"]);
  join("many0");
  join("many1");
  assert.deepEqual(at("one").reported, ["x linkisup"]);
  await msg("setconfig", "{ xmitAlg=failover enabledLinks=[ 0 0 ] }");
  await msg("setconfig", "{ xmitAlg=failover failAlg=notify }");
  graph.shutdown(at("many0").node);
  assert.deepEqual(at("one").reported, ["x linkisup", "x linkisdown", "x linkisup"]);
  at("many1").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.equal(at("one").reported.at(-1), "x linkisdown");
});

test("one2many hears how links are from their nodes, with failAlg=notify only", async () => {
  for (const [failAlg, desired] of [["notify", ["", "3", "2", ""]], ["manual", ["", "2 3", "", ""]]] as const) {
    const { at, send, got, graph } = await makeOne2Many(ALL, `{ xmitAlg=failover failAlg=${failAlg} }`);
    const say = (hook: string, command: string) =>
      dispatch(graph, followPath(graph, "x", at(hook).node).node, { command, argument: null }, {
        from: at(hook).node,
        by: at(hook).node.hooks.get("x")?.peer ?? null,
        declared: false,
      });
    say("many0", "linkisdown");
    send("one", "2");
    say("one", "linkisdown");
    say("many0", "linkisup");
    send("one", "3");
    assert.deepEqual(got(), desired, failAlg);
    // Its own number of links means nothing to a node at a link.
    assert.deepEqual(at("many0").reported, []);
  }
});

test("one2many all keeps copies for a link that is full, and waits where setpolicy says so", async () => {
  const { at, send, msg, makeRoom } = await makeOne2Many(ALL, "{ xmitAlg=all }");
  at("many1").full = true;
  for (const text of ["1", "2"]) assert.equal(send("one", text), undefined);
  makeRoom("many1");
  assert.deepEqual(at("many1").got, ["x 1", "x 2"]);
  await msg("setpolicy", '{ hook="many1" policy=block }');
  at("many1").full = true;
  assert.equal(send("one", "3"), false);
  makeRoom("many1");
  assert.deepEqual(at("one").resumed, ["x"]);
  await assert.rejects(msg("setpolicy", '{ hook="one" policy=block }'), { code: "EINVAL" });
});

test("one2many pushes links back while one is full, and lets them go on one after the other", async () => {
  const { at, send, makeRoom } = await makeOne2Many(ALL);
  at("one").full = true;
  assert.equal(send("many0", "1"), false);
  assert.equal(send("many1", "2"), false);
  assert.deepEqual(at("many2").resumed, []);
  makeRoom("one");
  assert.deepEqual([at("many0").resumed, at("many1").resumed, at("many2").resumed], [["x"], ["x"], []]);
});

test("one2many getstats counts a link, -1 the hook one; getclrstats and clrstats reset the counters", async () => {
  const { send, msg } = await makeOne2Many(ALL);
  send("one", "four");
  send("many1", "back!");
  assert.equal(await msg("getstats", "-1"), "{ recvOctets=4 recvPackets=1 xmitOctets=5 xmitPackets=1 }");
  assert.equal(await msg("getclrstats", "0"), "{ xmitOctets=4 xmitPackets=1 }");
  assert.equal(await msg("getstats", "0"), "{}");
  await msg("clrstats", "1");
  assert.equal(await msg("getstats", "1"), "{}");
  assert.equal(await msg("getstats", "63"), "{}");
  await assert.rejects(msg("getstats", "64"), { code: "EINVAL" });
  await assert.rejects(msg("getstats", "-2"), { code: "EINVAL" });
});

test("one2many picks the lowest free link, and none when all are taken", () => {
  const all = Array.from({ length: 64 }, (_, number) => `many${number}`);
  assert.equal(one2manyType.automaticHook(new Set(["one", "many0", "many2"])), "many1");
  assert.equal(one2manyType.automaticHook(new Set(all)), null);
});

test("one2many's messages have netgraph's numbers", () => {
  const { setconfig, getconfig, getstats, clrstats, getclrstats } = one2manyType.commands;
  assert.deepEqual([setconfig, getconfig, getstats, clrstats, getclrstats].map(({ id }) => id), [0, 1, 2, 3, 4]);
});

test("one2many parseHook() refuses a leading zero", () => {
  assert.throws(() => one2manyType.parseHook("many01"), { code: "EINVAL" });
});

test("one2many's config has FreeBSD's layout: two integers and 64 octets", async () => {
  const { msg } = await makeOne2Many(ALL);
  const ask = (data: string) => msg("ascii2binary", `{ cmdstr="setconfig" data="${data}" }`);
  assert.match(
    await ask("{ xmitAlg=2 failAlg=1 enabledLinks=[ 1 1 ] }") ?? "",
    /arglen=72 typecookie=\d+ cmdstr="setconfig" data=\[ 0x2 4=0x1 8=0x1 0x1 71=0x0 \]/,
  );
  // The kernel's octets are read: no link is enabled there, and all of them where the text names none.
  const none = "binary2ascii { cmd=0 typecookie=1100897444 arglen=72 data=[ 2 4=1 ] }";
  const [, ...rest] = none.split(" ");
  assert.match(await msg("binary2ascii", rest.join(" ")) ?? "", /cmdstr="setconfig"/);
});
