/**
 * Tables for people: aligned, and no wider than the terminal while that can be.
 *
 * @module
 */

import { displayWidth, pad, truncate } from "./width.ts";

/** A column. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the end of their column. */
  readonly side?: "start" | "end";
  /** A column that may be cut, down to so many columns; others keep their width. */
  readonly least?: number;
}

const GAP = "  ";

/**
 * Lays a table out as lines.
 *
 * @param columns what stands in each row, in order
 * @param rows each with one cell a column
 * @param options.width the most columns a line may take; cells of columns with `least` are cut for it
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { width: number },
): readonly string[] {
  const titles = columns.map((column) => column.title);
  const all = [titles, ...rows];
  const natural = columns.map((_, index) => Math.max(...all.map((row) => displayWidth(row[index] ?? ""))));
  const widths = shrink(columns, natural, options.width - GAP.length * (columns.length - 1));
  return all.map((row) =>
    columns.map((column, index) => {
      const width = widths[index] ?? 0;
      return pad(truncate(row[index] ?? "", width), width, column.side === "end" ? "start" : "end");
    }).join(GAP).trimEnd()
  );
}

/** Takes one column at a time from the widest that may be cut, until all fits or nothing more can be cut. */
function shrink(columns: readonly Column[], natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const cuttable = widths.map((width, index) => width > (columns[index]?.least ?? Infinity) ? width : 0);
    const widest = Math.max(...cuttable);
    if (widest === 0) break;
    const index = cuttable.indexOf(widest);
    widths[index] = widest - 1;
    excess--;
  }
  return widths;
}
