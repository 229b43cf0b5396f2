/**
 * The reference vectors of nodes: which hooks they take, what goes where, how they begin and end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AsciiError } from "../src/ascii/error.ts";
import { parsePath } from "../src/graph/message/path.ts";
import { parseHookName } from "../src/graph/data/name.ts";
import { bridgeType } from "../src/nodes/bridge.ts";
import { one2manyType } from "../src/nodes/one2many.ts";
import { frame } from "./support/frame.ts";
import { makeGraph, makeProbe, octets, probeNode } from "./support/graph.ts";
import { code, type Network, type Peer, withNetwork } from "./support/network.ts";
import { type Vector, VectorTests } from "./support/vectors.ts";

const tests = new VectorTests("tests/vectors_nodes_test.ts");

tests.each("bridge_hookname", ({ in: name = "", ok, error }) => {
  if (ok === true) return assert.equal(bridgeType.parseHook(name), name);
  assert.throws(() => bridgeType.parseHook(name), (cause) => cause instanceof AsciiError && cause.code === error);
});

tests.each("one2many_hookname", ({ in: name = "", error }) => {
  if (error === undefined) return assert.equal(one2manyType.parseHook(name), name);
  assert.throws(() => one2manyType.parseHook(name), (cause) => cause instanceof AsciiError && cause.code === error);
});

tests.each("hook_name_generic", ({ in: name = "", accepted_by_core: accepted, addressable }) => {
  assert.deepEqual([accepted, addressable], [true, false]);
  // Which path would lead to it: none, or one that means two hooks or none.
  if (name === "") return assert.deepEqual(parsePath("x:").hooks, []);
  assert.deepEqual(parsePath(`x:${name}`).hooks, ["a", "b"]);
  assert.equal(parseHookName(name), name);
});

tests.each("dataflow", async (vector) => {
  const [type = "", ...words] = String(vector["node"]).split(" ");
  if (type === "bridge") return await bridging(vector);
  assert.equal(vector.error, undefined);
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const node = graph.make(type, { scope: "t" });
  for (const hook of listOf(vector["hooks"])) graph.connect({ node: probe.node, hook }, { node, hook });
  const algorithm = words.at(-1);
  if (algorithm !== undefined) await port.send(`${node.path}:`, "setconfig", `{ xmitAlg=${algorithm} }`);
  // What is not modified shows only where the node would.
  if (type === "patch") await port.send(`${node.path}:`, "setconfig", "{ ops=[ { length=1 mode=set value=65 } ] }");
  const [, input = "", , times = "1"] = /^(\w+)( x(\d+))?$/.exec(String(vector["input"])) ?? [];
  for (let sent = 0; sent < Number(times); sent++) probe.end.send(input, octets("x"));
  assert.deepEqual(probe.got, listOf(vector["output"]).map((hook) => `${hook.replace(" (unmodified)", "")} x`));
});

type Happen = (network: Network, vector: Vector) => Promise<void>;

/** What happens to nodes, by the vectors' words for it. */
const EVENTS: Readonly<Record<string, Happen>> = {
  "parent shut down, clone has a hook": async (network) => {
    const { client, clone } = await accepted(network);
    await hookTo(network, clone, "echo");
    await network.msg("front", "shutdown");
    client.send("on");
    await network.idle();
    assert.equal(client.owner.text(), "on");
  },
  "clone never hooked, remote peer closes": async (network, { overruled }) => {
    assert.equal(overruled, "embryoTimeout ends it");
    const { client } = await accepted(network);
    client.socket.shutdown();
    await network.memory.advance(59_000);
    assert.equal(network.undeclared().length, 1);
    await network.memory.advance(2_000);
    assert.deepEqual(network.undeclared(), []);
  },
  "data arrived before clone was hooked": async (network) => {
    const { client, clone } = await accepted(network);
    client.send("early");
    await network.idle();
    assert.equal(client.owner.text(), "");
    await hookTo(network, clone, "echo");
    await network.idle();
    assert.equal(client.owner.text(), "early");
  },
  "remote closes a stream": (network) => closing(network, 1),
  "remote closes, then more wake-ups": (network) => closing(network, 3),
  "mkpeer with unknown node type": refuses('mkpeer { type="nope" ourhook="a" peerhook="b" }'),
  "mkpeer of type socket": refuses('mkpeer { type="socket" ourhook="a" peerhook="b" }'),
  "mkpeer with a bad ksocket hook name": refuses('mkpeer { type="ksocket" ourhook="a" peerhook="bad" }'),
  "mkpeer/connect on an existing own hook name": async (network, vector) => {
    await network.msg("hub", 'mkpeer { type="hole" ourhook="a" peerhook="b" }');
    const before = network.undeclared().length;
    for (const message of ['mkpeer { type="hole"', 'connect { path="t/echo:"']) {
      await assert.rejects(network.msg("hub", `${message} ourhook="a" peerhook="b" }`), code(String(vector.error)));
    }
    assert.deepEqual([network.undeclared().length, network.node("echo").hooks.size], [before, 0]);
  },
  "connect: path does not exist": refuses('connect { path="gone:" ourhook="a" peerhook="b" }'),
  "rmhook of an unknown hook": async (network) => void await network.msg("hub", 'rmhook { hook="never" }'),
  "message to a missing absolute node": (network, { error }) =>
    assert.rejects(network.port.send("gone:", "nodeinfo", null), code(String(error))),
  "hub/tee/one2many/bridge: last hook removed": async (network) => {
    const hooks = { hub: "x", tee: "left", one2many: "one", bridge: "link0" };
    for (const [type, hook] of Object.entries(hooks)) {
      await network.msg("hub", `mkpeer { type="${type}" ourhook="a" peerhook="${hook}" }`);
      await network.msg("hub", 'rmhook { hook="a" }');
      assert.deepEqual(network.undeclared(), [], type);
    }
    for (const [type, hook] of [["hub", "x"], ["bridge", "link0"]]) {
      await network.msg("hub", `mkpeer { type="${type}" ourhook="a" peerhook="${hook}" }`);
      const [made] = network.undeclared();
      await network.msg(made?.path ?? "", "setpersistent");
      await network.msg("hub", 'rmhook { hook="a" }');
      assert.equal(network.undeclared().length, 1, type);
      await network.msg(made?.path ?? "", "shutdown");
    }
  },
};

tests.each("lifecycle", (vector) =>
  withNetwork(async (network) => {
    await network.declare("hub", "hub");
    await network.declare("echo", "echo");
    const happen = EVENTS[String(vector["event"])];
    assert.ok(happen !== undefined);
    await happen(network, vector);
  }));

tests.done();

/** Frames by the words of a vector: hosts are numbers, 1 is the sender, 2 who is learned. */
async function bridging({ hooks, input, output, error }: Vector): Promise<void> {
  const { at, node } = await probeNode("bridge", listOf(hooks));
  const [, link = "", what = ""] = /^(\w+): (.*)$/.exec(String(input)) ?? [];
  const [, learned] = /^dst learned on (\w+)$/.exec(what) ?? [];
  if (learned !== undefined) at(learned).end.send("x", frame(2, 3));
  const before = listOf(hooks).map((hook) => at(hook).got.length);
  at(link).end.send(
    "x",
    what === "13 octets" ? frame(1, 2).slice(0, 13) : frame(what.includes("multicast") ? 0x101 : 1, 2),
  );
  const got = listOf(hooks).filter((hook, index) => at(hook).got.length > (before[index] ?? 0));
  assert.deepEqual(got, listOf(output));
  // The errno of what goes nowhere is the count that its sender can read at the hook.
  assert.deepEqual(node.hooks.get(link)?.dropped(), error === undefined ? {} : { error: 1 });
}

function refuses(message: string): Happen {
  return async (network, { error }) => {
    await assert.rejects(network.msg("hub", message), code(String(error)));
    assert.deepEqual([network.node("hub").hooks.size, network.undeclared()], [0, []]);
  };
}

/** A stream whose peer says something and ends: the data, one end, and a node that stays. */
async function closing(network: Network, wakes: number): Promise<void> {
  const { peers } = network.serve("inet/127.0.0.1:4000");
  const probe = makeProbe(network.graph);
  await network.msg(probe.node.path, 'mkpeer { type="ksocket" ourhook="x" peerhook="inet/stream/tcp" }');
  const node = probe.node.hooks.get("x")?.peer?.node;
  await network.msg(node?.path ?? "", "connect inet/127.0.0.1:4000");
  await network.idle();
  peers[0]?.send("bye");
  peers[0]?.socket.shutdown();
  for (let wake = 0; wake < wakes; wake++) {
    await network.idle();
    probe.node.hooks.get("x")?.resume();
  }
  assert.deepEqual([probe.got, node?.alive], [["x bye", "x eof"], true]);
}

/** A connection that was accepted, its clone without a hook. */
async function accepted(network: Network): Promise<{ readonly client: Peer; readonly clone: string }> {
  await network.listen("");
  const reply = network.port.send("t/front:", "accept", null);
  const client = await network.connect();
  return { client, clone: (await reply).from };
}

async function hookTo(network: Network, clone: string, peer: string): Promise<void> {
  await network.msg(peer, `connect { path="${clone}:" ourhook="c" peerhook="any" }`);
}

function listOf(value: unknown): readonly string[] {
  assert.ok(Array.isArray(value));
  return value.map(String);
}
