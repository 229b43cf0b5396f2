/**
 * A frontend, backend or listen section with what it inherits from its defaults.
 *
 * @module
 */

import { NetgraphError } from "../../../../errors.ts";
import type { Span } from "../../../../topology/parse/source.ts";
import { noteKeyword } from "../keyword.ts";
import type { ImportContext, Word, WordLine } from "../reading.ts";
import { HAPROXY_KEYWORDS } from "./keywords.ts";
import type { Section } from "./parse.ts";

/** A section of a proxy. */
export class Proxy {
  readonly section: Section;
  readonly #chain: readonly Section[];

  constructor(section: Section) {
    this.section = section;
    const chain: Section[] = [];
    for (let one: Section | null = section; one !== null && chain.length < 100; one = one.defaults) chain.push(one);
    this.#chain = chain;
  }

  /** Its name. */
  get name(): string {
    return this.section.name?.text ?? "";
  }

  /** Its place. */
  get span(): Span {
    return this.section.name?.span ?? this.section.heading.span;
  }

  /** Its own lines of a keyword; those of the nearest defaults if it has none. */
  all(...words: readonly string[]): readonly WordLine[] {
    const isOne = ({ words: [first, second] }: WordLine): boolean =>
      words.includes(first?.text ?? "") || words.includes(`${first?.text} ${second?.text}`);
    return this.#chain.map(({ lines }) => lines.filter(isOne)).find((found) => found.length > 0) ?? [];
  }

  /** The lines of a keyword of its defaults and its own: rules add up. */
  every(word: string): readonly WordLine[] {
    return this.#chain.toReversed().flatMap(({ lines }) => lines.filter(({ words: [first] }) => first?.text === word));
  }

  /** The word at a place of the last line of a keyword. */
  value(keyword: string): Word | null {
    const count = keyword.split(" ").length;
    return this.all(keyword).at(-1)?.words[count] ?? null;
  }

  /** True if an option is on; the nearest section that has it decides. */
  option(name: string): boolean {
    for (const { lines } of this.#chain) {
      const found = lines.findLast(({ words: [a, b, c] }) =>
        (a?.text === "option" && b?.text === name) || (a?.text === "no" && b?.text === "option" && c?.text === name)
      );
      if (found !== undefined) return found.words[0]?.text === "option";
    }
    return false;
  }

  /** A time-out in milliseconds; null without one. */
  timeout(name: string): number | null {
    const old = ({ connect: "contimeout", client: "clitimeout", server: "srvtimeout" } as const)[name];
    const word = this.value(`timeout ${name}`) ?? (old === undefined ? null : this.value(old));
    return word === null ? null : milliseconds(word.text);
  }

  /** The mode; tcp by default. */
  get mode(): string {
    return this.value("mode")?.text ?? "tcp";
  }

  /** Notes what the import does with each line of the section, and of its defaults. */
  note(context: ImportContext): void {
    for (const { lines } of this.#chain.slice(0, 1)) for (const line of lines) noteLine(line, context);
  }
}

/** Notes what the import does with a line of a proxy. */
export function noteLine({ words: [first, second, third] }: WordLine, context: ImportContext): void {
  if (first === undefined) return;
  const use = (place: string, word: Word, shown = word.text): void => {
    noteKeyword(HAPROXY_KEYWORDS, { place, word: word.text, span: first.span, shown }, context);
  };
  use("a proxy", first);
  if (first.text === "option" && second !== undefined) use("option", second, `option ${second.text}`);
  if (first.text === "no" && second?.text === "option" && third !== undefined) {
    use("option", third, `no option ${third.text}`);
  }
  if (first.text === "timeout" && second !== undefined) use("timeout", second, `timeout ${second.text}`);
  if (first.text === "tcp-request" && second !== undefined) {
    use("tcp-request", second, `tcp-request ${second.text}`);
    if (second.text !== "inspect-delay" && third !== undefined) {
      const word = third.text.replace(/\(.*$/s, "");
      noteKeyword(HAPROXY_KEYWORDS, {
        place: "tcp-request rule",
        word,
        span: first.span,
        shown: `tcp-request ${second.text} ${word}`,
      }, context);
    }
  }
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, "": 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 };

/**
 * `30s`, `5m`, or milliseconds.
 *
 * @throws NetgraphError for another text
 */
export function milliseconds(text: string): number {
  const [, digits, unit = ""] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined) throw new NetgraphError("EINVAL", `"${text}" is not a time`);
  return Math.ceil(Number(digits) * (UNITS[unit] ?? 1));
}

/** Milliseconds as a duration. */
export function durationText(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
