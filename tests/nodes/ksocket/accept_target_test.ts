/**
 * accept with a target: what connections become, who may come, how many, and what is counted of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEFAULT_POLICY } from "../../../src/graph/fan_out/branch_policy.ts";
import { octetsOf, pattern, wholeOctets } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";
import { code, FRONT, type Network, type Peer, withNetwork } from "../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";
const TO_BACK = `{ connect=${BACK} }`;
const SESSION = 'parameters=[ { name="to" } ] entry={ node="upstream" } ' +
  'nodes=[ { name="upstream" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="${with.to}" } ] } ]';

/** How a connection of the test's own has ended: cleanly, by a reset, or not. */
function fate(peer: Peer): "open" | "end" | "reset" {
  if (peer.owner.errors.length > 0) return "reset";
  return peer.owner.endedCount > 0 ? "end" : "open";
}

function counts(network: Network) {
  const { connections, reasons } = network.report("front");
  const { active, total, refused } = connections ?? { active: -1, total: -1, refused: -1 };
  return { active, total, refused, reasons };
}

test("accept with connect relays both ways, half-closes, and leaves no node", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    client.send("question");
    client.socket.shutdown();
    await network.idle();
    const [server] = peers;
    assert.deepEqual([server?.owner.text(), server?.owner.endedCount, fate(client)], ["question", 1, "open"]);
    server?.send("answer");
    server?.socket.shutdown();
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount, fate(client)], ["answer", 1, "end"]);
    assert.deepEqual(network.undeclared(), []);
    assert.deepEqual(counts(network), { active: 0, total: 1, refused: 0, reasons: { eof: 1 } });
    const traffic = network.traffic("front");
    assert.deepEqual([traffic.in.bytes, traffic.out.bytes], [8, 6]);
  }));

test("accept with connect passes a server's end on while the client goes on", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.idle();
    peers[0]?.send("bye");
    peers[0]?.socket.shutdown();
    await network.idle();
    client.send("late");
    client.socket.shutdown();
    await network.idle();
    assert.deepEqual([client.owner.text(), peers[0]?.owner.text()], ["bye", "late"]);
    assert.deepEqual(network.undeclared(), []);
  }));

test("accept keeps a reset a reset, both ways", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const [one, other] = [await network.connect(), await network.connect()];
    await network.idle();
    one.socket.abort();
    peers[1]?.socket.abort();
    await network.idle();
    const [first] = peers;
    assert.ok(first !== undefined);
    assert.deepEqual([fate(first), fate(other)], ["reset", "reset"]);
    assert.deepEqual(counts(network), { active: 0, total: 2, refused: 0, reasons: { reset: 2 } });
    assert.deepEqual(network.undeclared(), []);
  }));

test("accept closes a client at once when the upstream refuses, counted and reported", () =>
  withNetwork(async (network) => {
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.memory.advance(1_000);
    assert.equal(fate(client), "reset");
    assert.deepEqual(counts(network), { active: 0, total: 0, refused: 1, reasons: { refused: 1 } });
    assert.deepEqual(network.report("front").connections?.results, { accepted: 0, upstream_failed: 1 });
    const reported = network.events.filter((event) => event.kind === "connection-failed");
    assert.deepEqual(reported.map(({ reason, error }) => [reason, error.code]), [["refused", "ECONNREFUSED"]]);
    assert.deepEqual(network.undeclared(), []);
  }));

test("accept counts a client that leaves while its upstream still connects as one that left", () =>
  withNetwork(async (network) => {
    const listener = network.serve(BACK, 0).listener;
    listener.socket.close();
    await network.idle();
    const busy = network.socket();
    busy.socket.bind({ family: "inet", host: "127.0.0.1", port: 9000 });
    busy.socket.listen(1);
    await network.connect(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.idle();
    client.socket.abort();
    await network.idle();
    assert.deepEqual(counts(network), { active: 0, total: 0, refused: 0, reasons: { reset: 1 } });
    assert.deepEqual(network.report("front").connections?.results, { accepted: 0, aborted: 1 });
    assert.deepEqual(network.undeclared(), []);
  }));

test("accept gives nothing up that a client says before its upstream is there", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen('{ connect=inet/localhost:9000 messages=[ "setopt { TCP_NODELAY=1 }" ] }');
    const client = await network.connect();
    client.send("early");
    client.socket.shutdown();
    await network.idle();
    assert.deepEqual([peers[0]?.owner.text(), peers[0]?.owner.endedCount], ["early", 1]);
  }));

test("accept refuses a connection whose messages fail", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" messages=[ "setopt { TCP_NODELAY=1 }" ] }');
    network.memory.fail("setopt TCP_NODELAY", "EINVAL", { times: 1 });
    const client = await network.connect();
    await network.idle();
    assert.equal(fate(client), "reset");
    assert.deepEqual(counts(network).reasons, { error: 1 });
    const why = 'Message "setopt { TCP_NODELAY=1 }" to the connection failed with EINVAL';
    const [fault] = network.report("front").faults ?? [];
    assert.deepEqual([fault?.reason, fault?.code, fault?.serving], ["SetupFailed", "EINVAL", false]);
    assert.ok(fault?.message.startsWith(why), fault?.message);
    const reported = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []);
    assert.deepEqual(reported.map(({ node, error }) => [node, error.message.slice(0, why.length)]), [["front", why]]);
    await network.connect();
    await network.idle();
    assert.equal(network.report("front").faults, undefined, "the next one is served");
  }));

test("accept with template uses its newest form, and connections that run go on", () =>
  withNetwork(async (network) => {
    const [old, young] = [network.serve(BACK), network.serve("inet/127.0.0.1:9001")];
    await network.template("session", SESSION);
    await network.listen(`{ template="session" with={ to="${BACK}" } }`);
    const first = await network.connect();
    await network.idle();
    await network.template("session", SESSION.replace("${with.to}", "inet/127.0.0.1:9001"));
    const second = await network.connect();
    await network.idle();
    first.send("1");
    second.send("2");
    await network.idle();
    assert.deepEqual([old.peers[0]?.owner.text(), young.peers[0]?.owner.text()], ["1", "2"]);
    assert.deepEqual(network.undeclared().map(({ origin }) => origin.template), [
      "session/upstream",
      null,
      "session/upstream",
      null,
    ]);
  }));

test("accept with template copies several nodes, joins shared ones, and takes its own away with the clone", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.declare("bus", "hub");
    await network.template(
      "tapped",
      `entry={ node="tap" hook="left" } nodes=[ { name="tap" type="tee" } { name="upstream" type="ksocket" hook="inet/stream/tcp"` +
        ` messages=[ { command="connect" argument="${BACK}" } ] } ] links=[ { one={ node="tap" hook="right" } other={ node="upstream" } }` +
        ` { one={ node="tap" hook="left2right" } other={ node="bus" } } ]`,
    );
    await network.listen('{ template="tapped" }');
    const client = await network.connect();
    client.send("hi");
    await network.idle();
    const bus = network.node("bus");
    assert.deepEqual([peers[0]?.owner.text(), network.hook(bus).inBytes], ["hi", 2]);
    assert.equal(network.undeclared().length, 3);
    client.socket.abort();
    await network.idle();
    assert.deepEqual([network.undeclared(), bus.hooks.size], [[], 0]);
    const [server] = peers;
    assert.equal(server === undefined ? "" : fate(server), "reset");
  }));

test("accept with template puts a value into a quoted string as text, quotes and all", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const send = '{ command="send" argument="\\"<${with.text}>\\"" }';
    const messages = `messages=[ { command="connect" argument="${BACK}" } ${send} ]`;
    const node = `{ name="up" type="ksocket" hook="inet/stream/tcp" ${messages} }`;
    await network.template("session", `parameters=[ { name="text" } ] entry={ node="up" } nodes=[ ${node} ]`);
    await network.listen('{ template="session" with={ text="say \\"hi\\" \\\\" } }');
    await network.connect();
    await network.idle();
    assert.equal(peers[0]?.owner.text(), '<say "hi" \\>');
  }));

test("accept that is refused changes nothing: the target before it stays", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await assert.rejects(network.msg("front", 'accept { template="gone" }'), code("ENOENT"));
    const client = await network.connect();
    client.send("hello");
    await network.idle();
    assert.equal(client.owner.text(), "hello");
  }));

test("accept with max lets those beyond it wait, or refuses them", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" max=1 }');
    const [first, second] = [await network.connect(), await network.connect()];
    second.send("patient");
    await network.idle();
    assert.deepEqual([counts(network).active, fate(second)], [1, "open"]);
    first.socket.close();
    await network.idle();
    assert.deepEqual([second.owner.text(), counts(network).active], ["patient", 1]);
    await network.msg("front", 'accept { peer="echo" max=1 overflow=refuse }', { declared: true });
    const third = await network.connect();
    await network.idle();
    assert.deepEqual([fate(third), counts(network).reasons], ["reset", { eof: 1, limit: 1 }]);
  }));

test("accept with maxPerSource refuses those beyond it, by host", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" maxPerSource=1 }');
    const first = await network.connect();
    const second = await network.connect();
    await network.idle();
    assert.deepEqual([fate(first), fate(second)], ["open", "reset"]);
    assert.match(network.report("front").notes.join(), /^maxPerSource 1 is reached: 127\.0\.0\.1 has 1 .* 1 more was/);
    first.socket.close();
    await network.idle();
    assert.deepEqual(network.report("front").notes, []);
    const third = await network.connect();
    await network.idle();
    assert.equal(fate(third), "open");
  }));

test("accept names what refuses a connection", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" max=1 overflow=refuse }');
    await network.connect();
    const rules = [
      ["max=1 overflow=refuse", /max 1 is reached$/],
      ["maxPerSource=1", /maxPerSource 1 is reached$/],
      ["deny=[127.0.0.1]", /denied by allow or deny$/],
    ] as const;
    for (const [rule, reason] of rules) {
      await network.msg("front", `accept { peer="echo" ${rule} }`, { declared: true });
      await network.connect();
      await network.idle();
      const reported = network.events.flatMap((event) =>
        event.kind === "connection-failed" ? [event.error.message] : []
      );
      assert.match(reported.at(-1) ?? "", reason, rule);
    }
  }));

test("accept with allow and deny: deny wins, others are refused", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    const cases: readonly (readonly [string, "open" | "reset"])[] = [
      ['allow=[ "127.0.0.0/8" ]', "open"],
      ['allow=[ "10.0.0.0/8" ]', "reset"],
      ['deny=[ "127.0.0.1" ]', "reset"],
      ['allow=[ "127.0.0.1" ] deny=[ "127.0.0.0/8" ]', "reset"],
    ];
    await network.listen('{ peer="echo" }');
    for (const [lists, desired] of cases) {
      await network.msg("front", `accept { peer="echo" ${lists.replaceAll('"', "")} }`);
      // One that was asked for under the target before is judged by the new one.
      const client = await network.connect();
      await network.idle();
      assert.equal(fate(client), desired, lists);
    }
    assert.equal(counts(network).reasons["denied"], 3);
  }));

test("accept counts by generation, and forgets connections that have ended", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.port.send("t/:", "setgeneration", "1");
    await network.listen('{ peer="echo" }');
    const first = await network.connect();
    await network.idle();
    await network.port.send("t/:", "setgeneration", "2");
    await network.connect();
    await network.idle();
    assert.deepEqual(network.report("front").connections?.byGeneration, { 1: 1, 2: 1 });
    first.socket.close();
    await network.idle();
    assert.deepEqual(network.report("front").connections?.byGeneration, { 2: 1 });
  }));

test("a listener that is shut down leaves its connections alive, and they end as before", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.listen(TO_BACK);
    const client = await network.connect();
    await network.idle();
    await network.msg("front", "shutdown");
    client.send("on");
    await network.idle();
    assert.equal(peers[0]?.owner.text(), "on");
    client.socket.shutdown();
    peers[0]?.socket.shutdown();
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
  }));

test("a clone that is shut down manually ends with its copy, and is counted", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.listen(TO_BACK);
    await network.connect();
    await network.idle();
    const clone = network.undeclared().find(({ origin }) => origin.template === null);
    await network.msg(clone?.path ?? "", "shutdown");
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
    assert.deepEqual(counts(network), { active: 0, total: 1, refused: 0, reasons: { shutdown: 1 } });
  }));

test("a hub's slow connection is closed at 1 MiB, counted as such, and the others continue", () =>
  withNetwork(async (network) => {
    await network.declare("room", "hub");
    await network.listen('{ peer="room" }');
    const [sender, quick] = [await network.connect(), await network.connect()];
    const slow = network.socket();
    await new Promise((done) => slow.socket.connect({ family: "inet", host: "127.0.0.1", port: 80 }, done));
    await network.idle();
    assert.equal(counts(network).active, 3);
    const bytes = pattern(2 * DEFAULT_POLICY.bytes, 1);
    sender.socket.send(wholeOctets(bytes), null);
    await network.idle();
    sender.socket.send(octetsOf("!"), null);
    await network.idle();
    assert.equal(quick.owner.receivedBytes, bytes.length + 1);
    assert.deepEqual(counts(network), { active: 2, total: 3, refused: 0, reasons: { queue_full: 1 } });
  }));

test("a connection of a hub ends when its peer has ended; the hub's others hear nothing of it", () =>
  withNetwork(async (network) => {
    await network.declare("room", "hub");
    await network.listen('{ peer="room" }');
    const [one, other] = [await network.connect(), await network.connect()];
    await network.idle();
    one.send("bye");
    one.socket.shutdown();
    await network.idle();
    assert.deepEqual([fate(one), fate(other), other.owner.text()], ["end", "open", "bye"]);
    assert.equal(counts(network).active, 1);
  }));

test("a connection of a hub whose peer has ended gets what waits for it first", () =>
  withNetwork(async (network) => {
    await network.declare("room", "hub");
    await network.listen('{ peer="room" }');
    const [sender] = [await network.connect(), await network.connect()];
    const slow = network.socket();
    await new Promise((done) => slow.socket.connect({ family: "inet", host: "127.0.0.1", port: 80 }, done));
    await network.idle();
    const bytes = pattern(DEFAULT_POLICY.bytes, 1);
    sender.socket.send(wholeOctets(bytes), null);
    await network.idle();
    slow.socket.shutdown();
    await network.idle();
    assert.deepEqual([counts(network).active, fate(slow)], [3, "open"]);
    slow.socket.resume();
    await network.idle();
    assert.deepEqual([slow.owner.receivedBytes, fate(slow)], [bytes.length, "end"]);
    assert.deepEqual(slow.owner.bytes(), bytes);
    assert.deepEqual(counts(network), { active: 2, total: 3, refused: 0, reasons: { eof: 1 } });
  }));

test("a connection of a hub whose peer has ended and accepts no data ends after halfCloseTimeout", () =>
  withNetwork(async (network) => {
    await network.declare("room", "hub");
    await network.listen('{ peer="room" }', ["setconfig { halfCloseTimeout=10s }"]);
    const [sender] = [await network.connect(), await network.connect()];
    const stalled = network.socket();
    await new Promise((done) => stalled.socket.connect({ family: "inet", host: "127.0.0.1", port: 80 }, done));
    await network.idle();
    sender.socket.send(wholeOctets(pattern(DEFAULT_POLICY.bytes, 1)), null);
    await network.idle();
    stalled.socket.shutdown();
    await network.memory.advance(9_000);
    assert.equal(counts(network).active, 3);
    await network.memory.advance(4_000);
    assert.deepEqual(counts(network).reasons, { half_close_timeout: 1 });
  }));

test("accept with max lowered while it has asked for one lets that one wait, and takes it when there is room", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" max=2 }');
    const first = await network.connect();
    await network.idle();
    await network.msg("front", 'accept { peer="echo" max=1 }', { declared: true });
    const second = await network.connect();
    second.send("hello");
    await network.idle();
    assert.deepEqual(counts(network), { active: 1, total: 1, refused: 0, reasons: {} });
    assert.equal(fate(second), "open");
    first.socket.shutdown();
    await network.idle();
    assert.deepEqual([second.owner.text(), counts(network)], [
      "hello",
      { active: 1, total: 2, refused: 0, reasons: { eof: 1 } },
    ]);
  }));

test("accept keeps one connection that came beyond a lowered max until it is raised, or others are to be refused", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" max=2 }');
    await network.connect();
    await network.idle();
    await network.msg("front", 'accept { peer="echo" max=1 }', { declared: true });
    const [second, third] = [await network.connect(), await network.connect()];
    await network.idle();
    assert.equal(counts(network).active, 1);
    await network.msg("front", 'accept { peer="echo" max=2 }', { declared: true });
    await network.idle();
    assert.deepEqual([counts(network).active, fate(second), fate(third)], [2, "open", "open"]);
    await network.msg("front", 'accept { peer="echo" max=2 overflow=refuse }', { declared: true });
    await network.idle();
    assert.deepEqual([counts(network).refused, fate(third)], [1, "reset"]);
  }));

test("a listener that is shut down releases a connection that waits for room", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" max=2 }');
    await network.connect();
    await network.idle();
    await network.msg("front", 'accept { peer="echo" max=1 }', { declared: true });
    const second = await network.connect();
    await network.idle();
    await network.msg("front", "shutdown");
    await network.idle();
    assert.equal(fate(second), "reset");
  }));

test("accept refuses messages that no accepted connection follows, and keeps the target before", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    const rows = [
      ["stopt { TCP_NODELAY=1 }", "ENOSYS"],
      ["listen 5", "ENOSYS"],
      ["bind inet/127.0.0.1:1", "ENOSYS"],
      ["connect inet/127.0.0.1:1", "ENOSYS"],
      ["drain", "ENOSYS"],
      ["shutdown", "ENOSYS"],
      ["setopt TCP_NODELAY=1", "EINVAL"],
      ["setopt { TCP_NODLAY=1 }", "ENOENT"],
      ["setconfig { idleTimeout=5 minutes }", "EINVAL"],
      ["setopt", "EINVAL"],
      ["getname 5", "EINVAL"],
    ] as const;
    for (const [message, errno] of rows) {
      await assert.rejects(network.msg("front", `accept { peer="echo" messages=[ "${message}" ] }`), code(errno));
    }
    const client = await network.connect();
    client.send("hello");
    await network.idle();
    assert.equal(client.owner.text(), "hello");
  }));

test("settemplate refuses messages that its nodes do not follow, and keeps the template before", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    await network.template("session", SESSION);
    await network.listen(`{ template="session" with={ to="${BACK}" } }`);
    const rows = [
      ['{ command="conect" argument="inet/127.0.0.1:1" }', "ENOSYS"],
      ['{ command="connect" argument="127.0.0.1:1" }', "EINVAL"],
      ['{ command="setopt" argument="{ TCP_NODLAY=1 }" }', "ENOENT"],
      ['{ command="connect" }', "EINVAL"],
      ['{ command="getname" argument="5" }', "EINVAL"],
    ] as const;
    const desired = '{ command="connect" argument="${with.to}" }';
    for (const [message, errno] of rows) {
      await assert.rejects(network.template("session", SESSION.replace(desired, message)), code(errno), message);
    }
    await assert.rejects(network.template("session", SESSION.replace('"ksocket"', '"kscoket"')), code("ENOENT"));
    await network.connect();
    await network.idle();
    assert.equal(peers.length, 1);
  }));

test("accept keeps the messages of connections in their canonical form", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" messages=[ "  setconfig  {idleTimeout=60}" "send \\"hi\\"" ] }');
    const text = await network.msg("front", "getaccept");
    assert.equal(text, '{ peer="echo" messages=[ "setconfig { idleTimeout=1m }" "send \\"hi\\"" ] }');
    const client = await network.connect();
    await network.idle();
    assert.equal(client.owner.text(), "hi");
  }));

test("accept reports what prevents it from accepting, and has a fault until it accepts a client", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    network.memory.fail(`accept ${FRONT}`, "EMFILE", { times: 3 });
    await network.listen('{ peer="echo" }');
    await network.connect();
    await network.memory.advance(50);
    const faults = () => (network.report("front")?.faults ?? []).map(({ reason, code }) => [reason, code]);
    assert.deepEqual(faults(), [["AcceptPaused", "EMFILE"]]);
    await network.memory.advance(2_000);
    assert.deepEqual(faults(), []);
    // No connection was closed.
    assert.deepEqual(counts(network).reasons, {});
    const reported = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []);
    assert.deepEqual(
      reported.map(({ peer, reason, error }) => [peer, reason, error.code]),
      Array(3).fill(["", "error", "EMFILE"]),
    );
  }));

for (const [name, desired] of [["echo", "hello"], ["hole", ""]] as const) {
  test(`a connection of ${name} is ended both ways when its peer ends`, () =>
    withNetwork(async (network) => {
      await network.declare("n", name);
      await network.listen('{ peer="n" }');
      const client = await network.connect();
      client.send("hello");
      client.socket.shutdown();
      await network.idle();
      assert.deepEqual([client.owner.text(), fate(client)], [desired, "end"]);
      assert.deepEqual(counts(network), { active: 0, total: 1, refused: 0, reasons: { eof: 1 } });
    }));
}

test("accept is judged before it is taken: exactly one of template, peer and connect", () =>
  withNetwork(async (network) => {
    await network.listen("");
    for (
      const target of ["{ }", `{ peer="a" connect=${BACK} }`, '{ peer="a" with={ x="1" } }', "{ allow=[ ] }", "junk"]
    ) {
      await assert.rejects(network.msg("front", `accept ${target}`), code("EINVAL"), target);
    }
  }));

test("accept with a peer that is not there refuses each connection", () =>
  withNetwork(async (network) => {
    await network.listen('{ peer="gone" }');
    const client = await network.connect();
    await network.idle();
    assert.deepEqual([fate(client), counts(network).refused], ["reset", 1]);
    assert.equal(FRONT, network.report("front").local);
  }));

test("accept with max takes the next one when an upstream has refused", () =>
  withNetwork(async (network) => {
    await network.listen(`{ connect=${BACK} max=1 }`);
    const first = await network.connect();
    await network.memory.advance(1_000);
    assert.equal(fate(first), "reset");
    const { peers } = network.serve(BACK);
    const second = await network.connect();
    second.send("hello");
    await network.idle();
    assert.equal(peers[0]?.owner.text(), "hello");
  }));

test("accept with allow matches an IPv4-mapped peer by IPv4 rules", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.declare("six", "inet6/stream/tcp", [
      "bind inet6/[::]:81",
      "listen 5",
      'accept { peer="echo" allow=[ 10.0.0.0/8 ] }',
    ]);
    await network.release();
    const fates: string[] = [];
    for (const host of ["::ffff:10.1.2.3", "::ffff:11.1.2.3", "::1"]) {
      const client = network.socket("inet6/stream/tcp");
      client.socket.bind({ family: "inet6", host, port: 0, zone: null });
      const address = { family: "inet6", host: "::1", port: 81, zone: null } as const;
      await new Promise((done) => client.socket.connect(address, done));
      client.socket.resume();
      await network.idle();
      fates.push(fate(client));
    }
    assert.deepEqual(fates, ["open", "reset", "reset"]);
  }));

test("accept sends messages that refer to replies with the replies in them", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.declare("other", "inet/dgram/udp", ["bind inet/127.0.0.1:7000"]);
    await network.listen('{ peer="echo" messages=[ "send \\"${other.getname}\\"" ] }');
    const client = await network.connect();
    await network.idle();
    assert.equal(client.owner.text(), "inet/127.0.0.1:7000");
  }));

/** A template of a tee between the client and BACK, whose tap goes to a collector. */
const TAPPED = 'entry={ node="tap" hook="left" } nodes=[ { name="tap" type="tee" messages=[ ] } ' +
  '{ name="up" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="inet/127.0.0.1:9000" } ] } ' +
  '{ name="collector" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="inet/127.0.0.1:9100" } ] } ] ' +
  'links=[ { one={ node="tap" hook="right" } other={ node="up" } } { one={ node="tap" hook="left2right" } other={ node="collector" } } ]';

test("a tap's collector that refuses, or does not answer, ends no connection and delays none", async () => {
  for (const fault of ["refuses", "is silent"]) {
    await withNetwork(async (network) => {
      const { peers } = network.serve(BACK);
      // Its one place in the queue is taken: nothing answers.
      if (fault === "is silent") {
        const silent = network.socket();
        silent.socket.bind({ family: "inet", host: "127.0.0.1", port: 9100 });
        silent.socket.listen(1);
        await network.connect("inet/127.0.0.1:9100").catch(() => {});
      }
      await network.template("tapped", TAPPED);
      await network.listen('{ template="tapped" }');
      const client = await network.connect();
      client.send("question");
      await network.memory.advance(100);
      peers[0]?.send("answer");
      await network.memory.advance(100);
      assert.deepEqual([peers[0]?.owner.text(), client.owner.text(), fate(client)], ["question", "answer", "open"]);
      await network.memory.advance(30_000);
      assert.equal(fate(client), "open", fault);
      assert.equal(counts(network).refused, 0);
    });
  }
});

test("a tap's collector that is reset or ends closes no other connection", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const collector = network.serve("inet/127.0.0.1:9100");
    await network.template("tapped", TAPPED);
    await network.listen('{ template="tapped" }');
    const clients = [await network.connect(), await network.connect()];
    for (const client of clients) client.send("one ");
    await network.idle();
    collector.peers[0]?.socket.abort();
    collector.peers[1]?.socket.close();
    await network.idle();
    for (const client of clients) client.send("two");
    await network.idle();
    assert.deepEqual(peers.map(({ owner }) => owner.text()), ["one two", "one two"]);
    assert.deepEqual(clients.map(fate), ["open", "open"]);
  }));

test("a tap's collector that is slow gets all before the end though the connection is over", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const collector = network.serve("inet/127.0.0.1:9100");
    await network.template("tapped", TAPPED);
    await network.listen('{ template="tapped" }');
    const client = await network.connect();
    await network.idle();
    const slow = collector.peers[0];
    assert.ok(slow !== undefined);
    slow.owner.answer = () => {
      network.memory.clock.after(50, () => slow.socket.resume());
      return false;
    };
    const sent = "x".repeat(1_000_000);
    client.send(sent);
    client.socket.shutdown();
    await network.idle();
    peers[0]?.socket.shutdown();
    await network.idle();
    assert.equal(counts(network).active, 0);
    assert.ok(slow.owner.receivedBytes < sent.length);
    await network.memory.advance(20_000);
    assert.deepEqual([slow.owner.receivedBytes, slow.owner.endedCount, fate(slow)], [sent.length, 1, "end"]);
    assert.deepEqual(network.undeclared(), []);
  }));

test("a tap's collector that stands still is reset in the end, and what it missed is counted", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(BACK);
    const collector = network.serve("inet/127.0.0.1:9100");
    await network.template("tapped", TAPPED);
    await network.listen('{ template="tapped" }');
    const client = await network.connect();
    await network.idle();
    const [stalled] = collector.peers;
    assert.ok(stalled !== undefined);
    stalled.owner.answer = () => false;
    const sent = "x".repeat(900_000);
    client.send(sent);
    client.socket.shutdown();
    await network.idle();
    peers[0]?.socket.shutdown();
    await network.idle();
    const hooks = network.undeclared().flatMap((node) => [...node.hooks.values()]);
    await network.memory.advance(62_000);
    assert.equal(fate(stalled), "reset");
    const dropped = hooks.reduce((sum, hook) => sum + (hook.droppedBytes()["half_close_timeout"] ?? 0), 0);
    assert.ok(dropped > 0 && dropped < sent.length, `${dropped}`);
    assert.deepEqual(network.undeclared(), []);
  }));
