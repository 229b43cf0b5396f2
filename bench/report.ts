/**
 * The results as a table for people and as data.
 *
 * @module
 */

import type { CpuUnit } from "./row.ts";
import type { Entry, RowResult } from "./run.ts";
import { summarize, type Summary } from "./statistics.ts";

/** One contender's figures in one row. */
export interface Figures extends Summary {
  readonly name: string;
  readonly role: string;
  readonly values: readonly number[];
  /** The medians of the row's other figures; null for one that was not measured. */
  readonly asides: readonly (number | null)[];
  /** The median of the processor time that the relay used for one unit of work. */
  readonly cpu: number | null;
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
  const figures = medians.map(({ entry, median, min, max }) => ({
    name: entry.name,
    role: entry.role,
    values: valuesOf(entry),
    median,
    min,
    max,
    asides: row.asideUnits.map((_, index) => asideOf(entry, index)),
    cpu: row.cpu === null ? null : cpuOf(entry, row.cpu),
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
    ...cpuUnit === null ? [] : [cpuUnit],
  ];
  const lines = figures.map((one) => [
    one.name,
    ...[one.median, one.min, one.max].map(formatNumber),
    ...[one.ofBestPeer, one.ofDirect, one.ofBare].map((ratio) => ratio === null ? "-" : ratio.toFixed(2)),
    ...one.asides.map(formatFigure),
    ...cpuUnit === null ? [] : [formatFigure(one.cpu)],
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

function cpuOf(entry: Entry, { perSecond }: CpuUnit): number | null {
  const costs = entry.measured.flatMap(({ done, cpuSeconds }) => {
    return done === undefined || cpuSeconds === undefined ? [] : [perSecond * cpuSeconds / done];
  });
  return costs.length === 0 ? null : summarize(costs).median;
}

function formatFigure(value: number | null): string {
  return value === null ? "-" : formatNumber(value);
}

function formatNumber(value: number): string {
  return value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
