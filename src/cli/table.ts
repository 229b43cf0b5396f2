/**
 * Tables for people: aligned, and no wider than the terminal while that can be.
 *
 * @module
 */

import { displayWidth } from "../display_width.ts";
import { pad, truncate, truncateMiddle } from "./width.ts";

/** A column. */
export interface Column {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly side?: "start" | "end";
  /** A column that may be shortened, down to this width; others keep their width. */
  readonly least?: number;
  /** How a long cell is shortened: at its end, or in its middle, so that a port stays visible. */
  readonly cut?: "end" | "middle";
  /** A column that is omitted if there is no room for all; the highest number first. */
  readonly spare?: number;
}

const GAP = "  ";

/**
 * Lays a table out as lines.
 *
 * @param columns the columns of each row, in order
 * @param rows each with one cell a column
 * @param options.width the width limit of a line: first columns of only "-" are omitted, then cells of columns with
 * `least` are shortened, then columns with `spare` are omitted
 */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { width: number },
): readonly string[] {
  const titles = columns.map((column) => column.title);
  const all = [titles, ...rows];
  const natural = columns.map((_, index) => Math.max(...all.map((row) => displayWidth(row[index] ?? ""))));
  const room = options.width - GAP.length * (columns.length - 1);
  const empty = sum(natural) > room ? columns.findLastIndex((_, index) => isEmpty(rows, index)) : -1;
  if (empty >= 0) {
    return layOutTable(columns.toSpliced(empty, 1), rows.map((row) => row.toSpliced(empty, 1)), options);
  }
  const widths = shrink(columns, natural, room);
  const spare = Math.max(...columns.map((column) => column.spare ?? 0));
  if (spare > 0 && sum(widths) > room) {
    const out = columns.findIndex((column) => column.spare === spare);
    return layOutTable(columns.toSpliced(out, 1), rows.map((row) => row.toSpliced(out, 1)), options);
  }
  return all.map((row) =>
    columns.map((column, index) => {
      const width = widths[index] ?? 0;
      const cut = column.cut === "middle" ? truncateMiddle : truncate;
      return pad(cut(row[index] ?? "", width), width, column.side === "end" ? "start" : "end");
    }).join(GAP).trimEnd()
  );
}

function isEmpty(rows: readonly (readonly string[])[], column: number): boolean {
  return rows.length > 0 && rows.every((row) => row[column] === "-");
}

/** Shortens the widest possible column by one repeatedly, until everything fits or no column can be shortened. */
function shrink(columns: readonly Column[], natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
  let excess = sum(widths) - room;
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

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}
