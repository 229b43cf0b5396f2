/**
 * `tap`, on every runtime: tshark reassembles the very bytes that were sent.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { EXIT } from "../../src/cli/exit_code.ts";
import { peer, test } from "../harness.ts";
import { startDoublingServer } from "../support/doubling_server.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { TestFolder } from "./program.ts";

const tshark = peer("tshark");
const CLIENTS = 8;

const topology = (target: string): string =>
  `name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: inet/127.0.0.1:0, listen: 128, accept: { connect: "${target}" }]
`;

/** Sends bytes; what comes back. */
async function exchange(
  port: number,
  bytes: Uint8Array,
): Promise<{ readonly port: number; readonly back: Uint8Array }> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const own = socket.localPort ?? 0;
  const pieces: Uint8Array[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  socket.end(bytes);
  await once(socket, "close");
  return { port: own, back: Buffer.concat(pieces) };
}

/** The payload of each direction of each connection, by its ports, in the order of the sequence numbers. */
async function reassembled(file: string): Promise<(from: number, to: number) => Uint8Array> {
  const fields = ["tcp.srcport", "tcp.dstport", "tcp.seq", "tcp.checksum.status", "ip.checksum.status", "tcp.payload"];
  const { stdout } = await promisify(execFile)(tshark.path ?? "", [
    ...["-r", file, "-Y", "tcp.len > 0", "-T", "fields", "-E", "separator=/s"],
    ...["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
    ...fields.flatMap((field) => ["-e", field]),
  ], { maxBuffer: 1 << 26 });
  const segments = stdout.trim().split("\n").map((line) => line.split(" "));
  // 1 is good.
  assert.ok(segments.every(([, , , tcp, ip]) => tcp === "1" && ip === "1"));
  segments.sort(([, , a], [, , b]) => Number(a) - Number(b));
  return (from, to) =>
    Buffer.concat(
      segments.filter(([source, target]) => Number(source) === from && Number(target) === to)
        .map(([, , , , , hex = ""]) => Buffer.from(hex, "hex")),
    );
}

test("tap --count refuses a format that sums do not have", async () => {
  await using place = await TestFolder.open();
  const { code, stderr } = await place.call("tap", "--count", "--format", "pcap", "web/front");
  assert.equal(code, EXIT.usage);
  assert.equal(stderr, 'error: --count supports the formats text and json, not "pcap"\n');
});

test("tap ends at a signal while its output is not read", { timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  const server = await startDoublingServer();
  const fifo = join(place.folder, "fifo");
  await promisify(execFile)("mkfifo", [fifo]);
  // Open for both directions, so that neither end waits for the other one to open it; full from the beginning.
  const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  assert.throws(() => {
    for (;;) writeSync(reader, new Uint8Array(1));
  }, { code: "EAGAIN" });
  try {
    await place.write("web.yaml", topology(server.address));
    const engine = place.start("apply", "web.yaml");
    await engine.says(/front +ksocket +ready/);
    const command = place.commandLine("tap", "--format", "pcap", "web/front");
    const tap = spawn("sh", ["-c", `exec ${command} > '${fifo}'`], {
      env: { ...process.env, SOCKGRAPH_CONTROL: place.control },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    tap.stderr.on("data", (piece) => said += piece);
    const ended = once(tap, "close");
    await once(tap.stderr, "data"); // It says that it taps.
    process.kill(tap.pid ?? 0, "SIGINT");
    assert.deepEqual(await ended, [130, null]);
    assert.match(said, /Up to 24 bytes of output are not written: their reader does not read\n/);
    engine.signal("SIGTERM");
    await engine.ended;
  } finally {
    closeSync(reader);
    await server.close();
  }
});

for (const { name, skip, permissions } of realRuntimes) {
  for (const threads of name === "posix" ? [1, 2] : [1]) {
    const title = `tap --format pcap has the very bytes that were sent (${name}, threads: ${threads})`;
    test(title, { skip: skip ?? tshark.skip, timeoutMs: 60_000 }, async () => {
      await using place = await TestFolder.open();
      const server = await startDoublingServer();
      try {
        await place.write("web.yaml", topology(server.address));
        const engine = place.startWith(permissions, "apply", "--runtime", name, "--threads", `${threads}`, "web.yaml");
        const [, listening] = await engine.says(/front +ksocket +ready +inet\/127\.0\.0\.1:(\d+)/);
        const port = Number(listening);
        const total = Array.from({ length: CLIENTS }, (_, index) => 3 * (index * 9_973 + 1)).reduce((a, b) => a + b);
        const file = join(place.folder, "web.pcap");
        const command = place.commandLine("tap", "--format", "pcap", "--limit", `${total}`, "web/front");
        const tap = spawn("sh", ["-c", `exec ${command} > '${file}'`], {
          env: { ...process.env, SOCKGRAPH_CONTROL: place.control },
          stdio: ["ignore", "ignore", "pipe"],
        });
        const ended = once(tap, "close");
        await once(tap.stderr, "data"); // It says that it taps.
        const data = Array.from({ length: CLIENTS }, (_, index) => {
          return Uint8Array.from({ length: index * 9_973 + 1 }, (_, at) => (at * 31 + index) & 255);
        });
        const known = await Promise.all(data.map(async (bytes) => ({ bytes, ...await exchange(port, bytes) })));
        assert.deepEqual(await ended, [0, null]);
        const bytesOf = await reassembled(file);
        for (const { bytes, port: own, back } of known) {
          assert.deepEqual(bytesOf(own, port), Buffer.from(bytes));
          assert.deepEqual(bytesOf(port, own), Buffer.from(back));
        }
        engine.signal("SIGTERM");
        assert.equal((await engine.ended).code, 0);
      } finally {
        await server.close();
      }
    });
  }
}
