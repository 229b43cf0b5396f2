/**
 * `apply --watch` of a text on the web from end to end: asked for again and again, from a server on this machine whose
 * every answer the test decides.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test as harnessTest } from "../harness.ts";
import { TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

function listener(backlog: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: ${backlog}] }
`;
}

/** A server with one text. */
class WebServer implements AsyncDisposable {
  /** What is there. */
  text = listener("1");
  /** What it answers with, unless it is 200. */
  status = 200;
  /** True while it answers no request. */
  silent = false;
  /** How often the text was sent, and how often it was not because nothing had changed. */
  sent = 0;
  spared = 0;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));
  readonly #open = new Set<Socket>();
  #port = 0;
  #asked = Promise.withResolvers<void>();

  constructor() {
    this.#server.on("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.on("close", () => this.#open.delete(socket));
    });
  }

  /** Starts it, on the port it had before. */
  async start(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    this.#port = typeof address === "object" ? address?.port ?? 0 : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/web.yaml`;
  }

  /** Answers no more requests; resolves when one arrives. */
  hush(): Promise<void> {
    this.silent = true;
    return this.#asked.promise;
  }

  /** Goes away, in the middle of whatever it does. */
  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #answer({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.silent) return this.#asked.resolve();
    const etag = `"${this.text.length}-${this.text.match(/listen: (\S+)/)?.[1]}"`;
    if (this.status !== 200) return void response.writeHead(this.status).end("<html>");
    if (headers["if-none-match"] === etag) {
      this.spared++;
      return void response.writeHead(304, { etag }).end();
    }
    this.sent++;
    response.writeHead(200, { etag }).end(this.text);
  }
}

function test(name: string, body: (place: TestFolder, web: WebServer) => Promise<void>): void {
  harnessTest(name, { skip, timeoutMs: 90_000 }, async () => {
    await using place = await TestFolder.open();
    await using web = new WebServer();
    await web.start();
    await body(place, web);
  });
}

async function topologyOf(place: TestFolder) {
  const [topology] = JSON.parse((await place.call("status", "-o", "json")).stdout).topologies;
  const stalled = topology.conditions.find(({ type }: { type: string }) => type === "Stalled");
  return { generation: topology.generation, source: topology.source, stalled };
}

const FOLLOW = ["apply", "--watch", "--interval", "100ms"] as const;

test("apply --watch asks the web for what has changed, and for nothing else", async (place, web) => {
  const engine = place.start(...FOLLOW, web.url);
  await engine.says(/generation 1 is Ready/);
  const { source } = await topologyOf(place);
  assert.deepEqual([source.kind, source.location], ["url", web.url]);
  assert.match(source.revision, /^sha256:[0-9a-f]{64}$/);
  web.text = listener("2");
  await engine.says(/generation 2 is Ready/);
  assert.notEqual((await topologyOf(place)).source.revision, source.revision);
  assert.equal(web.sent, 2);
  while (web.spared === 0) await new Promise((done) => setTimeout(done, 20));
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --watch keeps what runs while the web has nothing good, and reports why once", async (place, web) => {
  const engine = place.start(...FOLLOW, web.url);
  await engine.says(/generation 1 is Ready/);
  const stalls = async (said: RegExp, reason: string, status = "True") => {
    await engine.says(said);
    const { generation, stalled } = await topologyOf(place);
    assert.deepEqual([generation, stalled.status, stalled.reason], [1, status, reason]);
  };
  for (const status of [404, 500]) {
    web.status = status;
    await stalls(
      new RegExp(`server answers ${status}.\\s+Nothing was changed; generation 1 of "web" keeps running`),
      "SourceUnreadable",
    );
  }
  web.status = 200;
  web.text = "<html>garbage";
  await stalls(/web\.yaml:1:\d+ error/, "SourceInvalid");
  web.text = "#".repeat(5 * 1024 * 1024);
  await stalls(/larger than 4 MiB/, "SourceUnreadable");
  await web.stop();
  await stalls(/connection was refused/, "SourceUnreadable");
  web.text = listener("7");
  await web.start();
  await engine.says(/generation 2 is Ready/);
  assert.equal((await topologyOf(place)).stalled.status, "False");
  engine.signal("SIGTERM");
  const { code, stderr } = await engine.ended;
  assert.equal(code, 0);
  assert.equal(stderr.match(/answers 500/g)?.length, 1);
});

test("apply --watch ends at once while a server does not answer", async (place, web) => {
  const engine = place.start(...FOLLOW, web.url);
  await engine.says(/generation 1 is Ready/);
  await web.hush();
  const before = Date.now();
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
  assert.ok(Date.now() - before < 20_000, "it waited for the server");
});

test("apply --watch follows files and the web together, and reconcile asks at once", async (place, web) => {
  await place.write("other.yaml", listener("3"));
  const engine = place.start("apply", "--watch", "--interval", "1h", "other.yaml", web.url);
  await engine.says(/web: generation 1 is Ready/);
  await place.write("other.yaml", listener("4"));
  await engine.says(/other: generation 2 is Ready/);
  assert.equal(web.sent, 1);
  web.text = listener("2");
  assert.equal((await place.call("reconcile", "web")).code, 0);
  await engine.says(/web: generation 2 is Ready/);
  assert.equal(web.sent, 2);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

test("apply --state starts with what was kept while the web is away", async (place, web) => {
  const first = place.start(...FOLLOW, "--state", "kept", web.url);
  await first.says(/generation 1 is Ready/);
  first.signal("SIGTERM");
  assert.equal((await first.ended).code, 0);
  web.status = 503;
  const second = place.start(...FOLLOW, "--state", "kept", web.url);
  await second.says(/generation 1 is Ready/);
  while ((await topologyOf(place)).stalled.reason !== "SourceUnreadable");
  web.status = 200;
  web.text = listener("9");
  await second.says(/generation 2 is Ready/);
  second.signal("SIGTERM");
  assert.equal((await second.ended).code, 0);
});

test("apply rejects --interval without a source that is read at intervals", async (place) => {
  await place.write("web.yaml", listener("1"));
  for (const how of [["--watch", "--interval", "1s"], ["--interval", "1s"]]) {
    assert.equal((await place.run("apply", ...how, "web.yaml")).code, 64);
  }
});
