/**
 * Layers on a stream, on every runtime: what passes them, in which order, and that a close waits for what they still
 * have to send.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { NetgraphError } from "../../src/errors.ts";
import { UNSET_UPPER } from "../../src/runtimes/core/unset_owner.ts";
import type { StreamLayer } from "../../src/runtimes/core/stream_layer.ts";
import { StreamSocket } from "../../src/runtimes/core/stream_socket.ts";
import type { StreamLower, StreamUpper } from "../../src/runtimes/core/stream_transport.ts";
import { SharedBuffer } from "../../src/buffer.ts";
import type { Octets, Socket } from "../../src/socket/socket.ts";
import { test } from "../harness.ts";
import { octetsOf, pattern, Recorder, wholeOctets } from "./recorder.ts";
import { type PlainKind, type Subject, withWorld, type World } from "./world.ts";

/** More than a system takes at once. */
const LARGE_BYTES = 3 * 1024 * 1024;

/** The tests of one kind of stream. */
export function testLayers(subject: Subject, kind: PlainKind): void {
  const check = (name: string, body: (world: World) => Promise<void>) =>
    test(`${name} (${subject.name}, ${kind})`, { skip: subject.skip }, () => withWorld(subject, body));

  check(
    "StreamSocket.addLayer() lets all that passes go through the layers, what was sent early too",
    async (world) => {
      const { client, server } = await layeredPair(world, kind, [1, 2]);
      client.send(octetsOf("late"), null);
      client.shutdown();
      await server.until(() => server.endedCount === 1);
      assert.equal(server.text(), "early late");
    },
  );

  check("Socket.close() of a socket with layers sends what is queued, and ends the stream", async (world) => {
    const { client, server } = await layeredPair(world, kind, [3]);
    const bytes = pattern(LARGE_BYTES, 1);
    client.send(wholeOctets(bytes), null);
    client.close();
    await server.until(() => server.endedCount === 1);
    const arrived = server.bytes();
    assert.equal(arrived.length, "early ".length + LARGE_BYTES);
    assert.deepEqual(arrived.subarray("early ".length), bytes);
  });

  check("StreamSocket.addLayer() refuses a socket that is not connected", (world) => {
    assert.throws(() => addLayers(world.open(kind).socket, [1]), { code: "ENOTCONN" });
    return Promise.resolve();
  });
}

/** Adds a number to each byte that is sent, times its place in the stream, and takes it off what arrives. */
class Shifting implements StreamLayer {
  upper: StreamUpper = UNSET_UPPER;
  readonly #lower: StreamLower;
  readonly #shift: number;
  #sentBytes = 0;
  #arrivedBytes = 0;

  constructor(shift: number, lower: StreamLower) {
    this.#shift = shift;
    this.#lower = lower;
  }

  get queuedBytes(): number {
    return this.#lower.queuedBytes;
  }

  send(octets: Octets): void | false {
    const bytes = copyOf(octets).map((byte) => byte + this.#shift * this.#sentBytes++);
    return this.#lower.send(wholeOctets(bytes));
  }

  arrived(octets: Octets): void | false {
    const bytes = copyOf(octets).map((byte) => byte - this.#shift * this.#arrivedBytes++);
    return this.upper.arrived({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length });
  }

  end(): void {
    this.#lower.end();
  }

  resume(): void {
    this.#lower.resume();
  }

  finish(): boolean {
    return this.#lower.finish();
  }

  ended(): void {
    this.upper.ended();
  }

  drained(): void {
    this.upper.drained();
  }

  flushed(): void {
    this.upper.flushed();
  }

  failed(error: NetgraphError): void {
    this.upper.failed(error);
  }
}

/** A connection with layers on both ends, over which `early ` was sent before it was there. */
async function layeredPair(
  world: World,
  kind: PlainKind,
  shifts: readonly number[],
): Promise<{ client: Socket; server: Recorder }> {
  const listener = world.listen(kind);
  const server = new Recorder();
  const accepting = new Recorder();
  accepting.accepted = (child) => {
    addLayers(child, shifts);
    child.owner = server;
    child.resume();
  };
  listener.socket.owner = accepting;
  listener.socket.accept();
  const { socket } = world.open(kind);
  const connected = new Promise<NetgraphError | null>((resolve) => {
    socket.connect(listener.address, (error) => {
      if (error === null) addLayers(socket, shifts);
      resolve(error);
    });
  });
  socket.send(octetsOf("early "), null);
  assert.equal(await connected, null);
  return { client: socket, server };
}

function addLayers(socket: Socket, shifts: readonly number[]): void {
  assert.ok(socket instanceof StreamSocket);
  for (const shift of shifts) socket.addLayer((lower) => new Shifting(shift, lower));
}

function copyOf({ buffer, offset, length }: Octets): Uint8Array<ArrayBuffer> {
  return buffer.bytes.slice(offset, offset + length);
}
