/**
 * Changes of a pool while clients are connected: no connection is touched, and `source` moves no more than its share.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { scenario } from "./world.ts";

const NAMES = ["one", "two", "three"] as const;
const CLIENTS = 240;

scenario(
  "pool: removing, adding and re-weighting targets touches no connection, and source moves at most its share",
  { timeoutMs: 90_000 },
  async (withTopology) => {
    await using servers = new AsyncDisposableStack();
    const ports = await Promise.all(NAMES.map((name) => startServer(name, servers)));
    const textOf = (targets: readonly string[]): string => `
name: tcp-pool
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 512, accept: { connect: pool/web }, getname]
  web: { type: pool, messages: [settargets: [${targets.join(", ")}], setconfig: { balance: source }] }
`;
    const target = (at: number, more = ""): string =>
      `{ to: "inet/127.0.0.1:${ports[at]}", name: ${NAMES[at]}${more} }`;
    await withTopology("tcp-pool", {}, async ({ apply, port }) => {
      const change = async (...targets: readonly string[]): Promise<void> => {
        const { result } = await apply({ text: textOf(targets) });
        assert.equal(result, "applied");
      };
      await change(target(0), target(1));
      const front = await port("front");
      const join = () => Promise.all(Array.from({ length: CLIENTS }, (_, at) => Client.connect(front, sourceOf(at))));
      const all = await join();
      const moves = async (): Promise<number> => {
        const again = await join();
        const moved = again.filter(({ server }, at) => server !== last[at]).length;
        last = again.map(({ server }) => server);
        all.push(...again);
        return moved;
      };
      let last = all.map(({ server }) => server);
      assert.equal(await moves(), 0, "the same target for the same client");
      await change(target(0), target(1), target(2));
      const added = await moves();
      // A third of them, give or take four standard deviations.
      assert.ok(added > 0 && added <= CLIENTS / 3 + 4 * Math.sqrt(CLIENTS * 2 / 9), `${added} moved to the new target`);
      assert.equal(last.filter((name) => name === "three").length, added, "all that moved went to the new one");
      await change(target(0, ", weight: 2"), target(1), target(2));
      const weighted = await moves();
      assert.ok(weighted <= CLIENTS / 6 + 4 * Math.sqrt(CLIENTS * 5 / 36), `${weighted} moved to the heavier target`);
      const share = last.filter((name) => name === "two").length;
      await change(target(0, ", weight: 2"), target(2));
      assert.equal(await moves(), share, "only those of the removed target moved");
      await Promise.all(all.map((client) => client.echo("still here")));
      for (const client of all) client.close();
    });
  },
);

/** One of 240 addresses of loopback. */
function sourceOf(at: number): string {
  return `127.0.${1 + at % 16}.${1 + Math.floor(at / 16)}`;
}

/** A server that says its name and then returns what it gets. */
async function startServer(name: string, servers: AsyncDisposableStack): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 512 });
  await once(server, "listening");
  servers.defer(async () => {
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** A client that knows its server. */
class Client {
  readonly server: string;
  readonly #socket: Socket;

  private constructor(socket: Socket, server: string) {
    this.#socket = socket;
    this.server = server;
  }

  static async connect(port: number, localAddress: string): Promise<Client> {
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    const line = await read(socket, /\n$/);
    return new Client(socket, line.trim());
  }

  async echo(text: string): Promise<void> {
    this.#socket.write(text);
    assert.equal(await read(this.#socket, new RegExp(`${text}$`)), text);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Reads until what came matches. */
function read(socket: Socket, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (): void => {
      socket.off("data", take);
      socket.off("close", fail);
      socket.off("error", fail);
    };
    const take = (chunk: Uint8Array): void => {
      text += new TextDecoder().decode(chunk);
      if (!pattern.test(text)) return;
      done();
      resolve(text);
    };
    const fail = (error?: unknown): void => {
      done();
      reject(error instanceof Error ? error : new Error(`The connection has ended after "${text}"`));
    };
    socket.on("data", take);
    socket.on("close", fail);
    socket.on("error", fail);
  });
}
