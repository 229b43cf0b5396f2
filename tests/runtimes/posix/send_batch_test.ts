import assert from "node:assert/strict";
import { temporaryFolder } from "../../conformance/folder.ts";
import { octetsOf, pattern, wholeOctets } from "../../conformance/recorder.ts";
import { connected, World } from "../../conformance/world.ts";
import type { Libc } from "../../../src/runtimes/posix/library.ts";
import { test } from "../../harness.ts";
import { machine, openDriven } from "./subject.ts";

const { skip } = machine;
const EINVAL = 22;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;

/** Lengths of datagrams: runs of one length, one that stands alone, an empty one, more than one message may carry. */
const LENGTHS = [64, 64, 64, 7, 0, 0, 64, 64, ...Array<number>(80).fill(1200), 1, 2, 2];

/** Sends datagrams on a C library that is made of the system's; how many messages each call was given. */
async function send(wrap: (libc: Libc, calls: number[]) => Partial<Libc>): Promise<readonly number[]> {
  const calls: number[] = [];
  const folder = temporaryFolder();
  const sockets = openDriven((libc) => ({
    ...libc,
    sendMany: (fd, messages, count, flags) => {
      calls.push(count);
      return libc.sendMany(fd, messages, count, flags);
    },
    ...wrap(libc, calls),
  }));
  try {
    const world = new World(sockets, folder.path);
    const to = world.receiver("inet/dgram");
    const from = world.open("inet/dgram");
    const datagrams = LENGTHS.map((length, index) => pattern(length, index));
    for (const bytes of datagrams) from.socket.send(wholeOctets(bytes), to.address);
    await to.owner.until(() => to.owner.received.length === LENGTHS.length);
    assert.deepEqual(to.owner.received.map(({ bytes }) => bytes), datagrams);
    assert.equal(from.socket.sendErrors.size, 0);
  } finally {
    await sockets.close();
    folder.remove();
  }
  return calls;
}

/** Why nothing is joined here; null where it is. */
function cannotJoin(): string | null {
  if (machine.parts === null) return skip;
  const { libc, system: { constants } } = machine.parts;
  const fd = libc.socket(constants.AF_INET, 2, 0);
  const result = libc.getOption(fd, SOL_UDP, UDP_SEGMENT, new Uint8Array(4), new Uint8Array([4, 0, 0, 0]));
  libc.close(fd);
  return result === 0 ? null : "the system does not split datagrams (UDP_SEGMENT)";
}

test("DatagramSender joins neighbours of one length, and they arrive apart", { skip: cannotJoin() }, async () => {
  const calls = await send(() => ({}));
  // 64 of them by the first call: 3, 1, empty, empty, 2, and 56 of which one message carries 54.
  assert.equal(calls[0], 7);
});

test("DatagramSender joins nothing where the system does not know how", { skip }, async () => {
  const calls = await send((libc) => ({
    getOption: (fd, level, ...rest) => level === SOL_UDP ? -1 : libc.getOption(fd, level, ...rest),
  }));
  assert.deepEqual(calls, [64, LENGTHS.length - 64]);
});

test("DatagramSender sends each by itself once what is joined was refused", { skip: cannotJoin() }, async () => {
  let refused = 0;
  const calls = await send((libc, calls) => ({
    sendMany: (fd, messages, count, flags) => {
      calls.push(count);
      return calls.length === 1 ? (refused = -1) : libc.sendMany(fd, messages, count, flags);
    },
    errno: () => refused < 0 && calls.length === 1 ? EINVAL : libc.errno(),
  }));
  assert.deepEqual(calls, [7, 64, LENGTHS.length - 64]);
});

test("DatagramSender does not join what goes to different addresses", { skip }, async () => {
  const folder = temporaryFolder();
  const sockets = openDriven();
  try {
    const world = new World(sockets, folder.path);
    const [a, b, from] = [world.receiver("inet/dgram"), world.receiver("inet/dgram"), world.open("inet/dgram")];
    for (const to of [a, a, b, b, a]) from.socket.send(octetsOf("same"), to.address);
    await Promise.all([
      a.owner.until(() => a.owner.received.length === 3),
      b.owner.until(() => b.owner.received.length === 2),
    ]);
    await connected(from.socket, a.address);
    for (const _ of [1, 2, 3]) from.socket.send(octetsOf("peer"), null);
    await a.owner.until(() => a.owner.received.length === 6);
  } finally {
    await sockets.close();
    folder.remove();
  }
});
