/**
 * Tables for a terminal of few rows: rows without problems are hidden first, and the number of hidden rows is printed.
 *
 * @module
 */

/** A part of a picture: a head, a table, and lines below it. */
export interface Section {
  readonly head: readonly string[];
  /** The heading, if any row is shown. */
  readonly title: readonly string[];
  readonly rows: readonly {
    readonly line: string;
    /** True for what a person must see: it is hidden last. */
    readonly urgent: boolean;
  }[];
  readonly tail: readonly string[];
}

/**
 * The lines of sections, within the limit of rows.
 *
 * @param room Infinity for all of them
 */
export function fitSections(sections: readonly Section[], room: number): readonly string[] {
  const shown = sections.map(showAll);
  for (const urgent of [false, true]) {
    while (heightOf(shown) > room) {
      const next = largest(shown, urgent);
      if (next === null) break;
      if (urgent) next.urgent -= 1;
      else next.calm -= 1;
    }
  }
  const hidden = shown.reduce((sum, one) => sum + one.section.rows.length - rowsOf(one), 0);
  const lines = shown.flatMap((one, index) => [...hasGap(shown, index) ? [""] : [], ...linesOf(one)]);
  return hidden === 0 && lines.length <= room ? lines : cut(lines, { room, hidden });
}

/** The number of rows of each kind that a section shows. */
interface Shown {
  readonly section: Section;
  urgent: number;
  calm: number;
}

function showAll(section: Section): Shown {
  const urgent = section.rows.filter((row) => row.urgent).length;
  return { section, urgent, calm: section.rows.length - urgent };
}

function rowsOf({ urgent, calm }: Shown): number {
  return urgent + calm;
}

function heightOf(shown: readonly Shown[]): number {
  let hidden = false;
  const height = shown.reduce((sum, one, index) => {
    const { head, title, rows, tail } = one.section;
    hidden ||= rowsOf(one) < rows.length;
    const table = rowsOf(one) === 0 ? 0 : title.length + rowsOf(one);
    return sum + head.length + table + tail.length + (hasGap(shown, index) ? 1 : 0);
  }, 0);
  return hidden ? height + 1 : height;
}

/** An empty line separates tables; headings without rows are not separated. */
function hasGap(shown: readonly Shown[], index: number): boolean {
  const isTall = (one: Shown | undefined) => one !== undefined && rowsOf(one) + one.section.tail.length > 0;
  return index > 0 && (isTall(shown[index - 1]) || isTall(shown[index]));
}

/** The section that shows most rows, of those that have one of the kind to hide. */
function largest(shown: readonly Shown[], urgent: boolean): Shown | null {
  let found: Shown | null = null;
  for (const one of shown) {
    const has = (urgent ? one.urgent : one.calm) > 0;
    if (has && (found === null || rowsOf(one) > rowsOf(found))) found = one;
  }
  return found;
}

/** The first rows of each kind, in their order. */
function linesOf({ section, urgent, calm }: Shown): readonly string[] {
  const left = { urgent, calm };
  const rows = section.rows.filter((row) => left[row.urgent ? "urgent" : "calm"]-- > 0);
  const table = rows.length === 0 ? [] : [...section.title, ...rows.map(({ line }) => line)];
  return [...section.head, ...table, ...section.tail];
}

/** Prints the number of hidden rows; headings and endings that still do not fit are truncated. */
function cut(lines: readonly string[], { room, hidden }: { room: number; hidden: number }): readonly string[] {
  const kept = lines.slice(0, Math.max(0, room - 1));
  const rows = hidden === 1 ? "1 row" : `${hidden} rows`;
  const more = lines.length - kept.length;
  const said = [...hidden === 0 ? [] : [`${rows} hidden`], ...more === 0 ? [] : [`${more} more lines below`]];
  return [...kept, `… ${said.join(", ")}`];
}
