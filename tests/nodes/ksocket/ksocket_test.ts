/**
 * ksocket: its one hook, its states, what it reports, and what it refuses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { carriedBy } from "../../../src/reconcile/status/status_hook.ts";
import { test } from "../../harness.ts";
import { code, FRONT, type Network, withNetwork } from "../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const HOOK = 'hook="inet/stream/tcp"';

function link(network: Network, argument: string): Promise<unknown> {
  return network.port.send("t/:", "link", `{ ${argument} }`);
}

test("a ksocket whose peer refuses is unchanged: without hook and socket, and can be joined again", () =>
  withNetwork(async (network) => {
    await network.declare("tap", "tee");
    await network.declare("bus", "hub");
    await link(network, 'node="tap" hook="left" peer="bus"');
    await network.port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="a" }');
    const node = network.node("a");
    await assert.rejects(link(network, `node="a" ${HOOK} peer="tap" peerhook="left"`), code("EEXIST"));
    assert.deepEqual([node.alive, node.hooks.size, network.node("tap").hooks.size], [true, 0, 1]);
    await assert.rejects(network.msg("a", `bind ${FRONT}`), code("ENXIO"));
    await link(network, `node="a" ${HOOK} peer="tap" peerhook="right"`);
    await network.msg("a", `bind ${FRONT}`);
    assert.equal(await network.msg("a", "getname"), FRONT);
    assert.equal(node.hooks.size, 1);
  }));

test("a clone whose partner refuses waits for another hook, as long as it did before", () =>
  withNetwork(async (network) => {
    await network.listen("", ["setconfig { embryoTimeout=10s }"]);
    await network.declare("echo", "echo");
    const refused = (path: string) => network.msg(path, 'mkpeer { type="tee" ourhook="c" peerhook="up" }');
    const accept = async (): Promise<string> => {
      const reply = network.port.send("t/front:", "accept", null);
      await network.connect();
      return (await reply).from;
    };
    const [one, other] = [await accept(), await accept()];
    await assert.rejects(refused(one), code("EINVAL"));
    await assert.rejects(refused(other), code("EINVAL"));
    await network.msg("echo", `connect { path="${other}:" ourhook="x" peerhook="d" }`);
    await network.memory.advance(11_000);
    assert.deepEqual(network.undeclared().map(({ path }) => path), [other]);
  }));

test("a manually created hub outlives a peer that refuses, with and without hooks", () =>
  withNetwork(async (network) => {
    const hub = network.graph.make("hub", { scope: "t" });
    await network.declare("tap", "tee");
    const joinLeft = () => network.msg(hub.path, 'connect { path="t/tap:" ourhook="x" peerhook="left" }');
    await assert.rejects(network.msg(hub.path, 'connect { path="t/tap:" ourhook="x" peerhook="up" }'));
    assert.deepEqual([hub.alive, hub.hooks.size], [true, 0]);
    await joinLeft();
    assert.equal(hub.hooks.size, 1);
  }));

test("getstate returns the state of a socket from idle to closed", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const node = await network.declare("out", "inet/stream/tcp");
    const state = () => network.msg("out", "getstate");
    assert.equal(await state(), "idle");
    const connected = network.msg("out", `connect ${BACK}`);
    assert.equal(await state(), "connecting");
    await connected;
    assert.equal(await state(), "connected");
    await network.idle();
    peers[0]?.socket.abort();
    await network.idle();
    assert.deepEqual([await state(), node.phase], ["closed", "failed"]);
    await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`, "listen 5"]);
    assert.equal(await network.msg("front", "getstate"), "listening");
  }));

test("getaccept returns the target that is set, in canonical form", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen("", ["setopt { SO_REUSEADDR=1 }"]);
    assert.equal(await network.msg("front", "getaccept"), null);
    await network.msg("front", 'accept { max=5   peer="echo" }');
    assert.equal(await network.msg("front", "getaccept"), '{ peer="echo" max=5 }');
  }));

test("a ksocket connects once, and not while it listens or connects", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.declare("out", "inet/stream/tcp");
    const connected = network.msg("out", `connect ${BACK}`);
    await assert.rejects(network.msg("out", `connect ${BACK}`), code("EALREADY"));
    await connected;
    await assert.rejects(network.msg("out", `connect ${BACK}`), code("EISCONN"));
    await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`, "listen 5"]);
    await assert.rejects(network.msg("front", `connect ${BACK}`), code("EOPNOTSUPP"));
  }));

test("a ksocket reports its addresses, its traffic, and a listener its connections", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.declare("out", "inet/stream/tcp", [`connect ${BACK}`]);
    await network.idle();
    peers[0]?.send("hello");
    await network.idle();
    const out = network.report("out");
    assert.deepEqual([out.peer, out.connections, network.traffic("out")], [
      BACK,
      null,
      { in: { bytes: 5, items: 1 }, out: { bytes: 0, items: 0 } },
    ]);
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    const [one, other] = [await network.connect(), await network.connect()];
    one.send("abc");
    other.send("de");
    other.socket.shutdown();
    await network.idle();
    const front = network.report("front");
    assert.deepEqual([front.local, front.peer, front.connections], [
      FRONT,
      null,
      { active: 1, total: 2, refused: 0, byGeneration: { "0": 1 } },
    ]);
    // Those that have ended count on.
    assert.deepEqual(network.traffic("front"), { in: { bytes: 5, items: 2 }, out: { bytes: 5, items: 2 } });
    assert.deepEqual(front.reasons, { eof: 1 });
  }));

test("a ksocket without a hook has no socket, and reports it", () =>
  withNetwork(async (network) => {
    await network.port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="a" }');
    for (const message of [`bind ${FRONT}`, "listen 5", `connect ${BACK}`, "getname", 'send "x"']) {
      await assert.rejects(network.msg("a", message), code("ENXIO"), message);
    }
    assert.deepEqual([network.report("a").local, await network.msg("a", "getstate")], [null, "idle"]);
  }));

test("send writes to the socket once it is connected", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", 'send "early"'), code("ENOTCONN"));
    await network.msg("out", `connect ${BACK}`);
    await network.msg("out", 'send "hello"');
    await network.idle();
    assert.equal(peers[0]?.owner.text(), "hello");
  }));

test("send counts what it writes as out, of a ksocket and of the connections of a listener", () =>
  withNetwork(async (network) => {
    const out = async () => {
      await network.idle();
      const snapshot = await network.port.snapshot("t");
      return Object.fromEntries((snapshot?.nodes ?? []).map((node) => [node.name, carriedBy(node).out]));
    };
    network.serve(BACK);
    await network.declare("out", "inet/stream/tcp", [`connect ${BACK}`, 'send "hello"']);
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" messages=[ "send \\"banner\\"" ] }');
    const client = await network.connect();
    await network.idle();
    assert.equal(client.owner.text(), "banner");
    const nothing = { bytes: 0, items: 0 };
    assert.deepEqual(await out(), { out: { bytes: 5, items: 1 }, echo: nothing, front: { bytes: 6, items: 1 } });
    client.send("x");
    assert.deepEqual((await out())["front"], { bytes: 7, items: 2 });
  }));
