/**
 * `apply --access-log` and `events --connections`, on every runtime.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, rename } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "../harness.ts";
import { startDoublingServer } from "../support/doubling_server.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { type Program, TestFolder } from "./program.ts";

const CLIENTS = 120;

/** What a client knows of its connection. */
interface Known {
  readonly client: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const topology = (target: string): string =>
  `name: web
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: inet/127.0.0.1:0, listen: 128, accept: { connect: "${target}" }, getname]
`;

async function portOf(engine: Program): Promise<number> {
  const [, port] = await engine.says(/front +ksocket +ready +inet\/127\.0\.0\.1:(\d+)/);
  return Number(port);
}

/** A connection that sends `text`, reads the answer and ends. */
async function exchange(port: number, text: string): Promise<Known> {
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const client = `inet/127.0.0.1:${socket.localPort}`;
  let bytesOut = 0;
  socket.on("data", (bytes) => bytesOut += bytes.length);
  socket.end(text);
  await once(socket, "close");
  return { client, bytesIn: text.length, bytesOut };
}

for (const { name, skip, permissions } of realRuntimes) {
  for (const threads of name === "posix" ? [1, 2] : [1]) {
    const title = `The access log has a line for each connection, right to the byte (${name}, threads: ${threads})`;
    test(title, { skip, timeoutMs: 60_000 }, async () => {
      await using place = await TestFolder.open();
      const server = await startDoublingServer();
      try {
        await place.write("web.yaml", topology(server.address));
        const log = ["--access-log", "access.log", "--access-log-format", "json"];
        const options = ["--runtime", name, "--threads", `${threads}`, ...log];
        const engine = place.startWith(permissions, "apply", ...options, "web.yaml");
        const port = await portOf(engine);
        const known = await Promise.all(
          Array.from({ length: CLIENTS }, (_, index) => exchange(port, "x".repeat(index * 97))),
        );
        const path = join(place.folder, "access.log");
        while ((await readFile(path, "utf8")).split("\n").length - 1 < CLIENTS);
        await rename(path, `${path}.1`);
        known.push(await exchange(port, "after the rotation"));
        engine.signal("SIGTERM");
        assert.equal((await engine.ended).code, 0);
        const lines = (await Promise.all([`${path}.1`, path].map((file) => readFile(file, "utf8"))))
          .flatMap((text) => text.trimEnd().split("\n")).map((line) => JSON.parse(line));
        const bytes = ({ client, bytesIn, bytesOut }: Known) => `${client} ${bytesIn} ${bytesOut}`;
        assert.deepEqual(lines.map(bytes).sort(), known.map(bytes).sort());
        for (const line of lines) {
          assert.deepEqual([line.topology, line.node, line.target], ["web", "front", server.address]);
          assert.deepEqual([line.closedBy, line.reason, line.generation], ["client", "eof", 1]);
        }
      } finally {
        await server.close();
      }
    });
  }
}

const own = realRuntimes.find(({ name }) => name !== "posix");

test("events --connections prints what the access log gets, and - is standard output", {
  skip: own?.skip ?? null,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  const server = await startDoublingServer();
  try {
    await place.write("web.yaml", topology(server.address));
    const engine = place.start("apply", "--access-log", "-", "web.yaml");
    const port = await portOf(engine);
    const events = place.start("events", "--connections");
    // It follows when a connection shows: those before are not repeated.
    const seen = events.says(/"bytesIn":5,/);
    let isSeen = false;
    seen.finally(() => isSeen = true).catch(() => {}); // Rejected below.
    while (!isSeen) await exchange(port, "hello");
    await seen;
    await engine.says(/web\/front generation=1 client=inet\/127\.0\.0\.1:\d+ target=inet\/.* in=5 out=10 by=client/);
    const refused = await place.run("apply", "--access-log", "other.log", "web.yaml");
    assert.deepEqual([refused.code, /--access-log applies only when an engine starts/.test(refused.stderr)], [
      64,
      true,
    ]);
    assert.match((await place.run("msg", "web/front:", "getname")).stdout, /127\.0\.0\.1/);
    engine.signal("SIGTERM");
    await engine.ended;
  } finally {
    await server.close();
  }
});

test("Options of the access log that have no effect, or the file of another log, are refused", {
  skip: own?.skip ?? null,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("web.yaml", topology("inet/127.0.0.1:9"));
  for (
    const [args, said] of [
      [["--access-log-format", "json"], /--access-log-format needs --access-log FILE/],
      [["--detach", "--access-log", "-"], /has no standard output/],
      [["--http-allow-remote"], /--http-allow-remote needs --http HOST:PORT/],
    ] as const
  ) {
    const { code, stderr } = await place.run("apply", ...args, "web.yaml");
    assert.deepEqual([code, said.test(stderr)], [64, true], stderr);
  }
  const { code, stderr } = await place.run("apply", "--detach", "--access-log", `${place.control}.log`, "web.yaml");
  assert.deepEqual([code, /The engine writes its own log to/.test(stderr)], [64, true], stderr);
});

test("An access log that cannot be opened is an error before anything is applied", {
  skip: own?.skip ?? null,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("web.yaml", topology("inet/127.0.0.1:9"));
  const { code, stderr } = await place.run("apply", "--access-log", "no/such/folder/log", "web.yaml");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /Cannot write the access log ".*no\/such\/folder\/log"/);
});
