/**
 * gost's command lines: `gost -L tcp://:8080/10.0.0.1:80`, also those of systemd units.
 *
 * @module
 */

import type { Span } from "../../../../topology/parse/source.ts";
import type { ForwardDraft } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, noteLoss, refuse, shellLines, type Word, type WordLine } from "../reading.ts";
import { addForward } from "./forward.ts";
import { GOST_KEYWORDS } from "./keywords.ts";

/** The program, also as the value of a setting of a unit. */
const PROGRAM = /(^|[/=])gost(-v\d|3)?$/;
/** Flags with a value. */
const VALUED: ReadonlySet<string> = new Set([
  "-L",
  "-F",
  "-C",
  "-O",
  "-api",
  "-metrics",
  "-I",
  "-M",
  "-R",
  "-log",
  "-obfs4-dir",
]);

/** Reads all lines. */
export function readCommands(forwards: ForwardDraft, context: ImportContext): void {
  for (const line of shellLines(context.file)) {
    const program = line.words.findIndex(({ text }) => PROGRAM.test(text));
    if (program < 0) {
      if (!/^\[|=/.test(line.words[0]?.text ?? "")) {
        noteLoss(context, line.span, "The line is left out: it does not call gost");
      }
      continue;
    }
    forwards.attempt("line", (inner) => readCommand(line, program, forwards, inner));
  }
}

function readCommand({ words }: WordLine, program: number, forwards: ForwardDraft, context: ImportContext): void {
  const addresses: Word[] = [];
  for (let at = program + 1; at < words.length; at++) {
    const word = words[at];
    if (word === undefined || /^(&|&&|\|\||;|\||[0-9]?[<>].*|&>.*)$/.test(word.text)) break;
    const [flag = "", joined] = word.text.split(/=(.*)/);
    const [name = "", attached] = VALUED.has(flag)
      ? [flag, joined]
      : /^-[LFC]./.test(word.text)
      ? [word.text.slice(0, 2), word.text.slice(2)]
      : [word.text, undefined];
    noteKeyword(GOST_KEYWORDS, { place: "a command line", word: name.replace(/^--/, "-"), span: word.span }, context);
    const value = VALUED.has(name) && attached === undefined ? words[++at] : { text: attached ?? "", span: word.span };
    if (name === "-L" && value !== undefined) addresses.push(value);
  }
  if (context.collector.errors > 0) return;
  for (const address of addresses) addAddress(address, forwards, context);
}

/** Adds the listener of `SCHEME://HOST:PORT/TARGET,TARGET?PARAMETERS`. */
export function addAddress(
  { text, span }: Pick<Word, "text" | "span">,
  forwards: ForwardDraft,
  context: ImportContext,
): void {
  if (/[$`]|%[A-Za-z]/.test(text)) return refuse(context, span, `Variable in "${text}" has no value here`);
  const [, scheme = "auto", user, addr = "", path = "", query = ""] =
    /^(?:([\w+-]+):\/\/)?(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text) ?? [];
  const protocol = protocolOf(scheme.split("+"), span, context);
  if (user !== undefined) refuse(context, span, "Users and passwords are those of proxies");
  const parameters = readParameters(query, span, context);
  if (protocol === null || context.collector.errors > 0) return;
  const targets = path.split(",").filter((one) => one !== "").map((one) => ({ name: null, addr: one, span }));
  addForward({ protocol, addr, targets, parameters, admissions: [], span }, forwards, context);
}

/** `tcp`, `udp` or `tls`; null for others, which are reported. */
export function protocolOf(schemes: readonly string[], span: Span, context: ImportContext): string | null {
  const before = context.collector.errors + context.whole.errors;
  for (const word of schemes) noteKeyword(GOST_KEYWORDS, { place: "a protocol", word, span }, context);
  if (context.collector.errors + context.whole.errors > before) return null;
  return schemes.includes("tls") ? "tls" : schemes[0] ?? null;
}

function readParameters(query: string, span: Span, context: ImportContext): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&")) {
    const [word = "", value = ""] = pair.split(/=(.*)/);
    if (word === "") continue;
    noteKeyword(GOST_KEYWORDS, { place: "a parameter", word, span }, context);
    parameters.set(word, value);
  }
  return parameters;
}
