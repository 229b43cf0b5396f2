/**
 * The results as a table for people and as data.
 *
 * @module
 */

import type { CpuUnit } from "./row.ts";
import type { Entry, RowResult } from "./run.ts";
import { type Quartiles, quartiles, summarize, type Summary } from "./statistics.ts";

/** One contender's figures in one row. */
export interface Figures extends Summary {
  readonly name: string;
  readonly role: string;
  readonly values: readonly number[];
  /** The medians of the row's other figures; null for one that was not measured. */
  readonly asides: readonly (number | null)[];
  /** The median of the processor time that the relay used for one unit of work. */
  readonly cpu: number | null;
  /** The processor time in relation to that of the most frugal peer, by pairs of the same round. */
  readonly cpuOfPeer: Quartiles | null;
  readonly ofBestPeer: number | null;
  readonly ofDirect: number | null;
  readonly ofBare: number | null;
}

/** The figures of one row, and the missing programs with the reason. */
export interface RowReport {
  readonly row: string;
  readonly title: string;
  readonly unit: string;
  readonly asideUnits: readonly string[];
  readonly cpuUnit: string | null;
  readonly lessIsBetter: boolean;
  readonly figures: readonly Figures[];
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

/** Summarizes a row and compares its figures. */
export function reportOf({ row, entries, problem }: RowResult): RowReport {
  const good = entries.filter(({ problem, measured }) => problem === null && measured.length > 0);
  const medians = good.map((entry) => ({ entry, ...summarize(valuesOf(entry)) }));
  const of = (role: string) => medians.filter(({ entry }) => entry.role === role).map(({ median }) => median);
  const peers = of("peer");
  const best = peers.length === 0 ? null : row.lessIsBetter ? Math.min(...peers) : Math.max(...peers);
  const [direct = null] = of("direct");
  const [bare = null] = of("bare");
  const frugal = mostFrugal(good, row.cpu);
  const figures = medians.map(({ entry, median, min, max }) => ({
    name: entry.name,
    role: entry.role,
    values: valuesOf(entry),
    median,
    min,
    max,
    asides: row.asideUnits.map((_, index) => asideOf(entry, index)),
    cpu: row.cpu === null ? null : cpuOf(entry, row.cpu),
    cpuOfPeer: frugal === null || row.cpu === null ? null : pairsOf(entry, frugal, row.cpu),
    ofBestPeer: best === null ? null : median / best,
    ofDirect: direct === null ? null : median / direct,
    ofBare: bare === null ? null : median / bare,
  }));
  const missing = entries.flatMap(({ name, problem }) => problem === null ? [] : [{ name, why: problem }]);
  if (problem !== null) missing.push({ name: "everybody", why: problem });
  const { name, title, unit, asideUnits, lessIsBetter } = row;
  return { row: name, title, unit, asideUnits, cpuUnit: row.cpu?.name ?? null, lessIsBetter, figures, missing };
}

/** A row as a table. */
export function formatReport(report: RowReport): string {
  const { title, unit, asideUnits, cpuUnit, figures, missing, lessIsBetter } = report;
  const head = [
    "",
    unit,
    "min",
    "max",
    "× best peer",
    "× direct",
    "× bare",
    ...asideUnits,
    ...cpuUnit === null ? [] : [cpuUnit, "CPU × peer [quartiles]"],
  ];
  const lines = figures.map((one) => [
    one.name,
    ...[one.median, one.min, one.max].map(formatNumber),
    ...[one.ofBestPeer, one.ofDirect, one.ofBare].map((ratio) => ratio === null ? "-" : ratio.toFixed(2)),
    ...one.asides.map(formatFigure),
    ...cpuUnit === null ? [] : [formatFigure(one.cpu), formatQuartiles(one.cpuOfPeer)],
  ]);
  const sense = lessIsBetter ? "; less is better" : "";
  return [
    `${title}${sense}`,
    ...lines.length === 0 ? [] : formatTable([head, ...lines]),
    ...missing.map(({ name, why }) => `  without ${name}: ${why}`),
  ].join("\n");
}

/** Columns, the first to the left, the others to the right. */
export function formatTable(lines: readonly (readonly string[])[]): readonly string[] {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

function valuesOf(entry: Entry): readonly number[] {
  return entry.measured.map(({ value }) => value);
}

function asideOf(entry: Entry, index: number): number | null {
  const figures = entry.measured.flatMap(({ asides }) => asides?.[index] ?? []);
  return figures.length === 0 ? null : summarize(figures).median;
}

function cpuOf(entry: Entry, unit: CpuUnit): number | null {
  const costs = costsOf(entry, unit).filter((cost) => cost !== null);
  return costs.length === 0 ? null : summarize(costs).median;
}

/** The processor time of each round; null where it was not measured. */
function costsOf({ measured }: Entry, { perSecond }: CpuUnit): readonly (number | null)[] {
  return measured.map(({ done, cpuSeconds }) => {
    return done === undefined || cpuSeconds === undefined ? null : perSecond * cpuSeconds / done;
  });
}

/** The peer with the least processor time for a unit. */
function mostFrugal(entries: readonly Entry[], unit: CpuUnit | null): Entry | null {
  if (unit === null) return null;
  const peers = entries.filter(({ role }) => role === "peer").map((entry) => ({ entry, cost: cpuOf(entry, unit) }));
  const [least] = peers.toSorted((one, other) => (one.cost ?? Infinity) - (other.cost ?? Infinity));
  return least === undefined || least.cost === null ? null : least.entry;
}

/** A busy machine makes both of a pair slower: their ratio varies less than each of them. */
function pairsOf(entry: Entry, peer: Entry, unit: CpuUnit): Quartiles | null {
  const others = costsOf(peer, unit);
  const ratios = costsOf(entry, unit).flatMap((cost, round) => {
    const other = others[round] ?? null;
    return cost === null || other === null || other === 0 ? [] : [cost / other];
  });
  return ratios.length === 0 ? null : quartiles(ratios);
}

function formatQuartiles(ratio: Quartiles | null): string {
  if (ratio === null) return "-";
  return `${ratio.median.toFixed(2)} [${ratio.first.toFixed(2)}-${ratio.third.toFixed(2)}]`;
}

function formatFigure(value: number | null): string {
  return value === null ? "-" : formatNumber(value);
}

function formatNumber(value: number): string {
  return value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
