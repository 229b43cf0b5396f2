/**
 * Rates: how often something may happen. A bare number is a number per second.
 *
 * ```text
 * rate = digits [ "/" ( "s" | "m" | "h" ) ]
 * ```
 *
 * @module
 */

import { readScalar } from "./part.ts";
import { describeToken, type Scanner } from "./scanner.ts";
import { TIME_UNITS, TIME_WORDS } from "./time_unit.ts";
import type { AsciiType } from "./type.ts";

/** A number of events in a span of time. */
export interface Rate {
  /** The number of events. */
  readonly count: number;
  /** The span, in milliseconds. */
  readonly spanMs: number;
}

/** Spans by unit. */
const SPANS: ReadonlyMap<string, number> = new Map(TIME_UNITS.filter(([unit]) => unit !== "ms"));
const MAX_COUNT = 0xffff_ffff;

/**
 * A rate: `100/s`, `10/m`, `5/h`; `100` is `100/s`. The count is at least 1.
 *
 * @example
 * ```ts
 * import { parseText, rate } from "@sockgraph/sockgraph";
 *
 * console.log(parseText(rate, "10/m").spanMs); // 60000
 * ```
 */
export const rate: AsciiType<Rate> = {
  description: { kind: "named", name: "rate", examples: ["100/s", "10/m", "5/h"] },
  initial: { count: 1, spanMs: 1_000 },
  parse: parseRate,
  read: (literal) => readScalar(rate, literal),
  format: ({ count, spanMs }) => `${count}/${[...SPANS].find(([, ms]) => ms === spanMs)?.[0] ?? "s"}`,
  pack: ({ count, spanMs }, writer) => {
    writer.integer(count, 32);
    writer.integer(spanMs, 32);
  },
  unpack: (reader) => ({ count: reader.integer(32), spanMs: reader.integer(32) }),
};

function parseRate(scanner: Scanner): Rate {
  const token = scanner.peek();
  const [, digits, unit = "s"] = (token.kind === "word" ? /^([0-9]+)(?:\/(.*))?$/.exec(token.text) : null) ?? [];
  if (digits === undefined) {
    throw scanner.failAt(token, "EINVAL", `Expected a rate but found ${describeToken(token)}`, "such as 100/s or 10/m");
  }
  const spanMs = SPANS.get(unit);
  if (spanMs === undefined) {
    const short = Object.hasOwn(TIME_WORDS, unit) ? TIME_WORDS[unit] : undefined;
    throw scanner.fail("EINVAL", `Unknown unit "${unit}" of a rate`, {
      offset: token.offset + digits.length + 1,
      length: unit.length,
      hint: short === undefined || !SPANS.has(short) ? "units are s, m, h: such as 100/s" : `write ${digits}/${short}`,
    });
  }
  const count = Number(digits);
  if (count === 0) throw scanner.failAt(token, "EINVAL", "A rate of 0 admits nothing", "remove it for no limit");
  if (count > MAX_COUNT) throw scanner.failAt(token, "EINVAL", `The rate ${token.text} is too large`);
  scanner.next();
  return { count, spanMs };
}
