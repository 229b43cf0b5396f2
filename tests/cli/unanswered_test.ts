/**
 * Clients whose engine does not answer: each can be ended by a signal, and none waits for an engine that is silent.
 *
 * In the engine's place a server takes every request and never answers it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { test } from "../harness.ts";
import { type Program, TestFolder } from "./program.ts";

const skip = process.platform === "win32" ? "there are no unix sockets" : null;

const VERBS: readonly (readonly string[])[] = [
  ["apply", "web.yaml"],
  ["apply", "--watch", "web.yaml"],
  ["plan", "web.yaml"],
  ["status"],
  ["status", "--watch"],
  ["wait"],
  ["events"],
  ["history", "web"],
  ["export"],
  ["msg", "web/a:", "getname"],
  ["down"],
  ["drain", "web"],
  ["confirm"],
  ["adopt", "web"],
  ["suspend", "web"],
  ["resume", "web"],
  ["reconcile", "web"],
  ["rollback", "web"],
  ["graph"],
  ["ngctl", "list"],
];

/** Verbs that only read: an interrupted one has no result that status could show. */
const READS: readonly string[] = ["plan", "status", "wait", "events", "history", "export", "graph"];

/** A server on a control path that is silent, but for what shows that it lives. */
class SilentEngine implements AsyncDisposable {
  readonly path: string;
  readonly #server: Server;
  readonly #asked = Promise.withResolvers<void>();

  private constructor(path: string, lives: boolean) {
    this.path = path;
    this.#server = createServer((request, response) => {
      if (lives && request.url?.endsWith("/livez") === true) return void response.end("ok\n");
      this.#asked.resolve();
    });
  }

  static async open(path: string, { lives }: { readonly lives: boolean }): Promise<SilentEngine> {
    const engine = new SilentEngine(path, lives);
    engine.#server.listen(path);
    await once(engine.#server, "listening");
    return engine;
  }

  /** Settles when it was asked for more than whether it lives. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function placeOf(): Promise<TestFolder> {
  const place = await TestFolder.open();
  await place.write("web.yaml", "nodes: { a: { type: hole } }\n");
  return place;
}

const start = (place: TestFolder, engine: SilentEngine, args: readonly string[]): Program =>
  place.startIn({ SOCKGRAPH_CONTROL: engine.path }, ...args);

test("every client ends with 130 or 143 by the first signal, and reports that the engine keeps running", {
  skip,
  timeoutMs: 120_000,
}, async () => {
  await using place = await placeOf();
  for (const [index, args] of VERBS.entries()) {
    await using engine = await SilentEngine.open(join(place.folder, `${index}`), { lives: true });
    const client = start(place, engine, args);
    await Promise.race([engine.asked, client.ended]);
    const [signal, expected] = index % 2 === 0 ? ["SIGINT", 130] as const : ["SIGTERM", 143] as const;
    client.signal(signal);
    const { code, stderr } = await client.ended;
    assert.equal(code, expected, `${args.join(" ")}: ${stderr}`);
    const reads = READS.includes(args[0] ?? "");
    const said = reads ? /^$/ : /The engine keeps running: "sockgraph status" shows the result\n$/;
    assert.match(stderr, said, args.join(" "));
  }
});

test("a client of a silent engine ends with 75", { skip, timeoutMs: 60_000 }, async () => {
  await using place = await placeOf();
  await using engine = await SilentEngine.open(join(place.folder, "silent"), { lives: false });
  await place.write("silent.lock", "4321 -\n");
  const verbs = VERBS.filter(([verb]) => verb === "status" || verb === "wait");
  const clients = verbs.map((args) => ({ args, client: start(place, engine, args) }));
  for (const { args, client } of clients) {
    const { code, stderr } = await client.ended;
    assert.equal(code, 75, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, /Engine with pid 4321 does not answer/);
  }
});

test("a client that reads a slow server is ended by a signal", { skip, timeoutMs: 60_000 }, async () => {
  await using place = await placeOf();
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const client = place.start("apply", `http://127.0.0.1:${address.port}/web.yaml`);
    await Promise.race([asked.promise, client.ended]);
    client.signal("SIGINT");
    const { code, stderr } = await client.ended;
    assert.equal(code, 130, stderr);
    assert.doesNotMatch(stderr, /engine continues/);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});
