import assert from "node:assert/strict";
import { parseText } from "../../../../src/ascii/parse.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { parseEndpoint } from "../../../../src/socket/endpoint.ts";
import type { Socket } from "../../../../src/socket/socket.ts";
import { Recorder, wholeOctets } from "../../../conformance/recorder.ts";
import { test } from "../../../harness.ts";
import { MemoryEngine } from "../../../support/memory_engine.ts";

const COLLECTED = `
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:514"] }
  frames: { type: frame, messages: [setconfig: { framing: newline }] }
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:601"] }
links:
  - [in, frames:items]
  - [frames:stream, out]
`;

test("a socket of datagrams states that its receiver accepts no data, until it does", async () => {
  await using memory = new MemoryEngine();
  const health = memory.healthEvents();
  const own = memory.memory.openSockets();
  try {
    const open = (hook: string): { readonly socket: Socket; readonly owner: Recorder } => {
      const socket = own.open(parseEndpoint(hook));
      const owner = new Recorder();
      socket.owner = owner;
      return { socket, owner };
    };
    const collector = open("inet/stream/tcp");
    const accepted = Promise.withResolvers<Socket>();
    collector.owner.accepted = (socket) => {
      socket.owner = new Recorder();
      accepted.resolve(socket); // It reads nothing.
    };
    collector.socket.bind(parseText(sockaddr, "inet/127.0.0.1:601"));
    collector.socket.listen(5);
    collector.socket.accept();
    await memory.apply(COLLECTED);
    const connection = await accepted.promise;
    await memory.memory.idle();
    const sender = open("inet/dgram/udp");
    for (let sent = 0; sent < 500; sent++) {
      sender.socket.send(wholeOctets(new Uint8Array(10_000).fill(120)), parseText(sockaddr, "inet/127.0.0.1:514"));
      await memory.memory.idle();
    }
    const faults = async () => (await memory.status("in")).faults.map(({ reason, code }) => `${reason} ${code}`);
    assert.deepEqual(await faults(), [], "it may go on soon");
    await memory.memory.advance(3_000);
    assert.deepEqual(health.at(-1), "Degraded AllDropped", "without a read of the status");
    assert.deepEqual(await faults(), ["AllDropped ENOBUFS"]);
    assert.equal((await memory.status("in")).state, "degraded");
    connection.resume();
    await memory.memory.idle();
    assert.deepEqual(await faults(), []);
    await memory.memory.advance(1_000);
    assert.deepEqual(health.at(-1), "Healthy null");
  } finally {
    await own.close();
  }
});
