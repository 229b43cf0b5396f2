/**
 * The library's graph and its sockets, in memory, over the host's own sockets and in a thread of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Graph } from "../../../src/engine/library/graph.ts";
import type { GraphSocket } from "../../../src/engine/library/graph_socket.ts";
import { KSOCKET_COMMANDS } from "../../../src/nodes/ksocket/ksocket_commands.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import type { RuntimeName } from "../../../src/socket/capability.ts";
import { test } from "../../harness.ts";
import { machine } from "../../runtimes/posix/subject.ts";
import { octets } from "../../support/graph.ts";

const { socketRuntimes } = await detectRuntime();
const RUNTIMES: readonly RuntimeName[] = ["memory", ...socketRuntimes.filter((name) => name !== "memory")];

/** Runs a test over every runtime there is. */
function everywhere(criterion: string, body: (graph: Graph) => Promise<void>): void {
  for (const runtime of RUNTIMES) {
    const skip = runtime === "posix" ? machine.skip : null;
    test(`${criterion} over ${runtime}`, { skip }, async () => {
      await using graph = await Graph.open({ runtime });
      await body(graph);
    });
  }
}

/** The next item of data, as text. */
async function read(socket: GraphSocket): Promise<string> {
  const item = await socket.read();
  assert.equal(item?.kind, "data");
  return item?.kind === "data" ? new TextDecoder().decode(item.octets) : "";
}

async function inMemory(body: (graph: Graph, network: MemoryNetwork) => Promise<void>): Promise<void> {
  const network = new MemoryNetwork();
  await using graph = await Graph.open({ sockets: network.openSockets(), clock: network.clock });
  await body(graph, network);
}

everywhere("GraphSocket sends datagrams to an address, and receives their source", async (graph) => {
  await using socket = await graph.socket({ name: "me" });
  for (const hook of ["a", "b"]) {
    await socket.mkpeer(".", { type: "ksocket", ourhook: hook, peerhook: "inet/dgram/udp" });
    await socket.msg(hook, "bind inet/127.0.0.1:0");
  }
  const { text: a } = await socket.msg("a", "getname");
  const { text: b } = await socket.msg("b", "getname");
  await socket.write("a", "question", { to: b ?? "" });
  const question = await socket.read();
  assert.ok(question?.kind === "data" && question.from !== null);
  assert.deepEqual([question.hook, question.octets, question.whole], ["b", octets("question"), true]);
  assert.equal(question.from.address, a);
  await socket.write("b", "answer", { to: question.from });
  assert.equal(await read(socket), "answer");
  assert.equal((await graph.nodes("me:a"))[0]?.type, "ksocket");
});

everywhere(
  "GraphSocket takes connections with accept, as mpd does: name the clone, hook it, arm again",
  async (graph) => {
    await using socket = await graph.socket();
    await socket.mkpeer(".", { type: "ksocket", ourhook: "listen", peerhook: "inet/stream/tcp" });
    await socket.msg("listen", "bind inet/127.0.0.1:0");
    await socket.msg("listen", { commands: KSOCKET_COMMANDS, command: "listen", args: 8 });
    const { value: address } = await socket.msg("listen", {
      commands: KSOCKET_COMMANDS,
      command: "getname",
      args: null,
    });
    assert.ok(address !== null);
    for (const name of ["first", "second"]) {
      const accepted = socket.msg("listen", { commands: KSOCKET_COMMANDS, command: "accept", args: null });
      await graph.mkpeer(".", { type: "ksocket", ourhook: name, peerhook: "inet/stream/tcp" });
      await graph.msg(name, { commands: KSOCKET_COMMANDS, command: "connect", args: address });
      const { value } = await accepted;
      assert.ok(value !== null);
      const clone = `[${value.nodeid.toString(16)}]:`;
      await socket.name(clone, `mpd-${name}`);
      await socket.connect(".", { path: clone, ourhook: name, peerhook: "data" });
      await graph.msg(name, `send "${name}"`);
      assert.equal(await read(socket), name);
    }
    await graph.shutdown("first");
    assert.deepEqual(await socket.read(), { kind: "eof", hook: "first" });
  },
);

everywhere("GraphSocket.send() gives a number, and the reply comes under it", async (graph) => {
  await using socket = await graph.socket();
  await socket.mkpeer(".", { type: "ksocket", ourhook: "listen", peerhook: "inet/stream/tcp" });
  await socket.msg("listen", "bind inet/127.0.0.1:0");
  await socket.msg("listen", "listen 8");
  const sent = await socket.send("listen", "accept");
  assert.ok("token" in sent);
  await assert.rejects(socket.msg("listen", "accept"), { code: "EALREADY" });
  assert.deepEqual(Object.keys(await socket.send("listen", "getname")), ["reply"]);
  const address = (await socket.msg("listen", "getname")).text ?? "";
  await graph.mkpeer(".", { type: "ksocket", ourhook: "c", peerhook: "inet/stream/tcp" });
  await graph.msg("c", `connect ${address}`);
  const late = await socket.reply();
  assert.deepEqual([late?.kind, late?.token], ["reply", sent.token]);
  assert.match(late?.kind === "reply" ? late.reply.text ?? "" : "", /^\{ nodeid=0x[0-9a-f]+ addr=/);
});

test("GraphSocket closes what hangs on it, and nothing else", () =>
  inMemory(async (graph) => {
    const socket = await graph.socket({ name: "me" });
    await socket.mkpeer(".", { type: "hub", ourhook: "a", peerhook: "x" });
    await socket.mkpeer(".", { type: "hub", ourhook: "b", peerhook: "x" });
    await socket.msg("b", "setpersistent");
    await socket.name("b", "stays");
    const reading = socket.read();
    const waiting = socket.reply();
    await socket.close();
    assert.deepEqual([await reading, await waiting], [null, null]);
    assert.deepEqual((await graph.nodes()).map(({ name }) => name), [null, "stays"]);
    await assert.rejects(socket.msg(".", "nodeinfo"), { code: "ENXIO" });
    for await (const item of socket) assert.fail(item.kind);
  }));

test("GraphSocket.msg() fails with what waits when its socket is closed", () =>
  inMemory(async (graph) => {
    const socket = await graph.socket();
    await socket.mkpeer(".", { type: "ksocket", ourhook: "listen", peerhook: "inet/stream/tcp" });
    for (const message of ["bind inet/127.0.0.1:80", "listen 8"]) await socket.msg("listen", message);
    const accepted = assert.rejects(socket.msg("listen", "accept"));
    await socket.close();
    await accepted;
  }));

test("GraphSocket.msg() sends values as they stand", () =>
  inMemory(async (graph) => {
    await using socket = await graph.socket();
    await socket.mkpeer(".", { type: "ksocket", ourhook: "u", peerhook: "inet/dgram/udp" });
    await assert.rejects(socket.msg("u", "nonsense"), { code: "ENOSYS" });
    // A value is no text: what looks like a reference in it is none.
    const path = { family: "local", path: "/tmp/${a.getname}" } as const;
    await socket.mkpeer(".", { type: "ksocket", ourhook: "l", peerhook: "local/stream/0" });
    await socket.msg("l", { commands: KSOCKET_COMMANDS, command: "bind", args: path });
    assert.deepEqual(
      (await socket.msg("l", { commands: KSOCKET_COMMANDS, command: "getname", args: null })).value,
      path,
    );
  }));

for (const [overflow, kept] of [["drop-newest", ["1", "2"]], ["drop-oldest", ["4", "5"]]] as const) {
  test(`GraphSocket keeps to its bound and counts what it drops: ${overflow}`, () =>
    inMemory(async (graph) => {
      await using socket = await graph.socket({ overflow, queueBytes: 2 * (64 + 1) });
      await socket.mkpeer(".", { type: "echo", ourhook: "a", peerhook: "x" });
      for (const text of ["1", "2", "3", "4", "5"]) await socket.write("a", text);
      await socket.end("a");
      assert.equal(socket.dropped, 3);
      assert.deepEqual([await read(socket), await read(socket)], kept);
      assert.deepEqual(await socket.read(), { kind: "eof", hook: "a" });
    }));
}

test("GraphSocket blocks the path when it is full, and lets it go on when it was read", () =>
  inMemory(async (graph) => {
    await using socket = await graph.socket({ queueBytes: 1000 });
    await socket.mkpeer(".", { type: "echo", ourhook: "a", peerhook: "x" });
    await socket.write("a", new Uint8Array(100));
    let room = false;
    const writing = socket.write("a", new Uint8Array(900)).then(() => room = true);
    await socket.types();
    assert.equal(room, false);
    await assert.rejects(socket.write("a", "x"), { code: "ENOBUFS" });
    await socket.read();
    await socket.read();
    await writing;
    await socket.write("a", "x");
    assert.deepEqual([await read(socket), socket.dropped], ["x", 0]);
  }));

test("Graph drops what comes to its own socket, so that no path waits for it", () =>
  inMemory(async (graph) => {
    await using socket = await graph.socket();
    await graph.mkpeer(".", { type: "hub", ourhook: "a", peerhook: "x" });
    await graph.name("a", "bus");
    await socket.connect(".", { path: "bus:", ourhook: "a", peerhook: "y" });
    for (let count = 0; count < 100; count++) await socket.write("a", new Uint8Array(100_000));
    await graph.rmhook("bus:", "y");
    assert.deepEqual(await socket.read(), { kind: "unhooked", hook: "a" });
    assert.deepEqual((await graph.types()).find(({ name }) => name === "hub"), { name: "hub", nodes: 1 });
  }));

test("GraphSocket.write() rejects with what a ksocket has against the data", async () => {
  await using graph = await Graph.open({ runtime: "memory" });
  await using socket = await graph.socket();
  await socket.mkpeer(".", { type: "ksocket", ourhook: "u", peerhook: "inet/dgram/udp" });
  await assert.rejects(socket.write("u", "x"), { code: "ENOTCONN" });
  await socket.msg("u", "connect inet/127.0.0.1:9");
  await socket.write("u", "x");
  await assert.rejects(socket.write("u", "x", { to: "inet/127.0.0.1:9" }), { code: "EISCONN" });
  await assert.rejects(socket.write("u", new Uint8Array(70_000)), { code: "EMSGSIZE" });
  await socket.mkpeer(".", { type: "ksocket", ourhook: "s", peerhook: "inet/stream/tcp" });
  await assert.rejects(socket.write("s", "x"), { code: "ENOTCONN" });
  await socket.mkpeer(".", { type: "tee", ourhook: "t", peerhook: "left" });
  await socket.mkpeer("t", { type: "ksocket", ourhook: "right", peerhook: "inet/dgram/udp" });
  await assert.rejects(socket.write("t", "x"), { code: "ENOTCONN" });
  // What one of several has against it is not for the sender.
  await socket.mkpeer(".", { type: "hub", ourhook: "h", peerhook: "a" });
  await socket.mkpeer("h", { type: "ksocket", ourhook: "b", peerhook: "inet/dgram/udp" });
  await socket.write("h", "x");
});

test("GraphSocket.write() rejects with what other nodes have against the data, as in netgraph", async () => {
  await using graph = await Graph.open({ runtime: "memory" });
  await using socket = await graph.socket();
  const refusals = { one2many: ["one", "ENOTCONN"], split: ["out", "EINVAL"], bridge: ["link0", "EINVAL"] } as const;
  for (const [type, [peerhook, code]] of Object.entries(refusals)) {
    await socket.mkpeer(".", { type, ourhook: type, peerhook });
    await assert.rejects(socket.write(type, "x"), { code }, type);
  }
});
