/**
 * Compares what the rows have cost with their budgets.
 *
 * @module
 */

import type { OwnCost } from "./measure.ts";
import { MARGIN, type OwnCostRow } from "./rows.ts";

/** What a row exceeds, and how to find the reason; null if it is within its budget. */
export function excess({ name, unit, counts, budget }: OwnCostRow, cost: OwnCost): string | null {
  const exceeded = [
    describe(`bytes ${counts}`, { budget: budget.bytes, measured: cost.bytes, digits: 0 }),
    describe("system calls", { budget: budget.calls, measured: cost.calls, digits: 3 }),
  ].filter((text) => text !== null);
  if (exceeded.length === 0) return null;
  const by = counts === "kept" ? "class" : "function";
  return `Row "${name}" costs more than its budget (one unit is a ${unit}):\n  ${exceeded.join("\n  ")}\n` +
    `To see it by ${by}, here and on the branch you compare with: deno task bench:own --parts "${name}"\n` +
    `If the growth is intended, change the budget in bench/own_cost/rows.ts, and give the reason in the commit`;
}

function describe(
  what: string,
  { budget, measured, digits }: { budget: number; measured: number; digits: number },
): string | null {
  if (measured <= budget * (1 + MARGIN)) return null;
  const grown = measured - budget;
  const percent = (100 * grown / budget).toFixed(1);
  return `${what}: ${measured.toFixed(digits)}, budget ${budget}, ${grown.toFixed(digits)} more (${percent} %)`;
}
