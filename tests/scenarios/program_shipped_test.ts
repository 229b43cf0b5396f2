/**
 * The shipped topology with a program per connection, at work with socat.
 *
 * @module
 */

import assert from "node:assert/strict";
import { peer } from "../harness.ts";
import { run } from "../support/process.ts";
import { scenario } from "./world.ts";

const socat = peer("socat");

scenario(
  "topologies/program-per-connection.yaml runs tr for each connection, whole and with half-close",
  { peers: [socat] },
  async (withTopology) => {
    await withTopology("program-per-connection", {}, async ({ address, engine }) => {
      const input = new TextEncoder().encode("hello, world\n".repeat(100_000));
      const target = `TCP:${await address("front")}`;
      const talks = [1, 2, 3].map(() => run(socat.path ?? "", ["-t30", "-", target], { input }));
      for (const { stdout } of await Promise.all(talks)) {
        assert.equal(new TextDecoder().decode(stdout), "HELLO, WORLD\n".repeat(100_000));
      }
      const [status] = (await engine.status()).topologies;
      const front = status?.nodes.find((node) => node.name === "front");
      assert.deepEqual([front?.connections?.active, front?.connections?.total, front?.faults], [0, 3, []]);
    });
  },
);
