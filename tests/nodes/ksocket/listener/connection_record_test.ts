/**
 * The records of connections that have ended.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ConnectionRecord, NO_RECORDING } from "../../../../src/graph/data/connection_record.ts";
import { addressText } from "../../../../src/graph/data/connection_line.ts";
import { test } from "../../../harness.ts";
import { SharedBuffer } from "../../../../src/buffer.ts";
import { hello, records as helloRecords, serverName } from "../../../support/client_hello.ts";
import { type Network, sendTo, withNetwork } from "../../../support/network.ts";

const TARGET = "inet/127.0.0.1:9000";

/** All records so far, with those that are still collected. */
async function records(network: Network): Promise<readonly ConnectionRecord[]> {
  await network.memory.advance(250);
  return network.events.flatMap((event) => event.kind === "connections-ended" ? event.records : []);
}

/** The parts of a record that do not depend on the clock. */
const outline = ({ topology, node, target, bytesIn, bytesOut, closedBy, reason }: ConnectionRecord) =>
  [`${topology}/${node}`, target === null ? null : addressText(target), bytesIn, bytesOut, closedBy, reason] as const;

test("A record reports who ended a connection, why, and what it has carried", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} deny=[ 10.0.0.0/8 ] }`);
    await network.port.recordConnections({ records: true, lines: null });
    const ends: readonly ((client: (typeof peers)[number], server: (typeof peers)[number]) => void)[] = [
      (client) => client.socket.shutdown(),
      (_client, server) => server.socket.shutdown(),
      (client) => client.socket.abort(),
      (_client, server) => server.socket.abort(),
    ];
    for (const end of ends) {
      const client = await network.connect();
      client.send("hello");
      await network.memory.advance(1_500);
      const server = peers.at(-1);
      assert.ok(server);
      server.send("yes");
      await network.memory.advance(0);
      end(client, server);
      await network.memory.advance(0);
      client.socket.close();
      server.socket.close();
      await network.memory.advance(0);
    }
    const all = await records(network);
    assert.deepEqual(all.map(outline), [
      ["t/front", TARGET, 5, 3, "client", "eof"],
      ["t/front", TARGET, 5, 3, "target", "eof"],
      ["t/front", TARGET, 5, 3, "client", "reset"],
      ["t/front", TARGET, 5, 3, "target", "reset"],
    ]);
    for (const { client, durationMs, connectMs, endedAt } of all) {
      assert.match(addressText(client), /^inet\/127\.0\.0\.1:\d+$/);
      assert.ok(durationMs >= 1_500 && durationMs < 1_600, `${durationMs}`);
      assert.ok(connectMs !== null && connectMs < 100, `${connectMs}`);
      assert.ok(endedAt <= network.memory.clock.wall().getTime());
    }
  }));

test("A connection that is refused, or whose target refuses it, has a record", () =>
  withNetwork(async (network) => {
    await network.listen(`{ connect=${TARGET} deny=[ 127.0.0.0/8 ] }`);
    await network.port.recordConnections({ records: true, lines: null });
    await network.connect();
    await network.memory.advance(0);
    await network.msg("front", `accept { connect=${TARGET} }`);
    await network.connect();
    await network.memory.advance(0);
    assert.deepEqual((await records(network)).map(outline), [
      ["t/front", null, 0, 0, "engine", "denied"],
      ["t/front", null, 0, 0, "target", "refused"],
    ]);
  }));

test("A target that resets before the connect has returned is recorded as a reset by the target", () =>
  withNetwork(async (network) => {
    network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await network.port.recordConnections({ records: true, lines: null });
    // Deno reads the addresses of a connection that it has made, which fails then.
    network.memory.fail(`connect ${TARGET}`, "ENOTCONN");
    await network.connect();
    await network.memory.advance(0);
    assert.deepEqual((await records(network)).map(outline), [["t/front", null, 0, 0, "target", "reset"]]);
    const failed = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []);
    assert.deepEqual(failed.map(({ reason, error }) => [reason, error.code]), [["reset", "ECONNRESET"]]);
  }));

test("A record counts the bytes of a client that were read and never delivered", () =>
  withNetwork(async (network) => {
    await network.listen(`{ route=[ { starts="SSH-" connect=${TARGET} } ] }`);
    await network.port.recordConnections({ records: true, lines: null });
    const say = async (text: string) => {
      const client = await network.connect();
      client.send(text);
      await network.memory.advance(0);
      return client;
    };
    await say("hello world");
    (await say("SS")).socket.abort();
    await say("SSH-2");
    await network.memory.advance(0);
    await network.msg("front", `accept { connect=${TARGET} proxyProtocol=require trusted=[ 127.0.0.0/8 ] }`);
    await say("no header\r\n");
    assert.deepEqual((await records(network)).map(outline), [
      ["t/front", null, 11, 0, "engine", "no_route"],
      ["t/front", null, 2, 0, "client", "reset"],
      ["t/front", null, 5, 0, "target", "refused"],
      ["t/front", null, 11, 0, "engine", "proxy_protocol"],
    ]);
  }));

test("A flow of datagrams has a record", () =>
  withNetwork(async (network) => {
    network.datagrams(TARGET);
    await network.declare("front", "inet/dgram/udp", ["bind inet/127.0.0.1:53", `accept { connect=${TARGET} }`]);
    await network.port.recordConnections({ records: true, lines: null });
    await network.release();
    sendTo(network.datagrams("inet/127.0.0.1:1234"), "inet/127.0.0.1:53", "question");
    await network.memory.advance(120_000);
    assert.deepEqual((await records(network)).map(outline), [["t/front", TARGET, 8, 0, "engine", "idle_timeout"]]);
  }));

test("Nothing is recorded without a subscriber", () =>
  withNetwork(async (network) => {
    network.serve(TARGET);
    await network.listen(`{ connect=${TARGET} }`);
    await network.port.recordConnections({ records: true, lines: null });
    await network.port.recordConnections(NO_RECORDING);
    (await network.connect()).socket.abort();
    await network.memory.advance(0);
    assert.deepEqual(await records(network), []);
  }));

test("A record has the name that a client asks for in TLS that is routed and not decrypted", () =>
  withNetwork(async (network) => {
    network.serve(TARGET);
    await network.listen(`{ route=[ { sni=www.example connect=${TARGET} } { starts="S" connect=${TARGET} } ] }`);
    await network.port.recordConnections({ records: true, lines: null });
    const hellos = [
      helloRecords(hello(serverName("WWW.example"))),
      helloRecords(hello(serverName("b.test"))),
      helloRecords(hello()),
    ];
    for (const bytes of [...hellos, new TextEncoder().encode("S")]) {
      const client = await network.connect();
      client.socket.send({ buffer: new SharedBuffer(Uint8Array.from(bytes)), offset: 0, length: bytes.length }, null);
      await network.memory.advance(0);
      client.socket.abort();
      await network.memory.advance(0);
    }
    const all = await records(network);
    assert.deepEqual(all.map(({ reason, tls }) => [reason, tls]), [
      ["reset", { version: null, serverName: "www.example", alpn: null }],
      ["no_route", { version: null, serverName: "b.test", alpn: null }],
      ["no_route", { version: null, serverName: null, alpn: null }],
      ["reset", null],
    ]);
  }));
