/**
 * pool in memory: how connections find a target that answers, and what changes of the targets do to them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { addTargetTotals } from "../../../src/graph/data/target_counts.ts";
import { totalsOf } from "../../../src/graph/data/target_report.ts";
import { octetsOf, Recorder } from "../../conformance/recorder.ts";
import { code, FRONT, type Network, sendTo, withNetwork } from "../../support/network.ts";

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
    await network.msg("db", `settargets [ ${B} ]`);
    client.send("still here");
    await clients(network, 1);
    assert.deepEqual(servers.map(({ peers }) => peers.length), [1, 1]);
    assert.equal(servers[0]?.peers[0]?.owner.text(), "still here");
    assert.deepEqual(states(network), [[B, "up", 1, 1], [A, "removed", 1, 1]]);
    await network.msg("db", `settargets [ ${A} { to=${B} weight=5 } ]`);
    assert.deepEqual(states(network), [[A, "unknown", 1, 1], [B, "up", 1, 1]], "another weight forgets nothing");
  }));

/** The counters of targets, as metrics have them. */
async function totals(network: Network): Promise<readonly (readonly [string, number])[]> {
  const snapshot = await network.port.snapshot("t");
  const past = snapshot?.past ?? [];
  const sums = past.reduce((sum, one) => addTargetTotals(sum, one.targets ?? {}), totalsOf([]));
  const targets = snapshot?.nodes.find(({ name }) => name === "db")?.report?.targets ?? [];
  return Object.entries(addTargetTotals(sums, totalsOf(targets))).map(([name, { connected }]) => [name, connected]);
}

test("a target that is removed and returns continues its counts, and so does that of a pool that is recreated", () =>
  withNetwork(async (network) => {
    const servers = [A, B].map((address) => network.serve(address));
    const both = `settargets [ { to=${A} name="a" } { to=${B} name="b" } ]`;
    await front(network, [both, "setconfig { balance=leastconn }"]);
    await clients(network, 4);
    await network.msg("db", `settargets [ { to=${A} name="a" } ]`);
    assert.deepEqual(states(network), [["a", "up", 2, 2], ["b", "removed", 2, 2]]);
    const rows = await network.msg("db", "gettargets");
    assert.ok(rows?.includes(`to="${B}"`) === true || rows?.includes(B) === true, rows ?? "");
    assert.deepEqual(await totals(network), [["a", 2], ["b", 2]]);
    await network.msg("db", both);
    assert.deepEqual(states(network), [["a", "up", 2, 2], ["b", "unknown", 2, 2]]);
    await clients(network, 2);
    assert.deepEqual(states(network), [["a", "up", 3, 3], ["b", "up", 3, 3]], "leastconn knows the open ones");
    await network.msg("db", "shutdown");
    await network.declare("db", "pool", [both, "setconfig { balance=leastconn }"]);
    assert.deepEqual(states(network), [["a", "unknown", 3, 3], ["b", "unknown", 3, 3]]);
    for (const { peers } of servers) for (const { socket } of peers) socket.abort();
    await network.idle();
    assert.deepEqual(states(network).map(([name, , active, total]) => [name, active, total]), [["a", 0, 3], [
      "b",
      0,
      3,
    ]]);
    await network.msg("db", `settargets [ { to=${A} name="a" } ]`);
    assert.equal((await network.msg("db", "gettargets"))?.includes('"b"'), false, "it has no connections any more");
    assert.deepEqual(await totals(network), [["a", 3], ["b", 3]]);
    await network.msg("db", "shutdown");
    assert.deepEqual(await totals(network), [["a", 3], ["b", 3]], "a pool that was removed");
  }));

test("a pool that returns in a later generation counts the connections that are still open, and no earlier ones", () =>
  withNetwork(async (network) => {
    const server = network.serve(A);
    const targets = [`settargets [ { to=${A} name="a" } ]`];
    await front(network, targets);
    await clients(network, 2);
    for (const generation of ["2", "3"]) {
      await network.port.send("t/:", "setgeneration", generation, { declared: true });
      if (generation === "2") await network.msg("db", "shutdown");
      else await network.declare("db", "pool", targets);
    }
    assert.deepEqual(states(network), [["a", "unknown", 2, 0]]);
    await clients(network, 1);
    assert.deepEqual(states(network), [["a", "up", 3, 1]]);
    for (const { socket } of server.peers) socket.abort();
    await network.idle();
    assert.deepEqual(states(network), [["a", "up", 0, 1]]);
  }));

test("draintarget, disabletarget and enabletarget order whether a target gets new connections", () =>
  withNetwork(async (network) => {
    const servers = [A, B].map((address) => network.serve(address));
    await front(network, [`settargets [ { to=${A} name="a" } { to=${B} name="b" } ]`]);
    const client = await network.connect();
    await network.idle();
    await network.msg("db", 'draintarget "a"');
    await clients(network, 2);
    client.send("goes on");
    await network.idle();
    assert.equal(servers[0]?.peers[0]?.owner.text(), "goes on");
    assert.deepEqual(states(network), [["a", "draining", 1, 1], ["b", "up", 2, 2]]);
    await network.msg("db", 'disabletarget "b"');
    const refused = await network.connect();
    await network.idle();
    assert.equal(refused.owner.errors.length, 1);
    assert.deepEqual(faults(network), [["NoTargetUp", false]]);
    await network.msg("db", 'enabletarget "a"');
    await clients(network, 1);
    assert.deepEqual(states(network), [["a", "up", 2, 2], ["b", "disabled", 2, 2]]);
    const entries = network.node("db").entries.map(({ command, argument }) => `${command} ${argument}`);
    assert.deepEqual(entries.slice(1), ['disabletarget "b"'], "what holds is in the record");
    await assert.rejects(network.msg("db", 'draintarget "c"'), code("ENOENT"));
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
    await network.msg("own", "shutdown");
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

test("sethealth probes targets that are up by what it sends and expects, and fall and rise are counted", () =>
  withNetwork(async (network) => {
    const { listener } = network.serve(A, 0);
    let answer = "+PONG\r\n";
    const asked: string[] = [];
    listener.owner.accepted = (socket) => {
      const owner = new Recorder();
      socket.owner = owner;
      owner.answer = () => {
        asked.push(owner.text());
        socket.send(octetsOf(answer), null);
      };
      socket.resume();
    };
    for (let count = 0; count < 100; count++) listener.socket.accept();
    const health = '{ interval=2s timeout=1s fall=2 rise=2 send="PING\\r\\n" expect="+PONG" }';
    await front(network, [`settargets [ ${A} ]`, `sethealth ${health}`]);
    await network.memory.advance(10);
    assert.deepEqual(states(network), [[A, "up", 0, 0]]);
    assert.deepEqual(asked, ["PING\r\n"]);
    answer = "-ERR\r\n";
    await network.memory.advance(3_100);
    assert.equal(states(network)[0]?.[1], "up", "one failure is not two");
    await network.memory.advance(2_000);
    assert.deepEqual(faults(network), [["NoTargetUp", false]]);
    answer = "+PONG\r\n";
    await network.memory.advance(4_000);
    assert.deepEqual(faults(network), []);
    const { probes } = network.report("db").targets?.[0] ?? {};
    const seen = (probes?.succeeded ?? 0) + (probes?.failed ?? 0);
    await network.memory.advance(4_000);
    const later = network.report("db").targets?.[0]?.probes;
    assert.equal((later?.succeeded ?? 0) + (later?.failed ?? 0), seen + 2, "it is probed on");
  }));

test("a probe with send and without expect delivers its text and ends the connection normally", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(A);
    await front(network, [`settargets [ ${A} ]`, 'sethealth { interval=2s send="PING\\r\\n" }']);
    await network.memory.advance(10);
    assert.deepEqual(states(network), [[A, "up", 0, 0]]);
    assert.deepEqual(peers.map(({ owner }) => [owner.text(), owner.endedCount, owner.errors.length]), [[
      "PING\r\n",
      1,
      0,
    ]]);
  }));

test("a flow of datagrams stays at its target while that is up, and moves when it refuses", () =>
  withNetwork(async (network) => {
    const [one, other] = [network.datagrams("inet/10.0.0.1:53"), network.datagrams("inet/10.0.0.2:53")];
    await network.declare("dns", "pool", ["settargets [ inet/10.0.0.1:53 inet/10.0.0.2:53 ]"]);
    await network.declare("front", "inet/dgram/udp", ["bind inet/127.0.0.1:53", "accept { connect=pool/dns }"]);
    await network.release();
    const clients = [network.datagrams("inet/127.0.0.1:1001"), network.datagrams("inet/127.0.0.1:1002")];
    for (let round = 0; round < 3; round++) {
      for (const client of clients) sendTo(client, "inet/127.0.0.1:53", "q");
      await network.idle();
    }
    assert.deepEqual([one, other].map(({ owner }) => owner.received.length), [3, 3]);
    network.memory.fail("send inet/10.0.0.1:53", "ECONNREFUSED", { times: Infinity });
    for (let round = 0; round < 6; round++) {
      for (const client of clients) sendTo(client, "inet/127.0.0.1:53", "q");
      await network.memory.advance(500);
    }
    const targets = network.report("dns").targets ?? [];
    assert.deepEqual(targets.map(({ state, active }) => [state, active]), [["down", 0], ["up", 2]]);
    const before = other.owner.received.length;
    for (const client of clients) sendTo(client, "inet/127.0.0.1:53", "q");
    await network.idle();
    assert.equal(other.owner.received.length, before + 2);
    network.memory.repair("send inet/10.0.0.1:53");
    await network.memory.advance(2_500);
    assert.equal(network.report("dns").faults, undefined);
  }));

test("a target of datagrams that is probed for an answer is down until it answers, whatever is sent to it", () =>
  withNetwork(async (network) => {
    await network.declare("db", "pool", [
      `settargets [ ${A} ]`,
      'sethealth { send="ping" expect="pong" interval=500ms timeout=400ms }',
    ]);
    await network.declare("front", "inet/dgram/udp", [`bind ${FRONT}`, "accept { connect=pool/db }"]);
    await network.release();
    const client = network.datagrams("inet/127.0.0.1:1001");
    const send = async (times: number): Promise<void> => {
      for (let sent = 0; sent < times; sent++) {
        sendTo(client, FRONT, "x");
        await network.memory.advance(250);
      }
    };
    await send(12);
    assert.equal(states(network)[0]?.[1], "down");
    const server = network.datagrams(A);
    server.owner.answer = () => {
      const last = server.owner.received.at(-1);
      if (last !== undefined) server.socket.send(octetsOf("pong"), last.from);
    };
    await send(12);
    assert.equal(states(network)[0]?.[1], "up");
  }));

test("accept with a list of targets is a pool of the listener's own, and keeps what it knows when the list changes", () =>
  withNetwork(async (network) => {
    const servers = [A, B].map((address) => network.serve(address));
    await network.listen(`{ connect=[ ${A} { to=${B} weight=2 } ] balance=roundrobin }`);
    await clients(network, 3);
    assert.deepEqual(servers.map(({ peers }) => peers.length), [1, 2]);
    await network.msg("front", `accept { connect=[ ${A} { to=${B} weight=2 } ${C} ] balance=first }`);
    const rows = () => (network.report("front").targets ?? []).map(({ state, active }) => [state, active]);
    assert.deepEqual(rows(), [["up", 1], ["up", 2], ["unknown", 0]]);
    await clients(network, 2);
    assert.deepEqual(rows(), [["up", 3], ["up", 2], ["unknown", 0]]);
    await network.msg("front", `accept { connect=[ ${C} ${A} ] balance=first }`);
    await clients(network, 1);
    assert.deepEqual((network.report("front").faults ?? []).map(({ reason }) => reason), ["TargetsDown"]);
    assert.deepEqual(rows(), [["down", 0], ["up", 4], ["removed", 2]], "open connections stay counted");
    await network.msg("front", `accept { connect=${A} }`);
    assert.deepEqual(rows(), [["unknown", 4], ["removed", 2], ["removed", 0]], "a single address is a pool of one");
    assert.equal(network.report("front").faults, undefined);
  }));

test("a target of a pool that ends all connections at once is down until it keeps one", () =>
  withNetwork(async (network) => {
    const { listener } = network.serve(A);
    const keep = listener.owner.accepted;
    listener.owner.accepted = (socket) => socket.close();
    network.serve(B);
    await network.declare("db", "pool", [`settargets [ ${A} ${B} ]`, "setconfig { balance=first }"]);
    await network.listen("{ connect=pool/db }");
    await clients(network, 1);
    await network.memory.advance(1_000);
    assert.deepEqual(faults(network), [["TargetsDown", true]]);
    await clients(network, 2);
    assert.deepEqual(states(network).map(([, state, active]) => [state, active]).at(1), ["up", 2]);
    listener.owner.accepted = keep;
    await network.memory.advance(4_000);
    assert.deepEqual(faults(network), []);
  }));

test("accept with one address reports it as a pool of one", () =>
  withNetwork(async (network) => {
    await network.listen(`{ connect=${A} }`);
    const row = () => {
      const { targets = [] } = network.report("front");
      return targets.map(({ name, state, active, total, failed }) => [name, state, active, total, failed]);
    };
    assert.deepEqual(row(), [[A, "unknown", 0, 0, 0]]);
    await clients(network, 1);
    assert.deepEqual(row(), [[A, "down", 0, 0, 1]]);
    const { peers } = network.serve(A);
    await network.memory.advance(2_000);
    assert.deepEqual(row(), [[A, "up", 0, 0, 1]]);
    assert.equal(network.report("front").targets?.[0]?.probes.succeeded, 1);
    await clients(network, 2);
    assert.deepEqual(row(), [[A, "up", 2, 2, 1]]);
    for (const { socket } of peers) socket.abort();
    await network.idle();
    assert.deepEqual(row(), [[A, "up", 0, 2, 1]]);
    network.serve(B);
    await network.msg("front", `accept { connect=${B} }`);
    const removed = [A, "removed", 0, 2, 1];
    assert.deepEqual(row(), [[B, "unknown", 0, 0, 0], removed]);
    await clients(network, 1);
    assert.deepEqual(row(), [[B, "up", 1, 1, 0], removed]);
    await network.declare("e", "echo");
    await network.msg("front", 'accept { peer="e" }');
    assert.deepEqual(row(), [removed, [B, "removed", 1, 1, 0]]);
  }));
