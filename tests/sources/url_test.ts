/**
 * When a text on the web is requested again, with made-up answers and no time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { UrlReader } from "../../src/sources/url.ts";
import { test } from "../harness.ts";

const SOURCE = { kind: "url", url: "http://config.example/web.yaml" } as const;

test("UrlReader asks a server that failed again every two seconds, after a minute more rarely, then after its interval", async () => {
  const clock = new VirtualClock();
  let requests = 0;
  let up = false;
  const get = () => {
    requests++;
    if (!up) return Promise.reject(new NetgraphError("ECONNREFUSED", "It refuses"));
    return Promise.resolve({ status: 200, octets: new Uint8Array(), etag: null, lastModified: null });
  };
  const reader = new UrlReader(SOURCE, { downloads: { get }, clock, freshMs: 60_000 });
  const asked: number[] = [];
  const start = clock.now();
  const second = async (): Promise<void> => {
    const before = requests;
    await reader.read().catch(() => {}); // The test counts requests.
    if (requests > before) asked.push((clock.now() - start) / 1_000);
    clock.advance(1_000);
  };
  for (let passed = 0; passed < 80; passed++) await second();
  assert.deepEqual(asked.slice(0, 5), [0, 1, 3, 5, 7]);
  assert.deepEqual(asked.slice(-4), [57, 59, 63, 71]);
  up = true;
  for (let passed = 80; passed < 160; passed++) await second();
  assert.deepEqual(asked.slice(-3), [71, 87, 147]);
});
