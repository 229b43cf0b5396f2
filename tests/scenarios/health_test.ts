/**
 * Situations in which traffic is not served, each made with real sockets: everything states it, with the reason, and
 * everything states that it is over. Those of one list happen at the same time in one engine.
 *
 * @module
 */

import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { play, SITUATIONS } from "./health/situations.ts";
import { HealthStage } from "./health/stage.ts";

for (const { name: runtime, skip } of realRuntimes) {
  for (const [what, situations] of Object.entries(SITUATIONS)) {
    test(`health states ${what}, and that it is over (${runtime})`, { skip, timeoutMs: 60_000 }, async () => {
      await using stage = await HealthStage.open(runtime);
      const here = situations.filter(({ runtimes }) => runtimes?.includes(runtime) ?? true);
      const results = await Promise.allSettled(here.map((situation) => play(stage, situation)));
      const failures = results.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
      if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
    });
  }
}
