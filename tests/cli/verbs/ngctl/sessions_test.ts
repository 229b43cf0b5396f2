/**
 * What people do with ngctl and ksocket, typed here as they type it there: the tutorial that comes with FreeBSD, its UDP
 * tunnel, and the multicast router's scaffold. Sockets are the system's, on loopback, and so are the peers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect as connectTo, createServer } from "node:net";
import { join } from "node:path";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { test } from "../../../harness.ts";
import { withFolder } from "../../../support/folder.ts";
import { openTable, type Table } from "./shell_table.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

/** The port that a node was given. */
async function portOf(table: Table, path: string): Promise<number> {
  const [, args = ""] = await table.types(`msg ${path} getname`);
  return Number(/:(\d+)$/.exec(args)?.[1]);
}

/** A datagram socket of another program. */
async function openPeer(): Promise<{ readonly socket: Socket; readonly port: number } & Disposable> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
}

test("the tutorial's daytime client hears that it is connected, the time, and the end", { skip }, async () => {
  await using table = await openTable({ real: true, interactive: true });
  const server = createServer((connection) => connection.end("Sun Nov 22 15:32:20 2026\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await table.types("mkpeer ksocket foo inet/stream/tcp", "name foo day");
    // A person sees at once that it is in progress, and later the result.
    assert.equal(await table.shell.line(`msg day: connect inet/127.0.0.1:${port}`), "failed");
    assert.match(table.warned[0] ?? "", /in progress/);
    await table.prints(/^Rec'd response "connect" \(4\) from "\[[0-9a-f]+\]:":$/);
    await table.prints(/^Args:\t0$/);
    await table.prints(/^Rec'd data packet on hook "foo":$/);
    assert.match(await table.prints(/^0000:/), /^0000: {2}53 75 6e 20 4e 6f 76 20 .* Sun Nov 22 15:32$/);
    await table.prints(/^Rec'd end of data on hook "foo"$/);
    await table.types("shutdown day:");
  } finally {
    server.close();
    await once(server, "close");
  }
});

test("the tutorial's local socket makes its path", { skip }, () =>
  withFolder(async (folder) => {
    await using table = await openTable({ real: true });
    const path = join(folder, "bar.socket");
    const script = `# ngctl's tutorial
mkpeer ksocket foo local/stream/0
name foo loc
msg loc: bind local/"${path}"
msg loc: listen 5
msg loc: getname
`;
    assert.equal(await table.shell.script(script), "done", table.warned.join());
    assert.equal(table.printed.at(-1), `Args:\tlocal/"${path}"`);
    assert.ok(existsSync(path));
  }));

test("the UDP tunnel carries packets both ways between its two ends", { skip }, async () => {
  await using table = await openTable({ real: true, interactive: true });
  const end = (ours: string, name: string) => [`mkpeer ksocket ${ours} inet/dgram/udp`, `name ${ours} ${name}`];
  await table.types(...end("ng0", "here"), ...end("ng1", "there"));
  await table.types("msg here: bind inet/127.0.0.1:0", "msg there: bind inet/127.0.0.1:0");
  const [here, there] = [await portOf(table, "here:"), await portOf(table, "there:")];
  await table.types(`msg here: connect inet/127.0.0.1:${there}`, `msg there: connect inet/127.0.0.1:${here}`);
  await table.types("write ng0 0x45 0 0 20");
  await table.prints(/^Rec'd data packet on hook "ng1":$/);
  assert.match(await table.prints(/^0000: {2}45 /), /^0000: {2}45 00 00 14 /);
  await table.types("write ng1 0x60 1 2");
  await table.prints(/^Rec'd data packet on hook "ng0":$/);
  await table.prints(/^0000: {2}60 01 02 /);
});

/** Comments, a joint that is taken away again, and two sockets that are left joined. */
const ROUTER = `# the tee is a joint: a ksocket cannot be without a hook
mkpeer . tee tmp left2right
name tmp temp_tee
mkpeer temp_tee: ksocket left inet/dgram/udp
name temp_tee:left up
mkpeer temp_tee: ksocket right inet/dgram/udp
name temp_tee:right down
shutdown temp_tee:
msg down: setopt { SO_REUSEADDR=1 }
msg up: setopt { level=0xffff name=4 data=[ 1 ] }
msg up: bind inet/127.0.0.1:0
`;

test("the multicast router's tee joins two sockets and goes, and datagrams pass", { skip }, async () => {
  await using table = await openTable({ real: true });
  using peer = await openPeer();
  using sender = await openPeer();
  assert.equal(await table.shell.script(ROUTER), "done", table.warned.join());
  await table.types(`msg down: connect inet/127.0.0.1:${peer.port}`);
  const listed = await table.types("list -n");
  assert.equal(listed[0], "There are 3 total named nodes:");
  assert.match(
    (await table.types("show up:")).at(-1) ?? "",
    /^ {2}inet\/dgram\/udp {2}down +ksocket +\w{8} +inet\/dgram\/udp/,
  );
  const heard = once(peer.socket, "message");
  sender.socket.send("stream", await portOf(table, "up:"), "127.0.0.1");
  const [octets] = await heard;
  assert.equal(String(octets), "stream");
});

/** The number of the clone that the newest answer to accept names. */
function newestClone(table: Table): string {
  const answers = table.printed.flatMap((line) => /^Args:\t\{ nodeid=0x([0-9a-f]+) addr=/.exec(line)?.[1] ?? []);
  return `[${answers.at(-1)}]:`;
}

test("mpd's TCP server names each clone, hooks it to what wants it, ends who is not wanted, and accepts again", {
  skip,
}, async () => {
  await using table = await openTable({ real: true, interactive: true });
  await table.types(
    "mkpeer ksocket listen inet/stream/tcp",
    "name listen listen",
    "msg listen: setopt { SO_REUSEPORT=1 }",
    "msg listen: bind inet/127.0.0.1:0",
    "msg listen: listen 1",
    "mkpeer echo async x",
    "name async async",
    "msg listen: accept",
  );
  assert.equal(await table.shell.line("msg listen: accept"), "failed");
  const port = await portOf(table, "listen:");
  const desired = connectTo(port, "127.0.0.1");
  await table.prints(/^Args:\t\{ nodeid=/);
  await table.types(`name ${newestClone(table)} mpd1-link`, "connect async: mpd1-link: async data");
  const heard = once(desired, "data");
  desired.write("frame");
  assert.equal(String((await heard)[0]), "frame");

  table.printed.length = 0;
  await table.types("msg listen: accept");
  const unwanted = connectTo(port, "127.0.0.1");
  const ended = once(unwanted.resume(), "close");
  await table.prints(/^Args:\t\{ nodeid=/);
  await table.types(`shutdown ${newestClone(table)}`);
  await ended;
  assert.match((await table.types("show mpd1-link:")).at(-1) ?? "", /^ {2}data +async +echo +\w{8} +async/);
  desired.destroy();
});
