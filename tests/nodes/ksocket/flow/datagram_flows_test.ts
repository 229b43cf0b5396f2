/**
 * accept with a target on datagrams: a session for each source.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../../harness.ts";
import { octetsOf } from "../../../conformance/recorder.ts";
import { code, FRONT, type Network, type Peer, sendTo, withNetwork } from "../../../support/network.ts";

const UPSTREAM = "inet/127.0.0.1:53";
const UDP = "inet/dgram/udp";

/** A bound socket at {@linkcode FRONT} whose sources become what `target` says. */
async function listen(network: Network, target: string, before: readonly string[] = []) {
  const node = await network.declare("front", UDP, [...before, `bind ${FRONT}`]);
  await network.msg("front", `accept ${target}`, { declared: true });
  await network.release();
  return node;
}

/** A server of datagrams that answers each with its own name before it. */
function serve(network: Network, address = UPSTREAM, name = "re:"): Peer {
  const server = network.datagrams(address);
  const { owner } = server;
  owner.answer = () => {
    const last = owner.received.at(-1);
    if (last !== undefined) server.socket.send(octetsOf(name + new TextDecoder().decode(last.bytes)), last.from);
  };
  return server;
}

/** A client that says `text`. */
function client(network: Network, port: number, text = "hello", host = "127.0.0.1"): Peer {
  const peer = network.datagrams(`inet/${host}:${port}`);
  sendTo(peer, FRONT, text);
  return peer;
}

const active = (network: Network) => network.report("front").connections?.active;
const texts = (peers: readonly Peer[]) => peers.map(({ owner }) => owner.text());

test("accept creates a flow for each source of datagrams, which receives its own answers only", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    const server = serve(network);
    const peers = [client(network, 1001, "a"), client(network, 1002, "b"), client(network, 1001, "c", "127.0.0.2")];
    await network.idle();
    for (const peer of peers) sendTo(peer, FRONT, "!");
    await network.idle();
    assert.deepEqual(texts(peers), ["re:are:!", "re:bre:!", "re:cre:!"]);
    assert.equal(
      new Set(server.owner.received.map(({ from }) => from !== null && "port" in from && from.port)).size,
      3,
    );
    const { connections } = network.report("front");
    assert.deepEqual(connections, { active: 3, total: 3, refused: 0, byGeneration: { 0: 3 } });
    assert.deepEqual(network.traffic("front"), { in: { bytes: 6, items: 6 }, out: { bytes: 24, items: 6 } });
  }));

test("accept of datagrams takes a template, a shared node, and inet6 and local sources", () =>
  withNetwork(async (network) => {
    const nodes = '{ name="e" type="echo" messages=[] }';
    await network.template("back", `entry={ node="e" } nodes=[ ${nodes} ]`);
    await network.declare("six", "inet6/dgram/udp", ["bind inet6/[::1]:80", 'accept { template="back" }']);
    await network.declare("path", "local/dgram/0", ['bind local/"/s"', 'accept { template="back" }']);
    await network.declare("hub", "hub", []);
    await listen(network, '{ peer="hub" }');
    const six = network.socket("inet6/dgram/udp");
    six.socket.bind({ family: "inet6", host: "::1", port: 1001, zone: null });
    const path = network.socket("local/dgram/0");
    path.socket.bind({ family: "local", path: "/c" });
    for (const { socket } of [six, path]) socket.resume();
    sendTo(six, "inet6/[::1]:80", "six");
    sendTo(path, 'local/"/s"', "path");
    const [one, other] = [client(network, 1001, "x"), client(network, 1002, "y")];
    await network.idle();
    assert.deepEqual(texts([six, path, one, other]), ["six", "path", "y", ""]);
  }));

test("sources without a name are one flow, which cannot be answered", () =>
  withNetwork(async (network) => {
    await network.template("back", 'entry={ node="e" } nodes=[ { name="e" type="echo" messages=[] } ]');
    await network.declare("path", "local/dgram/0", ['bind local/"/s"', 'accept { template="back" }']);
    await network.release();
    for (const text of ["one", "other"]) sendTo(network.socket("local/dgram/0"), 'local/"/s"', text);
    await network.idle();
    const { connections, reasons } = network.report("path");
    assert.deepEqual([connections?.active, network.traffic("path").in.items, reasons], [1, 2, {}]);
    const [session] = network.undeclared().filter(({ origin }) => origin.template === null);
    assert.deepEqual(session === undefined ? null : network.hook(session).dropped(), { no_destination: 2 });
  }));

test("a session ends when it idles for idleTimeout, 60 s by default, and answers count as life", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    const server = serve(network);
    const early = client(network, 1001);
    await network.idle();
    await network.memory.advance(40_000);
    client(network, 1002);
    await network.idle();
    const [first] = server.owner.received;
    server.socket.send(octetsOf("late"), first?.from ?? null);
    await network.memory.advance(50_000);
    assert.equal(active(network), 2);
    await network.memory.advance(200_000);
    assert.equal(active(network), 0);
    assert.equal(network.undeclared().length, 0);
    assert.equal(early.owner.text(), "re:hellolate");
    assert.deepEqual(network.report("front").reasons, { idle_timeout: 2 });
  }));

test("setconfig of the listener is what its next sessions begin with", () =>
  withNetwork(async (network) => {
    assert.match(
      await network.msg((await listen(network, `{ connect=${UPSTREAM} }`)).name ?? "", "getconfig") ?? "",
      /idleTimeout=1m\b/,
    );
    client(network, 1001);
    await network.idle();
    await network.msg("front", "setconfig { idleTimeout=1s }");
    client(network, 1002);
    await network.idle();
    await network.memory.advance(2_000);
    assert.equal(active(network), 1);
  }));

test("a session ends with replies, when each of its datagrams has so many answers", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} replies=2 }`);
    const server = network.datagrams(UPSTREAM);
    const peer = client(network, 1001, "A");
    sendTo(peer, FRONT, "AAAA");
    await network.idle();
    const to = server.owner.received[0]?.from ?? null;
    const answer = async (text: string) => {
      server.socket.send(octetsOf(text), to);
      await network.idle();
    };
    for (const text of ["1", "2", "3"]) await answer(text);
    assert.equal(active(network), 1);
    await answer("4");
    await answer("5");
    assert.equal(active(network), 0);
    assert.equal(peer.owner.text(), "1234");
    assert.deepEqual(network.report("front").reasons, { eof: 1 });
    sendTo(peer, FRONT, "again");
    await network.idle();
    assert.deepEqual([active(network), server.owner.text()], [1, "AAAAAagain"]);
  }));

test("beyond max the session makes way that idles longest, counted evicted; overflow=refuse refuses new sources", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} max=2 }`);
    serve(network);
    const [one, other] = [client(network, 1001), client(network, 1002)];
    await network.idle();
    sendTo(one, FRONT, "again");
    await network.idle();
    client(network, 1003);
    await network.idle();
    const ports = network.undeclared().flatMap(({ behaviour }) => behaviour.report?.().peer ?? []);
    assert.deepEqual(ports.filter((peer) => peer !== UPSTREAM).sort(), ["inet/127.0.0.1:1001", "inet/127.0.0.1:1003"]);
    assert.deepEqual(network.report("front").reasons, { evicted: 1 });
    await network.msg("front", `accept { connect=${UPSTREAM} max=2 overflow=refuse }`);
    sendTo(other, FRONT, "me too");
    await network.idle();
    assert.deepEqual(network.report("front").reasons, { evicted: 1, limit: 1 });
    assert.deepEqual([other.owner.text(), active(network)], ["re:hello", 2]);
    await network.msg("front", `accept { connect=${UPSTREAM} max=0 }`);
    sendTo(other, FRONT, "denied");
    await network.idle();
    assert.equal(network.report("front").reasons["limit"], 2);
  }));

test("maxPerSource, allow and deny reject sources; each datagram is counted, one a second is reported", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} maxPerSource=1 deny=[127.0.0.3/32] allow=[127.0.0.0/8] }`);
    const server = serve(network);
    client(network, 1001);
    client(network, 1002);
    client(network, 1001, "b", "127.0.0.2");
    const denied = client(network, 1001, "c", "127.0.0.3");
    sendTo(denied, FRONT, "c");
    await network.idle();
    assert.deepEqual(server.owner.received.length, 2);
    const { connections, reasons } = network.report("front");
    assert.deepEqual([connections?.refused, reasons], [3, { limit: 1, denied: 2 }]);
    const reported = () => network.events.flatMap((event) => event.kind === "connection-failed" ? [event.reason] : []);
    assert.deepEqual(reported().sort(), ["denied", "limit"]);
    await network.memory.advance(1_000);
    sendTo(denied, FRONT, "c");
    await network.idle();
    assert.equal(reported().length, 3);
  }));

test("what a source sends before its session is ready waits, in order, up to maxQueueBytes", () =>
  withNetwork(async (network) => {
    network.memory.name("upstream.test", ["127.0.0.1"]);
    const front = await listen(network, "{ connect=inet/upstream.test:53 }", ["setconfig { maxQueueBytes=1KiB }"]);
    const server = serve(network);
    const peer = client(network, 1001, "1");
    for (const text of ["2", "3", "4".repeat(1024), "5"]) sendTo(peer, FRONT, text);
    await network.idle();
    await network.memory.advance(1_000);
    assert.deepEqual(server.owner.text(), "1235");
    assert.deepEqual(network.hook(front).dropped(), { queue_full: 1 });
    sendTo(peer, FRONT, "6");
    await network.idle();
    assert.equal(peer.owner.text(), "re:1re:2re:3re:5re:6");
  }));

test("a flow whose path is full queues data up to its limit, and does not affect other flows", () =>
  withNetwork(async (network) => {
    const frame = '{ name="lines" type="frame" messages=[] }';
    const to = "inet/127.0.0.1:514";
    const collector =
      `{ name="to" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="${to}" } ] }`;
    const link = '{ one={ node="lines" hook="stream" } other={ node="to" } }';
    await network.template(
      "lines",
      `entry={ node="lines" hook="items" } nodes=[ ${frame} ${collector} ] links=[ ${link} ]`,
    );
    const { peers, listener } = network.serve(to);
    const take = listener.owner.accepted;
    const held: (() => void)[] = [];
    listener.owner.accepted = (socket) => {
      const { resume } = socket;
      socket.resume = () => void held.push(() => resume.call(socket));
      take.call(listener.owner, socket);
    };
    const front = await listen(network, '{ template="lines" }', ["setconfig { maxQueueBytes=64KiB }"]);
    const line = "x".repeat(8_000);
    const peer = client(network, 1001, line);
    for (let count = 1; count < 200; count++) {
      sendTo(peer, FRONT, line);
      await network.memory.advance(1);
    }
    client(network, 1002, "other");
    await network.memory.advance(1);
    const dropped = network.hook(front).dropped()["queue_full"] ?? 0;
    assert.ok(dropped > 0 && dropped < 190, String(dropped));
    for (const resume of held) resume();
    for (let count = 0; count < 200; count++) await network.memory.advance(1);
    assert.deepEqual(peers.map(({ owner }) => owner.receivedBytes), [(200 - dropped) * (line.length + 1), 6]);
  }));

test("a flow whose target cannot be created is refused, and retried by the next datagram", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    const server = serve(network);
    network.memory.fail(`connect ${UPSTREAM}`, "ENETUNREACH");
    const peer = client(network, 1001);
    await network.idle();
    assert.deepEqual([active(network), network.report("front").connections?.refused], [0, 1]);
    assert.equal(network.undeclared().length, 0);
    sendTo(peer, FRONT, "again");
    await network.idle();
    assert.equal(server.owner.text(), "again");
    assert.equal(peer.owner.text(), "re:again");
  }));

test("editing accept and disarm keep running flows, and disarm sends new sources to the hook", () =>
  withNetwork(async (network) => {
    const front = await listen(network, `{ connect=${UPSTREAM} }`);
    serve(network, UPSTREAM, "old:");
    serve(network, "inet/127.0.0.1:54", "new:");
    const old = client(network, 1001);
    await network.idle();
    await network.msg("front", "accept { connect=inet/127.0.0.1:54 }");
    const young = client(network, 1002);
    sendTo(old, FRONT, "!");
    await network.idle();
    assert.deepEqual(texts([old, young]), ["old:helloold:!", "new:hello"]);
    await network.msg("front", "disarm");
    client(network, 1003, "whose");
    sendTo(old, FRONT, "?");
    await network.idle();
    assert.equal(old.owner.text(), "old:helloold:!old:?");
    assert.deepEqual([active(network), network.hook(front).outItems], [2, 1]);
    await network.msg("front", "disarm");
  }));

test("a listener that is shut down ends its flows", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    serve(network);
    for (let port = 1001; port < 1011; port++) client(network, port);
    await network.idle();
    assert.equal(network.undeclared().length, 20);
    await network.msg("front", "shutdown");
    assert.equal(network.undeclared().length, 0);
  }));

test("what waits for a session that ends is counted as dropped", () =>
  withNetwork(async (network) => {
    network.memory.name("upstream.test", ["127.0.0.1"]);
    await listen(network, "{ connect=inet/upstream.test:53 }");
    const peer = network.datagrams("inet/127.0.0.1:1001");
    for (const text of ["one", "two", "three"]) sendTo(peer, FRONT, text);
    await network.idle();
    const hook = network.hook(network.node("front"));
    await network.msg("front", "shutdown");
    assert.deepEqual([hook.dropped(), hook.droppedBytes()], [{ no_destination: 3 }, { no_destination: 11 }]);
  }));

test("drain ends flows, and drops datagrams of new sources meanwhile", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    serve(network);
    const peer = client(network, 1001);
    await network.idle();
    const drained = network.msg("front", "drain { timeout=2s }");
    client(network, 1002);
    sendTo(peer, FRONT, "on");
    await network.idle();
    assert.equal(peer.owner.text(), "re:hellore:on");
    await network.memory.advance(3_000);
    assert.equal(await drained, "{ ended=0 closed=1 }");
    assert.deepEqual(network.report("front").reasons, { drain: 2 });
    await network.msg("front", "undrain");
    sendTo(peer, FRONT, "again");
    await network.idle();
    assert.equal(active(network), 1);
  }));

test("accept of datagrams is refused without a target, unbound, connected and when it is to wait", () =>
  withNetwork(async (network) => {
    await network.declare("front", UDP);
    const accept = (target: string) => network.msg("front", `accept ${target}`.trim());
    await assert.rejects(accept(`{ connect=${UPSTREAM} }`), code("EINVAL"));
    await network.msg("front", `bind ${FRONT}`);
    await assert.rejects(accept(""), code("EINVAL"));
    await assert.rejects(accept(`{ connect=${UPSTREAM} overflow=wait }`), code("EINVAL"));
    await accept(`{ connect=${UPSTREAM} }`);
    await assert.rejects(network.msg("front", `connect ${UPSTREAM}`), code("EOPNOTSUPP"));
    await network.msg("front", "disarm");
    await network.msg("front", `connect ${UPSTREAM}`);
    await assert.rejects(accept(`{ connect=${UPSTREAM} }`), code("EISCONN"));
  }));

test("a session refuses what belongs to its listener's socket", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    client(network, 1001);
    await network.idle();
    const [session] = network.undeclared().filter(({ origin }) => origin.template === null);
    const msg = (message: string) => network.msg(session?.path ?? "", message);
    assert.equal(await msg("getname"), FRONT);
    assert.equal(await msg("getpeername"), "inet/127.0.0.1:1001");
    await assert.rejects(msg("setopt { SO_RCVBUF=1 }"), code("EOPNOTSUPP"));
    await assert.rejects(msg("bind inet/127.0.0.1:81"), code("EINVAL"));
    await assert.rejects(msg("connect inet/127.0.0.1:81"), code("EISCONN"));
    await assert.rejects(msg("accept { connect=inet/127.0.0.1:81 }"), code("EISCONN"));
  }));

test("a thousand sources have a thousand sessions", () =>
  withNetwork(async (network) => {
    await listen(network, `{ connect=${UPSTREAM} }`);
    serve(network);
    const peers = Array.from({ length: 1000 }, (_, index) => client(network, 1000 + index, `${index}`));
    await network.idle();
    assert.deepEqual(texts(peers), peers.map((_, index) => `re:${index}`));
    assert.equal(active(network), 1000);
    await network.memory.advance(120_000);
    assert.equal(network.undeclared().length, 0);
  }));

test("accept on the wildcard answers each client from the address that it asked, from one port too", () =>
  withNetwork(async (network) => {
    await network.declare("front", UDP, ["bind inet/0.0.0.0:80"]);
    await network.msg("front", `accept { connect=${UPSTREAM} }`, { declared: true });
    await network.release();
    serve(network);
    const peer = network.datagrams("inet/127.0.0.9:1001");
    for (const host of ["127.0.0.1", "127.0.0.2", "127.0.0.1"]) sendTo(peer, `inet/${host}:80`, host);
    await network.idle();
    const answers = peer.owner.received.map(({ bytes, from }) => {
      return [new TextDecoder().decode(bytes), from !== null && "host" in from ? from.host : null];
    });
    const desired = ["127.0.0.1", "127.0.0.2", "127.0.0.1"].map((host) => [`re:${host}`, host]);
    assert.deepEqual(answers, desired);
    assert.equal(active(network), 2);
  }));

test("setconfig { moveFlows } moves running flows when the target changes, and when its template does", () =>
  withNetwork(async (network) => {
    const template = (address: string): Promise<void> => {
      const messages = `[ { command="connect" argument="${address}" } ]`;
      return network.template(
        "back",
        `entry={ node="e" } nodes=[ { name="e" type="ksocket" hook="${UDP}" messages=${messages} } ]`,
      );
    };
    const [one, other] = ["inet/127.0.0.1:5301", "inet/127.0.0.1:5302"];
    serve(network, UPSTREAM, "up:");
    serve(network, one, "one:");
    serve(network, other, "other:");
    await listen(network, `{ connect=${UPSTREAM} }`);
    const peer = client(network, 1001, "a");
    await network.idle();
    await template(one);
    await network.msg("front", 'accept { template="back" }');
    sendTo(peer, FRONT, "b");
    await network.idle();
    await network.msg("front", "setconfig { moveFlows=true }");
    await network.msg("front", 'accept { template="back" max=9 }');
    sendTo(peer, FRONT, "c");
    await network.idle();
    await template(other);
    sendTo(peer, FRONT, "d");
    await network.idle();
    assert.equal(peer.owner.text(), "up:aup:bone:cother:d");
    assert.equal(active(network), 1);
  }));

test("a note reports where the runtime does not report whether a target rejects datagrams", () =>
  withNetwork(async (network) => {
    const unseen = [
      "runtime memory does not report refused datagrams, so it is not known whether the target accepts them",
    ];
    await listen(network, `{ connect=${UPSTREAM} }`);
    assert.deepEqual(network.report("front").notes, unseen);
    await network.declare("out", UDP, [`connect ${UPSTREAM}`]);
    assert.deepEqual(network.report("out").notes, unseen);
    await network.declare("bound", UDP, ["bind inet/127.0.0.1:1053"]);
    assert.deepEqual(network.report("bound").notes, []);
  }));
