/**
 * The command line: text in; an {@linkcode Invocation} out, or the requested help, or an error.
 *
 * The argument parser sees one verb's grammar at a time; `args/grammar.ts` makes it from the verb's options.
 *
 * @module
 */

import { runParserSync } from "@optique/core/facade";
import { formatMessage, lineBreak, type Message, message, text } from "@optique/core/message";
import { extractOptionNames } from "@optique/core/usage";
import { nearHint } from "../ascii/near.ts";
import { type Grammar, grammarOf, NO_COLOR } from "./args/grammar.ts";
import type { Choices } from "./args/parts.ts";
import { readable } from "./args/words.ts";
import type { Invocation, Verb } from "./verb.ts";
import { overallHelp, unknownVerb, verbNamed } from "./verbs/table.ts";

/** The parsed command line. */
export type Parsed =
  | { readonly kind: "run"; readonly verb: Verb; readonly invocation: Invocation; readonly color: boolean }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "usage"; readonly verb: string | null; readonly text: string };

/** The layout of the help, and the available choices. */
export interface ParseOptions extends Choices {
  /** The terminal's width. */
  readonly columns: number;
}

/** Verbs that other programs would name a file to by -f. */
const FILE_VERBS: readonly string[] = ["apply", "plan", "validate", "graph", "doctor", "permissions", "import"];

/** Verbs that mean all topologies where none is named. */
const ALL_WITHOUT_NAME: readonly string[] = ["down", "wait", "confirm"];

const HELP_OPTIONS = ["-h", "--help"] as const;

/** Parses the arguments after the program's name. */
export function parseArgs(args: readonly string[], options: ParseOptions): Parsed {
  const colorless = args[0] === NO_COLOR;
  const [word, ...rest] = colorless ? args.slice(1) : args;
  if (word === undefined) return { kind: "usage", verb: null, text: `Missing command\n\n${overallHelp()}` };
  if (word === "help") return parseHelp(rest, options);
  if (HELP_OPTIONS.some((name) => name === word)) return { kind: "help", text: overallHelp() };
  const verb = verbNamed(word === "--version" ? "version" : word);
  if (verb === undefined) return { kind: "usage", verb: null, text: unknownVerb(word) };
  if (word === "--version") return parseVerb(verb, rest, options);
  return parseVerb(verb, colorless ? [NO_COLOR, ...rest] : rest, options);
}

function parseHelp(rest: readonly string[], options: ParseOptions): Parsed {
  const [word] = rest;
  if (word === undefined || word === "help" || word.startsWith("-")) return { kind: "help", text: overallHelp() };
  const verb = verbNamed(word);
  if (verb === undefined) return { kind: "usage", verb: null, text: unknownVerb(word) };
  return parseVerb(verb, ["--help"], options);
}

function parseVerb(verb: Verb, rest: readonly string[], options: ParseOptions): Parsed {
  const printed: string[] = [];
  const { name, usage, description, examples } = verb;
  const grammar = grammarOf(verb, options);
  const help = () =>
    `Usage: sockgraph ${[name, usage].join(" ").trimEnd()}\n\n${printed.join("\n").trim().replace(/ +$/gm, "")}`;
  const result = runParserSync<Grammar, Parsed, Parsed>(grammar, `sockgraph ${name}`, readable(verb, rest), {
    description: message`${text(description)}`,
    footer: exampleLines(examples),
    help: { option: { names: HELP_OPTIONS, hidden: "doc" }, onShow: () => ({ kind: "help", text: help() }) },
    aboveError: "none",
    showUsage: false,
    showDefault: { prefix: " (default: ", suffix: ")" },
    maxWidth: Math.max(options.columns, 60),
    termWidth: "auto",
    stdout: (chunk) => printed.push(chunk),
    stderr: () => {}, // The error comes to onError as data.
    onError: (_code, error) => {
      const said = sentence(name, error, extractOptionNames(grammar.usage));
      return { kind: "usage", verb: name, text: said === "Missing required argument" ? missing(usage) : said };
    },
  });
  return "invocation" in result ? { kind: "run", verb, ...result } : result;
}

/** The error for missing arguments: the first word of the usage that is required. */
function missing(usage: string): string {
  return `Missing ${/[A-Z]+/.exec(usage.replace(/\[[^\]]*\]/g, ""))?.[0] ?? "argument"}`;
}

/** The parser's error in the form of ours: quoted with double quotes, without a full stop. */
function sentence(verb: string, error: Message, optionNames: Iterable<string>): string {
  const said = formatMessage(error, { quotes: true }).replaceAll("`", '"').replace(/\s*\n\s*/g, " ").replace(/\.$/, "");
  const unknown = /^Unknown option "([^"=]+)/.exec(said)?.[1];
  if (unknown === "-f" && FILE_VERBS.includes(verb)) return `${said}: files are arguments: sockgraph ${verb} web.yaml`;
  if (unknown === "--all" && ALL_WITHOUT_NAME.includes(verb)) return `${said}: without NAME, all topologies are used`;
  const wrong = wrongValue(said);
  if (wrong !== null) return wrong;
  const hint = unknown === undefined ? null : nearHint(unknown, optionNames);
  return hint === null ? said : `${said}: ${hint}`;
}

/**
 * The parser's `"-o"/"--output": Expected one of "a", and "b", but got "x"`, and `"--wait": Expected a duration, such as
 * 30s, but found "x"` of our value parsers, in one form; null for other errors.
 */
function wrongValue(said: string): string | null {
  const found = /^(?:"[^"]+"\/)*"([^"]+)": Expected (one of )?(.*), but (?:got|found) ("[^"]*")$/.exec(said);
  if (found === null) return null;
  const [, subject = "", isChoice, words = "", value] = found;
  if (isChoice !== undefined) {
    return `Unknown value ${value} of ${subject}: expected ${words.replace(/,? and (?="[^"]*"$)/, " or ")}`;
  }
  if (subject.startsWith("-")) return `Invalid value ${value} of ${subject}: expected ${words}`;
  return `Invalid ${subject.toLowerCase()} ${value}: expected ${words}`;
}

function exampleLines(examples: Verb["examples"]): Message {
  return [
    text("Examples:"),
    ...examples.flatMap(([call, purpose]) => [lineBreak(), text(`  # ${purpose}`), lineBreak(), text(`  ${call}`)]),
  ];
}
