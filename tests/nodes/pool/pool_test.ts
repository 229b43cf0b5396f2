/**
 * pool in memory: how connections find a target that answers, and what changes of the targets do to them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { code, FRONT, type Network, withNetwork } from "../../support/network.ts";

const [A, B, C] = ["inet/10.0.0.1:9000", "inet/10.0.0.2:9000", "inet/10.0.0.3:9000"] as const;

/** A pool named `db` behind a listener. */
async function front(network: Network, messages: readonly string[]): Promise<void> {
  await network.declare("db", "pool", messages);
  await network.listen("{ connect=pool/db }");
}

/** Opens connections one after the other, and waits until each is where it goes. */
async function clients(network: Network, count: number): Promise<void> {
  for (let client = 0; client < count; client++) {
    await network.connect();
    await network.idle();
  }
}

function states(network: Network): readonly (readonly [string, string, number, number])[] {
  return (network.report("db").targets ?? []).map(({ name, state, active, total }) => [name, state, active, total]);
}

function faults(network: Network): readonly (readonly [string, boolean])[] {
  return (network.report("db").faults ?? []).map(({ reason, serving }) => [reason, serving] as const);
}

test("pool gives connections to its targets in turn", () =>
  withNetwork(async (network) => {
    const servers = [A, B, C].map((address) => network.serve(address));
    await front(network, [`settargets [ ${A} ${B} ${C} ]`]);
    assert.deepEqual(states(network).map(([, state]) => state), ["unknown", "unknown", "unknown"]);
    await clients(network, 6);
    assert.deepEqual(servers.map(({ peers }) => peers.length), [2, 2, 2]);
    assert.deepEqual(states(network), [[A, "up", 2, 2], [B, "up", 2, 2], [C, "up", 2, 2]]);
    assert.deepEqual(faults(network), []);
  }));

test("pool tries the next target where one refuses, and the client notices nothing", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(B);
    await front(network, [`settargets [ ${A} ${B} ]`]);
    const client = await network.connect();
    await network.idle();
    client.send("question");
    await network.idle();
    assert.equal(peers[0]?.owner.text(), "question");
    assert.deepEqual(states(network), [[A, "down", 0, 0], [B, "up", 1, 1]]);
    assert.deepEqual(faults(network), [["TargetsDown", true]]);
    assert.deepEqual(client.owner.errors, []);
  }));

test("pool uses a target again once a probe has reached it, within its interval", () =>
  withNetwork(async (network) => {
    network.serve(B);
    await front(network, [`settargets [ ${A} ${B} ]`]);
    await clients(network, 1);
    await network.memory.advance(20_000);
    assert.deepEqual(faults(network), [["TargetsDown", true]]);
    network.serve(A);
    await network.memory.advance(1_600);
    assert.deepEqual(faults(network), []);
    await network.memory.advance(10_000);
    assert.equal(network.report("db").targets?.[0]?.probes.succeeded, 1, "no more probes");
    await clients(network, 2);
    assert.deepEqual(states(network).map(([, , active]) => active).reduce((sum, one) => sum + one), 3);
  }));

test("pool refuses a client when no target connects, and tries targets that are down as nothing better is known", () =>
  withNetwork(async (network) => {
    await front(network, [`settargets [ ${A} ${B} ]`, "sethealth { probe=none }"]);
    const refused = await network.connect();
    await network.idle();
    assert.equal(refused.owner.errors.length, 1);
    assert.deepEqual(faults(network), [["NoTargetUp", false]]);
    const { peers } = network.serve(B);
    await clients(network, 1);
    assert.equal(peers.length, 1);
    assert.deepEqual(faults(network), [["TargetsDown", true]]);
  }));

test("pool leaves time for others when one does not answer", () =>
  withNetwork(async (network) => {
    const busy = network.socket();
    busy.socket.bind({ family: "inet", host: "10.0.0.1", port: 9000 });
    busy.socket.listen(1);
    await network.connect(A);
    const { peers } = network.serve(B);
    await front(network, [`settargets [ ${A} ${B} ]`]);
    const client = await network.connect();
    client.send("late");
    await network.memory.advance(2_600);
    assert.equal(peers[0]?.owner.text(), "late");
    assert.equal(states(network)[0]?.[1], "down");
  }));

test("settargets adds and removes targets, and connections to those that were removed go on", () =>
  withNetwork(async (network) => {
    const servers = [A, B].map((address) => network.serve(address));
    await front(network, [`settargets [ ${A} ]`]);
    const client = await network.connect();
    await network.idle();
    await network.tell("db", `settargets [ ${B} ]`);
    client.send("still here");
    await clients(network, 1);
    assert.deepEqual(servers.map(({ peers }) => peers.length), [1, 1]);
    assert.equal(servers[0]?.peers[0]?.owner.text(), "still here");
    assert.deepEqual(states(network), [[B, "up", 1, 1]]);
    await network.tell("db", `settargets [ ${A} { to=${B} weight=5 } ]`);
    assert.deepEqual(states(network), [[A, "unknown", 0, 0], [B, "up", 1, 1]], "another weight forgets nothing");
  }));

test("draintarget, disabletarget and enabletarget order whether a target gets new connections", () =>
  withNetwork(async (network) => {
    const servers = [A, B].map((address) => network.serve(address));
    await front(network, [`settargets [ { to=${A} name="a" } { to=${B} name="b" } ]`]);
    const client = await network.connect();
    await network.idle();
    await network.tell("db", 'draintarget "a"');
    await clients(network, 2);
    client.send("goes on");
    await network.idle();
    assert.equal(servers[0]?.peers[0]?.owner.text(), "goes on");
    assert.deepEqual(states(network), [["a", "draining", 1, 1], ["b", "up", 2, 2]]);
    await network.tell("db", 'disabletarget "b"');
    const refused = await network.connect();
    await network.idle();
    assert.equal(refused.owner.errors.length, 1);
    assert.deepEqual(faults(network), [["NoTargetUp", false]]);
    await network.tell("db", 'enabletarget "a"');
    await clients(network, 1);
    assert.deepEqual(states(network), [["a", "up", 2, 2], ["b", "disabled", 2, 2]]);
    const entries = network.node("db").entries.map(({ command, argument }) => `${command} ${argument}`);
    assert.deepEqual(entries.slice(1), ['disabletarget "b"'], "what holds is in the record");
    await assert.rejects(network.tell("db", 'draintarget "c"'), code("ENOENT"));
  }));

test("a template connects through a pool of its topology, and so does a node of its own", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(A);
    await network.declare("db", "pool", [`settargets [ ${A} ]`]);
    const upstream =
      '{ name="up" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="pool/db" } ] }';
    await network.template("session", `entry={ node="up" hook="inet/stream/tcp" } nodes=[ ${upstream} ]`);
    await network.listen('{ template="session" }');
    await clients(network, 1);
    await network.declare("own", "inet/stream/tcp", ["connect pool/db"]);
    assert.equal(peers.length, 2);
    assert.deepEqual(states(network), [[A, "up", 2, 2]]);
    await network.tell("own", "shutdown");
    await network.idle();
    assert.deepEqual(states(network), [[A, "up", 1, 2]]);
  }));

test("a connection through a pool that is not there is refused, and the listener states it", () =>
  withNetwork(async (network) => {
    await network.listen("{ connect=pool/none }");
    const refused = await network.connect(FRONT);
    await network.idle();
    assert.equal(refused.owner.errors.length, 1);
    assert.deepEqual((network.report("front").faults ?? []).map(({ reason }) => reason), ["NoTargetUp"]);
  }));
