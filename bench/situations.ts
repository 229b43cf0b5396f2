/**
 * How soon all outputs state that traffic is not served, and that it is served again: status, conditions, exit code,
 * `/readyz`, metrics and events, for each situation of tests/scenarios/health.
 *
 *     deno run -A --unstable-net bench/situations.ts RUNTIME...
 *
 * @module
 */

import process from "node:process";
import { RUNTIME_NAMES } from "../src/socket/capability.ts";
import { play, SITUATIONS } from "../tests/scenarios/health/situations.ts";
import { HealthStage } from "../tests/scenarios/health/stage.ts";

/** What is promised. */
const WITHIN_MS = 3_000;

let late = 0;
for (const runtime of RUNTIME_NAMES.filter((name) => process.argv.includes(name))) {
  print(`| situation (${runtime}) | reason | stated after s | over after s |`);
  print("| --- | --- | --- | --- |");
  for (const list of Object.values(SITUATIONS)) {
    await using stage = await HealthStage.open(runtime);
    for (const situation of list.filter(({ runtimes }) => runtimes?.includes(runtime) ?? true)) {
      const { name, reason } = situation;
      try {
        const { statedMs, overMs } = await play(stage, situation);
        late += Math.max(statedMs, overMs) > WITHIN_MS ? 1 : 0;
        print(`| ${name} | ${reason} | ${seconds(statedMs)} | ${seconds(overMs)} |`);
      } catch (error) {
        late++;
        print(`| ${name} | ${reason} | ${error instanceof Error ? `${error.message} (${error.cause})` : error} | |`);
      }
    }
  }
}
print(`${late} later than ${seconds(WITHIN_MS)} s`);
process.exitCode = late === 0 ? 0 : 1;

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
