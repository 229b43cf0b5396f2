/**
 * The arguments and options that several verbs have, each described once.
 *
 * @module
 */

import { type Message, message, text } from "@optique/core/message";
import { map, multiple, optional, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, fail, option } from "@optique/core/primitives";
import { choice, type ValueParser } from "@optique/core/valueparser";
import { duration } from "../../ascii/duration.ts";
import { parseText } from "../../ascii/parse.ts";
import { AsciiError } from "../../ascii/error.ts";
import { size } from "../../ascii/size.ts";
import { DEFAULT_DRAIN_MS } from "../../graph/core/drain.ts";
import { CONTROL_VARIABLE } from "../../api/socket_path.ts";
import { DEFAULT_REF, DEFAULT_WAIT_MS, MAX_THREADS, MAX_WAIT_MS, REMOTE_INTERVAL_MS } from "../defaults.ts";
import type { RuntimeName } from "../command.ts";
import { isParameterName } from "../../topology/parse/parameters.ts";
import { hinted, word } from "./hint.ts";

/** A parser of one argument or option. */
export type Part<T> = Parser<"sync", T, unknown>;

/** The available choices on this host. */
export interface Choices {
  /** The socket runtimes that it offers. */
  readonly runtimes: readonly RuntimeName[];
}

/** The default time limit of `apply` and `wait`, as typed. */
export const DEFAULT_WAIT: string = duration.format(DEFAULT_WAIT_MS);

const DEFAULT_DRAIN = duration.format(DEFAULT_DRAIN_MS);

/** The form of a generation. */
export const GENERATION = /^[1-9]\d{0,14}$/;

/** The parser's error for unexpected arguments. */
export const ERRORS = {
  errors: {
    unexpectedInput: (token: string): Message =>
      token.startsWith("-") ? message`Unknown option ${token}` : message`Unexpected argument ${token}`,
    suggestions: (): Message => [], // Our suggestions are added to the whole sentence.
  },
};

/** Sources of topologies; there may be none. */
export function sources(): Part<readonly string[]> {
  const description = message`A file, a folder of *.yaml files, an https:// address, or - for standard input`;
  return multiple(argument(hinted("SOURCE", "sources"), { description }));
}

/** Topologies; none means all. */
export function names(): Part<readonly string[]> {
  return multiple(
    argument(hinted("NAME", "topologies"), { description: message`A topology; all of them if omitted` }),
  );
}

/** A topology, where one of several may be meant. */
export function oneName(): Part<string | null> {
  return nullable(nameOf("A topology", "topologies"), "the only one that runs");
}

/** A file to be written, or a name for it. */
export function starterFile(): Part<string | null> {
  const description = message`The file to write; a name stands for NAME.yaml`;
  return nullable(argument(hinted("FILE|NAME", "files"), { description }), "topology.yaml");
}

/** A name. */
export function nameOf(description: string, hint: "topologies" | "types"): Part<string> {
  return argument(hinted("NAME", hint), { description: message`${text(description)}` });
}

const WANTED = { PATH: "paths", COMMAND: "commands", FILE: "files" } as const;

/** An argument that cannot be left out. */
export function desired(metavar: keyof typeof WANTED, description: string): Part<string> {
  const errors = { endOfInput: message`Missing ${text(metavar)}` };
  return argument(hinted(metavar, WANTED[metavar]), { description: message`${text(description)}`, errors });
}

/** `--wait`: how long to wait for Ready. */
export function waitForReady(): Part<number> {
  return wait("--wait", "How long to wait for Ready");
}

/** The time limit, with the common default. */
export function wait(name: "--wait" | "--timeout", what: string): Part<number> {
  const description = message`${text(what)}`;
  return orDefault(option(name, durationValue(MAX_WAIT_MS), { description }), DEFAULT_WAIT_MS, DEFAULT_WAIT);
}

/** `--timeout` of a drain. */
export function drainTime(): Part<number> {
  const description = message`How long open connections may last`;
  return orDefault(option("--timeout", durationValue(), { description }), DEFAULT_DRAIN_MS, DEFAULT_DRAIN);
}

/** `--drain`; 0 if it is left out. */
export function drainFor(what: string): Part<number> {
  const description = message`${text(`${what}, for at most this long`)}`;
  return orDefault(option("--drain", durationValue(), { description }), 0, "connections are closed immediately");
}

const CONTROL_DEFAULT = `$${CONTROL_VARIABLE}, otherwise sockgraph.sock in $XDG_RUNTIME_DIR`;

/** `--control` */
export function control(): Part<string | null> {
  const description = message`The engine's control socket`;
  return nullable(option("--control", hinted("PATH", "files"), { description }), CONTROL_DEFAULT);
}

/** `--access-log` */
export function accessLog(what: string): Part<string | null> {
  const description = message`${text(what)}`;
  return nullable(option("--access-log", hinted("FILE", "files"), { description }), "no access log");
}

/** `--http` */
export function http(what: string): Part<string | null> {
  const description = message`${text(what)}`;
  return nullable(option("--http", word("HOST:PORT"), { description }), "on the control socket only");
}

/** `--replace` */
export function replace(): Part<readonly string[]> {
  const description = message`Recreate this node even if it is unchanged; may be repeated`;
  return multiple(option("--replace", hinted("NODE", "nodes"), { description }));
}

/** `--prune`, `--take-over`, `--allow-empty` */
export function guards(): { prune: Part<boolean>; takeOver: Part<boolean>; allowEmpty: Part<boolean> } {
  return {
    prune: option("--prune", { description: message`Remove topologies that these sources no longer have` }),
    takeOver: option("--take-over", { description: message`Take over topologies that run from another source` }),
    allowEmpty: option("--allow-empty", { description: message`Allow an empty source to remove all its topologies` }),
  };
}

/** `--git`, and what belongs to it */
export function repository(): {
  git: Part<string | null>;
  ref: Part<string | null>;
  path: Part<string | null>;
  intervalMs: Part<number | null>;
} {
  const [git, ref, path, interval] = [
    message`Follow a Git repository instead of sources: https://, ssh:// or file://`,
    message`Its branch, tag or commit`,
    message`The file or folder in the repository`,
    message`How often to fetch the repository, or web sources with --watch`,
  ];
  return {
    git: nullable(option("--git", word("URL"), { description: git })),
    ref: nullable(option("--ref", word("REF"), { description: ref }), DEFAULT_REF),
    path: nullable(option("--path", word("PATH"), { description: path }), "the whole repository"),
    intervalMs: nullable(
      option("--interval", durationValue(), { description: interval }),
      duration.format(REMOTE_INTERVAL_MS),
    ),
  };
}

/** The default runtime of commands that ask no engine. */
export const OWN_RUNTIME = "the one that runs sockgraph";

/** `--runtime`, of those that this host offers; `otherwise`: the default. */
export function runtime(
  { runtimes }: { readonly runtimes: readonly RuntimeName[] },
  otherwise = "that of the running engine, otherwise the one that runs sockgraph",
): Part<RuntimeName | null> {
  if (runtimes.length === 0) return nullable(fail<RuntimeName>());
  const description = message`The socket runtime: ${text(runtimes.join(", "))}`;
  return nullable(
    option("--runtime", runtimeValue(runtimes), { description }),
    otherwise,
  );
}

/** The runtimes of the host; for those of the other host, the error says how to start it. */
function runtimeValue(runtimes: readonly RuntimeName[]): ValueParser<"sync", RuntimeName> {
  const parser = choice(runtimes, { metavar: "RUNTIME" });
  return {
    ...parser,
    parse: (input) => {
      const other = [["bun", "Bun"], ["deno", "Deno"]].find(([name]) => name === input);
      if (other === undefined || runtimes.some((name) => name === input)) return parser.parse(input);
      const start = `${input} run ${input === "deno" ? "-A --unstable-net " : ""}src/cli/main.ts`;
      const error = message`Runtime ${input} needs ${text(other[1] ?? "")}: start with ${
        text(`"${start}"`)
      } in the checkout`;
      return { success: false, error };
    },
  };
}

/** `-o`; the first format is the default. */
export function format<const F extends string>(formats: readonly [F, ...F[]]): Part<F> {
  const description = message`The output format: ${text(formats.join(", "))}`;
  return orDefault(option("-o", "--output", choice(formats, { metavar: "FORMAT" }), { description }), formats[0]);
}

/** A value of `--set`. */
export interface SetValue {
  readonly name: string;
  readonly text: string;
}

/** The values of parameters that a command gives. */
export interface ParameterOptions {
  readonly set: readonly SetValue[];
  /** Files. */
  readonly values: readonly string[];
}

/** `--set NAME=VALUE` and `--values FILE` */
export function parameters(): { set: Part<readonly SetValue[]>; values: Part<readonly string[]> } {
  const [set, values] = [
    message`Set a parameter of the topologies; may be repeated`,
    message`Set parameters from this YAML file of names and values; may be repeated; --set comes first`,
  ];
  return {
    set: multiple(option("--set", setValue(), { description: set })),
    values: multiple(option("--values", hinted("FILE", "files"), { description: values })),
  };
}

function setValue(): ValueParser<"sync", SetValue> {
  return {
    mode: "sync",
    metavar: "NAME=VALUE",
    placeholder: { name: "", text: "" },
    parse: (input) => {
      const at = input.indexOf("=");
      const [name, text] = [input.slice(0, Math.max(0, at)), input.slice(at + 1)];
      if (isParameterName(name)) return { success: true, value: { name, text } };
      return { success: false, error: message`Expected NAME=VALUE, such as port=9000, but found ${input}` };
    },
    format: ({ name, text }) => `${name}=${text}`,
  };
}

/** The options of a verb that checks sources. */
export function checkOptions(choices: Choices): {
  sources: Part<readonly string[]>;
  set: Part<readonly SetValue[]>;
  values: Part<readonly string[]>;
  format: Part<"text" | "json">;
  runtime: Part<RuntimeName | null>;
} {
  return {
    sources: sources(),
    ...parameters(),
    format: format(["text", "json"]),
    runtime: runtime(choices, OWN_RUNTIME),
  };
}

/** The options of a verb that changes one topology. */
export function changeOptions(): {
  waitMs: Part<number>;
  format: Part<"text" | "json">;
  control: Part<string | null>;
} {
  return { waitMs: waitForReady(), format: format(["text", "json"]), control: control() };
}

/** An optional value, and its default in words. */
export function nullable<T>(parser: Part<T>, words?: string): Part<T | null> {
  if (words === undefined) return map(optional(parser), (value) => value ?? null);
  return withDefault(parser, null, { message: message`${text(words)}` });
}

/** A value with a default; `words` is the default in help. */
export function orDefault<T>(parser: Part<T>, value: T, words: string = String(value)): Part<T> {
  return withDefault(parser, value, { message: message`${text(words)}` });
}

/** A duration as typed; null if invalid. */
export function readDuration(input: string): number | null {
  try {
    return parseText(duration, input);
  } catch (error) {
    if (error instanceof AsciiError) return null;
    throw error;
  }
}

/** A duration of at most so much, in milliseconds. */
export function durationValue(maxMs: number = Infinity): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "DURATION",
    placeholder: 0,
    parse(input) {
      const value = readDuration(input);
      if (value !== null && value <= maxMs) return { success: true, value };
      if (value !== null) {
        return { success: false, error: message`${input} is longer than ${text(duration.format(maxMs))}` };
      }
      return { success: false, error: message`Expected a duration, such as 30s, 250ms or 2m, but found ${input}` };
    },
    format: (value) => duration.format(value),
  };
}

/** A number of bytes, such as `1MiB`. */
export function sizeValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "BYTES",
    placeholder: 1,
    parse(input) {
      try {
        const value = parseText(size, input);
        if (value > 0) return { success: true, value };
      } catch (error) {
        if (!(error instanceof AsciiError)) throw error;
      }
      return {
        success: false,
        error: message`Expected a number of bytes, such as 512, 64KiB or 1MiB, but found ${input}`,
      };
    },
    format: (value) => size.format(value),
  };
}

/** The number of threads that serve connections. */
export function threads(): Parser<"sync", number | null, unknown> {
  const description = message`How many threads serve connections`;
  return nullable(option("--threads", threadsValue(), { description }), "1");
}

function threadsValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "NUMBER",
    placeholder: 1,
    parse: (input) => {
      const value = /^[1-9]\d?$/.test(input) ? Number(input) : Infinity;
      if (value <= MAX_THREADS) return { success: true, value };
      return {
        success: false,
        error: message`Expected a number from 1 to ${text(String(MAX_THREADS))}, but found ${input}`,
      };
    },
    format: String,
  };
}

/** A generation's number. */
export function generationValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "GENERATION",
    placeholder: 1,
    parse: (input) => {
      if (GENERATION.test(input)) return { success: true, value: Number(input) };
      return { success: false, error: message`Expected a number, such as 3, but found ${input}` };
    },
    format: String,
  };
}
