/**
 * Runs one row: starts all programs, measures them in turn in several rounds, each in another order, and stops all
 * programs at the end.
 *
 * @module
 */

import { type Child, type Children, Interrupted, Unavailable } from "./children.ts";
import { cpuSeconds } from "./cpu.ts";
import type { Contender, Role } from "./contender.ts";
import { freePort, untilBound } from "./ports.ts";
import type { Effort, Measured, Row, Surroundings, Work } from "./row.ts";
import { shuffle } from "./statistics.ts";

/** The figures of one program. */
export interface Entry {
  readonly name: string;
  readonly role: Role;
  readonly measured: Measured[];
  /** Why its figures are missing; null if all measurements succeeded. */
  problem: string | null;
}

/** The results of one row. */
export interface RowResult {
  readonly row: Row;
  readonly entries: readonly Entry[];
  /** Why the row could not be measured; null if it could. */
  readonly problem: string | null;
}

/** The options of a run. */
export interface RunOptions {
  readonly contenders: readonly Contender[];
  readonly effort: Effort;
  readonly children: Children;
  /** A folder for everything that is written. */
  readonly folder: string;
  /** Receives progress. */
  readonly note: (text: string) => void;
}

/** A program that is ready to be measured. */
interface Standing {
  readonly entry: Entry;
  readonly child: Child | null;
  readonly folder: string;
  readonly port: number;
}

/** Measures a row. */
export async function runRow(row: Row, options: RunOptions): Promise<RowResult> {
  const folder = await Deno.makeTempDir({ dir: options.folder, prefix: `${row.name}-` });
  try {
    const work = await row.open({ children: options.children, folder });
    const entries = await runContenders(row, { ...options, folder, work });
    return { row, entries, problem: null };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { row, entries: [], problem: error.message };
  }
}

type RowOptions = RunOptions & Surroundings & { readonly work: Work };

async function runContenders(row: Row, options: RowOptions): Promise<readonly Entry[]> {
  const { effort, work } = options;
  const standing: Standing[] = [];
  if (row.direct) {
    standing.push({ entry: entryOf("direct", "direct"), child: null, folder: options.folder, port: work.target });
  }
  const taking = options.contenders.filter(({ rows, quickRows }) =>
    (effort.quick ? quickRows : rows).includes(row.name)
  );
  standing.push(...await Promise.all(taking.map((contender) => stand(contender, { ...options, row }))));
  for (let round = 1; round <= (row.once ? 1 : effort.rounds); round++) {
    for (const one of shuffle(standing)) {
      if (one.entry.problem !== null) continue;
      options.note(`${row.name}, round ${round}: ${one.entry.name}`);
      await measureOne(one, options);
    }
  }
  await Promise.all(standing.map(({ child }) => child?.stop()));
  return standing.map(({ entry }) => entry);
}

async function stand(contender: Contender, options: RowOptions & { readonly row: Row }): Promise<Standing> {
  const { row: { transport }, children, work } = options;
  const entry = entryOf(contender.name, contender.role);
  const port = freePort(transport);
  const folder = await Deno.makeTempDir({ dir: options.folder });
  try {
    const child = await contender.start({ children, folder, transport, port, target: work.target });
    await untilBound(transport, port, child);
    return { entry, child, folder, port };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    entry.problem = error.message;
    return { entry, child: null, folder, port };
  }
}

/** A program whose measurement fails is not measured again, and its earlier figures are not used. */
async function measureOne({ entry, child, folder, port }: Standing, { effort, work }: RowOptions): Promise<void> {
  try {
    const before = child === null ? 0 : await cpuSeconds(child.pid);
    const measured = await work.measure(port, { child, folder, seconds: effort.seconds, quick: effort.quick });
    entry.measured.push(
      child === null ? measured : { ...measured, cpuSeconds: await cpuSeconds(child.pid) - before },
    );
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    entry.problem = `failed: ${child?.ended() ?? message}`;
  }
}

function entryOf(name: string, role: Role): Entry {
  return { name, role, measured: [], problem: null };
}
