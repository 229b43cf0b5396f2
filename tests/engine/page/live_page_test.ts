/**
 * The live page as a client of HTTP sees it: who may see it, and what it is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { monitoringHandler } from "../../../src/api/monitoring.ts";
import type { PageMessage } from "../../../src/api/page_message.ts";
import type { Handler } from "../../../src/api/server.ts";
import { PageAccess } from "../../../src/engine/page/access.ts";
import { LivePage } from "../../../src/engine/page/live_page.ts";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";

const BASE = "http://127.0.0.1:9107";
const TOPOLOGY = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:80", listen: 1, accept: { connect: inet/127.0.0.1:81 }] }
  a: { type: hole }
`;

interface Served {
  readonly world: MemoryEngine;
  readonly page: LivePage;
  /** Asks for a path with a cookie. */
  ask(
    path: string,
    options?: { readonly cookie?: string; readonly headers?: Record<string, string>; method?: string },
  ): Promise<Response>;
}

async function served(use: (served: Served) => Promise<void>): Promise<void> {
  await using world = new MemoryEngine();
  await world.apply(TOPOLOGY);
  const { engine } = world;
  const types = describeBuiltinTypes(MEMORY_CAPABILITIES);
  const page = new LivePage({ engine, types, running: engine.running }, world.memory.clock);
  page.servedAt(BASE);
  const other: Handler = () => Promise.resolve(new Response("ok\n"));
  const handle = monitoringHandler(other, { host: "127.0.0.1", page: page.handle });
  const ask: Served["ask"] = (path, { cookie = "", headers = {}, method = "GET" } = {}) =>
    handle(new Request(`${BASE}${path}`, { method, headers: { ...headers, ...(cookie === "" ? {} : { cookie }) } }));
  try {
    await use({ world, page, ask });
  } finally {
    page.close();
  }
}

/** The cookie that a token is exchanged for. */
async function signIn({ page, ask }: Served): Promise<string> {
  const address = page.newAddress() ?? "";
  const early = await ask(address.slice(BASE.length), { headers: { "sec-purpose": "prefetch" } });
  assert.equal(early.status, 401);
  const response = await ask(address.slice(BASE.length));
  assert.equal(response.status, 200);
  const cookie = response.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^sockgraph-9107=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
  return cookie.split(";")[0] ?? "";
}

test("pageHandler() serves nothing without the cookie that a token is exchanged for", async () => {
  await served(async (parts) => {
    const { ask } = parts;
    for (
      const path of ["/", "/page.js", "/page.css", "/stream", "/connections?topology=t", "/generations", "/x", "/open"]
    ) {
      assert.equal((await ask(path)).status, 401, path);
      assert.equal((await ask(path, { cookie: "sockgraph-9107=0" })).status, 401, path);
    }
    assert.equal((await ask("/open?token=00")).status, 401);
    for (const path of ["/livez", "/readyz", "/metrics"]) assert.equal((await ask(path)).status, 200, path);
    const cookie = await signIn(parts);
    for (const path of ["/", "/page.js", "/page.css", "/connections?topology=t", "/generations?topology=t"]) {
      assert.equal((await ask(path, { cookie: `other=1; ${cookie}` })).status, 200, path);
    }
    const [name = ""] = cookie.split("=");
    const others = (count: number) => Array.from({ length: count }, () => `${name}=0`).join("; ");
    assert.equal((await ask("/", { cookie: `${others(7)}; ${cookie}` })).status, 200);
    assert.equal((await ask("/", { cookie: `${others(8)}; ${cookie}` })).status, 401);
    assert.equal((await ask("/v1/status", { cookie })).status, 404);
    assert.equal((await ask("/", { cookie, method: "POST" })).status, 401);
    assert.equal((await ask("/connections?topology=unknown", { cookie })).status, 422);
    assert.equal((await ask("/", { cookie: cookie.replace("9107", "9108") })).status, 401);
    assert.equal((await ask("/", { cookie, headers: { "sec-fetch-site": "same-site" } })).status, 403);
  });
});

test("pageHandler() allows no script, frame or origin but its own, and answers only under the name of the host", async () => {
  await served(async (parts) => {
    const cookie = await signIn(parts);
    const response = await parts.ask("/", { cookie });
    const policy = response.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"]) {
      assert.ok(policy.includes(part), part);
    }
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    const foreign = new Request("http://evil.example:9107/", { headers: { cookie } });
    const handle = monitoringHandler(parts.page.handle, { host: "127.0.0.1", page: parts.page.handle });
    assert.equal((await handle(foreign)).status, 421);
  });
});

test("a token is valid once and for ten minutes, a session for twelve hours after its last use", async () => {
  await using world = new MemoryEngine();
  const { clock } = world.memory;
  const access = new PageAccess(clock);
  const token = access.issue();
  const session = access.exchange(token) ?? "";
  assert.match(session, /^[0-9a-f]{64}$/);
  assert.equal(access.exchange(token), null);
  const late = access.issue();
  world.memory.clock.advance(10 * 60_000);
  assert.equal(access.exchange(late), null);
  for (let use = 0; use < 3; use++) {
    world.memory.clock.advance(11 * 3_600_000);
    assert.ok(access.admits(session));
  }
  world.memory.clock.advance(12 * 3_600_000);
  assert.ok(!access.admits(session));
  const first = access.issue();
  for (let more = 0; more < 16; more++) access.issue();
  assert.equal(access.exchange(first), null);
});

/** Reads the messages of a stream. */
async function* messagesOf(response: Response): AsyncGenerator<PageMessage, void> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
    }
  }
}

/** Lets time pass until something is done. */
async function advancing<T>(world: MemoryEngine, run: () => Promise<T>): Promise<T> {
  let isOver = false;
  const result = run().finally(() => isOver = true);
  while (!isOver) await world.memory.advance(250);
  return await result;
}

test("the stream begins with everything, and continues with what changed", async () => {
  await served(async (parts) => {
    const { world, ask } = parts;
    const response = await ask("/stream", { cookie: await signIn(parts) });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const messages = messagesOf(response);
    const first = (await messages.next()).value ?? null;
    assert.ok(first !== null && first.kind === "frame");
    assert.deepEqual([first.names, first.engine?.pid], [["t"], 7]);
    assert.deepEqual(first.topologies[0]?.nodes?.map(({ name }) => name), ["front", "a"]);
    const outside = first.topologies[0]?.drawing?.outside.map(({ kind, lines }) => [kind, lines]);
    assert.deepEqual(outside, [["clients", ["clients"]], ["target", ["inet/127.0.0.1:81"]]]);
    await world.apply(TOPOLOGY.replace("a: {", "b: {"));
    const seen = await advancing(world, async () => {
      const names: string[] = [];
      for await (const message of messages) {
        if (message.kind !== "frame") continue;
        names.push(...message.topologies.flatMap(({ nodes = [] }) => nodes.map(({ name }) => name)));
        if (message.topologies.some(({ drawing }) => drawing !== undefined)) break;
      }
      return names;
    });
    assert.ok(seen.includes("b") && !seen.includes("front"), seen.join());
  });
});

test("the generations of a topology have the plan from the one before", async () => {
  await served(async (parts) => {
    await parts.world.apply(TOPOLOGY.replace("a: {", "b: {"));
    const response = await parts.ask("/generations?topology=t", { cookie: await signIn(parts) });
    const [second, first]: readonly { readonly generation: number; readonly plan: string }[] = await response.json();
    assert.deepEqual([second?.generation, first?.generation], [2, 1]);
    assert.match(second?.plan ?? "", /generation 1 → 2[^]*\bb\b/);
    assert.match(first?.plan ?? "", /mkpeer ksocket front/);
  });
});

test("the stream sends at most 50 events between two reads, and counts the others", async () => {
  await served(async (parts) => {
    const { world, ask } = parts;
    const messages = messagesOf(await ask("/stream", { cookie: await signIn(parts) }));
    await messages.next();
    // Nothing listens at the target.
    for (let count = 0; count < 80; count++) {
      const { socket } = await world.connect("inet/127.0.0.1:80");
      socket.close();
    }
    const seen = await advancing(world, async () => {
      let failed = 0;
      for await (const message of messages) {
        if (message.kind !== "event") continue;
        if (message.event.kind === "connection-failed") failed++;
        if (message.event.kind === "dropped") return [failed, message.event.count];
      }
      return [];
    });
    assert.ok(Number(seen[0]) <= 50 && Number(seen[1]) > 0, seen.join());
  });
});

test("a stream that is opened again begins with the events since the last one of the page", async () => {
  await served(async (parts) => {
    const { world, ask } = parts;
    const cookie = await signIn(parts);
    const before = messagesOf(await ask("/stream", { cookie }));
    await before.next();
    const next = async (messages: AsyncGenerator<PageMessage, void>) =>
      await advancing(world, async () => {
        for await (const message of messages) if (message.kind === "event") return message.number;
        return null;
      });
    const event = async () => {
      const { socket } = await world.connect("inet/127.0.0.1:80");
      socket.close();
    };
    await event();
    const last = await next(before);
    assert.equal(last, 1);
    await before.return();
    await event();
    await world.memory.advance(1_000);
    const after = messagesOf(await ask(`/stream?after=${last}`, { cookie }));
    assert.equal(await next(after), 2);
    const fresh = messagesOf(await ask("/stream", { cookie }));
    const first = (await fresh.next()).value ?? null;
    assert.equal(first?.kind, "frame");
  });
});
