/**
 * The budgets of our own cost: no change makes more garbage, more memory or more system calls for each unit unseen.
 *
 * @module
 */

import assert from "node:assert/strict";
import { excess } from "../../bench/own_cost/budget.ts";
import type { OwnCostRow } from "../../bench/own_cost/rows.ts";
import { OWN_COST_ROWS } from "../../bench/own_cost/rows.ts";
import { test } from "../harness.ts";

const skip = "Deno" in globalThis ? null : "the bytes are counted by V8, with Deno's inspector";

for (const row of OWN_COST_ROWS) {
  test(`a ${row.name} costs no more bytes and system calls than its budget`, { skip, timeoutMs: 60_000 }, async () => {
    const { measureRow } = await import("../../bench/own_cost/main.ts");
    const cost = await measureRow(row, { parts: false });
    assert.equal(excess(row, cost), null);
  });
}

test("measureRow() finds the functions that allocate", { skip, timeoutMs: 60_000 }, async () => {
  const { measureRow } = await import("../../bench/own_cost/main.ts");
  const [connection] = OWN_COST_ROWS;
  assert.ok(connection !== undefined);
  const { bytes, parts } = await measureRow(connection, { parts: true });
  const found = parts.reduce((sum, [part]) => sum + part, 0);
  assert.ok(found > bytes / 2 && found < bytes * 1.5, `${found} of ${bytes} bytes were found`);
  assert.ok(parts.some(([, name]) => name.includes("src/nodes/ksocket/")), JSON.stringify(parts));
});

test("excess() names the row, the growth and the next step", () => {
  const row = { name: "request", unit: "request", counts: "allocated", budget: { bytes: 100, calls: 4 } } as OwnCostRow;
  const cost = { name: "request", bytes: 103, calls: 4, cpuUs: 1, parts: [] };
  assert.equal(excess(row, cost), null);
  const text = excess(row, { ...cost, bytes: 120, calls: 5 }) ?? "";
  assert.match(text, /Row "request"/);
  assert.match(text, /bytes allocated: 120, budget 100, 20 more \(20\.0 %\)/);
  assert.match(text, /system calls: 5\.000, budget 4, 1\.000 more/);
  assert.match(text, /bench:own --parts "request"/);
});
