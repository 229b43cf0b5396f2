/**
 * An engine whose standard output is not read: a node of type stdio waits for it, and nothing else does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { TestFolder } from "./program.ts";

const topology = (port: number): string =>
  `name: held
nodes:
  me: { type: stdio }
  source: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 8, accept: { peer: back }, getname]
  back: { type: echo }
links: [[me, source]]
`;

/** What a stream says that matches. */
function said(stream: Readable, desired: RegExp): Promise<RegExpExecArray> {
  let all = "";
  return new Promise((resolve) => {
    stream.on("data", (piece) => {
      const found = desired.exec(all += piece);
      if (found !== null) resolve(found);
    });
  });
}

/** Bytes that the node has got to write. */
async function writtenBy(place: TestFolder, node: string): Promise<number> {
  const { topologies } = JSON.parse((await place.call("status", "-o", "json")).stdout);
  const found = topologies[0].nodes.find((one: { readonly name: string }) => one.name === node);
  return found.hooks[0]?.out.bytes ?? 0;
}

for (const { name, skip, permissions } of realRuntimes) {
  test(`stdio whose output is not read holds up nothing else (${name})`, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    const fifo = join(place.folder, "fifo");
    await promisify(execFile)("mkfifo", [fifo]);
    // Open for both directions, so that neither end waits for the other one to open it. Nothing is read from it.
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    assert.throws(() => {
      for (;;) writeSync(reader, new Uint8Array(1));
    }, { code: "EAGAIN" });
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    await place.write("held.yaml", topology(address.port));
    const command = place.commandLineWith(permissions, "apply", "--runtime", name, "held.yaml");
    const engine = spawn("sh", ["-c", `exec ${command} > '${fifo}'`], {
      cwd: place.folder,
      env: { ...process.env, SOCKGRAPH_CONTROL: place.control },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(engine, "close");
    const ready = said(engine.stderr, /front +ksocket +ready +inet\/127\.0\.0\.1:(\d+)/);
    try {
      const [source] = await once(server, "connection");
      source.on("error", () => {}); // The engine is killed.
      source.write(new Uint8Array(1024 * 1024));
      const [, port] = await ready;
      while (await writtenBy(place, "me") === 0);
      const client = connect({ host: "127.0.0.1", port: Number(port) });
      for (let times = 0; times < 20; times++) {
        client.write(`hello ${times}`);
        assert.equal(String((await once(client, "data"))[0]), `hello ${times}`);
      }
      assert.equal((await place.call("status")).code, 0);
      client.destroy();
      source.destroy();
    } finally {
      process.kill(engine.pid ?? 0, "SIGKILL");
      await ended;
      closeSync(reader);
      server.close();
    }
  });
}
