/**
 * Sockets that are neither streams nor datagrams of UDP, through the graph.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import { hostTurn } from "../../src/runtimes/posix/turn.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { SocketAddress } from "../../src/socket/address.ts";
import { octetsOf, wholeOctets } from "../conformance/recorder.ts";
import { connected } from "../conformance/world.ts";
import { test } from "../harness.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";
import { withDrivenEngine } from "./driven_engine.ts";

const { skip } = machine;
const SEQPACKET = "local/seqpacket/0";
const RAW = "inet/raw/icmp";
const LOOPBACK: SocketAddress = { family: "inet", host: "127.0.0.1", port: 0 };

test(
  "ksocket echoes the packets of a seqpacket connection one by one, and its end",
  { skip },
  () =>
    withDrivenEngine(async ({ apply, open, folder }) => {
      const path = `${folder}/s`;
      const outcome = await apply(`
nodes:
  front: { type: ksocket, hook: ${SEQPACKET}, messages: [bind: 'local/"${path}"', listen: 5, accept: { peer: back }] }
  back: { type: echo }
`);
      assert.equal(outcome.ready, true, outcome.message ?? "");
      const client = open(SEQPACKET);
      assert.equal(await connected(client.socket, { family: "local", path }), null);
      client.socket.resume();
      for (const text of ["a", "bc", "def"]) client.socket.send(octetsOf(text), null);
      await client.owner.until(() => client.owner.received.length === 3);
      assert.deepEqual(client.owner.received.map(({ bytes }) => new TextDecoder().decode(bytes)), ["a", "bc", "def"]);
      client.socket.shutdown();
      await client.owner.until(() => client.owner.endedCount === 1);
    }),
);

test(
  "ksocket connects by seqpacket, and carries packets both ways",
  { skip },
  () =>
    withDrivenEngine(async ({ apply, open, folder, engine }) => {
      const path = `${folder}/s`;
      const listener = open(SEQPACKET);
      listener.socket.bind({ family: "local", path });
      listener.socket.listen(1);
      listener.socket.accept();
      await apply(`
nodes:
  out: { type: ksocket, hook: ${SEQPACKET}, messages: [connect: 'local/"${path}"'] }
  back: { type: echo }
links: [[out, back]]
`);
      await listener.owner.until(() => listener.owner.children.length === 1);
      const [server] = listener.owner.children;
      assert.ok(server);
      server.socket.resume();
      for (const text of ["one", "two"]) server.socket.send(octetsOf(text), null);
      await server.owner.until(() => server.owner.received.length === 2);
      assert.deepEqual(server.owner.received.map(({ bytes }) => new TextDecoder().decode(bytes)), ["one", "two"]);
      const again = engine.msg({ path: "t/out:", command: "connect", argument: `local/"${path}"` });
      await assert.rejects(again, { code: "EISCONN" });
    }),
);

test(
  "ksocket sends and receives ICMP by a raw socket",
  { skip: skip ?? rawSkip() },
  () =>
    withDrivenEngine(async ({ apply, open, world, engine }) => {
      const outcome = await apply(`
nodes:
  in: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:0"] }
  raw: { type: ksocket, hook: ${RAW}, messages: [connect: "inet/127.0.0.1:0"] }
links: [[in, raw]]
`);
      assert.equal(outcome.ready, true, outcome.message ?? "");
      const bystander = open(RAW);
      bystander.socket.resume();
      const { text } = await engine.msg({ path: "t/in:", command: "getname", argument: null });
      const port = Number(/:(\d+)$/.exec(text ?? "")?.[1]);
      world.receiver("inet/dgram").socket.send(wholeOctets(ECHO_REQUEST), { ...LOOPBACK, port });
      const isReply = ({ bytes }: { bytes: Uint8Array }): boolean => {
        return bytes[HEADER] === 0 && bytes[HEADER + 4] === IDENTIFIER[0] && bytes[HEADER + 5] === IDENTIFIER[1];
      };
      await bystander.owner.until(() => bystander.owner.received.some(isReply));
      // The node received them too, and passes them to one that has no destination.
      for (;;) {
        const [topology] = (await engine.status()).topologies;
        const hook = topology?.nodes.find(({ name }) => name === "in")?.hooks[0];
        if ((hook?.dropped["no_destination"] ?? 0) > 0) break;
        await hostTurn();
      }
    }),
);

/** Octets of an IPv4 header without options, which a raw socket receives too. */
const HEADER = 20;
const IDENTIFIER = [0x53, 0x47] as const;
/** ICMP echo request (8), its checksum, an identifier of ours, sequence 1. */
const ECHO_REQUEST = new Uint8Array([8, 0, 0xa4, 0xb7, ...IDENTIFIER, 0, 1]);

function rawSkip(): string | null {
  if (machine.skip !== null) return machine.skip;
  const sockets = openDriven();
  try {
    sockets.open(parseEndpoint(RAW));
    return null;
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    return "this process may not open raw sockets";
  } finally {
    void sockets.close();
  }
}
