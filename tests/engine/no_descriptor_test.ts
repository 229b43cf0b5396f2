/**
 * An engine whose clients take all descriptors: connections continue, requests at the control socket are answered, and
 * clients are accepted again once some descriptors are free.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RESERVED_DESCRIPTORS } from "../../src/runtimes/host/descriptor_reserve.ts";
import { test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { launch, type Running } from "../support/process.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** More than a program needs, and far less than come. */
const DESCRIPTORS = 96;
const TOPOLOGY = `
name: full
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: inet/127.0.0.1:0, listen: 128, accept: { peer: back }, getname]
  back: { type: echo }
`;

for (const { name, skip } of realRuntimes) {
  test(
    `An engine on ${name} whose clients take all descriptors stays in control`,
    { skip },
    () =>
      withFolder(async (folder) => {
        const control = join(folder, "s");
        await writeFile(join(folder, "t.yaml"), TOPOLOGY);
        await using engine = limited(["apply", "--runtime", name, "--control", control, join(folder, "t.yaml")]);
        const [, port] = /ready +inet\/127\.0\.0\.1:(\d+)/.exec(await engine.until(/ready +inet\//)) ?? [];
        const clients = await Promise.all(Array.from({ length: DESCRIPTORS + 20 }, () => client(Number(port))));
        const first = clients[0];
        assert.ok(first);
        await echoes(first);
        // Bun cannot leave clients in the backlog, so that nothing is left to answer with.
        if (name === "bun") await ask(control, 1_000).catch(() => {});
        else await answered(control);
        await echoes(first);
        for (const other of clients) other.destroy();
        await answered(control);
        const late = await client(Number(port));
        await echoes(late);
        late.destroy();
      }),
  );

  test(
    `An engine on ${name} serves HTTP again after a time without descriptors`,
    { skip },
    () =>
      withFolder(async (folder) => {
        const control = join(folder, "s");
        await writeFile(join(folder, "t.yaml"), TOPOLOGY);
        const options = ["--runtime", name, "--control", control, "--http", "127.0.0.1:0"];
        await using engine = limited(["apply", ...options, join(folder, "t.yaml")]);
        const [, port] = /ready +inet\/127\.0\.0\.1:(\d+)/.exec(await engine.until(/ready +inet\//)) ?? [];
        const [, http] = /Metrics at http:\/\/[^:]+:(\d+)/.exec(await engine.until(/Metrics at .*metrics/)) ?? [];
        await answered(Number(http));
        const first = await Promise.all(Array.from({ length: DESCRIPTORS / 2 }, () => visitor(Number(http))));
        const clients = await Promise.all(Array.from({ length: DESCRIPTORS + 20 }, () => client(Number(port))));
        const rest = await Promise.all(Array.from({ length: DESCRIPTORS / 2 }, () => visitor(Number(http))));
        await ask(Number(http), 500).catch(() => {});
        for (const other of [...first, ...clients, ...rest]) other.destroy();
        for (let request = 0; request < 5; request++) await answered(Number(http));
      }),
  );

  test(
    `An engine on ${name} whose clients' flows take all descriptors stays in control`,
    { skip: skip ?? (name === "bun" ? "Bun leaves no descriptors for the control socket" : null) },
    () =>
      withFolder(async (folder) => {
        await using sockets = new AsyncDisposableStack();
        const opened = async (): Promise<DatagramSocket> => {
          const socket = createSocket("udp4");
          sockets.defer(() => new Promise<void>((resolve) => socket.close(resolve)));
          socket.bind(0, "127.0.0.1");
          await once(socket, "listening");
          return socket;
        };
        const target = await opened();
        target.on("message", (bytes, { port }) => target.send(bytes, port, "127.0.0.1"));
        const control = join(folder, "s");
        await writeFile(join(folder, "t.yaml"), flowTopology(target.address().port));
        await using engine = limited(["apply", "--runtime", name, "--control", control, join(folder, "t.yaml")]);
        const [, port] = /ready +inet\/127\.0\.0\.1:(\d+)/.exec(await engine.until(/ready +inet\//)) ?? [];
        const clients: DatagramSocket[] = [];
        while (clients.length < DESCRIPTORS + 20) {
          const one = await opened();
          one.send("x", Number(port), "127.0.0.1");
          clients.push(one);
        }
        await descriptorsTaken(engine.pid, DESCRIPTORS - RESERVED_DESCRIPTORS);
        await Promise.all(Array.from({ length: 4 }, () => answered(control)));
        const [first] = clients;
        assert.ok(first);
        const answer = once(first, "message", { signal: AbortSignal.timeout(10_000) });
        first.send("x", Number(port), "127.0.0.1");
        await answer;
      }),
  );
}

/** A forward of datagrams, each flow with a socket of its own. */
function flowTopology(target: number): string {
  return `
name: flows
nodes:
  front:
    type: ksocket
    hook: inet/dgram/udp
    messages: [bind: inet/127.0.0.1:0, accept: { connect: "inet/127.0.0.1:${target}" }, getname]
`;
}

/** The program with few descriptors. */
function limited(args: readonly string[]): Running {
  const host = "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-prompt"] : [process.execPath];
  return launch("/bin/sh", ["-c", `ulimit -n ${DESCRIPTORS} && exec "$@"`, "sh", ...host, MAIN, ...args]);
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // A connection that was never accepted may be reset.
  await once(socket, "connect");
  return socket;
}

/** A connection that may be reset at once. */
async function visitor(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("connect", resolve).once("close", () => resolve()));
  return socket;
}

async function echoes(socket: Socket): Promise<void> {
  socket.write("x");
  await once(socket, "data", { signal: AbortSignal.timeout(10_000) });
}

/** Settles with what came for a request at the control socket, or at a port. */
function ask(control: string | number, patienceMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const place = typeof control === "number" ? { host: "127.0.0.1", port: control } : { path: control };
    const socket = connect(place, () => socket.write(request));
    socket.setTimeout(patienceMs, () => socket.destroy(new Error("It did not answer in time")));
    socket.once("data", (text) => {
      socket.destroy();
      resolve(String(text));
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("It broke off")));
  });
}

/** Waits until a process has `count` descriptors. */
async function descriptorsTaken(pid: number, count: number): Promise<void> {
  const until = performance.now() + 15_000;
  while (readdirSync(`/proc/${pid}/fd`).length < count) {
    assert.ok(performance.now() < until, `It has ${readdirSync(`/proc/${pid}/fd`).length} descriptors`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Asks until it answers. */
async function answered(control: string | number): Promise<void> {
  const until = performance.now() + 15_000;
  for (;;) {
    const answer = await ask(control, 2_000).catch((error: unknown) => error);
    if (typeof answer === "string") return assert.match(answer, /^HTTP\/1\.1 200 /);
    if (performance.now() > until) throw answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
