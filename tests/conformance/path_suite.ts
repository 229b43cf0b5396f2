/**
 * What every runtime makes of a local socket's path that somebody else removes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { featureSupport } from "../../src/socket/capability.ts";
import { test } from "../harness.ts";
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

    check("SocketOwner.failed() tells that the path was removed, and others live on", async (world, bind) => {
      const [first, second] = [bind(), bind()];
      subject.removePath(first.path);
      await first.owner.until(() => first.owner.errors.length === 1);
      const [error] = first.owner.errors;
      assert.deepEqual([error?.code, error?.retryable], ["EADDRNOTAVAIL", true]);
      assert.ok(error?.message.includes(`"${first.path}"`), error?.message);
      assert.deepEqual(second.owner.errors, []);
      await reach(world, second);
      // Nobody is in the way of the one that comes next.
      await reach(world, bind(first.path));
    });

    check("SocketOwner.failed() tells that another socket has the path, which stays", async (world, bind) => {
      const first = bind();
      subject.removePath(first.path);
      const second = bind(first.path);
      await first.owner.until(() => first.owner.errors.length === 1);
      assert.equal(first.owner.errors[0]?.code, "EADDRNOTAVAIL");
      await new Promise<void>((resolve) => first.socket.close(resolve));
      await reach(world, second);
      assert.deepEqual(second.owner.errors, []);
    });

    check("Socket.close() leaves a path that is somebody else's", async (world, bind) => {
      const first = bind();
      if (kind === "local/stream") first.socket.accept();
      subject.removePath(first.path);
      const second = bind(first.path);
      await new Promise<void>((resolve) => first.socket.close(resolve));
      await reach(world, second);
      assert.deepEqual([...first.owner.errors, ...second.owner.errors], []);
    });
  }

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

/** Somebody who asks for the path comes to that very socket. */
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
