/**
 * What the system refuses, and how runtime `posix` says it: the kernel's own errno, case by case.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { NetgraphError } from "../../../src/errors.ts";
import type { SocketAddress } from "../../../src/socket/address.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import { temporaryFolder } from "../../conformance/folder.ts";
import { octetsOf } from "../../conformance/recorder.ts";
import { connected, World } from "../../conformance/world.ts";
import { test } from "../../harness.ts";
import { machine, openDriven } from "./subject.ts";

/** Does what must fail: by throwing, or by what a connect answers. */
type Attempt = (world: World, folder: string) => Promise<NetgraphError | null> | void;

const inet = (host: string, port: number): SocketAddress => ({ family: "inet", host, port });
const local = (path: string): SocketAddress => ({ family: "local", path });

const CASES: Readonly<Record<string, readonly [code: string, attempt: Attempt]>> = {
  "bind to a port in use": ["EADDRINUSE", (world) => {
    const { address } = world.listen("inet/stream");
    world.open("inet/stream").socket.bind(address);
  }],
  "bind to a path in use": ["EADDRINUSE", (world) => {
    const { address } = world.listen("local/stream");
    world.open("local/stream").socket.bind(address);
  }],
  "bind to another machine's address": ["EADDRNOTAVAIL", (world) => {
    world.open("inet/stream").socket.bind(inet("192.0.2.1", 0));
  }],
  "bind to an address of another family": ["EAFNOSUPPORT", (world) => {
    world.open("inet6/stream").socket.bind(inet("127.0.0.1", 0));
  }],
  "bind twice": ["EINVAL", (world) => {
    const { socket } = world.open("inet/stream");
    socket.bind(inet("127.0.0.1", 0));
    socket.bind(inet("127.0.0.1", 0));
  }],
  "bind to a path in a folder that is not there": ["ENOENT", (world, folder) => {
    world.open("local/stream").socket.bind(local(`${folder}/none/s`));
  }],
  "bind to a path below a file": ["ENOTDIR", (world, folder) => {
    writeFileSync(`${folder}/file`, "");
    world.open("local/stream").socket.bind(local(`${folder}/file/s`));
  }],
  "bind to a path that is too long": ["ENAMETOOLONG", (world) => {
    world.open("local/stream").socket.bind(local(`/${"x".repeat(120)}`));
  }],
  "listen on datagrams": ["EOPNOTSUPP", (world) => world.open("inet/dgram").socket.listen(1)],
  "listen on what is connected": ["EINVAL", async (world) => {
    const { client } = await world.pair("inet/stream");
    client.socket.listen(1);
    return null;
  }],
  "accept on what does not listen": ["EINVAL", (world) => world.open("inet/stream").socket.accept()],
  "connect to a port without a listener": ["ECONNREFUSED", async (world) => {
    const { socket, address } = world.listen("inet/stream");
    await new Promise<void>((resolve) => socket.close(resolve));
    return await connected(world.open("inet/stream").socket, address);
  }],
  "connect to a path that is not there": ["ENOENT", (world, folder) => {
    return connected(world.open("local/stream").socket, local(`${folder}/none`));
  }],
  "connect to a path that is no socket": ["ECONNREFUSED", (world, folder) => {
    writeFileSync(`${folder}/file`, "");
    return connected(world.open("local/stream").socket, local(`${folder}/file`));
  }],
  "connect a stream to a datagram socket": ["EPROTOTYPE", (world) => {
    return connected(world.open("local/stream").socket, world.receiver("local/dgram").address);
  }],
  "connect datagrams to broadcast without SO_BROADCAST": ["EACCES", (world) => {
    return connected(world.open("inet/dgram").socket, inet("255.255.255.255", 9));
  }],
  "connect what is connected": ["EISCONN", async (world) => {
    const { client, listener } = await world.pair("inet/stream");
    return await connected(client.socket, listener.socket.local ?? inet("127.0.0.1", 9));
  }],
  "connect what is connecting": ["EALREADY", (world) => {
    const { address } = world.listen("inet/stream");
    const { socket } = world.open("inet/stream");
    socket.connect(address, () => {});
    return connected(socket, address);
  }],
  "connect what listens": ["EOPNOTSUPP", (world) => {
    const { socket, address } = world.listen("inet/stream");
    return connected(socket, address);
  }],
  "shut down what is not connected": ["ENOTCONN", (world) => world.open("inet/stream").socket.shutdown()],
  "send on what is not connected": ["ENOTCONN", (world) => {
    world.open("inet/dgram").socket.send(octetsOf("lost"), null);
  }],
  "read an unknown option": ["ENOPROTOOPT", (world) => {
    world.open("inet/stream").socket.getOption({ option: null, os: "linux", level: 6, name: 9999, value: null });
  }],
  "set an option by a value that is too short": ["EINVAL", (world) => {
    const value = new Uint8Array(1);
    world.open("inet/stream").socket.setOption({ option: null, os: "linux", level: 1, name: 9, value });
  }],
  "open a protocol that such sockets do not have": ["EPROTONOSUPPORT", (world) => {
    world.sockets.open(parseEndpoint("inet/stream/17"));
  }],
  "open a family that the system does not have": ["EAFNOSUPPORT", (world) => {
    world.sockets.open(parseEndpoint("atm/stream/0"));
  }],
  "use what is closed": ["EBADF", (world) => {
    const { socket } = world.open("inet/stream");
    socket.close();
    socket.bind(inet("127.0.0.1", 0));
  }],
};

for (const [name, [code, attempt]] of Object.entries(CASES)) {
  test(`posix sockets answer ${code} to: ${name}`, { skip: machine.skip }, async () => {
    const folder = temporaryFolder();
    const sockets = openDriven();
    try {
      assert.equal(await codeOf(() => attempt(new World(sockets, folder.path), folder.path)), code);
    } finally {
      await sockets.close();
      folder.remove();
    }
  });
}

async function codeOf(attempt: () => Promise<NetgraphError | null> | void): Promise<string | null> {
  try {
    return (await attempt())?.code ?? null;
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    return error.code;
  }
}
