/**
 * Bulk streams through a relay on the system's sockets: when they pass directly, and that everything else about them is
 * as if they were read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TapRequest } from "../../../../src/graph/data/tap.ts";
import { snapshotNode } from "../../../../src/graph/snapshot/snapshot_scope.ts";
import { hostTurn } from "../../../../src/runtimes/posix/turn.ts";
import type { Socket } from "../../../../src/socket/socket.ts";
import { test } from "../../../harness.ts";
import { RealRelay } from "../../../support/real_relay.ts";
import { Streamer } from "../../../support/streams.ts";
import { machine } from "../../../runtimes/posix/subject.ts";

const MIB = 1024 * 1024;
const TAP: TapRequest = {
  topology: "t",
  node: "front",
  connection: null,
  client: null,
  direction: "in",
  newOnly: false,
  payload: false,
};

/** A connection through the relay, whose client sends. */
class Stream {
  readonly relay: RealRelay;
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Streamer;
  readonly down: Streamer;

  constructor(relay: RealRelay, { client, server }: { client: Socket; server: Socket }) {
    this.relay = relay;
    this.client = client;
    this.server = server;
    this.up = new Streamer(client);
    this.down = new Streamer(server);
  }

  static async open(relay: RealRelay): Promise<Stream> {
    return new Stream(relay, await relay.pair());
  }

  /** Sends until so many more bytes have passed without being read. */
  sendInBulk(bytes: number): Promise<void> {
    const until = this.relay.moved + bytes;
    return this.up.sendUntil(() => this.relay.moved >= until, Infinity, this.down);
  }

  /** The server reads no more, and the relay has bytes for it. */
  async stall(): Promise<void> {
    const isFull = (): boolean => heldOf(this.relay) > 0;
    this.down.answer = () => false;
    const sending = this.up.sendUntil(isFull, Infinity, this.down);
    while (!isFull()) await hostTurn();
    this.down.wake();
    await sending;
  }

  /** The server reads again. */
  goOn(): void {
    this.down.answer = () => {};
    this.server.resume();
  }

  /** Everything that was sent has arrived. */
  settled(): Promise<void> {
    return this.down.until(() => this.down.receivedBytes === this.up.sent);
  }

  /** Both directions end, the client's first. */
  async finish(): Promise<void> {
    this.client.shutdown();
    await this.down.until(() => this.down.endedCount === 1);
    assert.equal(this.down.receivedBytes, this.up.sent);
    assert.deepEqual(this.down.errors, []);
    this.server.shutdown();
    await this.up.until(() => this.up.endedCount === 1);
  }
}

interface Options {
  readonly accept?: string;
  readonly template?: string;
}

function check(name: string, options: Options, body: (stream: Stream) => Promise<void>): void {
  test(name, { skip: machine.skip }, async () => {
    await using relay = new RealRelay();
    await relay.listen(options.accept, options.template ?? null);
    await body(await Stream.open(relay));
  });
}

check("A bulk stream passes directly, and is counted at both hooks and rows", {}, async (stream) => {
  const { relay } = stream;
  await stream.sendInBulk(8 * MIB);
  await stream.settled();
  const bytes = stream.up.sent;
  for (const node of relay.undeclared()) {
    const [hook] = snapshotNode(node, 0).hooks;
    assert.ok(hook !== undefined);
    const way = node.origin.template === null ? hook.in : hook.out;
    assert.equal(way.bytes, bytes, node.path);
    assert.ok(way.items > 0 && way.items < bytes / 4096, `${way.items} items`);
  }
  assert.equal(relay.traffic(relay.node("front")).in.bytes, bytes);
  await stream.finish();
});

check("A tap that joins and leaves a bulk stream copies all in between, and nothing is lost", {}, async (stream) => {
  const { relay } = stream;
  await stream.sendInBulk(4 * MIB);
  await relay.port.tap({ kind: "open", tap: 1, request: TAP });
  const before = { moved: relay.moved, carried: relay.traffic(relay.node("front")).in.bytes };
  await stream.up.send(4 * MIB);
  await stream.settled();
  // Bytes that were in a pipe have passed before.
  assert.ok(relay.moved - before.moved <= MIB / 8 * 2, `${relay.moved - before.moved} were not copied`);
  const between = relay.traffic(relay.node("front")).in.bytes - before.carried;
  await relay.port.tap({ kind: "close", tap: 1 });
  const records = relay.events.flatMap((event) => event.kind === "tapped" ? event.records : []);
  const copied = records.reduce((sum, record) => sum + (record.kind === "data" ? record.length : 0), 0);
  assert.equal(copied, between);
  await stream.sendInBulk(4 * MIB);
  await stream.finish();
});

check("A byte rate limits a bulk stream that passes directly, from when it is set", {}, async (stream) => {
  const { relay } = stream;
  await stream.sendInBulk(MIB);
  await stream.settled();
  const [clone] = relay.undeclared();
  assert.ok(clone !== undefined);
  await relay.msg(`${clone.path}:`, "setconfig { maxBytesPerSecond=16000000 }");
  const since = performance.now();
  await stream.up.send(8 * MIB);
  await stream.settled();
  // What exceeds a rate passes: a tenth of a second of it, and what one turn moves.
  const least = (8 * MIB - MIB - 1_600_000) / 16_000;
  assert.ok(performance.now() - since >= least, `${performance.now() - since} ms`);
  await stream.finish();
});

const TEE = 'entry={ node="tap" hook="left" } nodes=[ { name="tap" type="tee" } ' +
  '{ name="to" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="TARGET" } ] } ] ' +
  'links=[ { one={ node="tap" hook="right" } other={ node="to" } } ]';

check("A node between the sockets sees all bytes", { accept: '{ template="copy" }', template: TEE }, async (stream) => {
  const { relay } = stream;
  await stream.up.send(16 * MIB);
  await stream.settled();
  assert.equal(relay.moved, 0);
  await stream.finish();
});

check("A stream that a rule of route has chosen passes directly in both directions", {
  accept: "{ route=[ { connect=TARGET } ] }",
}, async (stream) => {
  const { relay, down } = stream;
  await stream.sendInBulk(4 * MIB);
  const until = relay.moved + 4 * MIB;
  await down.sendUntil(() => relay.moved >= until, Infinity, stream.up);
  await stream.up.until(() => stream.up.receivedBytes === down.sent);
  await stream.finish();
});

check("A direction that goes on after the other has ended passes directly", {}, async (stream) => {
  const { relay, up, down } = stream;
  await stream.sendInBulk(MIB);
  stream.client.shutdown();
  await down.until(() => down.endedCount === 1);
  const until = relay.moved + 4 * MIB;
  await down.sendUntil(() => relay.moved >= until, Infinity, up);
  stream.server.shutdown();
  await up.until(() => up.endedCount === 1);
  assert.equal(up.receivedBytes, down.sent);
  assert.equal(down.receivedBytes, up.sent);
  assert.deepEqual([...up.errors, ...down.errors], []);
});

check("A reset passes through a bulk stream whose receiver is full", {}, async (stream) => {
  await stream.sendInBulk(MIB);
  await stream.stall();
  stream.client.abort();
  stream.goOn();
  await stream.down.until(() => stream.down.errors.length > 0);
  assert.deepEqual(stream.down.errors.map(({ code }) => code), ["ECONNRESET"]);
});

check("What is in the pipe is delivered when the client has closed", {}, async (stream) => {
  await stream.sendInBulk(MIB);
  await stream.stall();
  stream.client.close();
  stream.goOn();
  await stream.down.until(() => stream.down.endedCount === 1);
  assert.equal(stream.down.receivedBytes, stream.up.sent);
});

/** Bytes that the nodes of a relay's connections keep. */
function heldOf(relay: RealRelay): number {
  return relay.undeclared().reduce((sum, { behaviour }) => sum + (behaviour.held?.() ?? 0), 0);
}
