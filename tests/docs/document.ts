/**
 * A Markdown document as the tests of documentation see it: fenced blocks, code within lines, and links.
 *
 * @module
 */

/** A fenced block. */
export interface Block {
  /** The word behind the fence: `yaml`, `console`. */
  readonly language: string;
  readonly text: string;
  /** The line of the document that its first line is, from 1. */
  readonly line: number;
}

/** A Markdown document. */
export interface Document {
  readonly blocks: readonly Block[];
  /** Code within lines, without its backticks. */
  readonly spans: readonly string[];
  /** Where links lead. */
  readonly links: readonly string[];
}

/** Reads a document. */
export function readDocument(text: string): Document {
  const blocks: Block[] = [];
  const prose = text.replaceAll(
    /^```(\w*)\n([^]*?)^```$/gm,
    (whole: string, language: string, body: string, at: number) => {
      blocks.push({ language, text: body, line: text.slice(0, at).split("\n").length + 1 });
      return whole.replaceAll(/[^\n]/g, "");
    },
  );
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return { blocks, spans, links };
}

/** What a person types in a document: lines of `sh` blocks, lines behind `$ ` in `console` blocks, code within lines. */
export function typedLines({ blocks, spans }: Document): readonly string[] {
  const shell = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => text.split("\n"));
  const sessions = blocks.filter(({ language }) => language === "console").flatMap(({ text }) => text.split("\n"));
  return [...shell, ...sessions.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2)), ...spans];
}

/** The cells of a table's rows, without the line below its heads; without the heads too, unless they are asked for. */
export function tableRows(text: string, options: { heads?: boolean } = {}): readonly (readonly string[])[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  const rows = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const [heads, , ...body] = rows;
  return options.heads === true && heads !== undefined ? [heads, ...body] : body;
}
