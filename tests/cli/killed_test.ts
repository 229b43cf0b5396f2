/**
 * An engine that is killed in the middle of its work, and started again on the same file: it comes up by itself, though
 * its control socket, its lock and its local paths lie there still and its ports have connections that were not closed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { type Program, TestFolder } from "./program.ts";

const CLIENTS = 24;

const topology = (port: string) => `
name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:${port}", listen: 64, accept: { template: session }, getname]
  path:
    type: ksocket
    hook: local/stream/0
    messages: [bind: 'local/"front.sock"', listen: 64, accept: { peer: back }]
  datagrams: { type: ksocket, hook: inet/dgram/udp, messages: [bind: "inet/127.0.0.1:${port}"] }
  back: { type: echo }
templates:
  session: { entry: "tap:left", nodes: { tap: { type: tee } }, links: [["tap:right", back]] }
`;

/** A client that never stops to send, and does not mind how it ends. */
function load(where: NetConnectOpts): { readonly socket: Socket; readonly echoed: Promise<void> } {
  const chunk = new Uint8Array(16 * 1024).fill(7);
  const socket = connect(where, () => socket.write(chunk));
  const echoed = Promise.withResolvers<void>();
  let octets = 0;
  socket.on("data", ({ length }) => {
    octets += length;
    if (octets >= chunk.length) echoed.resolve();
    if (!socket.destroyed) socket.write(chunk.subarray(0, length));
  });
  socket.on("error", echoed.reject);
  socket.on("close", () => echoed.reject(new Error("It was closed before anything came back")));
  echoed.promise.catch(() => {}); // A later await receives the error too.
  return { socket, echoed: echoed.promise };
}

/** Waits until it echoes, then ends it. */
async function echoes(where: NetConnectOpts): Promise<void> {
  const { socket, echoed } = load(where);
  try {
    await echoed;
  } finally {
    socket.destroy();
  }
}

for (const { name, skip, permissions } of realRuntimes) {
  test(`apply comes up by itself after kill -9 under load (${name})`, { skip, timeoutMs: 90_000 }, async () => {
    await using place = await TestFolder.open();
    const start = (): Program => place.startWith(permissions, "apply", "web.yaml", "--runtime", name);
    await place.write("web.yaml", topology("0"));
    let engine = start();
    const [, port = ""] = await engine.says(/front +ksocket +ready +inet\/127\.0\.0\.1:(\d+)/);
    await place.write("web.yaml", topology(port));
    const rebound = await place.run("apply", "web.yaml");
    assert.equal(rebound.code, 0, rebound.stderr);
    const tcp = { host: "127.0.0.1", port: Number(port) };
    const local = { path: join(place.folder, "front.sock") };
    for (let round = 0; round < 3; round++) {
      const clients = Array.from({ length: CLIENTS }, (_, index) => load(index % 2 === 0 ? tcp : local));
      try {
        await Promise.all(clients.map(({ echoed }) => echoed));
        engine.signal("SIGKILL");
        await engine.ended;
        assert.ok(existsSync(place.control), "the control socket lies there still");
        assert.ok(existsSync(local.path), "the local path lies there still");
        const both = [start(), start()];
        const foreground = await Promise.any(both.map(async (program) => {
          await program.says(/front +ksocket +ready/);
          return program;
        }));
        const client = both.find((program) => program !== foreground);
        assert.equal((await client?.ended)?.code, 0, "the other one becomes its client");
        engine = foreground;
        await Promise.all([echoes(tcp), echoes(local)]);
        assert.equal((await place.call("status")).code, 0);
      } finally {
        for (const { socket } of clients) socket.destroy();
      }
    }
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
    assert.equal(existsSync(local.path), false);
  });
}
