/**
 * The suite that every socket runtime passes: the contract of src/socket/socket.ts, tried.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { featureSupport } from "../../src/socket/capability.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { SocketRuntime } from "../../src/socket/socket.ts";
import { test } from "../harness.ts";
import { linkLocal, noIpv6 } from "../support/preconditions.ts";
import { octetsOf } from "./recorder.ts";
import { testDatagrams } from "./datagram_suite.ts";
import { testEarlyReset, testResetMetByWrite } from "./early_reset_suite.ts";
import { testLayers } from "./layer_suite.ts";
import { testOptions } from "./option_suite.ts";
import { testPaths } from "./path_suite.ts";
import { testStreams } from "./stream_suite.ts";
import { connected, localOf, type PlainKind, type Subject, withWorld } from "./world.ts";

/** Kinds that no runtime may lack. */
const REQUIRED: readonly PlainKind[] = ["inet/stream", "inet6/stream", "local/stream", "inet/dgram", "inet6/dgram"];

/** Kinds that are tested where a runtime says it has them. */
const OPTIONAL: readonly PlainKind[] = ["local/dgram"];

/** Holds a runtime to the contract. */
export function testSocketRuntime(subject: Subject): void {
  // One line says it: a hundred skipped tests would hide the one that matters.
  if (subject.skip !== null) {
    return test(`runtime ${subject.name} passes the suite of socket runtimes`, { skip: subject.skip }, () => {});
  }
  testRuntime(subject);
  testZones(subject);
  testStale(subject);
  testPaths(subject);
  testOptions(subject);
  if (subject.name !== "memory") {
    testEarlyReset(subject, "inet/stream");
    testResetMetByWrite(subject, "inet/stream");
  }
  const { capabilities } = subject;
  const kinds = [...REQUIRED, ...OPTIONAL.filter((kind) => featureSupport(capabilities, kind, "open") !== "no")];
  for (const kind of kinds) {
    const here = kindHere(subject, kind);
    if (!kind.endsWith("stream")) testDatagrams(here, kind);
    else {
      testStreams(here, kind);
      testLayers(here, kind);
    }
  }
}

/** The memory has every kind; a machine may lack IPv6. */
function kindHere(subject: Subject, kind: PlainKind): Subject {
  return kind.startsWith("inet6/") && subject.name !== "memory"
    ? { ...subject, skip: subject.skip ?? noIpv6 }
    : subject;
}

function testRuntime(subject: Subject): void {
  const { name, skip } = subject;
  test(`SocketRuntime.open() refuses what it does not have (${name})`, { skip }, () =>
    withWorld(subject, (world) => {
      const refusals = {
        "atm/stream/0": "EAFNOSUPPORT",
        "inet/rdm/0": "EPROTOTYPE",
        "inet/stream/gre": "EPROTONOSUPPORT",
      };
      for (const [endpoint, code] of Object.entries(refusals)) {
        assert.throws(() => world.sockets.open(parseEndpoint(endpoint)), { code });
      }
      return Promise.resolve();
    }));

  test(
    `SocketRuntime.lookup() finds the names of the system (${name})`,
    { skip },
    () =>
      withWorld(subject, async ({ sockets }) => {
        const found = await lookup(sockets, "localhost");
        assert.deepEqual(found, [{ family: "inet", host: "127.0.0.1", port: 80 }]);
        const missing = await lookup(sockets, "sockgraph-test.invalid");
        assert.ok(missing instanceof NetgraphError);
        assert.equal(missing.code, "ENOTFOUND");
      }),
  );

  test(`SocketRuntime.close() ends every socket (${name})`, { skip }, () =>
    withWorld(subject, async (world) => {
      const { client, server } = await world.pair("inet/stream");
      client.socket.resume();
      world.receiver("inet/dgram");
      const listener = world.listen("local/stream");
      listener.socket.accept();
      await world.sockets.close();
      assert.throws(() => server.socket.connect(listener.address, () => {}), { code: "EBADF" });
      assert.deepEqual([...client.owner.errors, ...server.owner.errors, ...listener.owner.errors], []);
      await world.sockets.close();
    }));

  test(`Socket.close() while connecting is silent (${name})`, { skip }, () =>
    withWorld(subject, async (world) => {
      const listener = world.listen("inet/stream");
      const { socket } = world.open("inet/stream");
      let calls = 0;
      socket.connect(listener.address, () => calls++);
      socket.close();
      assert.equal(await connected(world.open("inet/stream").socket, listener.address), null);
      assert.equal(calls, 0);
    }));
}

function testZones(subject: Subject): void {
  if (subject.name === "memory") return;
  const skip = subject.skip ?? (linkLocal === null ? "no interface has a link-local address" : null);
  test(
    `Link-local addresses keep the zone that they were given (${subject.name})`,
    { skip },
    () =>
      withWorld(subject, async (world) => {
        assert.ok(linkLocal !== null);
        const { host, zone } = linkLocal;
        const address = { family: "inet6", host, zone, port: 0 } as const;
        const listener = world.listen("inet6/stream", address);
        assert.deepEqual(listener.address, { ...listener.address, host, zone });
        const client = world.open("inet6/stream");
        assert.equal(await connected(client.socket, listener.address), null);
        assert.deepEqual(client.socket.peer, listener.address);
        const [one, other] = [world.open("inet6/dgram"), world.open("inet6/dgram")];
        for (const { socket } of [one, other]) {
          socket.bind(address);
          socket.resume();
        }
        const [from, to] = [localOf(one.socket), localOf(other.socket)];
        one.socket.send(octetsOf("ask"), to);
        await other.owner.until(() => other.owner.received.length === 1);
        assert.deepEqual(other.owner.received[0]?.from, from);
        other.socket.send(octetsOf("answer"), other.owner.received[0]?.from ?? null);
        await one.owner.until(() => one.owner.text() === "answer");
      }),
  );
}

function testStale(subject: Subject): void {
  const { name, skip } = subject;
  for (const kind of ["local/stream", "local/dgram"] as const) {
    if (featureSupport(subject.capabilities, kind, "open") === "no") continue;
    test(
      `SocketRuntime.removeStale() keeps a path on which a program answers (${name}, ${kind})`,
      { skip },
      () =>
        withWorld(subject, async (world) => {
          const { address } = kind === "local/stream" ? world.listen(kind) : world.receiver(kind);
          assert.ok(address.family === "local");
          assert.equal((await removeStale(world.sockets, address.path))?.code, "EADDRINUSE");
          assert.equal(await removeStale(world.sockets, `${address.path}-missing`), null);
          assert.throws(
            () => kind === "local/stream" ? world.listen(kind, address) : world.open(kind).socket.bind(address),
            {
              code: "EADDRINUSE",
            },
          );
        }),
    );
  }
}

function removeStale(sockets: SocketRuntime, path: string): Promise<NetgraphError | null> {
  return new Promise((resolve) => sockets.removeStale(path, resolve));
}

function lookup(sockets: SocketRuntime, name: string): Promise<readonly SocketAddress[] | NetgraphError> {
  return new Promise((resolve) => sockets.lookup({ family: "inet", name, port: 80 }, resolve));
}
