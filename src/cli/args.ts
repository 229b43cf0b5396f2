/**
 * The command line: text in; a typed {@linkcode Invocation} out, or the help that was asked for, or what is wrong.
 *
 * The argument parser sees one verb's grammar at a time; the parts that several verbs share are in `args/parts.ts`.
 *
 * @module
 */

import { object } from "@optique/core/constructs";
import { runParserSync } from "@optique/core/facade";
import { formatMessage, lineBreak, type Message, message, text } from "@optique/core/message";
import { map, multiple, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, constant, option } from "@optique/core/primitives";
import { extractOptionNames } from "@optique/core/usage";
import { choice, string } from "@optique/core/valueparser";
import { nearHint } from "../ascii/near.ts";
import {
  control,
  DEFAULT_WAIT,
  drainFor,
  drainTime,
  durationValue,
  ERRORS,
  format,
  GENERATION,
  generationValue,
  guards,
  nameOf,
  names,
  nullable,
  oneName,
  readDuration,
  replace,
  repository,
  runtime,
  sources,
  starterFile,
  threads,
  wait,
  waitForReady,
  wanted,
} from "./args/parts.ts";
import type { Invocation, RuntimeName, Verb } from "./invocation.ts";
import { isVerb, overallHelp, unknownVerb, VERBS } from "./verbs.ts";

/** What the command line says. */
export type Parsed =
  | { readonly kind: "run"; readonly invocation: Invocation; readonly color: boolean }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "usage"; readonly verb: Verb | null; readonly text: string };

/** How the answer is laid out, and what may be chosen. */
export interface ParseOptions {
  /** The terminal's width. */
  readonly columns: number;
  /** The socket runtimes that this host offers. */
  readonly runtimes: readonly RuntimeName[];
}

/** A parser of one verb's arguments. */
type Grammar = Parser<"sync", Line, unknown>;

/** An invocation and what concerns the output of all verbs. */
interface Line {
  readonly invocation: Invocation;
  readonly color: boolean;
}

/** Verbs whose words are not ours to read, and which of their own options take a value. */
const SHIELDED: Readonly<Partial<Record<Verb, readonly string[]>>> = {
  msg: ["--control"],
  ngctl: ["--control", "-f", "--file", "-n", "--name"],
};

const HELP_OPTIONS = ["-h", "--help"] as const;
const NO_COLOR = "--no-color";

/** Reads the arguments behind the program's name. */
export function parseArgs(args: readonly string[], options: ParseOptions): Parsed {
  const colorless = args[0] === NO_COLOR;
  const [verb, ...rest] = colorless ? args.slice(1) : args;
  if (verb === undefined) return { kind: "usage", verb: null, text: `A verb is wanted\n\n${overallHelp()}` };
  if (verb === "--version") return parseVerb("version", rest, options);
  if (verb === "help") return parseHelp(rest, options);
  if (HELP_OPTIONS.some((name) => name === verb)) return { kind: "help", text: overallHelp() };
  if (!isVerb(verb)) return { kind: "usage", verb: null, text: unknownVerb(verb) };
  return parseVerb(verb, colorless ? [NO_COLOR, ...rest] : rest, options);
}

function parseHelp(rest: readonly string[], options: ParseOptions): Parsed {
  const [verb] = rest;
  if (verb === undefined || verb.startsWith("-")) return { kind: "help", text: overallHelp() };
  if (!isVerb(verb)) return { kind: "usage", verb: null, text: unknownVerb(verb) };
  return parseVerb(verb, ["--help"], options);
}

function parseVerb(verb: Verb, rest: readonly string[], options: ParseOptions): Parsed {
  const printed: string[] = [];
  const { usage, description, examples } = VERBS[verb];
  const grammar = GRAMMARS[verb](options);
  const shielded = SHIELDED[verb];
  const words = shielded === undefined ? expandWait(rest) : shieldWords(rest, shielded);
  const help = () =>
    `Usage: sockgraph ${[verb, usage].join(" ").trimEnd()}\n\n${printed.join("\n").trim().replace(/ +$/gm, "")}`;
  const result = runParserSync<Grammar, Parsed, Parsed>(grammar, `sockgraph ${verb}`, words, {
    description: message`${text(description)}`,
    footer: exampleLines(examples),
    help: { option: { names: HELP_OPTIONS, hidden: "doc" }, onShow: () => ({ kind: "help", text: help() }) },
    aboveError: "none",
    showUsage: false,
    maxWidth: Math.max(options.columns, 60),
    termWidth: "auto",
    stdout: (chunk) => printed.push(chunk),
    stderr: () => {}, // The error comes to onError as data.
    onError: (_code, error) => {
      const said = sentence(error, extractOptionNames(grammar.usage));
      return { kind: "usage", verb, text: said === "Missing required argument" ? missing(usage) : said };
    },
  });
  return "invocation" in result ? { kind: "run", ...result } : result;
}

/** One grammar a verb; made when called, as the choices of `--runtime` are the host's. */
const GRAMMARS: Readonly<Record<Verb, (options: ParseOptions) => Grammar>> = {
  apply: applyGrammar,
  plan: planGrammar,
  validate: (options) => {
    const fields = { sources: sources(), format: format(["text", "json"]), runtime: runtime(options) };
    return line(object({ verb: constant("validate"), ...fields }, ERRORS));
  },
  status: statusGrammar,
  wait: waitGrammar,
  down: () => {
    const fields = { names: names(), drainMs: drainFor("Let connections end before"), control: control() };
    return line(object({ verb: constant("down"), ...fields }, ERRORS));
  },
  drain: drainGrammar,
  history: () => {
    const fields = { name: oneName(), format: format(["table", "json", "yaml"]), control: control() };
    return line(object({ verb: constant("history"), ...fields }, ERRORS));
  },
  rollback: rollbackGrammar,
  confirm: () => line(object({ verb: constant("confirm"), names: names(), control: control() }, ERRORS)),
  adopt: () => line(object({ verb: constant("adopt"), name: oneName(), control: control() }, ERRORS)),
  reconcile: () => {
    const fields = { name: oneName(), waitMs: waitForReady(), format: format(["text", "json"]), control: control() };
    return line(object({ verb: constant("reconcile"), ...fields }, ERRORS));
  },
  suspend: () => line(object({ verb: constant("suspend"), name: oneName(), control: control() }, ERRORS)),
  resume: () => line(object({ verb: constant("resume"), name: oneName(), control: control() }, ERRORS)),
  events: () => line(object({ verb: constant("events"), control: control() }, ERRORS)),
  msg: msgGrammar,
  ngctl: ngctlGrammar,
  export: () => {
    const name = nullable(nameOf("A topology; without one all of them"));
    const form = withDefault(
      option("--format", choice(["yaml", "ngctl"], { metavar: "FORMAT" }), {
        description: message`A topology (yaml), or the script that builds it on FreeBSD (ngctl)`,
      }),
      "yaml",
    );
    return line(object({ verb: constant("export"), name, format: form, control: control() }, ERRORS));
  },
  import: importGrammar,
  types: () => {
    const name = nullable(nameOf("A node type; without it all of them"));
    return line(object({ verb: constant("types"), name }, ERRORS));
  },
  schema: () => {
    const description = message`What to describe: topology (as without it), plan, saved-plan`;
    const of = option("--of", choice(["topology", "plan", "saved-plan"], { metavar: "WHAT" }), { description });
    return line(object({ verb: constant("schema"), of: withDefault(of, "topology") }, ERRORS));
  },
  doctor: (options) => {
    const fields = {
      sources: sources(),
      format: format(["text", "json"]),
      runtime: runtime(options),
      control: control(),
    };
    return line(object({ verb: constant("doctor"), ...fields }, ERRORS));
  },
  init: () => line(object({ verb: constant("init"), file: starterFile() }, ERRORS)),
  permissions: (options) => {
    const fields = {
      sources: sources(),
      format: format(["text", "json"]),
      runtime: runtime(options),
      control: control(),
    };
    return line(object({ verb: constant("permissions"), ...fields }, ERRORS));
  },
  graph: graphGrammar,
  version: () => line(object({ verb: constant("version"), format: format(["text", "json"]) }, ERRORS)),
};

const STATE = "Keep the last good generation of each topology here, for a start whose source cannot be used";

function applyGrammar(options: ParseOptions): Grammar {
  const dryRun = option("--dry-run", { description: message`Only show what would be done, as plan does` });
  const confirm = message`Undo what was changed unless confirm is called within this time`;
  const noRollback = option("--no-rollback", { description: message`Keep what was done when a step fails` });
  return line(object({
    verb: constant("apply"),
    sources: sources(),
    state: nullable(option("--state", string({ metavar: "DIR" }), { description: message`${text(STATE)}` })),
    ...repository(),
    watch: option("--watch", { description: message`Follow the sources: the engine makes so what changes in them` }),
    detach: option("--detach", { description: message`Start the engine in the background, wait for Ready, and end` }),
    waitMs: waitForReady(),
    confirmMs: nullable(option("--confirm", durationValue(), { description: confirm })),
    selfHeal: option("--self-heal", { description: message`Take back at once what hands change` }),
    dryRun,
    replace: replace(),
    ...guards(),
    rollback: map(noRollback, (off) => !off),
    drainMs: drainFor("When the engine ends, let connections end before"),
    format: format(["text", "json"]),
    runtime: runtime(options),
    threads: threads(),
    control: control(),
  }, ERRORS));
}

function planGrammar(options: ParseOptions): Grammar {
  const description = message`Save the plan, so that apply carries out just that`;
  return line(object({
    verb: constant("plan"),
    sources: sources(),
    out: nullable(option("--out", string({ metavar: "FILE" }), { description })),
    detailedExitCode: option("--detailed-exitcode", { description: message`End 2 when there are changes` }),
    replace: replace(),
    ...guards(),
    format: format(["text", "json"]),
    runtime: runtime(options),
    control: control(),
  }, ERRORS));
}

function statusGrammar(): Grammar {
  const node = option("--node", string({ metavar: "NODE" }), {
    description: message`One node, with all that it knows`,
  });
  return line(object({
    verb: constant("status"),
    names: names(),
    node: nullable(node),
    all: option("--all", { description: message`Connections and copies of templates, one by one, as NDJSON` }),
    watch: option("-w", "--watch", { description: message`Show it anew whenever it changes, until Ctrl-C` }),
    format: format(["table", "tree", "json", "yaml"]),
    control: control(),
  }, ERRORS));
}

function waitGrammar(): Grammar {
  const description = message`What to wait for: Ready`;
  const condition = withDefault(option("--for", choice(["Ready"], { metavar: "CONDITION" }), { description }), "Ready");
  return line(object({
    verb: constant("wait"),
    names: names(),
    condition,
    timeoutMs: wait("--timeout", "How long to wait"),
    control: control(),
  }, ERRORS));
}

function drainGrammar(): Grammar {
  const only = message`Only connections that began under it; new ones are taken as before`;
  return line(object({
    verb: constant("drain"),
    target: nullable(argument(string({ metavar: "NAME[/NODE]" }), {
      description: message`A topology or a node of it; may be left out where one topology runs`,
    })),
    generation: nullable(option("--generation", generationValue(), { description: only })),
    timeoutMs: drainTime(),
    control: control(),
  }, ERRORS));
}

function rollbackGrammar(): Grammar {
  const generation = nullable(argument(generationValue(), { description: message`As history shows it` }));
  const fields = { waitMs: waitForReady(), format: format(["text", "json"]), control: control() };
  const grammar = object({ verb: constant("rollback"), name: oneName(), generation, ...fields }, ERRORS);
  return line(map(grammar, (words) => {
    const { name, generation } = words;
    // A number alone says where to, not whose.
    const alone = name !== null && generation === null && GENERATION.test(name);
    return alone ? { ...words, name: null, generation: Number(name) } : words;
  }));
}

function msgGrammar(): Grammar {
  const rest = argument(string({ metavar: "ARG" }), { description: message`The message's argument` });
  return line(object({
    verb: constant("msg"),
    control: control(),
    path: wanted("PATH", "The node: web/front: or [1f]:"),
    command: wanted("COMMAND", "Its command, as types lists them"),
    argument: map(multiple(rest), joined),
  }, ERRORS));
}

function importGrammar(): Grammar {
  const description = message`What the file is: ngctl, socat or rinetd; without it its content says`;
  const from = option("--from", choice(["ngctl", "socat", "rinetd"], { metavar: "FORMAT" }), { description });
  const file = wanted("FILE", "A script of ngctl, lines of socat, or rinetd.conf; - is standard input");
  return line(object({ verb: constant("import"), file, from: nullable(from) }, ERRORS));
}

function graphGrammar(): Grammar {
  const description = message`The form of the picture: text, dot, mermaid, svg, json`;
  const forms = choice(["text", "dot", "mermaid", "svg", "json"], { metavar: "FORMAT" });
  const form = nullable(option("--format", forms, { description }));
  return line(object({ verb: constant("graph"), sources: sources(), format: form, control: control() }, ERRORS));
}

function ngctlGrammar(): Grammar {
  const file = option("-f", "--file", string({ metavar: "FILE" }), { description: message`Commands to carry out` });
  const name = option("-n", "--name", string({ metavar: "NAME" }), { description: message`The name of our own node` });
  const description = message`A command of ngctl and what belongs to it`;
  return line(object({
    verb: constant("ngctl"),
    control: control(),
    file: nullable(file),
    name: nullable(name),
    debug: option("-d", { description: message`Show each command before it is carried out` }),
    strict: option("--strict", { description: message`As ngctl(8) does it, also where that is worse` }),
    words: multiple(argument(string({ metavar: "WORD" }), { description })),
  }, ERRORS));
}

/** Adds what all verbs take. */
function line(invocation: Parser<"sync", Invocation, unknown>): Grammar {
  const noColor = option(NO_COLOR, { description: message`Print without colours, as NO_COLOR does` });
  return object({ invocation, color: map(noColor, (off) => !off) }, ERRORS);
}

function joined(words: readonly string[]): string | null {
  return words.length === 0 ? null : words.join(" ");
}

/** Gives a `--wait` that stands alone its value: the parser knows no optional ones. */
function expandWait(rest: readonly string[]): readonly string[] {
  const end = rest.indexOf("--");
  return rest.map((word, index) => {
    const alone = readDuration(rest[index + 1] ?? "") === null;
    return word === "--wait" && alone && (end < 0 || index < end) ? `--wait=${DEFAULT_WAIT}` : word;
  });
}

/** Puts `--` before the first word that is no option, so that nothing behind it is taken for one of ours. */
function shieldWords(rest: readonly string[], valued: readonly string[]): readonly string[] {
  let index = 0;
  for (let word = rest[0]; word?.startsWith("-") === true && word !== "--"; word = rest[index]) {
    index += valued.includes(word) ? 2 : 1;
  }
  return index >= rest.length || rest[index] === "--" ? rest : [...rest.slice(0, index), "--", ...rest.slice(index)];
}

/** What is wrong where nothing was given: the first word of the usage that cannot be left out. */
function missing(usage: string): string {
  return `${/[A-Z]+/.exec(usage.replace(/\[[^\]]*\]/g, ""))?.[0] ?? "An argument"} is missing`;
}

/** The parser's error as we write ours: quoted with double quotes, without a full stop. */
function sentence(error: Message, optionNames: Iterable<string>): string {
  const said = formatMessage(error, { quotes: true }).replaceAll("`", '"').replace(/\s*\n\s*/g, " ").replace(/\.$/, "");
  const unknown = /^Unknown option "([^"=]+)/.exec(said)?.[1];
  const hint = unknown === undefined ? null : nearHint(unknown, optionNames);
  return hint === null ? said : `${said}: ${hint}`;
}

function exampleLines(examples: (typeof VERBS)[Verb]["examples"]): Message {
  return [
    text("Examples:"),
    ...examples.flatMap(([call, purpose]) => [lineBreak(), text(`  # ${purpose}`), lineBreak(), text(`  ${call}`)]),
  ];
}
