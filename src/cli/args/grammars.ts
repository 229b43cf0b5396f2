/**
 * What each verb takes, as a grammar of the argument parser: from it the command line is read, help is printed, and the
 * shells complete.
 *
 * The parts that several verbs share are in `parts.ts`.
 *
 * @module
 */

import { object } from "@optique/core/constructs";
import { message, text } from "@optique/core/message";
import { map, multiple } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, constant, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { type Invocation, type RuntimeName, SHELLS, type Verb } from "../invocation.ts";
import { hinted, word } from "./hint.ts";
import {
  control,
  desired,
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
  orDefault,
  replace,
  repository,
  runtime,
  sources,
  starterFile,
  threads,
  wait,
  waitForReady,
} from "./parts.ts";

/** The option of all verbs. */
export const NO_COLOR = "--no-color";

/** What may be chosen on this host. */
export interface Choices {
  /** The socket runtimes that it offers. */
  readonly runtimes: readonly RuntimeName[];
}

/** A parser of one verb's arguments. */
export type Grammar = Parser<"sync", Line, unknown>;

/** An invocation and what concerns the output of all verbs. */
interface Line {
  readonly invocation: Invocation;
  readonly color: boolean;
}

/** One grammar a verb; made when called, as the choices of `--runtime` are the host's. */
export const GRAMMARS: Readonly<Record<Verb, (options: Choices) => Grammar>> = {
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
    const name = nullable(nameOf("A topology", "topologies"), "all of them");
    const form = orDefault(
      option("--format", choice(["yaml", "ngctl"], { metavar: "FORMAT" }), {
        description: message`A topology (yaml), or the script that builds it on FreeBSD (ngctl)`,
      }),
      "yaml",
    );
    return line(object({ verb: constant("export"), name, format: form, control: control() }, ERRORS));
  },
  import: importGrammar,
  types: () => {
    const name = nullable(nameOf("A node type", "types"), "a list of them");
    return line(object({ verb: constant("types"), name }, ERRORS));
  },
  schema: () => {
    const description = message`What the schema describes: topology, plan, saved-plan`;
    const of = option("--of", choice(["topology", "plan", "saved-plan"], { metavar: "WHAT" }), { description });
    return line(object({ verb: constant("schema"), of: orDefault(of, "topology") }, ERRORS));
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
  completions: () => {
    const description = message`bash, zsh or fish`;
    const shell = argument(choice(SHELLS, { metavar: "SHELL" }), { description });
    return line(object({ verb: constant("completions"), shell }, ERRORS));
  },
  version: () => line(object({ verb: constant("version"), format: format(["text", "json"]) }, ERRORS)),
};

const STATE = "Keep the last good generation of each topology here, for a start whose source cannot be used";

function applyGrammar(options: Choices): Grammar {
  const dryRun = option("--dry-run", { description: message`Only show the plan` });
  const confirm = message`Roll back unless confirm is called within this time`;
  const noRollback = option("--no-rollback", { description: message`Do not roll back when a step fails` });
  return line(object({
    verb: constant("apply"),
    sources: sources(),
    state: nullable(
      option("--state", hinted("DIR", "folders"), { description: message`${text(STATE)}` }),
      "none is kept",
    ),
    ...repository(),
    watch: option("--watch", { description: message`Follow the sources: apply their changes as they are made` }),
    detach: option("--detach", {
      description: message`Start the engine in the background, and return when it is Ready`,
    }),
    waitMs: waitForReady(),
    confirmMs: nullable(option("--confirm", durationValue(), { description: confirm }), "it is kept"),
    selfHeal: option("--self-heal", { description: message`Revert manual changes automatically` }),
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

function planGrammar(options: Choices): Grammar {
  const description = message`Save the plan, so that apply can apply exactly this plan`;
  return line(object({
    verb: constant("plan"),
    sources: sources(),
    out: nullable(option("--out", hinted("FILE", "files"), { description }), "it is not saved"),
    detailedExitCode: option("--detailed-exitcode", { description: message`Exit with 2 if there are changes` }),
    replace: replace(),
    ...guards(),
    format: format(["text", "json"]),
    runtime: runtime(options),
    control: control(),
  }, ERRORS));
}

function statusGrammar(): Grammar {
  const node = option("--node", hinted("NODE", "nodes"), {
    description: message`One node with all details`,
  });
  return line(object({
    verb: constant("status"),
    names: names(),
    node: nullable(node, "all, in a table"),
    all: option("--all", { description: message`Every connection and every copy of a template, as NDJSON` }),
    watch: option("-w", "--watch", { description: message`Show the status after every change, until Ctrl-C` }),
    format: format(["table", "tree", "json", "yaml"]),
    control: control(),
  }, ERRORS));
}

function waitGrammar(): Grammar {
  const description = message`What to wait for: Ready`;
  const condition = orDefault(option("--for", choice(["Ready"], { metavar: "CONDITION" }), { description }), "Ready");
  return line(object({
    verb: constant("wait"),
    names: names(),
    condition,
    timeoutMs: wait("--timeout", "How long to wait"),
    control: control(),
  }, ERRORS));
}

function drainGrammar(): Grammar {
  const only = message`Only connections that began under this generation; new ones are accepted`;
  return line(object({
    verb: constant("drain"),
    target: nullable(
      argument(hinted("NAME[/NODE]", "nodes"), {
        description: message`A topology or one of its nodes`,
      }),
      "the one that runs",
    ),
    generation: nullable(option("--generation", generationValue(), { description: only }), "all connections"),
    timeoutMs: drainTime(),
    control: control(),
  }, ERRORS));
}

function rollbackGrammar(): Grammar {
  const generation = nullable(
    argument(generationValue(), { description: message`A generation that history shows` }),
    "the one before",
  );
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
    path: desired("PATH", "The node: web/front: or [1f]:"),
    command: desired("COMMAND", "Its command, as types lists them"),
    argument: map(multiple(rest), joined),
  }, ERRORS));
}

function importGrammar(options: Choices): Grammar {
  const description = message`The format of the file: ngctl, socat or rinetd`;
  const from = option("--from", choice(["ngctl", "socat", "rinetd"], { metavar: "FORMAT" }), { description });
  const file = desired("FILE", "A script of ngctl, lines of socat, or rinetd.conf; - is standard input");
  const fields = { file, from: nullable(from, "what its content says"), runtime: runtime(options) };
  return line(object({ verb: constant("import"), ...fields }, ERRORS));
}

function graphGrammar(): Grammar {
  const description = message`The output format: text, dot, mermaid, svg, json`;
  const forms = choice(["text", "dot", "mermaid", "svg", "json"], { metavar: "FORMAT" });
  const form = nullable(option("--format", forms, { description }), "text on a terminal, dot in a pipe");
  return line(object({ verb: constant("graph"), sources: sources(), format: form, control: control() }, ERRORS));
}

function ngctlGrammar(): Grammar {
  const file = option("-f", "--file", hinted("FILE", "files"), { description: message`A file of commands to run` });
  const name = option("-n", "--name", word("NAME"), { description: message`The name of the session's node` });
  const description = message`An ngctl command and its arguments`;
  return line(object({
    verb: constant("ngctl"),
    control: control(),
    file: nullable(file, "what is typed"),
    name: nullable(name, "ngctl and the process's number"),
    debug: map(
      multiple(option("-d", { description: message`Show each command before it runs; may be repeated` })),
      (all) => all.length,
    ),
    strict: option("--strict", { description: message`Behave exactly like ngctl(8), also where that is less helpful` }),
    words: multiple(argument(hinted("WORD", "ngctl"), { description })),
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
