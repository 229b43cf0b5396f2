/**
 * Layers on a stream: what passes them, in which order, and that a close waits for what they still have to send.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SharedBuffer } from "../../../src/buffer.ts";
import type { NetgraphError } from "../../../src/errors.ts";
import { NO_UPPER } from "../../../src/runtimes/core/no_owner.ts";
import type { StreamLayer } from "../../../src/runtimes/core/stream_layer.ts";
import { StreamSocket } from "../../../src/runtimes/core/stream_socket.ts";
import type { StreamLower, StreamUpper } from "../../../src/runtimes/core/stream_transport.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import type { Octets, Socket } from "../../../src/socket/socket.ts";
import { octetsOf, Recorder } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";

const ADDRESS = { family: "inet", host: "10.0.0.1", port: 7 } as const;

/** Marks what is sent with a letter, and takes it off what arrives. */
class Marking implements StreamLayer {
  upper: StreamUpper = NO_UPPER;
  lower: StreamLower;
  readonly #letter: string;

  constructor(letter: string, lower: StreamLower) {
    this.#letter = letter;
    this.lower = lower;
  }

  get queuedBytes(): number {
    return this.lower.queuedBytes;
  }

  send(octets: Octets): void | false {
    return this.lower.send(octetsOf(`${this.#letter}${textOf(octets)}`));
  }

  arrived(octets: Octets): void | false {
    const text = textOf(octets);
    assert.equal(text[0], this.#letter);
    return this.upper.arrived(octetsOf(text.slice(1)));
  }

  end(): void {
    this.lower.end();
  }

  resume(): void {
    this.lower.resume();
  }

  finish(): boolean {
    return this.lower.finish();
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

/** Takes one connection, and puts what `layers` makes on both ends of it. */
async function pair(layers: readonly string[]): Promise<{ network: MemoryNetwork; client: Socket; server: Recorder }> {
  const network = new MemoryNetwork();
  const sockets = network.openSockets();
  const listener = sockets.open(parseEndpoint("inet/stream/tcp"));
  const server = new Recorder();
  listener.owner = new (class extends Recorder {
    override accepted(child: Socket): void {
      addLayers(child, layers);
      child.owner = server;
      child.resume();
    }
  })();
  listener.bind(ADDRESS);
  listener.listen(1);
  listener.accept();
  const client = sockets.open(parseEndpoint("inet/stream/tcp"));
  client.owner = new Recorder();
  client.connect(ADDRESS, () => addLayers(client, layers));
  client.send(octetsOf("early "), null);
  await network.idle();
  return { network, client, server };
}

function addLayers(socket: Socket, letters: readonly string[]): void {
  assert.ok(socket instanceof StreamSocket);
  for (const letter of letters) socket.addLayer((lower) => new Marking(letter, lower));
}

function textOf({ buffer, offset, length }: Octets): string {
  return new TextDecoder().decode(buffer.bytes.subarray(offset, offset + length));
}

test("StreamSocket.addLayer() lets all that passes go through the layers, what was sent early too", async () => {
  const { network, client, server } = await pair(["a", "b"]);
  client.send(octetsOf("late"), null);
  await network.idle();
  assert.equal(server.text(), "early late");
});

test("Socket.close() of a socket with layers sends what is queued, and ends the stream", async () => {
  const { network, client, server } = await pair(["a"]);
  client.send({ buffer: new SharedBuffer(new TextEncoder().encode("last")), offset: 0, length: 4 }, null);
  client.close();
  await network.idle();
  assert.deepEqual([server.text(), server.endedCount], ["early last", 1]);
});

test("StreamSocket.addLayer() refuses a socket that is not connected", () => {
  const socket = new MemoryNetwork().openSockets().open(parseEndpoint("inet/stream/tcp"));
  assert.throws(() => addLayers(socket, ["a"]), { code: "ENOTCONN" });
});
