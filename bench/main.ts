/**
 * `deno task bench`: compares sockgraph with other relays and the bare loop in one run on this machine, over
 * loopback. Linux only: ports and memory are read from `/proc`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { parseArgs } from "node:util";
import { Children } from "./children.ts";
import { CONTENDERS } from "./contenders/all.ts";
import type { Contender } from "./contender.ts";
import { formatReport, reportOf, type RowReport } from "./report.ts";
import type { Effort, Row } from "./row.ts";
import { ROWS } from "./rows/all.ts";
import { runRow } from "./run.ts";

const USAGE = `Usage: deno task bench [OPTION…]

  --quick             One short round, with the most important programs only
  --rows NAME,…       Only these: ${ROWS.map(({ name }) => name).join(", ")}
  --only TEXT,…       Only contenders with one of these in their name
  --rounds NUMBER     How many rounds (5)
  --seconds NUMBER    How long each measurement takes (2)
  -o, --output FORM   table, json
  -h, --help          Print this
`;

/** The options of a run. */
interface Wish {
  readonly rows: readonly Row[];
  readonly contenders: readonly Contender[];
  readonly effort: Effort;
  readonly json: boolean;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Measures, prints, and returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let desiredState: Wish | "help";
  try {
    desiredState = readWish(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 64;
  }
  if (desiredState === "help") {
    console.log(USAGE.trimEnd());
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-bench-" });
  const children = new Children();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  cleanup.use(children);
  const interrupted = new Promise<"interrupted">((resolve) => {
    // The terminal and the task both send the signal: it is handled once.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => resolve("interrupted"));
    }
  });
  const reports = await Promise.race([measure(desiredState, { folder, children }), interrupted]);
  if (reports === "interrupted") return 130;
  if (desiredState.json) {
    console.log(JSON.stringify({ machine: await machine(), effort: desiredState.effort, rows: reports }, null, 2));
  }
  const broken = reports.flatMap(({ missing }) => missing).some(({ why }) => why.startsWith("failed"));
  return broken ? 1 : 0;
}

function readWish(args: readonly string[]): Wish | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rows: { type: "string" },
      only: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      output: { type: "string", short: "o", default: "table" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { quick, output, help } = values;
  if (help) return "help";
  if (output !== "table" && output !== "json") throw new Error(`Output "${output}" is neither table nor json`);
  const only = values.only?.split(",") ?? [""];
  return {
    rows: values.rows === undefined ? rowsFor(quick) : values.rows.split(",").map(rowNamed),
    contenders: CONTENDERS.filter(({ name }) => only.some((text) => name.includes(text))),
    effort: {
      rounds: wholeNumber(values.rounds, quick ? 1 : 5),
      seconds: wholeNumber(values.seconds, quick ? 1 : 2),
      quick,
    },
    json: output === "json",
  };
}

/** A row without a measured program is skipped. */
function rowsFor(quick: boolean): readonly Row[] {
  return quick ? ROWS.filter((row) => CONTENDERS.some(({ quickRows }) => quickRows.includes(row.name))) : ROWS;
}

function rowNamed(name: string): Row {
  const row = ROWS.find((row) => row.name === name);
  if (row === undefined) {
    throw new Error(`Unknown row "${name}": expected one of ${ROWS.map(({ name }) => name).join(", ")}`);
  }
  return row;
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`"${text}" is no whole number from 1 to 9999`);
  return Number(text);
}

async function measure(
  { rows, contenders, effort, json }: Wish,
  { folder, children }: { folder: string; children: Children },
): Promise<readonly RowReport[]> {
  const note = (text: string): void => {
    if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  };
  const reports: RowReport[] = [];
  if (!json) console.log(`${await machine()}; rounds: ${effort.rounds}, seconds each: ${effort.seconds}\n`);
  for (const row of rows) {
    const report = reportOf(await runRow(row, { contenders, effort, children, folder, note }));
    note("");
    if (!json) console.log(`${formatReport(report)}\n`);
    reports.push(report);
  }
  return reports;
}

async function machine(): Promise<string> {
  const cores = navigator.hardwareConcurrency;
  const kernel = (await Deno.readTextFile("/proc/sys/kernel/osrelease")).trim();
  return `${cores} cores, Linux ${kernel}, Deno ${Deno.version.deno}`;
}
