/**
 * connect: when it answers, what it refuses, names with several addresses, time limits, advice, and giving up.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../../../src/errors.ts";
import { test } from "../../../harness.ts";
import { octetsOf } from "../../../conformance/recorder.ts";
import { code, type Network, type Peer, withNetwork } from "../../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";

async function errorOf(promise: Promise<unknown>): Promise<NetgraphError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NetgraphError) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

/** A listener whose queue is full, so that who connects waits. */
async function busyServer(network: Network, address = BACK): Promise<Peer> {
  const { listener } = network.serve("inet/127.0.0.1:1", 0);
  listener.socket.close();
  const busy = network.socket(address.startsWith("inet6") ? "inet6/stream/tcp" : "inet/stream/tcp");
  const [host = "", port = ""] = address.replace(/^inet6?\//, "").replace(/[[\]]/g, "").split(/:(?=\d+$)/);
  busy.socket.bind(
    address.startsWith("inet6")
      ? { family: "inet6", host, port: Number(port), zone: null }
      : { family: "inet", host, port: Number(port) },
  );
  busy.socket.listen(1);
  await network.connect(address, busy.socket.endpoint.family === "inet6" ? "inet6/stream/tcp" : "inet/stream/tcp");
  return busy;
}

test("connect answers 0 once it is done, and is refused meanwhile and after", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const node = await network.declare("out", "inet/stream/tcp");
    const reply = network.msg("out", `connect ${BACK}`, { declared: true });
    assert.equal(node.log.entries()[0]?.phase, "waiting");
    await assert.rejects(network.msg("out", `connect ${BACK}`), code("EALREADY"));
    assert.equal(await reply, "0");
    assert.equal(await network.msg("out", "getpeername"), BACK);
    await assert.rejects(network.msg("out", `connect ${BACK}`), code("EISCONN"));
    await assert.rejects(network.msg("out", "connect inet/localhost:9000"), code("EISCONN"));
    assert.equal(node.log.entries().map(({ phase }) => phase).join(), "done");
  }));

test("connect that is refused can be sent again", () =>
  withNetwork(async (network) => {
    const node = await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", `connect ${BACK}`, { declared: true }), code("ECONNREFUSED"));
    assert.equal(node.phase, "failed");
    await assert.rejects(network.msg("out", "getpeername"), code("ENOTCONN"));
    network.serve(BACK);
    assert.equal(await network.msg("out", `connect ${BACK}`, { declared: true }), "0");
    await network.release();
    assert.equal(node.phase, "ready");
  }));

test("connect of a listener is refused", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await assert.rejects(network.msg("front", `connect ${BACK}`), code("EOPNOTSUPP"));
  }));

test("connect tries the answers of a name in order, and names them when all fail", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    const failed = await network.declare("failed", "inet/stream/tcp");
    const error = await errorOf(network.msg("failed", "connect inet/db.example:9000"));
    assert.deepEqual([
      error.code,
      error.message.includes("(inet/10.0.0.1:9000, inet/10.0.0.2:9000, inet/10.0.0.3:9000)"),
      failed.alive,
    ], [
      "ECONNREFUSED",
      true,
      true,
    ]);
    const listener = network.socket();
    listener.socket.bind({ family: "inet", host: "10.0.0.2", port: 9000 });
    listener.socket.listen(1);
    await network.declare("out", "inet/stream/tcp");
    await network.msg("out", "connect inet/db.example:9000");
    assert.equal(await network.msg("out", "getpeername"), "inet/10.0.0.2:9000");
  }));

test("connect to an unknown name is ENOTFOUND", () =>
  withNetwork(async (network) => {
    await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", "connect inet/no.example:1"), code("ENOTFOUND"));
  }));

test("connect tries the next address beside one that does not answer, and the first to connect wins", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1", "10.0.0.2", "127.0.0.1"]);
    for (const host of ["10.0.0.1", "10.0.0.2"]) await busyServer(network, `inet/${host}:9000`);
    const { peers } = network.serve(BACK);
    await network.declare("out", "inet/stream/tcp", ["setopt { SO_KEEPALIVE=1 }"]);
    const reply = network.msg("out", "connect inet/db.example:9000");
    await network.memory.advance(400);
    assert.equal(peers.length, 0);
    await network.memory.advance(100);
    assert.equal(await reply, "0");
    assert.equal(await network.msg("out", "getpeername"), BACK);
    assert.equal(await network.msg("out", "getopt SO_KEEPALIVE"), "{ SO_KEEPALIVE=1 }");
    assert.equal(peers.length, 1);
    // Only the idle time of the connection is watched.
    await network.msg("out", "shutdown");
    await network.idle();
    assert.equal(network.memory.clock.pending, 0);
  }));

test("connect gives every address its part of a short connectTimeout", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1", "127.0.0.1"]);
    await busyServer(network, "inet/10.0.0.1:9000");
    network.serve(BACK);
    await network.declare("out", "inet/stream/tcp", ["setconfig { connectTimeout=90ms }"]);
    const reply = network.msg("out", "connect inet/db.example:9000");
    await network.memory.advance(40);
    assert.equal(await reply, "0");
  }));

test("connect that fails reports what became of each address", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    await busyServer(network, "inet/10.0.0.1:9000");
    await busyServer(network, "inet/10.0.0.3:9000");
    await network.declare("out", "inet/stream/tcp", ["setconfig { connectTimeout=2s }"]);
    const reply = errorOf(network.msg("out", "connect inet/db.example:9000"));
    await network.memory.advance(2_000);
    const { code, message } = await reply;
    assert.equal(code, "ETIMEDOUT");
    assert.equal(
      message,
      'Cannot connect "t/out" to inet/db.example:9000 (inet/10.0.0.1:9000, inet/10.0.0.2:9000: connection was refused, ' +
        "inet/10.0.0.3:9000): no answer within 2 s",
    );
    assert.equal(network.memory.clock.pending, 0);
  }));

test("connect that cannot open another socket waits for the first, then tries the next address", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1", "127.0.0.1"]);
    const busy = await busyServer(network, "inet/10.0.0.1:9000");
    network.serve(BACK);
    await network.declare("out", "inet/stream/tcp");
    network.memory.fail("open inet/stream/tcp", "EMFILE", { times: Infinity });
    const reply = network.msg("out", "connect inet/db.example:9000");
    await network.memory.advance(1_000);
    assert.equal(await network.msg("out", "getstate"), "connecting");
    busy.socket.close();
    await network.idle();
    assert.equal(await reply, "0");
    assert.equal(await network.msg("out", "getpeername"), BACK);
  }));

test("connectTimeout is for all addresses together", () =>
  withNetwork(async (network) => {
    network.memory.name("db.example", ["10.0.0.1"]);
    await busyServer(network, "inet/10.0.0.1:9000");
    network.serve(BACK);
    const node = await network.declare("out", "inet/stream/tcp", ["setconfig { connectTimeout=2s }"]);
    const reply = errorOf(network.msg("out", "connect inet/db.example:9000"));
    await network.memory.advance(1_900);
    assert.equal(node.log.entries().at(-1)?.phase, "waiting");
    await network.memory.advance(200);
    assert.equal((await reply).code, "ETIMEDOUT");
  }));

test("connect that is refused on one loopback names the other if something listens there", () =>
  withNetwork(async (network) => {
    const { listener } = network.serve("inet6/[::1]:9000");
    await network.declare("out", "inet/stream/tcp");
    const error = await errorOf(network.msg("out", `connect ${BACK}`));
    assert.deepEqual([error.code, error.message.includes("inet6/[::1]:9000")], ["ECONNREFUSED", true]);
    listener.socket.close();
    await network.idle();
    const plain = await errorOf(network.msg("out", `connect ${BACK}`));
    assert.deepEqual([plain.code, plain.message.includes("::1")], ["ECONNREFUSED", false]);
  }));

test("connect that is refused stays refused when advice cannot be had", () =>
  withNetwork(async (network) => {
    network.memory.fail("open inet6/stream/tcp", "EAFNOSUPPORT");
    await network.declare("out", "inet/stream/tcp");
    await assert.rejects(network.msg("out", `connect ${BACK}`), code("ECONNREFUSED"));
  }));

test("connect that is refused stays refused when advice takes longer than connectTimeout", () =>
  withNetwork(async (network) => {
    await busyServer(network, "inet6/[::1]:9000");
    await network.declare("out", "inet/stream/tcp", ["setconfig { connectTimeout=50ms }"]);
    const reply = errorOf(network.msg("out", `connect ${BACK}`));
    await network.memory.advance(300);
    assert.equal((await reply).code, "ECONNREFUSED");
  }));

for (
  const [when, server] of [
    ["", undefined],
    [" while advice is sought", "inet6/[::1]:9000"],
  ] as const
) {
  test(`connect in progress is cancelled by a shutdown${when}: the caller is notified, and nothing is left behind`, () =>
    withNetwork(async (network) => {
      await busyServer(network, server);
      await network.declare("out", "inet/stream/tcp");
      const reply = errorOf(network.msg("out", `connect ${BACK}`));
      await network.idle();
      await network.msg("out", "shutdown");
      assert.equal((await reply).code, "ECANCELED");
      assert.equal(network.memory.clock.pending, 0);
    }));
}

test("connect of datagrams completes at once, and may be sent again", () =>
  withNetwork(async (network) => {
    await network.declare("out", "inet/dgram/udp");
    // As the kernel: it replies only to a connect that takes time.
    assert.equal(await network.msg("out", "connect inet/127.0.0.1:9"), null);
    assert.equal(await network.msg("out", "connect inet/127.0.0.1:10"), null);
    assert.equal(await network.msg("out", "getpeername"), "inet/127.0.0.1:10");
  }));

test("connect to tcp/NAME tries the addresses of both families in turn, those of inet6 first", () =>
  withNetwork(async (network) => {
    network.memory.name("both.test", ["10.0.0.1", "10.0.0.2", "2001:db8::1"]);
    const busy = await busyServer(network, "inet6/[2001:db8::1]:9000");
    network.serve("inet/10.0.0.2:9000");
    await network.declare("out", "inet/stream/tcp");
    const reply = network.msg("out", "connect tcp/both.test:9000", { declared: true });
    await network.memory.advance(240);
    await assert.rejects(network.msg("out", "getpeername"), code("ENOTCONN"));
    await network.memory.advance(20);
    assert.equal(await reply, "0", "10.0.0.1 refuses at once, and one that does not answer costs 250 ms");
    assert.equal(await network.msg("out", "getpeername"), "inet/10.0.0.2:9000");
    busy.socket.close();
  }));

test("connect to tcp/NAME takes the family that there is, also another one than that of its hook", () =>
  withNetwork(async (network) => {
    network.memory.name("six.test", ["2001:db8::1"]);
    const { peers } = network.serve("inet6/[2001:db8::1]:9000");
    await network.declare("out", "inet/stream/tcp", ["connect tcp/six.test:9000"]);
    assert.equal(await network.msg("out", "getpeername"), "inet6/[2001:db8::1]:9000");
    network.memory.name("four.test", ["10.0.0.1"]);
    network.serve("inet/10.0.0.1:9000");
    await network.declare("other", "inet6/stream/tcp", ["connect tcp/four.test.:9000"]);
    assert.equal(await network.msg("other", "getpeername"), "inet/10.0.0.1:9000");
    assert.equal(peers.length, 1);
  }));

test("connect to tcp/NAME goes on with the other family where no socket of one can be opened", () =>
  withNetwork(async (network) => {
    network.memory.name("both.test", ["10.0.0.1", "2001:db8::1"]);
    network.serve("inet/10.0.0.1:9000");
    await network.declare("out", "inet/stream/tcp");
    network.memory.fail("open inet6/stream/tcp", "EAFNOSUPPORT");
    await network.msg("out", "connect tcp/both.test:9000", { declared: true });
    assert.equal(await network.msg("out", "getpeername"), "inet/10.0.0.1:9000");
    await network.declare("none", "inet/stream/tcp");
    const error = await errorOf(network.msg("none", "connect tcp/no-such.test:9000"));
    assert.equal(error.code, "ENOTFOUND");
  }));

test("accept { connect=udp/NAME } and a target of a pool leave the family open", () =>
  withNetwork(async (network) => {
    network.memory.name("six.test", ["2001:db8::1"]);
    const { peers } = network.serve("inet6/[2001:db8::1]:9000");
    await network.declare("db", "pool", ["settargets [ tcp/six.test:9000 ]"]);
    await network.listen("{ connect=pool/db }");
    const client = await network.connect();
    client.send("through");
    await network.idle();
    assert.equal(peers[0]?.owner.text(), "through");
    const server = network.socket("inet6/dgram/udp");
    server.socket.bind({ family: "inet6", host: "2001:db8::1", port: 53, zone: null });
    server.socket.resume();
    await network.declare("dns", "inet/dgram/udp", ["bind inet/127.0.0.1:53", "accept { connect=udp/six.test:53 }"]);
    await network.release();
    network.datagrams("inet/127.0.0.1:1001").socket.send(octetsOf("q"), {
      family: "inet",
      host: "127.0.0.1",
      port: 53,
    });
    await network.memory.advance(10);
    assert.equal(server.owner.received.length, 1);
  }));

test("datagrams to udp/NAME go to another address of the name where one refuses them", () =>
  withNetwork(async (network) => {
    network.memory.name("both.test", ["10.0.0.1", "2001:db8::1"]);
    network.memory.fail("send inet6/[2001:db8::1]:53", "ECONNREFUSED", { times: Infinity });
    const server = network.datagrams("inet/10.0.0.1:53");
    await network.declare("dns", "inet/dgram/udp", ["bind inet/127.0.0.1:53", "accept { connect=udp/both.test:53 }"]);
    await network.release();
    const client = network.datagrams("inet/127.0.0.1:1001");
    // A probe of the target that has refused sends an empty one.
    const answered = () => server.owner.received.filter(({ bytes }) => bytes.length > 0).length;
    const ask = async (port: number, times: number) => {
      for (let asked = 0; asked < times; asked++) {
        client.socket.send(octetsOf("q"), { family: "inet", host: "127.0.0.1", port });
        await network.memory.advance(600);
      }
    };
    await ask(53, 4);
    assert.equal(answered(), 2, "a flow begins again");
    // Much later the first address is retried.
    await network.memory.advance(61_000);
    await network.declare("h", "hub");
    await network.declareAt("in", { hook: "inet/dgram/udp", to: "h:in" }, ["bind inet/127.0.0.1:54"]);
    await network.declareAt("out", { hook: "inet/dgram/udp", to: "h:out" }, ["connect udp/both.test:53"]);
    await network.release();
    assert.equal(await network.msg("out", "getpeername"), "inet6/[2001:db8::1]:53");
    await ask(54, 4);
    assert.equal(await network.msg("out", "getpeername"), "inet/10.0.0.1:53", "a node connects again");
    assert.equal(answered(), 4);
  }));
