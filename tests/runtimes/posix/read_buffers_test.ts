import assert from "node:assert/strict";
import { BUFFER_SIZES, BufferPool, LARGE_BUFFER_BYTES } from "../../../src/buffer.ts";
import { alignedOctets, BULK_BYTES, ReadBuffers } from "../../../src/runtimes/posix/read_buffers.ts";
import { octetsOf } from "../../conformance/recorder.ts";
import { World } from "../../conformance/world.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { test } from "../../harness.ts";
import { machine, openDriven } from "./subject.ts";

test("ReadBuffers.take() lends one buffer again and again, and a larger one in bulk", () => {
  const buffers = new ReadBuffers(new BufferPool());
  const usual = buffers.take(false);
  const large = buffers.take(true);
  assert.equal(usual.bytes.length, BULK_BYTES);
  assert.equal(large.bytes.length, LARGE_BUFFER_BYTES);
  assert.equal(buffers.take(false), usual);
  assert.equal(buffers.take(true), large);
});

test("ReadBuffers.take() does not reuse a kept buffer", () => {
  const buffers = new ReadBuffers(new BufferPool());
  const kept = buffers.take(true).retain();
  const next = buffers.take(true);
  assert.notEqual(next, kept);
  assert.ok(kept.exclusive, "it is its keeper's alone");
  assert.equal(buffers.take(true), next);
});

test("ReadBuffers.take() returns no large buffer while much is kept", () => {
  const pool = new BufferPool({ lendBytes: 2 * LARGE_BUFFER_BYTES });
  const buffers = new ReadBuffers(pool);
  const kept = [1, 2, 3].map(() => buffers.take(true).retain());
  assert.ok(pool.scarce);
  assert.equal(buffers.take(true).bytes.length, BUFFER_SIZES[2]);
  for (const buffer of kept) buffer.release();
  assert.equal(buffers.take(true).bytes.length, LARGE_BUFFER_BYTES);
});

test("alignedOctets() begins with a line and not with a page, wherever memory is", () => {
  for (const address of [0, 1, 16, 63, 64, 2784, 4096 - 128, 4096 - 64, 4096 - 65, 4095]) {
    const octets = alignedOctets(2048, { addressOf: () => address });
    const begin = address + octets.byteOffset;
    assert.equal(octets.length, 2048);
    assert.equal(begin % 64, 0, `from ${address}`);
    assert.notEqual(begin % 4096, 0, `from ${address}`);
  }
});

test("PosixConnection reads with more room once a read was full", { skip: machine.skip }, async () => {
  const folder = temporaryFolder();
  const asked: number[] = [];
  const sockets = openDriven((libc) => ({
    ...libc,
    receive: (fd, bytes, length, flags) => {
      asked.push(length);
      // The first read is said to be full, whatever there is.
      return asked.length === 1 ? length : libc.receive(fd, bytes, length, flags);
    },
  }));
  try {
    const world = new World(sockets, folder.path);
    const { client, server } = await world.pair("inet/stream");
    server.socket.resume();
    client.socket.send(octetsOf("x"), null);
    await server.owner.until(() => server.owner.receivedBytes === BULK_BYTES + 1);
    assert.deepEqual(asked.slice(0, 2), [BULK_BYTES, LARGE_BUFFER_BYTES]);
  } finally {
    await sockets.close();
    folder.remove();
  }
});
