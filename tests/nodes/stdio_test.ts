/**
 * stdio: the process's standard input and output as a node, also for a graph in another thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Graph } from "../../src/engine/library/graph.ts";
import type { GraphSocket } from "../../src/engine/library/graph_socket.ts";
import { RemoteStdio, StdioServer } from "../../src/engine/worker/stdio_channel.ts";
import { NetgraphError } from "../../src/errors.ts";
import { hubType } from "../../src/nodes/hub.ts";
import { stdioType } from "../../src/nodes/stdio.ts";
import type { StandardIo } from "../../src/socket/standard_io.ts";
import { loadTexts } from "../../src/sources/load.ts";
import { test } from "../harness.ts";
import { FakeStdio } from "../support/fake_stdio.ts";
import { octets } from "../support/graph.ts";

/** As it is, and as a graph in another thread has it. */
const WAYS: Readonly<Record<string, (io: StandardIo) => StandardIo>> = {
  here: (io) => io,
  distant: (io) => {
    const distant: RemoteStdio = new RemoteStdio((act) => served.perform(structuredClone(act)));
    const served: StdioServer = new StdioServer(io, (news) => distant.take(structuredClone(news)));
    return distant;
  },
};

for (const [way, through] of Object.entries(WAYS)) {
  const check = (
    criterion: string,
    body: (io: FakeStdio, socket: GraphSocket, graph: Graph) => Promise<void>,
  ): void => {
    test(`stdio (${way}) ${criterion}`, async () => {
      const io = new FakeStdio();
      // The built-in one has none here; it is recognized by its name alone.
      const type = { ...stdioType(through(io)), name: "console" };
      await using graph = await Graph.open({ runtime: "memory", types: [type] });
      await using socket = await graph.socket({ queueBytes: 1000 });
      await socket.mkpeer(".", { type: "console", ourhook: "a", peerhook: "io" });
      await body(io, socket, graph);
    });
  };

  check("sends what is read, and its end", async (io, socket) => {
    io.type("hello");
    io.owner?.ended();
    const from = null;
    assert.deepEqual(await socket.read(), { kind: "data", hook: "a", octets: octets("hello"), whole: false, from });
    assert.deepEqual(await socket.read(), { kind: "eof", hook: "a" });
  });

  check("writes what comes, and pushes back while that is full", async (io, socket) => {
    await socket.write("a", "one");
    await socket.end("a");
    io.full = true;
    const piece = new Uint8Array(300_000).fill(97);
    let room = false;
    const writing = socket.write("a", piece).then(() => room = true);
    await socket.types();
    assert.equal(room, false);
    io.full = false;
    io.owner?.drained();
    await writing;
    await socket.write("a", "two");
    assert.deepEqual(io.written.map((text) => text.length), [3, piece.length, 3]);
  });

  check("reads no more than its neighbour takes", async (io, socket) => {
    let typed = 0;
    while (io.reading) {
      io.type("x".repeat(1000));
      assert.ok(++typed < 1000, "It is read without end");
    }
    for (let read = 0; read < typed; read++) assert.equal((await socket.read())?.kind, "data");
    assert.equal(io.reading, true);
  });

  check("fails with its stream, and gives it back when it ends", async (io, socket, graph) => {
    io.owner?.failed(new NetgraphError("EPIPE", "No reader"));
    assert.deepEqual(await socket.read(), { kind: "abort", hook: "a", reason: "error" });
    await graph.shutdown(
      (await graph.nodes()).filter(({ type }) => type === "console").map(({ id }) => `[${id}]:`)[0] ?? "",
    );
    assert.equal(io.owner, null);
    await socket.mkpeer(".", { type: "console", ourhook: "a", peerhook: "io" });
    assert.notEqual(io.owner, null);
    if (way !== "here") return;
    await assert.rejects(socket.mkpeer(".", { type: "console", ourhook: "b", peerhook: "io" }), { code: "EBUSY" });
  });
}

test("stdio has one hook, and is not to be had where the process has none", async () => {
  const types = [stdioType(new FakeStdio())];
  assert.throws(() => types[0]?.parseHook("x"), { code: "EINVAL" });
  assert.deepEqual([types[0]?.automaticHook(new Set()), types[0]?.automaticHook(new Set(["io"]))], ["io", null]);
  const none = { ...stdioType(null), name: "none" };
  await using other = await Graph.open({ runtime: "memory", types: [none] });
  await assert.rejects(other.mkpeer(".", { type: "none", ourhook: "a", peerhook: "io" }), { code: "EOPNOTSUPP" });
});

test("loadTexts() refuses a stdio in what comes by standard input itself", () => {
  const text = "name: me\nnodes:\n  a: { type: stdio }\n  h: { type: hub }\nlinks: [[a, h]]\n";
  const load = (kind: "stdin" | "file"): readonly string[] => {
    const source = { name: "me", octets: octets(text), kind, location: "-", revision: "" } as const;
    const types = [stdioType(null), hubType];
    return loadTexts([source], { types, env: () => undefined }).diagnostics.map(({ code }) => code);
  };
  assert.deepEqual([load("stdin"), load("file")], [["standard-input"], []]);
});
