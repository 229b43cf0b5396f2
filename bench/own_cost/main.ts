/**
 * `deno task bench:own`: what our own code costs for each connection, request, datagram and idle connection, without a
 * kernel. The bytes and the system calls are the same in every run; the time depends on the machine.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { parseArgs } from "node:util";
import { formatTable } from "../report.ts";
import { excess } from "./budget.ts";
import { MEASURE_ARGS, type OwnCost } from "./measure.ts";
import { OWN_COST_ROWS, type OwnCostRow } from "./rows.ts";

const USAGE = `Usage: deno task bench:own [OPTION…] [ROW…]

  --parts       Also print the bytes by function, or by class for connections that are idle
  -h, --help    Print this

Rows: ${OWN_COST_ROWS.map(({ name }) => `"${name}"`).join(", ")}
Exits with 1 if a row exceeds its budget.`;

/**
 * Measures a row in a process of its own.
 *
 * @param options.parts true for the bytes by function or class
 */
export async function measureRow({ name }: OwnCostRow, { parts }: { parts: boolean }): Promise<OwnCost> {
  const args = [...MEASURE_ARGS, name, ...parts ? ["parts"] : []];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot measure row "${name}":\n${decoder.decode(stderr)}`);
  return JSON.parse(decoder.decode(stdout));
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { parts: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  const unknown = positionals.filter((name) => OWN_COST_ROWS.every((row) => row.name !== name));
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `Unknown row "${unknown[0]}"\n\n${USAGE}` : USAGE);
    return values.help ? 0 : 64;
  }
  const rows = OWN_COST_ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const costs: { row: OwnCostRow; cost: OwnCost }[] = [];
  for (const row of rows) costs.push({ row, cost: await measureRow(row, values) });
  console.log(
    formatTable([
      ["ROW", "BYTES", "BUDGET", "CALLS", "BUDGET", "CPU US", "ONE UNIT"],
      ...costs.map(({ row: { name, unit, counts, budget }, cost }) => [
        name,
        `${cost.bytes.toFixed(0)} ${counts}`,
        String(budget.bytes),
        cost.calls.toFixed(3),
        String(budget.calls),
        cost.cpuUs.toFixed(2),
        unit,
      ]),
    ]).join("\n"),
  );
  for (const { cost: { name, parts } } of costs) {
    if (parts.length === 0) continue;
    console.log(`\n${name}`);
    for (const [bytes, part] of parts) console.log(`${bytes.toFixed(0).padStart(8)}  ${part}`);
  }
  const problems = costs.map(({ row, cost }) => excess(row, cost)).filter((text) => text !== null);
  for (const problem of problems) console.error(`\n${problem}`);
  return problems.length > 0 ? 1 : 0;
}
