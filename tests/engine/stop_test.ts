/**
 * How soon an engine ends on request, as a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Program, TestFolder } from "../cli/program.ts";
import { connected, localOf, World } from "../conformance/world.ts";
import { test } from "../harness.ts";
import { machine, openDriven } from "../runtimes/posix/subject.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

/** Far from what it takes (tens of milliseconds), and from the limits of 5 s that it must not wait for. */
const SOON_MS = 3_000;
/** Who waits for a limit does so each time; a machine that has too much to do does not slow down every try. */
const TRIES = 3;
const FORWARD = `
name: t
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 64, accept: { connect: "inet/127.0.0.1:UPSTREAM" }]
`;
const CONNECT = `
name: t
nodes:
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:UPSTREAM"] }
`;

for (const { name, skip, permissions } of realRuntimes) {
  const apply = async (place: TestFolder, text: string, port: number) => {
    await place.write("t.yaml", text.replace("UPSTREAM", String(port)));
    return place.startWith(permissions, "apply", "--runtime", name, "t.yaml");
  };

  soonest(`SIGTERM ends the engine soon with idle connections open (${name})`, skip, async () => {
    await using place = await TestFolder.open();
    await using upstream = await listen((socket) => socket.pipe(socket));
    const engine = await apply(place, FORWARD, upstream.port);
    const [, front] = await engine.says(/ready +inet\/127\.0\.0\.1:(\d+)/);
    const clients = Array.from({ length: 20 }, () => connect(Number(front), "127.0.0.1"));
    for (const client of clients) {
      client.on("error", () => {});
      client.write("hi");
      await once(client, "data");
    }
    const ms = await endOf(engine, 0);
    for (const client of clients) client.destroy();
    return ms;
  });

  soonest(`SIGTERM ends the engine soon while it connects (${name})`, skip ?? machine.skip, async () => {
    await using place = await TestFolder.open();
    await using upstream = await deafPort();
    const engine = await apply(place, CONNECT, upstream.port);
    await engine.says(/msg connect/);
    assert.match((await place.call("status")).stdout, /^t /);
    return await endOf(engine, 143);
  });

  soonest(`SIGTERM ends the engine soon though a peer accepts no data (${name})`, skip, async () => {
    await using place = await TestFolder.open();
    await using upstream = await listen((socket) => socket.pause());
    const engine = await apply(place, FORWARD, upstream.port);
    const [, front] = await engine.says(/ready +inet\/127\.0\.0\.1:(\d+)/);
    const client = connect(Number(front), "127.0.0.1");
    client.on("error", () => {});
    // As much as fits nowhere: some of it waits in the engine for certain.
    client.write(new Uint8Array(64 * 1024 * 1024));
    while (!(await place.call("status", "-o", "json")).stdout.match(/"active": ?1/)) continue;
    const ms = await endOf(engine, 0);
    client.destroy();
    return ms;
  });
}

/** A test of what takes so many milliseconds, which are few in one of some tries. */
function soonest(name: string, skip: string | null, attempt: () => Promise<number>): void {
  test(name, { skip, timeoutMs: 60_000 }, async () => {
    const all: number[] = [];
    while (all.length < TRIES && !all.some((ms) => ms < SOON_MS)) all.push(await attempt());
    assert.ok(all.some((ms) => ms < SOON_MS), `${all.join(", ")} ms`);
  });
}

/** How long the engine takes to end. */
async function endOf(engine: Program, code: number): Promise<number> {
  const start = performance.now();
  engine.signal("SIGTERM");
  const ended = await engine.ended;
  assert.equal(ended.code, code, ended.stderr);
  assert.doesNotMatch(ended.stderr, /bug|error\[|rolling back/);
  return performance.now() - start;
}

interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** A server that drops what is still open when it ends. */
async function listen(serve: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return listening(server, sockets);
}

/** A port that admits no connection: its backlog is full, and nothing accepts. */
async function deafPort(): Promise<Listening> {
  const sockets = openDriven();
  const world = new World(sockets, "");
  const { socket } = world.open("inet/stream");
  socket.bind({ family: "inet", host: "127.0.0.1", port: 0 });
  socket.listen(0);
  const address = localOf(socket);
  await Promise.race(Array.from({ length: 8 }, () => connected(world.open("inet/stream").socket, address)));
  return { port: "port" in address ? address.port : 0, [Symbol.asyncDispose]: () => sockets.close() };
}

function listening(server: Server, sockets: ReadonlySet<Socket>): Listening {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Listening gave no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
