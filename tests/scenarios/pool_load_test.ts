/**
 * A pool of real nginx that are killed and come back: no client notices, and operators do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { peer, test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { measurePoolLoad } from "./pool_load.ts";

const nginx = peer("nginx");

for (const { name: runtime, skip, permissions } of realRuntimes) {
  const threads = runtime === "posix" ? 2 : 1;
  test(
    `pool serves every client while one of three nginx is killed and comes back, and says so (${runtime}, ${threads})`,
    { skip: skip ?? nginx.skip, timeoutMs: 120_000 },
    async () => {
      const options = { nginx: nginx.path ?? "", runtime, permissions, threads, rate: 40, connections: 60 };
      const figures = await measurePoolLoad(options);
      assert.deepEqual(figures.failed, []);
      assert.deepEqual([figures.degraded, figures.none, figures.healthy], [[3, 200], [3, 503], [0, 200]]);
    },
  );
}
