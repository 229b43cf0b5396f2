/**
 * Situations in which traffic is not served, each made with real sockets: everything states it, with the reason, and
 * everything states that it is over. Those of one list happen at the same time in one engine.
 *
 * @module
 */

import { test } from "../harness.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { CHAINS } from "./health/chains.ts";
import { CLIENTS } from "./health/clients.ts";
import { NODES } from "./health/nodes.ts";
import type { Situation } from "./health/situation.ts";
import { HealthStage } from "./health/stage.ts";
import { TARGETS } from "./health/targets.ts";

const LISTS: Readonly<Record<string, readonly Situation[]>> = {
  "targets that do not take connections": TARGETS,
  "clients that are not let in": CLIENTS,
  "chains that end nowhere": CHAINS,
  "nodes, links and sources that are gone": NODES,
};

for (const { name: runtime, skip } of realRuntimes) {
  for (const [what, situations] of Object.entries(LISTS)) {
    test(`health states ${what}, and that it is over (${runtime})`, { skip, timeoutMs: 60_000 }, async () => {
      await using stage = await HealthStage.open(runtime);
      const here = situations.filter(({ runtimes }) => runtimes?.includes(runtime) ?? true);
      const results = await Promise.allSettled(here.map((situation) => play(stage, situation)));
      const failures = results.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
      if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
    });
  }
}

async function play(stage: HealthStage, { name, begin, ...unwell }: Situation): Promise<void> {
  const end = await begin(stage, name);
  await stage.unwell(name, unwell);
  await end();
  await stage.well(name);
}
