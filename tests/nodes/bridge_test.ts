/**
 * bridge: where frames go, what is learned and forgotten, loops, and who is pushed back; all in virtual time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { anchorType } from "../../src/graph/message/anchor.ts";
import { dispatch } from "../../src/graph/message/dispatch.ts";
import { MAX_DELIVERIES } from "../../src/graph/core/item.ts";
import { bridgeType } from "../../src/nodes/bridge.ts";
import { MAX_HOSTS } from "../../src/nodes/bridge_hosts.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";
import { addressText, EVERYBODY, frame } from "../support/frame.ts";
import { makeGraph, makeProbe, octets, probeNode } from "../support/graph.ts";

const THREE = ["link0", "link1", "link2"];

async function makeBridge(hooks: readonly string[] = THREE) {
  const clock = new VirtualClock();
  const probed = await probeNode("bridge", hooks, clock);
  const { at } = probed;
  const send = (hook: string, source: number, destination: number) =>
    at(hook).end.send("x", frame(source, destination), { whole: true });
  /** How much came out of each hook since it was asked before. */
  const got = () => hooks.map((hook) => at(hook).got.splice(0).length);
  return { ...probed, clock, send, got };
}

test("bridge sends frames for all or unknown hosts to all other links, and frames for a known host to its link only", async () => {
  const { send, got } = await makeBridge();
  send("link0", 1, EVERYBODY);
  assert.deepEqual(got(), [0, 1, 1]);
  send("link1", 2, 9);
  assert.deepEqual(got(), [1, 0, 1]);
  send("link2", 3, 0x101);
  assert.deepEqual(got(), [1, 1, 0]);
  send("link0", 1, 2);
  assert.deepEqual(got(), [0, 1, 0]);
  send("link1", 4, 2);
  assert.deepEqual(got(), [0, 0, 0]);
});

test("bridge counts the traffic of a link, and clears the counters", async () => {
  const { send, at, msg, node } = await makeBridge();
  send("link0", 1, EVERYBODY);
  send("link0", 1, 0x101);
  send("link0", 1, 2);
  send("link0", 0x101, 2);
  at("link0").end.send("x", octets("too short"));
  assert.equal(
    await msg("getstats", "0"),
    "{ recvOctets=42 recvPackets=3 recvMulticast=1 recvBroadcast=1 recvUnknown=1 recvRunts=1 recvInvalid=1 }",
  );
  assert.equal(
    await msg("getclrstats", "1"),
    "{ xmitOctets=42 xmitPackets=3 xmitMulticasts=1 xmitBroadcasts=1 }",
  );
  assert.equal(await msg("getstats", "1"), "{}");
  assert.deepEqual(node.hooks.get("link0")?.dropped(), { error: 2 });
  await msg("clrstats", "0");
  assert.equal(await msg("getstats", "0"), "{}");
  await assert.rejects(msg("getstats", "7"), { code: "ENOTCONN" });
  await assert.rejects(msg("getstats", "-1"), { code: "ENOTCONN" });
});

test("bridge forgets hosts that are silent for too long, and then needs no timer", async () => {
  const { send, got, msg, clock } = await makeBridge();
  send("link0", 1, EVERYBODY);
  clock.advance(10_000);
  send("link1", 2, EVERYBODY);
  clock.advance(5_000);
  send("link0", 1, EVERYBODY);
  assert.equal(
    await msg("gettable"),
    `{ numHosts=2 hosts=[ { addr=${addressText(1)} age=15 hook="link0" } ` +
      `{ addr=${addressText(2)} age=5 staleness=5 hook="link1" } ] }`,
  );
  clock.advance(895_000);
  got();
  send("link2", 3, 2);
  assert.deepEqual(got(), [1, 1, 0]);
  send("link2", 3, 1);
  assert.deepEqual(got(), [1, 0, 0]);
  clock.advance(901_000);
  assert.deepEqual([await msg("gettable"), clock.pending], ["{}", 0]);
});

test("bridge lets a host move, but not at once: that is a loop, and mutes the link for a while", async () => {
  const { send, got, msg, clock, node } = await makeBridge();
  send("link0", 1, EVERYBODY);
  clock.advance(1_000);
  send("link1", 1, EVERYBODY);
  assert.deepEqual(got(), [1, 1, 2]);
  send("link2", 1, EVERYBODY);
  assert.deepEqual(got(), [0, 0, 0]);
  clock.advance(58_000);
  send("link2", 3, EVERYBODY);
  assert.deepEqual([got(), node.hooks.get("link2")?.dropped()], [[0, 0, 0], { loop: 2 }]);
  assert.match(await msg("getstats", "2") ?? "", /loopDrops=2 loopDetects=1 \}$/);
  clock.advance(2_000);
  send("link2", 3, EVERYBODY);
  assert.deepEqual(got(), [1, 1, 0]);
});

test("bridge is configured as netgraph's: what is left out is 0", async () => {
  const { send, got, msg, clock } = await makeBridge();
  assert.equal(await msg("getconfig"), "{ debugLevel=1 loopTimeout=60 maxStaleness=900 minStableAge=1 }");
  await msg("setconfig", "{ maxStaleness=2 }");
  assert.equal(await msg("getconfig"), "{ maxStaleness=2 }");
  send("link0", 1, EVERYBODY);
  send("link1", 1, EVERYBODY);
  assert.deepEqual(got(), [1, 1, 2]);
  clock.advance(2_000);
  assert.equal(await msg("gettable"), "{}");
});

test("bridge forgets hosts by reset, and those behind a link that is removed", async () => {
  const { send, msg, graph, at, clock } = await makeBridge();
  send("link0", 1, EVERYBODY);
  send("link1", 2, EVERYBODY);
  graph.shutdown(at("link0").node);
  assert.equal(await msg("gettable"), `{ numHosts=1 hosts=[ { addr=${addressText(2)} hook="link1" } ] }`);
  send("link2", 2, EVERYBODY);
  await msg("reset");
  assert.deepEqual([await msg("gettable"), await msg("getstats", "2")], ["{}", "{}"]);
  send("link2", 2, EVERYBODY);
  assert.match(await msg("gettable") ?? "", /hook="link2"/);
  graph.shutdown(at("link2").node);
  clock.advance(1_000);
  assert.equal(clock.pending, 0);
});

test("bridge learns nothing from an uplink, which gets what is for unknown hosts", async () => {
  const { send, got, msg, clock, graph, at } = await makeBridge(["link0", "link1", "uplink1"]);
  send("uplink1", 9, 8);
  assert.deepEqual([got(), await msg("gettable"), clock.pending], [[0, 0, 0], "{}", 0]);
  send("link0", 1, 9);
  assert.deepEqual(got(), [0, 0, 1]);
  send("uplink1", 9, EVERYBODY);
  assert.deepEqual(got(), [1, 1, 0]);
  send("uplink1", 9, 1);
  assert.deepEqual(got(), [1, 0, 0]);
  assert.match(await msg("getstats", "-1") ?? "", /recvPackets=3/);
  // Of a topology, whose links have no order: what counts is what there is.
  graph.shutdown(at("uplink1").node);
  send("link0", 1, 9);
  assert.deepEqual(got(), [0, 1, 0]);
});

test("bridge that was created manually floods unless an uplink came first", () => {
  for (const [hooks, desired] of [[["link0", "uplink1", "link1"], 2], [["uplink1", "link0", "link1"], 1]] as const) {
    const { graph } = makeGraph(new VirtualClock());
    graph.openScope("t", anchorType);
    const node = graph.make("bridge", { scope: "t" });
    const probes = hooks.map((hook) => {
      const probe = makeProbe(graph);
      graph.connect({ node: probe.node, hook }, { node, hook });
      return probe;
    });
    for (const { node: { hooks: ours }, end } of probes) if (ours.has("link0")) end.send("link0", frame(1, 9));
    assert.equal(probes.reduce((sum, { got }) => sum + got.length, 0), desired);
    graph.close();
  }
});

test("bridge keeps ends of file: the branch ends, the others do not", async () => {
  const { at, send, got } = await makeBridge();
  at("link0").end.end("x");
  assert.deepEqual(got(), [0, 0, 0]);
  send("link1", 2, EVERYBODY);
  assert.deepEqual(got(), [1, 0, 1]);
});

test("bridge is not stopped by a slow receiver, unless there are only two, or a policy says so", async () => {
  const { at, send, graph, makeRoom, msg } = await makeBridge();
  at("link2").full = true;
  assert.equal(send("link0", 1, EVERYBODY), undefined);
  await msg("setpolicy", '{ hook="link2" policy=block }');
  assert.equal(send("link0", 1, EVERYBODY), false);
  makeRoom("link2");
  assert.deepEqual(at("link0").resumed, ["x"]);
  await msg("setpolicy", '{ hook="link2" policy=default }');
  graph.shutdown(at("link2").node);
  at("link1").full = true;
  assert.equal(send("link0", 1, EVERYBODY), false);
  makeRoom("link1");
  assert.deepEqual(at("link0").resumed, ["x", "x"]);
});

test("bridge finds the loop where two bridges are joined twice, and an item goes round a bounded number of times", async () => {
  const { graph, node, send, at, clock } = await makeBridge(["link0"]);
  const other = graph.make("bridge", { scope: "t" });
  for (const link of ["link1", "link2"]) graph.connect({ node, hook: link }, { node: other, hook: link });
  const probe = makeProbe(graph);
  graph.connect({ node: probe.node, hook: "x" }, { node: other, hook: "link0" });
  send("link0", 1, EVERYBODY);
  assert.ok(probe.got.length >= 1 && probe.got.length + at("link0").got.length <= MAX_DELIVERIES);
  const loops = [...node.hooks.values(), ...other.hooks.values()].map((hook) => hook.dropped()["loop"] ?? 0);
  assert.ok(Math.max(...loops) > 0);
  graph.shutdown(other);
  clock.advance(901_000);
  assert.equal(clock.pending, 0);
});

test("bridge remembers a bounded number of hosts, and floods what is for others", async () => {
  const { at, msg } = await makeBridge();
  const made = frame(1, EVERYBODY);
  for (let host = 0; host <= MAX_HOSTS; host++) {
    made.set([host >> 8, host & 0xff], 8);
    at("link0").end.send("x", made);
    at("link1").got.length = 0;
  }
  assert.match(await msg("getstats", "0") ?? "", /memoryFailures=1 \}$/);
});

test("bridge takes the lowest free link where none is named, and refuses what no link is called", () => {
  assert.equal(bridgeType.automaticHook(new Set(["link0", "link2"])), "link1");
  for (const name of ["uplink1", "uplink4294967295", "link4294967295"]) assert.equal(bridgeType.parseHook(name), name);
  for (const name of ["uplink0", "link4294967296", "links", "down1"]) {
    assert.throws(() => bridgeType.parseHook(name), { code: "EINVAL" }, name);
  }
});

test("bridge moves a host by a message, to a named link or the one that the message comes by", async () => {
  const { send, got, msg, at, graph, node, clock } = await makeBridge();
  const addr = addressText(9);
  await msg("movehost", `{ addr=${addr} hook="link2" }`);
  send("link0", 1, 9);
  assert.deepEqual(got(), [0, 0, 1]);
  clock.advance(1_000);
  const message = { command: "movehost", argument: `{ addr=${addr} }` };
  dispatch(graph, node, message, { from: null, by: at("link1").node.hooks.get("x")?.peer ?? null, declared: false });
  send("link0", 1, 9);
  assert.deepEqual(got(), [0, 1, 0]);
  await assert.rejects(msg("movehost", `{ addr=${addr} hook="link0" }`), { code: "ELOOP" });
  await assert.rejects(msg("movehost", `{ addr=${addr} hook="link7" }`), { code: "ENOENT" });
  await assert.rejects(msg("movehost", `{ addr=${addr} }`), { code: "ENOENT" });
});
