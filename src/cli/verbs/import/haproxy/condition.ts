/**
 * Conditions of `acl`, `use_backend` and `tcp-request` as alternatives of tests that a rule can have.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import { type Fields, listText } from "../forward.ts";
import type { Word, WordLine } from "../reading.ts";

/** The subject of one test. */
export type Test =
  /** Conditions of a rule of `route`. */
  | { readonly kind: "route"; readonly fields: Fields; readonly comparesCase?: boolean }
  | { readonly kind: "source"; readonly blocks: readonly string[]; readonly negated: boolean }
  /** It is always true, such as TRUE. */
  | { readonly kind: "always" }
  /** It has no counterpart. */
  | { readonly kind: "unknown"; readonly word: Word };

/** Alternatives; all tests of one must match. */
export type Alternatives = readonly (readonly Test[])[];

/** The definitions of a section by name, each with its lines. */
export type Acls = ReadonlyMap<string, readonly WordLine[]>;

/** Reads the definitions. */
export function readAcls(lines: readonly WordLine[]): Acls {
  const acls = new Map<string, WordLine[]>();
  for (const line of lines) {
    const name = line.words[1]?.text ?? "";
    acls.set(name, [...acls.get(name) ?? [], line]);
  }
  return acls;
}

const MAX_ALTERNATIVES = 64;

/** The alternatives of the words after `if`; null if there are too many. */
export function readCondition(words: readonly Word[], acls: Acls): Alternatives | null {
  let all: Alternatives = [];
  let current: Alternatives = [[]];
  let negated = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    if (text === "or" || text === "||") {
      all = [...all, ...current];
      current = [[]];
      continue;
    }
    if (text === "!") {
      negated = !negated;
      continue;
    }
    const isNegated = negated !== text.startsWith("!");
    negated = false;
    const name = text.replace(/^!/, "");
    let tests: Alternatives;
    if (name === "{") {
      const end = words.findIndex((one, index) => index > at && one.text === "}");
      if (end < 0) return null;
      tests = testsOf(words.slice(at + 1, end), word);
      at = end;
    } else tests = namedTests(name, word, acls);
    if (isNegated) tests = [negate(tests, word)];
    current = current.flatMap((one) => tests.map((more) => [...one, ...more]));
    if (current.length + all.length > MAX_ALTERNATIVES) return null;
  }
  return [...all, ...current];
}

function namedTests(name: string, word: Word, acls: Acls): Alternatives {
  const lines = acls.get(name);
  if (lines !== undefined) return lines.flatMap(({ words: [, , ...test] }) => testsOf(test, word));
  if (name === "TRUE") return [[{ kind: "always" }]];
  if (name === "REQ_CONTENT" || name === "LOCALHOST") {
    return name === "REQ_CONTENT"
      ? [[{ kind: "always" }]]
      : [[{ kind: "source", blocks: ["127.0.0.1/8", "::1"], negated: false }]];
  }
  if (name === "HTTP" || name === "HTTP_1.1") return [[{ kind: "unknown", word }]];
  return [[{ kind: "unknown", word }]];
}

/** The condition that a client of TLS asks for a name: one without is another case than a client without TLS. */
export const ANY_NAME: string = listText([quoteText("*")]);

function negate(tests: Alternatives, word: Word): readonly Test[] {
  const flat = tests.flat();
  if (flat.every((test) => test.kind === "source")) {
    return flat.map((test) => test.kind === "source" ? { ...test, negated: !test.negated } : test);
  }
  const [only, ...more] = flat;
  if (more.length === 0 && only?.kind === "route" && only.fields["tls"] !== undefined) {
    return [{ kind: "route", fields: { tls: only.fields["tls"] === "true" ? "false" : "true" } }];
  }
  return [{ kind: "unknown", word }];
}

/** The tests of a criterion with its values, which are alternatives. */
function testsOf(words: readonly Word[], at: Word): Alternatives {
  const [criterion, ...rest] = words;
  const unknown: Alternatives = [[{ kind: "unknown", word: at }]];
  if (criterion === undefined) return unknown;
  let method: string | null = null;
  const values: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const text = rest[index]?.text ?? "";
    if (text === "-i" || text === "--" || text === "-n") continue;
    if (text === "-m") method = rest[++index]?.text ?? null;
    else if (text === "-f" || text === "-M" || text === "-u") return unknown;
    else values.push(text);
  }
  const [, name = "", suffix] =
    /^([\w.]+?(?:\([^)]*\))?)(_end|_beg|_sub|_reg|_dom|_dir|_len)?(?:,lower)?$/.exec(criterion.text) ?? [];
  const how = method ?? suffix?.slice(1) ?? "str";
  switch (name) {
    case "req_ssl_sni":
    case "req.ssl_sni":
    case "ssl_fc_sni": {
      const names = values.map((value) => namesOf(value, how));
      const known = names.flatMap((one) => one ?? []);
      if (how === "found") return [[route({ sni: ANY_NAME })]];
      if (names.includes(null) || known.length === 0) return unknown;
      const comparesCase = !rest.some(({ text }) => text === "-i") && !criterion.text.endsWith(",lower");
      return [[{ kind: "route", fields: { sni: listText(known.map(quoteText)) }, comparesCase }]];
    }
    case "req_ssl_alpn":
    case "req.ssl_alpn":
    case "ssl_fc_alpn":
      return how === "str" || how === "sub" ? [[route({ alpn: listText(values.map(quoteText)) })]] : unknown;
    case "req_ssl_hello_type":
    case "req.ssl_hello_type":
    case "ssl_hello_type":
      return values.includes("1") ? [[route({ tls: "true" })]] : unknown;
    case "req_len":
    case "req.len":
      return values.join(" ") === "0"
        ? [[route({ silent: "true" })]]
        : values.join(" ").startsWith("gt 0")
        ? [[{ kind: "always" }]]
        : unknown;
    case "src":
      return [[{ kind: "source", blocks: values, negated: false }]];
    case "always_true":
      return [[{ kind: "always" }]];
    default: {
      const isStart = /^(req\.)?payload\(0,\d+\)$|^req_payload\(0,\d+\)$/.test(name);
      const text = values[0] ?? "";
      const starts = how === "bin" ? textOfHex(text) : text;
      return isStart && ["str", "beg", "bin"].includes(how) && values.length === 1 && starts !== ""
        ? [[route({ starts: quoteText(starts) })]]
        : unknown;
    }
  }
}

function route(fields: Fields): Test {
  return { kind: "route", fields };
}

function textOfHex(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  const octets = bytes.map((byte) => parseInt(byte, 16));
  return octets.every((octet) => octet < 0x80) ? String.fromCharCode(...octets) : "";
}

/** The names of rules for a value of SNI; null for one that they cannot express. */
function namesOf(value: string, how: string): readonly string[] | null {
  if (how === "str") return [value];
  if (how === "end" || how === "dom") return value.startsWith(".") ? [`*${value}`] : [value, `*.${value}`];
  if (how === "reg") {
    const plain = value.replace(/^\^/, "").replaceAll("\\.", ".");
    const [, star, rest = ""] = /^((?:\(\?:|\()?(?:\.[*+]|\[\^\.\]\+)\)?\.)?([\w.-]+)\$$/.exec(plain) ?? [];
    return rest === "" || (star === undefined && !value.startsWith("^"))
      ? null
      : [star === undefined ? rest : `*.${rest}`];
  }
  return null;
}
