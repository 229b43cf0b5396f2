import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type HttpLimits, serveHttp } from "../../../src/runtimes/host/http_server.ts";
import type { HttpListening } from "../../../src/runtimes/runtime.ts";
import { test } from "../../harness.ts";

/** Limits that no test reaches. */
const WIDE: HttpLimits = { connections: 64, requestMs: 60_000, stalledMs: 60_000, checkMs: 1_000, trialMs: 60_000 };
const PLACE = { hostname: "127.0.0.1", port: 0 };

/** A client's connection; what it has received is kept. */
class Client implements AsyncDisposable {
  readonly #socket: Socket;
  readonly ended: Promise<unknown>;
  #text = "";
  #ring: () => void = () => {};

  constructor({ hostname, port }: HttpListening) {
    this.#socket = connect({ host: hostname, port });
    this.#socket.setEncoding("utf8").on("data", (piece: string) => {
      this.#text += piece;
      this.#ring();
    });
    // A connection that is refused for the limit may be reset.
    this.#socket.on("error", () => {});
    this.ended = once(this.#socket, "close");
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  async receives(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) await new Promise<void>((resolve) => this.#ring = resolve);
    return this.#text;
  }

  get text(): string {
    return this.#text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.ended;
  }
}

const GET = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

function hello(): Promise<Response> {
  return Promise.resolve(new Response("hello\n"));
}

/** Serves for as long as `use` takes. */
async function serving(
  handle: (request: Request) => Promise<Response>,
  limits: Partial<HttpLimits>,
  use: (place: HttpListening) => Promise<void>,
): Promise<void> {
  const place = await serveHttp(PLACE, handle, { limits: { ...WIDE, ...limits } });
  try {
    await use(place);
  } finally {
    await place.close();
  }
}

test("serveHttp() answers requests, and reports its port", () => {
  const seen: string[] = [];
  const handle = ({ method, url, headers }: Request) => {
    seen.push(`${method} ${url} ${headers.get("cookie")}`);
    const headersOut = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-more", "y"]]);
    return Promise.resolve(new Response("hello\n", { status: 201, headers: headersOut }));
  };
  return serving(handle, {}, async (place) => {
    await using client = new Client(place);
    client.send("GET /a?b HTTP/1.1\r\nHost: here:1\r\nCookie: c=d\r\n\r\n");
    const text = await client.receives(/hello\n/);
    for (const part of [/^HTTP\/1\.1 201 /, /set-cookie: a=1\r\n/i, /set-cookie: b=2\r\n/i, /x-more: y\r\n/i]) {
      assert.match(text, part);
    }
    client.send("POST /c HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n");
    await client.ended;
    assert.deepEqual(seen, ["GET http://here:1/a?b c=d", "POST http://here/c null"]);
    await assert.rejects(serveHttp({ ...PLACE, port: place.port }, hello), { code: "EADDRINUSE" });
  });
});

test("serveHttp() answers 500 when a request fails, and 400 without a valid host", () =>
  serving(() => Promise.reject(new RangeError("secret")), {}, async (place) => {
    await using client = new Client(place);
    client.send(GET);
    assert.doesNotMatch(await client.receives(/internal error\n/), /secret/);
    for (const header of ["", "Host: a b\r\n"]) {
      await using other = new Client(place);
      other.send(`GET / HTTP/1.1\r\n${header}\r\n`);
      await other.receives(/^HTTP\/1\.1 400 /);
    }
  }));

/** Begins a response, and never ends it. */
function endless(): Promise<Response> {
  const body = new ReadableStream<Uint8Array>({ start: (body) => body.enqueue(new TextEncoder().encode("hello\n")) });
  return Promise.resolve(new Response(body));
}

test("serveHttp() closes the connection beyond its limit that has waited longest for a request", () =>
  serving(hello, { connections: 2 }, async (place) => {
    await using silent = new Client(place);
    await using half = new Client(place);
    half.send("GET / HTTP/1.1\r\nHost:");
    await using next = new Client(place);
    next.send(GET);
    await next.receives(/hello\n/);
    await using last = new Client(place);
    last.send(GET);
    await last.receives(/hello\n/);
    // Bun 1.4.5 closes them only some seconds later.
    if ("Deno" in globalThis) await Promise.all([silent.ended, half.ended]);
    next.send(GET);
    await next.receives(/hello\n[^]*hello\n/);
  }));

test("serveHttp() closes connections beyond its limit, and serves again below it", () =>
  serving(endless, { connections: 2 }, async (place) => {
    await using one = new Client(place);
    await using two = new Client(place);
    for (const client of [one, two]) {
      client.send(GET);
      await client.receives(/hello\n/);
    }
    await using over = new Client(place);
    await over.ended;
    assert.equal(over.text, "");
    await one[Symbol.asyncDispose]();
    for (;;) {
      await using next = new Client(place);
      next.send(GET);
      await Promise.race([next.ended, next.receives(/hello\n/)]);
      if (next.text !== "") break; // The server may see the end of the other one a moment later.
    }
  }));

test("serveHttp() closes connections without a whole request, and idle ones", () =>
  serving(hello, { requestMs: 200, checkMs: 20 }, async (place) => {
    await using silent = new Client(place);
    await using half = new Client(place);
    half.send("GET / HTTP/1.1\r\nHost:");
    await using idle = new Client(place);
    idle.send(GET);
    await Promise.all([silent.ended, half.ended, idle.ended]);
    assert.match(idle.text, /hello\n/);
    for (const { text } of [silent, half]) assert.match(text, /^(HTTP\/1\.1 408 |$)/);
  }));

test("serveHttp() keeps a stream beyond the time of requests; close() ends it", async () => {
  const left = Promise.withResolvers<void>();
  let piece = Promise.resolve();
  const place = await serveHttp(PLACE, () => {
    let sent = 0;
    let ended = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        piece = new Promise((resolve) => setTimeout(resolve, 50));
        await piece;
        if (!ended) controller.enqueue(new TextEncoder().encode(`piece ${sent++}\n`));
      },
      cancel() {
        ended = true;
        left.resolve();
      },
    });
    return Promise.resolve(new Response(body));
  }, { limits: { ...WIDE, requestMs: 100, checkMs: 20 } });
  await using client = new Client(place);
  client.send(GET);
  await client.receives(/piece 10\n/);
  await place.close();
  await client.ended;
  await left.promise;
  await piece;
});

test("serveHttp() closes a connection whose client reads nothing", async () => {
  const left = Promise.withResolvers<void>();
  const piece = new Uint8Array(1 << 20);
  const handle = () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(piece),
      cancel: () => left.resolve(),
    });
    return Promise.resolve(new Response(body));
  };
  await serving(handle, { stalledMs: 200 }, async ({ port }) => {
    const socket = connect({ host: "127.0.0.1", port }).on("error", () => {});
    const ended = once(socket, "close");
    socket.write(GET);
    socket.pause();
    await left.promise;
    socket.destroy();
    await ended;
  });
});
