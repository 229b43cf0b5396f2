/**
 * Taps: what they copy, and what becomes of a reader that does not read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Tapped, TapRecord, TapRequest } from "../../../../src/graph/data/tap.ts";
import { test } from "../../../harness.ts";
import { FRONT, type Network, sendTo, withNetwork } from "../../../support/network.ts";

const TARGET = "inet/127.0.0.1:9000";
const ALL: TapRequest = {
  topology: "t",
  node: "front",
  connection: null,
  client: null,
  direction: "both",
  newOnly: false,
  payload: true,
};

const open = (network: Network, tap: number, request: Partial<TapRequest> = {}) =>
  network.port.tap({ kind: "open", tap, request: { ...ALL, ...request } });

async function tapped(network: Network, tap: number): Promise<readonly Tapped[]> {
  await network.memory.advance(100);
  return network.events.filter((event) => event.kind === "tapped").filter((event) => event.tap === tap);
}

/** Records without times and IDs, in short. */
async function outlines(network: Network, tap: number): Promise<readonly string[]> {
  return (await tapped(network, tap)).flatMap(({ records }) => records).map(outline);
}

function outline(record: TapRecord): string {
  if (record.kind === "open") return `open ${record.transport} ${record.isNew ? "new" : "running"} ${record.local}`;
  const text = record.kind === "data" ? new TextDecoder().decode(record.octets) : record.how;
  return `${record.direction} ${text}`;
}

test("A tap copies what passes in both directions, the ends too", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await open(network, 1);
    const client = await network.connect();
    client.send("hello");
    await network.memory.advance(10);
    await open(network, 2);
    await open(network, 3, { newOnly: true });
    peers[0]?.send("yes");
    await network.memory.advance(10);
    client.socket.shutdown();
    await network.memory.advance(10);
    peers[0]?.socket.close();
    await network.memory.advance(10);
    const rest = ["out yes", "in eof", "out eof"];
    assert.deepEqual(await outlines(network, 1), [`open stream new ${FRONT}`, "in hello", ...rest]);
    assert.deepEqual(await outlines(network, 2), [`open stream running ${FRONT}`, ...rest]);
    assert.deepEqual(await outlines(network, 3), []);
  }));

test("A tap observes the clients, the connection and the direction that it asks for", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await open(network, 1, { client: "10.0.0.0/8" });
    await open(network, 2, { client: "127.0.0.0/8", direction: "out" });
    await open(network, 3, { node: "other" });
    await open(network, 4, { payload: false });
    (await network.connect()).send("first");
    await network.memory.advance(10);
    const [id = 0] = (await tapped(network, 2)).flatMap(({ records }) => records).map(({ connection }) => connection);
    await open(network, 5, { connection: id });
    (await network.connect()).send("second");
    await network.memory.advance(10);
    for (const peer of peers) peer.socket.abort();
    assert.deepEqual(await outlines(network, 1), []);
    assert.deepEqual(
      (await outlines(network, 2)).map((text) => text.split(" ")[0]),
      ["open", "open", "out", "out"],
    );
    assert.deepEqual(await outlines(network, 3), []);
    const lengths = (await tapped(network, 4)).flatMap(({ records }) => records)
      .flatMap((record) => record.kind === "data" ? [[record.length, record.octets.length]] : []);
    assert.deepEqual(lengths, [[5, 0], [6, 0]]);
    assert.deepEqual(await outlines(network, 5), [`open stream running ${FRONT}`, "out reset"]);
  }));

test("A reader that takes nothing gets a bounded number of copies, and learns what it has lost", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await open(network, 1);
    const client = await network.connect();
    const piece = "x".repeat(16_384);
    const count = 256;
    for (let times = 0; times < count; times++) {
      client.send(piece);
      await network.memory.advance(1);
    }
    const stalled = await tapped(network, 1);
    const seen = dataOf(stalled);
    assert.ok(seen.bytes <= 1 << 20 && seen.bytes > 1 << 19, `${seen.bytes}`);
    assert.equal(peers[0]?.owner.text().length, count * piece.length);
    // It reads: it learns the rest, and gets copies again, with the gap before them.
    for (const { part, cost } of stalled) await network.port.tap({ kind: "taken", tap: 1, part, cost });
    client.send("after");
    const after = (await tapped(network, 1)).slice(stalled.length);
    const total = count * piece.length;
    assert.equal(after.at(-1)?.lost.bytes, total - seen.bytes);
    const [data] = after.flatMap(({ records }) => records).filter((record) => record.kind === "data");
    assert.deepEqual([data?.lostBytes, data?.length], [total - seen.bytes, 5]);
  }));

function dataOf(events: readonly Tapped[]): { readonly bytes: number } {
  const data = events.flatMap(({ records }) => records).filter((record) => record.kind === "data");
  return { bytes: data.reduce((sum, { length }) => sum + length, 0) };
}

test("A tap copies each datagram of a flow", () =>
  withNetwork(async (network) => {
    const server = network.datagrams(TARGET);
    await network.declare("front", "inet/dgram/udp", ["bind inet/127.0.0.1:53", `accept { connect=${TARGET} }`]);
    await network.release();
    await open(network, 1);
    sendTo(network.datagrams("inet/127.0.0.1:1234"), "inet/127.0.0.1:53", "question");
    await network.memory.advance(10);
    assert.equal(server.owner.text(), "question");
    assert.deepEqual(await outlines(network, 1), ["open datagram new inet/127.0.0.1:53", "in question"]);
  }));

test("A closed tap copies nothing, and leaves nothing at the connections", () =>
  withNetwork(async (network) => {
    network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await open(network, 1);
    const client = await network.connect();
    await network.port.tap({ kind: "close", tap: 1 });
    client.send("unseen");
    assert.deepEqual(await outlines(network, 1), [`open stream new ${FRONT}`]);
    assert.equal(network.graph.taps.isOn, false);
  }));
