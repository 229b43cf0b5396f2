/**
 * Bulk streams that the system passes from socket to socket through a pipe: nothing is lost, duplicated or reordered,
 * whatever the owner decides and the system refuses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Libc } from "../../../src/runtimes/posix/library.ts";
import { LINUX_CONSTANTS } from "../../../src/runtimes/posix/linux.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import type { PlainKind } from "../../conformance/world.ts";
import { World } from "../../conformance/world.ts";
import { test } from "../../harness.ts";
import { Bridge } from "./bridge.ts";
import { machine, openDriven } from "./subject.ts";

const MIB = 1024 * 1024;
const { F_SETPIPE_SZ } = LINUX_CONSTANTS;

/** Counts the pipes that are open. */
class Pipes {
  readonly #open = new Set<number>();
  /** The most that were open at a time. */
  most = 0;

  get count(): number {
    return this.#open.size / 2;
  }

  wrap(libc: Libc): Libc {
    return {
      ...libc,
      pipe: (ends, flags) => {
        const result = libc.pipe(ends, flags);
        if (result === 0) { for (const fd of new Int32Array(ends.buffer)) this.#open.add(fd); }
        this.most = Math.max(this.most, this.count);
        return result;
      },
      close: (fd) => {
        this.#open.delete(fd);
        return libc.close(fd);
      },
    };
  }
}

interface Options {
  readonly kind?: PlainKind;
  readonly wrap?: (libc: Libc) => Libc;
}

/** A test with a relayed stream; every pipe is closed at its end. */
function check(name: string, body: (bridge: Bridge, pipes: Pipes) => Promise<void>, options: Options = {}): void {
  const { kind = "inet/stream", wrap = (libc) => libc } = options;
  test(`${name} (${kind})`, { skip: machine.skip }, async () => {
    const pipes = new Pipes();
    const folder = temporaryFolder();
    const sockets = openDriven((libc) => pipes.wrap(wrap(libc)));
    try {
      await body(await Bridge.open(new World(sockets, folder.path), kind), pipes);
    } finally {
      await sockets.close();
      folder.remove();
    }
    assert.equal(pipes.count, 0);
  });
}

for (const kind of ["inet/stream", "local/stream"] as const) {
  check("A bulk stream passes without being read", async (bridge, pipes) => {
    await bridge.sendInBulk(8 * MIB);
    await bridge.finish();
    assert.equal(bridge.relay.passage.moved + bridge.relay.passage.read, bridge.sender.sent);
    assert.equal(pipes.count, 1, "the pipe is kept");
  }, { kind });

  check("Bytes that are read again follow those in the pipe, and others follow these", async (bridge) => {
    let turn = 0;
    bridge.relay.isDirect = () => ++turn % 3 !== 0;
    let pauses = 0;
    bridge.sink.answer = () => {
      if (++pauses % 16 !== 0) return;
      setTimeout(() => bridge.end.resume());
      return false;
    };
    await bridge.sendInBulk(16 * MIB);
    await bridge.finish();
    assert.ok(bridge.relay.passage.read > 2 * MIB, `${bridge.relay.passage.read} were read`);
  }, { kind });
}

check("What a full receiver does not take is in its queuedBytes, and follows after close()", async (bridge, pipes) => {
  await bridge.sendInBulk(MIB);
  await bridge.stall();
  assert.ok(bridge.to.queuedBytes <= 256 * 1024, `${bridge.to.queuedBytes}`);
  const { moved, read } = bridge.relay.passage;
  assert.equal(pipes.count, 1);
  bridge.to.close();
  bridge.goOn();
  await bridge.sink.until(() => bridge.sink.endedCount === 1);
  assert.equal(bridge.sink.receivedBytes, moved + read);
});

check("Socket.shutdown() ends a receiver behind what is in the pipe", async (bridge) => {
  await bridge.sendInBulk(MIB);
  await bridge.stall();
  const { moved, read } = bridge.relay.passage;
  bridge.receiver.onDrained = () => {};
  bridge.to.shutdown();
  bridge.goOn();
  await bridge.sink.until(() => bridge.sink.endedCount === 1);
  assert.equal(bridge.sink.receivedBytes, moved + read);
});

check("Socket.abort() drops what is in the pipe, and closes the pipe", async (bridge, pipes) => {
  await bridge.sendInBulk(MIB);
  await bridge.stall();
  await new Promise<void>((released) => bridge.to.abort(released));
  assert.equal(bridge.to.queuedBytes, 0);
  assert.equal(pipes.count, 0);
  bridge.goOn();
  await bridge.sink.until(() => bridge.sink.errors.length > 0);
  assert.deepEqual(bridge.sink.errors.map(({ code }) => code), ["ECONNRESET"]);
});

check("A reset of the receiver is reported, and closes the pipe", async (bridge, pipes) => {
  await bridge.sendInBulk(MIB);
  await bridge.stall();
  bridge.end.abort();
  await bridge.receiver.until(() => bridge.receiver.errors.length > 0);
  assert.deepEqual(bridge.receiver.errors.map(({ code }) => code), ["ECONNRESET"]);
  assert.equal(pipes.count, 0);
});

check("A reset of the sender is reported", async (bridge) => {
  await bridge.sendInBulk(MIB);
  bridge.source.abort();
  await bridge.relay.until(() => bridge.relay.errors.length > 0);
  assert.deepEqual(bridge.relay.errors.map(({ code }) => code), ["ECONNRESET"]);
});

/** What the system may refuse from the beginning: all bytes are read. */
const REFUSALS: Readonly<Record<string, (libc: Libc) => Partial<Libc>>> = {
  "no pipe": () => ({ pipe: () => -1 }),
  "no room for pipes": (libc) => ({
    control: (fd, command, argument) => command === F_SETPIPE_SZ ? -1 : libc.control(fd, command, argument),
  }),
  "only small pipes": (libc) => ({
    control: (fd, command, argument) => command === F_SETPIPE_SZ ? 4096 : libc.control(fd, command, argument),
  }),
  "no call to move bytes": (libc) => refusing(libc, "ENOSYS"),
  "a filter of system calls": (libc) => refusing(libc, "EPERM"),
  "a socket that cannot": (libc) => refusing(libc, "EINVAL"),
  "a process that a closed socket would end": () => ({
    signalAction: (_signal, _action, former) => {
      former.fill(0);
      return 0;
    },
  }),
};

const ERRNO = { ENOSYS: 38, EPERM: 1, EINVAL: 22, ENOBUFS: 105 } as const;

/** The library with a `splice` that fails. */
function refusing(libc: Libc, code: keyof typeof ERRNO, fails: () => boolean = () => true): Partial<Libc> {
  let failed = false;
  return {
    splice: (from, fromOffset, to, toOffset, length, flags) => {
      failed = fails();
      return failed ? -1 : libc.splice(from, fromOffset, to, toOffset, length, flags);
    },
    errno: () => {
      const errno = failed ? ERRNO[code] : libc.errno();
      failed = false;
      return errno;
    },
  };
}

for (const [name, refusal] of Object.entries(REFUSALS)) {
  check(`Bytes are read where the system has ${name}`, async (bridge, pipes) => {
    await bridge.sender.send(16 * MIB);
    await bridge.finish();
    assert.equal(bridge.relay.passage.moved, 0);
    assert.ok(pipes.most <= 1);
  }, { wrap: (libc) => ({ ...libc, ...refusal(libc) }) });
}

let calls = 0;
check("Bytes are read for a while when the system refuses to move more", async (bridge) => {
  calls = 0;
  await bridge.sendInBulk(2 * MIB);
  await bridge.sender.send(32 * MIB);
  await bridge.finish();
  assert.ok(calls >= 60);
}, { wrap: (libc) => ({ ...libc, ...refusing(libc, "ENOSYS", () => ++calls === 60) }) });

check("What the system has no memory for is sent later", async (bridge) => {
  calls = 0;
  await bridge.sendInBulk(4 * MIB);
  await bridge.finish();
}, { wrap: (libc) => ({ ...libc, ...refusing(libc, "ENOBUFS", () => ++calls % 40 === 0) }) });

check("Steps of any length pass in order", async (bridge) => {
  calls = 0;
  await bridge.sendInBulk(4 * MIB);
  await bridge.finish();
}, {
  wrap: (libc) => ({
    ...libc,
    splice: (from, fromOffset, to, toOffset, length, flags) =>
      libc.splice(from, fromOffset, to, toOffset, Math.min(length, 1 + (++calls * 7919) % 70_000), flags),
  }),
});

const MSG_OOB = 1;
let sender = -1;
check("An urgent byte in a bulk stream is skipped, and what follows arrives", async (bridge) => {
  [sender, calls] = [-1, 0];
  await bridge.sendInBulk(2 * MIB);
  await bridge.sender.send(16 * MIB);
  await bridge.finish();
  assert.ok(calls > 20, `${calls}`);
}, {
  wrap: (libc) => ({
    ...libc,
    send: (fd, bytes, length, flags) => {
      const sent = libc.send(fd, bytes, length, flags);
      if (sender < 0) sender = fd;
      if (fd === sender && ++calls === 20) libc.send(fd, new Uint8Array(1), 1, flags | MSG_OOB);
      return sent;
    },
  }),
});

test("The host ignores the signal of a write to a closed socket", { skip: machine.skip }, async () => {
  const status = await readFile("/proc/self/status", "utf8");
  const ignored = BigInt(`0x${/SigIgn:\s*([0-9a-f]+)/.exec(status)?.[1] ?? "0"}`);
  assert.ok((ignored >> BigInt(LINUX_CONSTANTS.SIGPIPE - 1)) % 2n === 1n);
});
