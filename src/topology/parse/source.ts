/**
 * A text and places in it. Offsets count UTF-16 units, as in strings; lines and columns are for output: they start at
 * 1, and a column is a code point.
 *
 * @module
 */

/** A text and its name. */
export interface SourceFile {
  /** The path as given, a URL, or `<stdin>`. */
  readonly name: string;
  /** The whole text; those of included files come after the file's own. */
  readonly text: string;
  /** The included files, in the order of their texts. */
  readonly parts?: readonly SourcePart[];
}

/** A file that another one includes, in the text of that one. */
export interface SourcePart {
  /** Its name in output. */
  readonly name: string;
  /** The offset of its text. */
  readonly start: number;
  /** The folder for its relative paths; null: they are rejected. */
  readonly directory: string | null;
}

/** A part of a text; `end` is after its last unit. */
export interface Span {
  /** Its start. */
  readonly start: number;
  /** Its end. */
  readonly end: number;
}

/** A place for output. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in code points. */
  readonly column: number;
}

/** A line without its end, and its offset. */
export interface Line {
  readonly number: number;
  readonly start: number;
  readonly text: string;
}

/** The included file that has an offset; null for the file itself. */
export function partAt({ parts = [] }: SourceFile, offset: number): SourcePart | null {
  return parts.findLast(({ start }) => start <= offset) ?? null;
}

/** The name of the file that has an offset. */
export function fileNameAt(file: SourceFile, offset: number): string {
  return partAt(file, offset)?.name ?? file.name;
}

/** Line starts are found once per file, when its first diagnostic is printed. */
const starts = new WeakMap<SourceFile, readonly number[]>();

/** The line of an offset, counted in its own file; an offset after the text is in its last line. */
export function lineAt(file: SourceFile, offset: number): Line {
  const part = partAt(file, offset);
  const line = lineOfText(file, offset);
  return part === null ? line : { ...line, number: line.number - lineOfText(file, part.start).number + 1 };
}

function lineOfText(file: SourceFile, offset: number): Line {
  const index = lineStarts(file);
  let low = 0;
  let high = index.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((index[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const start = index[low] ?? 0;
  const next = index[low + 1] ?? file.text.length + 1;
  const text = file.text.slice(start, Math.max(start, next - 1)).replace(/\r$/, "");
  return { number: low + 1, start, text };
}

/** Line and column of an offset. */
export function positionAt(file: SourceFile, offset: number): Position {
  const line = lineAt(file, offset);
  let column = 1;
  const end = Math.min(offset, line.start + line.text.length);
  // The second of a pair of surrogates is not a separate column.
  for (let at = line.start; at < end; at++) if ((file.text.charCodeAt(at) & 0xfc00) !== 0xdc00) column++;
  return { line: line.number, column };
}

function lineStarts(file: SourceFile): readonly number[] {
  const known = starts.get(file);
  if (known !== undefined) return known;
  const found = [0];
  for (let at = file.text.indexOf("\n"); at !== -1; at = file.text.indexOf("\n", at + 1)) found.push(at + 1);
  starts.set(file, found);
  return found;
}
