/**
 * The live page in a browser: what it shows, and what stays where it was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "../harness.ts";
import { TestFolder } from "../cli/program.ts";
import { Browser, browserSkip } from "../support/browser.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const own = realRuntimes.find(({ name }) => name !== "posix");
const MARKUP = "<img>&lt;<s>";

/** A topology with a target at this port, and more nodes. */
const shop = (port: number, more: string) => `
name: shop
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 16, accept: { connect: pool/servers }]
  servers:
    type: pool
    messages:
      - settargets: [{ to: "inet/127.0.0.1:${port}", name: one }]
      - sethealth: { interval: 100ms, fall: 1, rise: 1 }
  "${MARKUP}": { type: hole }
  last: { type: hole }
${more}
`;

const PLACES = `Object.fromEntries([...document.querySelectorAll("#graph [data-node]")].map((node) => {
  const rect = node.querySelector("rect");
  return [node.dataset.node, [Number(rect.getAttribute("x")), Number(rect.getAttribute("y"))]];
}))`;

/** Has the page believe that it is hidden, as a tab in the background is, or visible. */
function visibility(isHidden: boolean): string {
  const change = 'document.dispatchEvent(new Event("visibilitychange"))';
  return `Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} }); ${change}`;
}

/** The places of nodes, from the page. */
async function placesIn(browser: Browser): Promise<Readonly<Record<string, readonly [number, number]>>> {
  return JSON.parse(JSON.stringify(await browser.value(PLACES)));
}

test("the page shows what runs, foreign text as text, a dead target in red, and lets unchanged nodes stay", {
  skip: browserSkip ?? own?.skip ?? null,
  timeoutMs: 120_000,
}, async () => {
  const server = createServer((socket) => socket.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo = JSON.parse(JSON.stringify(server.address()));
  try {
    await using place = await TestFolder.open();
    await place.write("shop.yaml", shop(address.port, "  second: { type: hole }"));
    const engine = place.start("apply", "--http", "127.0.0.1:0", "shop.yaml");
    await engine.says(/Press Ctrl-C/);
    const opened = (await place.call("open")).stdout.trim();
    await using browser = await Browser.start();
    await browser.visit(opened);
    await browser.until('document.querySelectorAll("#graph [data-node]").length === 5');
    assert.equal(await browser.value("location.pathname + location.search"), "/");
    const name = `[...document.querySelectorAll("#graph text.name")].some((one) => one.textContent === ${
      JSON.stringify(MARKUP)
    })`;
    assert.equal(await browser.value(name), true);
    assert.equal(await browser.value("document.images.length + document.title"), "0sockgraph");

    const before = await placesIn(browser);
    await place.write("shop.yaml", shop(address.port, "  third: { type: hole }\n  fourth: { type: hub }"));
    assert.equal((await place.call("apply", "shop.yaml")).code, 0);
    await browser.until(`document.querySelector('#graph [data-node="fourth"]') !== null`);
    const after = await placesIn(browser);
    for (const [node, [x, y]] of Object.entries(before)) {
      const [nowX, nowY] = after[node] ?? (node === "second" ? [x, y] : [NaN, NaN]);
      assert.ok(Math.hypot(nowX - x, nowY - y) <= 40, `${node} has moved`);
    }

    await browser.until('document.getElementById("panel").textContent.includes("by a client")');
    await browser.value(visibility(true));
    assert.equal((await place.call("msg", "shop/front:", "setconfig", "{ idleTimeout=9m }")).code, 0);
    assert.equal(await browser.value('document.getElementById("panel").textContent.includes("idleTimeout")'), false);
    await browser.value(visibility(false));
    await browser.until('document.getElementById("panel").textContent.includes("idleTimeout")');

    await browser.value(
      `document.querySelector('#graph [data-node="servers"]').dispatchEvent(new MouseEvent("click"))`,
    );
    await browser.until('document.getElementById("detail").textContent.includes("settargets")');
    await browser.value('document.getElementById("tab-generations").click()');
    await browser.until('document.getElementById("panel").textContent.includes("generation 1 → 2")');
    assert.equal(await browser.value('document.querySelector("#graph g.outside.bad") === null'), true);
    server.close();
    await browser.until('document.querySelector("#graph g.outside.bad") !== null');
    assert.deepEqual(browser.complaints, []);

    const repeated = await fetch(opened);
    await repeated.body?.cancel();
    assert.equal(repeated.status, 401);
    engine.signal("SIGTERM");
    await engine.ended;
    await browser.until('document.getElementById("connection").className === "lost"');
  } finally {
    server.close();
  }
});

test("the page retries while too many pages are open", {
  skip: browserSkip ?? own?.skip ?? null,
  timeoutMs: 120_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("shop.yaml", "name: shop\nnodes:\n  one: { type: hole }\n");
  const engine = place.start("apply", "--http", "127.0.0.1:0", "shop.yaml");
  await engine.says(/Press Ctrl-C/);
  const address = new URL((await place.call("open")).stdout.trim());
  const exchanged = await fetch(address);
  await exchanged.body?.cancel();
  const cookie = exchanged.headers.get("set-cookie")?.split(";")[0] ?? "";
  const open = () => fetch(new URL("/stream", address), { headers: { cookie } });
  const streams = await Promise.all(Array.from({ length: 16 }, open));
  assert.deepEqual([...new Set(streams.map(({ status }) => status))], [200]);
  await using browser = await Browser.start();
  await browser.visit((await place.call("open")).stdout.trim());
  await browser.until('document.getElementById("connection")?.textContent === "Too many open pages; retrying"');
  await Promise.all(streams.map(({ body }) => body?.cancel()));
  await browser.until('document.getElementById("connection")?.textContent === "live"');
  engine.signal("SIGTERM");
  await engine.ended;
});
