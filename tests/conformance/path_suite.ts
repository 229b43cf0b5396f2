/**
 * How every runtime handles a local socket's path that another program removes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { NetgraphError } from "../../src/errors.ts";
import { featureSupport } from "../../src/socket/capability.ts";
import { AddressCodec } from "../../src/runtimes/posix/sockaddr.ts";
import { test } from "../harness.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { octetsOf } from "./recorder.ts";
import { connected, type Owned, type Subject, withWorld, type World } from "./world.ts";

/** The tests of paths. */
export function testPaths(subject: Subject): void {
  for (const kind of ["local/stream", "local/dgram"] as const) {
    if (featureSupport(subject.capabilities, kind, "open") === "no") continue;
    const check = (name: string, body: (world: World, bind: Bind) => Promise<void>) =>
      test(`${name} (${subject.name}, ${kind})`, () => {
        return withWorld(subject, (world) => body(world, (path) => bindPath(world, kind, path)));
      });

    check("SocketOwner.failed() reports that the path was removed, and others continue", async (world, bind) => {
      const [first, second] = [bind(), bind()];
      subject.removePath(first.path);
      await first.owner.until(() => first.owner.errors.length === 1);
      const [error] = first.owner.errors;
      assert.deepEqual([error?.code, error?.retryable], ["EADDRNOTAVAIL", true]);
      assert.ok(error?.message.includes(`"${first.path}"`), error?.message);
      assert.deepEqual(second.owner.errors, []);
      await reach(world, second);
      // The path is free for the next one.
      await reach(world, bind(first.path));
    });

    check("SocketOwner.failed() reports that another socket has the path, which stays", async (world, bind) => {
      const first = bind();
      subject.removePath(first.path);
      const second = bind(first.path);
      await first.owner.until(() => first.owner.errors.length === 1);
      assert.equal(first.owner.errors[0]?.code, "EADDRNOTAVAIL");
      await new Promise<void>((resolve) => first.socket.close(resolve));
      await reach(world, second);
      assert.deepEqual(second.owner.errors, []);
    });

    check("Socket.close() keeps a path of another program", async (world, bind) => {
      const first = bind();
      if (kind === "local/stream") first.socket.accept();
      subject.removePath(first.path);
      const second = bind(first.path);
      await new Promise<void>((resolve) => first.socket.close(resolve));
      await reach(world, second);
      assert.deepEqual([...first.owner.errors, ...second.owner.errors], []);
    });
  }

  testMode(subject);
  testLiving(subject);
  test(`A connection outlives the path of its listener (${subject.name})`, () =>
    withWorld(subject, async (world) => {
      const { client, server, listener } = await world.pair("local/stream");
      const address = listener.socket.local;
      assert.ok(address?.family === "local");
      subject.removePath(address.path);
      await listener.owner.until(() => listener.owner.errors.length === 1);
      server.socket.resume();
      client.socket.send(octetsOf("still here"), null);
      await server.owner.until(() => server.owner.text() === "still here");
      assert.deepEqual([...client.owner.errors, ...server.owner.errors], []);
    }));
}

/** Modes that the usual umask would narrow, and one that it would not. */
const MODES = [0o600, 0o666, 0o777] as const;

function testMode(subject: Subject): void {
  if (subject.name === "memory") return;
  for (const kind of ["local/stream", "local/dgram"] as const) {
    if (featureSupport(subject.capabilities, kind, "open") === "no") continue;
    test(`Socket.setPathMode() decides who may connect, before and after (${subject.name}, ${kind})`, () =>
      withWorld(subject, async (world) => {
        for (const mode of MODES) {
          const address = world.free(kind);
          assert.ok(address.family === "local");
          const { socket, owner } = world.open(kind);
          socket.setPathMode(mode);
          socket.bind(address);
          if (kind === "local/stream") socket.listen(16);
          else socket.resume();
          assert.equal(modeOf(address.path), mode);
          await reach(world, { socket, owner, path: address.path });
          socket.setPathMode(0o640);
          assert.equal(modeOf(address.path), 0o640);
          assert.deepEqual(socket.local, address);
          // Nothing is left behind, beside it or at its path.
          const before = readdirSync(dirname(address.path)).length;
          await new Promise<void>((resolve) => socket.close(resolve));
          assert.equal(readdirSync(dirname(address.path)).length, before - 1);
          assert.equal(existsSync(address.path), false);
        }
        // What is in the way stays.
        const taken = bindPath(world, kind, undefined);
        const { socket } = world.open(kind);
        socket.setPathMode(0o600);
        const bind = (): void => {
          socket.bind({ family: "local", path: taken.path });
          socket.listen(16);
        };
        assert.throws(bind, { code: "EADDRINUSE" });
        await reach(world, taken);
        socket.abort();
      }));
  }
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Types of sockets, in the numbers of Linux. */
const TYPES = { stream: 1, dgram: 2, seqpacket: 5 } as const;

/** Sockets that live, each in a way that a connect may take for dead. */
const LIVING: readonly { readonly name: string; readonly type: keyof typeof TYPES; readonly backlog: number | null }[] =
  [
    { name: "bound", type: "stream", backlog: null },
    { name: "datagrams", type: "dgram", backlog: null },
    { name: "packets", type: "seqpacket", backlog: 1 },
    { name: "full", type: "stream", backlog: 0 },
  ];

function testLiving(subject: Subject): void {
  if (subject.name === "memory") return;
  test(`SocketRuntime.removeStale() leaves what is no socket, and reports it (${subject.name})`, () =>
    withWorld(subject, async (world) => {
      const free = world.free("local/stream");
      assert.ok(free.family === "local");
      const { path } = free;
      writeFileSync(path, "kept");
      const error = await new Promise<NetgraphError | null>((resolve) => world.sockets.removeStale(path, resolve));
      assert.equal(error?.code, "EEXIST");
      assert.equal(readFileSync(path, "utf8"), "kept");
    }));
  const { skip } = machine;
  test(
    `SocketRuntime.removeStale() removes only what a dead process left behind (${subject.name})`,
    { skip },
    () =>
      withWorld(subject, async (world) => {
        const { parts } = machine;
        assert.ok(parts !== null);
        const { libc, system } = parts;
        const codec = new AddressCodec(libc, system);
        const open: number[] = [];
        const make = (type: number, call: (fd: number) => number): void => {
          const fd = libc.socket(system.constants.AF_LOCAL, type | system.constants.SOCK_NONBLOCK, 0);
          open.push(fd);
          assert.ok(call(fd) >= 0);
        };
        const remove = (path: string): Promise<string | null> => {
          return new Promise((resolve) => world.sockets.removeStale(path, (error) => resolve(error?.code ?? null)));
        };
        const free = world.free("local/stream");
        assert.ok(free.family === "local");
        try {
          for (const { name, type, backlog } of LIVING) {
            const address = codec.pack({ family: "local", path: `${free.path}-${name}` });
            make(
              TYPES[type],
              (fd) => libc.bind(fd, address, address.length) + (backlog === null ? 0 : libc.listen(fd, backlog)),
            );
            // Linux lets one more wait than was asked for.
            if (name === "full") make(TYPES.stream, (fd) => libc.connect(fd, address, address.length));
          }
          for (const { name } of LIVING) {
            const path: string = `${free.path}-${name}`;
            assert.deepEqual([name, await remove(path), existsSync(path)], [name, "EADDRINUSE", true]);
          }
        } finally {
          for (const fd of open) libc.close(fd);
        }
        for (const { name } of LIVING) {
          const path: string = `${free.path}-${name}`;
          assert.deepEqual([name, await remove(path), existsSync(path)], [name, null, false]);
        }
      }),
  );
}

/** A socket that listens or receives, and its path. */
interface AtPath extends Owned {
  readonly path: string;
}

type Bind = (path?: string) => AtPath;

function bindPath(world: World, kind: "local/stream" | "local/dgram", path: string | undefined): AtPath {
  const address = path === undefined ? world.free(kind) : { family: "local", path } as const;
  assert.ok(address.family === "local");
  const { socket, owner } = world.open(kind);
  socket.bind(address);
  if (kind === "local/stream") socket.listen(16);
  else socket.resume();
  return { socket, owner, path: address.path };
}

/** A client of the path reaches that very socket. */
async function reach(world: World, { socket, owner, path }: AtPath): Promise<void> {
  const address = { family: "local", path } as const;
  if (socket.endpoint.type === "stream") {
    socket.accept();
    assert.equal(await connected(world.open("local/stream").socket, address), null);
    await owner.until(() => owner.children.length === 1);
    return;
  }
  world.open("local/dgram").socket.send(octetsOf("anybody"), address);
  await owner.until(() => owner.received.length === 1);
}
