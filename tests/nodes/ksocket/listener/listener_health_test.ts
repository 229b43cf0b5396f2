/**
 * What a listener states of its target, in memory: silent and refusing targets, what ends a fault, and which targets it probes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../../src/ascii/parse.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { test } from "../../../harness.ts";
import { type Network, type Peer, withNetwork } from "../../../support/network.ts";

const BACK = "inet/10.0.0.9:9000";
const TO_BACK = `{ connect=${BACK} }`;

/** A listener whose queue is full: a connection to it has no answer until it is taken. */
async function silent(network: Network): Promise<Peer> {
  const busy = network.socket();
  busy.socket.bind(parseText(sockaddr, BACK));
  busy.socket.listen(1);
  await network.connect(BACK);
  return busy;
}

function faults(network: Network): readonly (readonly [string, string, number])[] {
  return (network.report("front").faults ?? []).map(({ reason, code, count }) => [reason, code, count] as const);
}

test("a listener states a target that does not answer before its time is over, and counts a client once", () =>
  withNetwork(async (network) => {
    const busy = await silent(network);
    await network.listen(TO_BACK, ["setconfig { connectTimeout=5s }"]);
    await network.connect();
    await network.memory.advance(1_000);
    assert.deepEqual(faults(network), [], "nothing is known yet");
    await network.memory.advance(1_500);
    assert.deepEqual(faults(network), [["NoTargetUp", "ETIMEDOUT", 1]]);
    await network.memory.advance(4_000);
    const [target] = network.report("front").targets ?? [];
    assert.equal(target?.failed, 1, "the client");
    assert.deepEqual(faults(network), [["NoTargetUp", "ETIMEDOUT", 1 + (target?.probes.failed ?? 0)]]);
    busy.owner.accepted = (socket) => socket.abort();
    for (let asked = 0; asked < 100; asked++) busy.socket.accept();
    await network.memory.advance(3_000);
    assert.deepEqual(faults(network), []);
  }));

test("a listener probes a target that refused until it answers, and none that works", () =>
  withNetwork(async (network) => {
    await network.listen(TO_BACK);
    for (let client = 0; client < 3; client++) await network.connect();
    await network.idle();
    assert.deepEqual(faults(network), [["NoTargetUp", "ECONNREFUSED", 3]]);
    await network.memory.advance(60_000);
    const [target] = network.report("front").targets ?? [];
    const probes = target?.probes.failed ?? 0;
    assert.ok(probes > 5, `${probes} probes`);
    assert.equal(target?.failed, 3, "probes are not counted as clients");
    assert.deepEqual(faults(network), [["NoTargetUp", "ECONNREFUSED", 3 + probes]], "all failures in a row");
    assert.ok(network.memory.clock.pending > 0, "the next probe");
    network.serve(BACK);
    await network.memory.advance(2_000);
    assert.deepEqual(faults(network), []);
    assert.equal(network.memory.clock.pending, 0, "one that works is not probed");
  }));

test("a listener forgets what its clients met when accept is sent again, and ends its probes with itself", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen(TO_BACK);
    await network.connect();
    await network.idle();
    assert.equal(faults(network).length, 1);
    await network.msg("front", 'accept { peer="echo" }');
    assert.deepEqual(faults(network), []);
    await network.msg("front", `accept ${TO_BACK}`);
    await network.connect();
    await network.idle();
    await network.msg("front", "shutdown");
    await network.idle();
    const { peers } = network.serve(BACK);
    await network.memory.advance(10_000);
    assert.deepEqual(peers, []);
  }));

for (const [how, end] of [["ends", "close"], ["resets", "abort"]] as const) {
  test(`a listener states a target that ${how} all connections at once, until it keeps one`, () =>
    withNetwork(async (network) => {
      const { listener } = network.serve(BACK);
      const keep = listener.owner.accepted;
      listener.owner.accepted = (socket) => socket[end]();
      await network.listen(TO_BACK);
      const clients = [await network.connect(), await network.connect()];
      await network.memory.advance(510);
      await network.idle();
      assert.deepEqual(faults(network).map(([reason, code]) => [reason, code]), [["NoTargetUp", "ECONNRESET"]]);
      await network.memory.advance(60_000);
      assert.equal(faults(network).length, 1);
      for (const { socket } of clients) socket.close();
      listener.owner.accepted = keep;
      await network.memory.advance(2_500);
      assert.deepEqual(faults(network), []);
      assert.equal(network.memory.clock.pending, 0, "it is not probed any more");
    }));
}

test("a listener finds no fault with a target that ends after a request, and keeps silent connections", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.idle();
    client.send("one record");
    await network.idle();
    peers[0]?.socket.close();
    await network.memory.advance(5_000);
    assert.deepEqual(faults(network), []);
    assert.equal(peers.length, 2, "it was asked once");
  }));

test("a listener does not ask a target that has ended only its own direction and reads on", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.idle();
    peers[0]?.socket.shutdown();
    await network.idle();
    client.send("read on");
    await network.memory.advance(5_000);
    assert.deepEqual([faults(network), peers.length], [[], 1]);
  }));

test("a listener has no fault with a target any more that has served a client, though it ends silent ones at once", () =>
  withNetwork(async (network) => {
    const { listener, peers } = network.serve(BACK);
    const keep = listener.owner.accepted;
    listener.owner.accepted = (socket) => socket.close();
    await network.listen(TO_BACK);
    await network.connect();
    await network.memory.advance(1_000);
    assert.equal(faults(network).length, 1);
    listener.owner.accepted = keep;
    await network.connect();
    await network.idle();
    const served = peers.at(-1);
    served?.send("hello");
    await network.idle();
    served?.socket.close();
    await network.idle();
    assert.deepEqual(faults(network), []);
    const asked = peers.length;
    await network.memory.advance(5_000);
    assert.deepEqual([faults(network), peers.length], [[], asked], "it is not probed any more");
  }));

test("a listener does not ask a target that has answered, whose client has left first, or that ends an old connection", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const [answered, leaving] = [await network.connect(), await network.connect()];
    await network.connect();
    await network.idle();
    peers[0]?.send("hello");
    await network.idle();
    peers[0]?.socket.close();
    leaving.socket.close();
    await network.idle();
    peers[1]?.socket.close();
    await network.memory.advance(2_000);
    peers[2]?.socket.close();
    answered.socket.close();
    await network.memory.advance(2_000);
    assert.deepEqual([faults(network), peers.length], [[], 3]);
  }));

test("a listener serves on when strangers are denied, and not when its lists deny every client that can come", () =>
  withNetwork(async (network) => {
    const ANY = "inet/0.0.0.0:80";
    const HERE = "inet/127.0.0.1:80";
    await network.declare("echo", "echo");
    const cases: readonly (readonly [bind: string, lists: string, serving: boolean])[] = [
      [ANY, "allow=[ 10.0.0.0/8 ]", true],
      [ANY, "deny=[ 127.0.0.0/8 ]", true],
      [HERE, "allow=[ 127.0.0.9 ]", true],
      [HERE, "allow=[ 10.0.0.0/8 ]", false],
      [HERE, "deny=[ 127.0.0.0/8 ]", false],
      [HERE, "allow=[ 0.0.0.0/0 ] deny=[ 127.0.0.0/8 10.0.0.0/8 ]", false],
    ];
    for (const [index, [bind, lists]] of cases.entries()) {
      const name = `front${index}`;
      await network.declare(name, "inet/stream/tcp", [`bind ${bind.replace("80", String(80 + index))}`, "listen 128"]);
      await network.msg(name, `accept { peer="echo" ${lists} }`, { declared: true });
    }
    await network.release();
    for (const [index, [, lists, serving]] of cases.entries()) {
      const name = `front${index}`;
      await network.connect(`inet/127.0.0.1:${80 + index}`);
      await network.idle();
      const found = network.report(name).faults ?? [];
      assert.deepEqual(found.map((fault) => [fault.reason, fault.serving]), [["ClientsDenied", serving]], lists);
    }
    // Without another refused client it may have been a port scan.
    await network.memory.advance(61_000);
    for (const [index, [, lists, serving]] of cases.entries()) {
      assert.equal(network.report(`front${index}`).faults?.length ?? 0, serving ? 0 : 1, lists);
    }
  }));

const RULES = `{ route=[ { starts="GET" connect=${BACK} } { connect=inet/10.0.0.8:9000 } ] }`;

/** A client that goes by the rule of what it sends. */
async function say(network: Network, text: string): Promise<void> {
  const client = await network.connect();
  client.send(text);
  await network.idle();
}

function states(network: Network): readonly (readonly [string, string, number, number])[] {
  return (network.report("front").targets ?? []).map(({ address, state, total, failed }) => {
    return [address, state, total, failed] as const;
  });
}

test("the addresses of rules are targets: a client of one rule ends no fault of another's", () =>
  withNetwork(async (network) => {
    const other = network.serve("inet/10.0.0.8:9000");
    await network.listen(RULES);
    assert.deepEqual(states(network), [[BACK, "unknown", 0, 0], ["inet/10.0.0.8:9000", "unknown", 0, 0]]);
    await say(network, "GET");
    await say(network, "POST");
    assert.equal(other.peers.length, 1);
    assert.deepEqual(states(network), [[BACK, "down", 0, 1], ["inet/10.0.0.8:9000", "up", 1, 0]]);
    const found = network.report("front").faults ?? [];
    assert.deepEqual(found.map(({ reason, serving }) => [reason, serving]), [["TargetsDown", true]]);
    assert.ok(found[0]?.message.startsWith(BACK), found[0]?.message);
    network.serve(BACK);
    await network.memory.advance(2_000);
    assert.deepEqual(faults(network), []);
    assert.equal(states(network)[0]?.[1], "up");
  }));

test("a listener whose rules have no target that is up serves nothing", () =>
  withNetwork(async (network) => {
    await network.listen(RULES);
    await say(network, "GET");
    await say(network, "POST");
    const found = network.report("front").faults ?? [];
    assert.deepEqual(found.map(({ reason, serving }) => [reason, serving]), [
      ["NoTargetUp", false],
      ["NoTargetUp", false],
    ]);
  }));

const FAILING_RULES = '{ route=[ { starts="G" peer="gone" } { starts="S" template="broken" } ' +
  `{ connect=${BACK} } ] }`;

/** A template whose copies begin with a message; `getpeername` fails before they are connected. */
function beginning(message: string): string {
  return 'entry={ node="up" } nodes=[ { name="up" type="ksocket" hook="inet/stream/tcp" messages=[ ' +
    `{ command="${message}" } { command="connect" argument="${BACK}" } ] } ]`;
}

test("a missing node and a failed message of one rule stay faults while other rules serve their clients", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.template("broken", beginning("getpeername"));
    await network.listen(FAILING_RULES);
    for (const text of ["GET", "SSH", "POST", "POST"]) await say(network, text);
    const found = (): unknown => {
      return (network.report("front").faults ?? []).map(({ reason, serving, count, message }) => {
        return [reason, serving, count, message.split(":")[0]];
      });
    };
    const missing = ["TargetsDown", true, 1, 'Rule starts="G"'];
    assert.deepEqual(found(), [missing, ["SetupFailed", true, 1, 'Rule starts="S"']]);
    await network.template("broken", beginning("getconfig"));
    assert.deepEqual(found(), [missing], "the template has changed");
    await network.declare("gone", "echo");
    assert.deepEqual(found(), [], "the node is back");
  }));

test("a listener with rules that all fail serves nothing", () =>
  withNetwork(async (network) => {
    await network.template("broken", beginning("getpeername"));
    await network.listen('{ route=[ { starts="G" peer="gone" } { template="broken" } ] }');
    for (const text of ["GET", "SSH"]) await say(network, text);
    const found = network.report("front").faults ?? [];
    assert.deepEqual(found.map(({ reason, serving }) => [reason, serving]), [
      ["NoTargetUp", false],
      ["SetupFailed", false],
    ]);
  }));

test("a list in a rule of route is a pool of that rule, whose targets have the name of the rule", () =>
  withNetwork(async (network) => {
    const [one, two] = [1, 2].map((host) => network.serve(`inet/10.0.0.${host}:9000`).peers);
    const list = '[ inet/10.0.0.1:9000 { to=inet/10.0.0.2:9000 weight=2 name="big" } ]';
    const dead = "[ inet/10.0.0.1:9001 inet/10.0.0.2:9001 ] balance=first";
    await network.listen(
      `{ route=[ { starts="G" connect=${list} } { starts="S" connect=${dead} } { connect=${BACK} } ] }`,
    );
    for (let client = 0; client < 3; client++) await say(network, "GET");
    assert.deepEqual([one?.length, two?.length], [1, 2]);
    await say(network, "SSH");
    const rows = () => {
      return (network.report("front").targets ?? []).map(({ name, state, weight, active, failed }) => {
        return [name, state, weight, active, failed];
      });
    };
    assert.deepEqual(rows(), [
      [BACK, "unknown", 1, 0, 0],
      ['starts="G"/inet/10.0.0.1:9000', "up", 1, 1, 0],
      ['starts="G"/big', "up", 2, 2, 0],
      ['starts="S"/inet/10.0.0.1:9001', "down", 1, 0, 1],
      ['starts="S"/inet/10.0.0.2:9001', "down", 1, 0, 1],
    ]);
    const [fault, ...others] = network.report("front").faults ?? [];
    assert.deepEqual([fault?.reason, fault?.serving, others], ["TargetsDown", true, []], "other rules serve");
    assert.match(fault?.message ?? "", /^0 of 2 up: starts="S"\/inet\/10\.0\.0\.1:9001: 1 attempt refused since /);
    await network.msg("front", `accept { route=[ { starts="G" connect=inet/10.0.0.1:9000 } ] }`);
    const left = rows().filter(([, state, , active]) => state !== "removed" || active !== 0);
    assert.deepEqual(left, [
      ["inet/10.0.0.1:9000", "unknown", 1, 0, 0],
      ['starts="G"/inet/10.0.0.1:9000', "removed", 0, 1, 0],
      ['starts="G"/big', "removed", 0, 2, 0],
    ]);
  }));

test("a listener notes connections whose target has read nothing for ten seconds, until it reads", () =>
  withNetwork(async (network) => {
    const { listener } = network.serve(BACK);
    const servers: Peer["socket"][] = [];
    listener.owner.accepted = (socket) => {
      socket.owner = listener.owner;
      servers.push(socket);
    };
    await network.listen(TO_BACK);
    const clients = [await network.connect(), await network.connect()];
    await network.idle();
    for (const client of clients) client.send("x".repeat(8 * 1024 * 1024));
    await network.memory.advance(9_000);
    const notes = () => network.report("front").notes;
    assert.deepEqual(notes(), [], "a short pause is normal");
    await network.memory.advance(2_000);
    assert.match(notes().join(), /^2 connections wait since [^ ]+Z: the target reads slowly or not at all$/);
    assert.deepEqual(faults(network), [], "it may be intended");
    for (const socket of servers) socket.resume();
    await network.memory.advance(0);
    await network.idle();
    assert.deepEqual(notes(), []);
  }));
