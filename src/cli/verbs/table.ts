/**
 * All verbs, in the order in which help shows them. Overall help follows from this list.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import type { Verb } from "../verb.ts";
import { ADOPT } from "./adopt.ts";
import { APPLY } from "./apply.ts";
import { COMPLETIONS } from "./completions.ts";
import { CONFIRM } from "./confirm.ts";
import { DOCTOR } from "./doctor.ts";
import { DOWN } from "./down.ts";
import { DRAIN } from "./drain.ts";
import { EVENTS } from "./events.ts";
import { EXPORT } from "./export.ts";
import { GRAPH } from "./graph.ts";
import { HISTORY } from "./history.ts";
import { IMPORT } from "./import.ts";
import { INIT } from "./init.ts";
import { MSG } from "./msg.ts";
import { NGCTL } from "./ngctl.ts";
import { OPEN } from "./open.ts";
import { PERMISSIONS } from "./permissions.ts";
import { PLAN } from "./plan.ts";
import { RECONCILE } from "./reconcile.ts";
import { RENDER } from "./render.ts";
import { RESUME } from "./resume.ts";
import { ROLLBACK } from "./rollback.ts";
import { SCHEMA } from "./schema.ts";
import { STATUS } from "./status.ts";
import { SUSPEND } from "./suspend.ts";
import { TAP } from "./tap.ts";
import { TYPES } from "./types.ts";
import { VALIDATE } from "./validate.ts";
import { VERSION } from "./version.ts";
import { WAIT } from "./wait.ts";

const LIST: readonly Verb[] = [
  APPLY,
  PLAN,
  VALIDATE,
  RENDER,
  STATUS,
  WAIT,
  DOWN,
  DRAIN,
  CONFIRM,
  HISTORY,
  ROLLBACK,
  ADOPT,
  RECONCILE,
  SUSPEND,
  RESUME,
  EVENTS,
  TAP,
  MSG,
  NGCTL,
  EXPORT,
  IMPORT,
  INIT,
  PERMISSIONS,
  GRAPH,
  OPEN,
  TYPES,
  SCHEMA,
  DOCTOR,
  COMPLETIONS,
  VERSION,
];

/** All verbs by name. */
export const VERBS: Readonly<Record<string, Verb>> = Object.fromEntries(LIST.map((verb) => [verb.name, verb]));

/** The verb of this name, if there is one. */
export function verbNamed(word: string): Verb | undefined {
  return Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
}

/** True when `word` is a verb. */
export function isVerb(word: string): boolean {
  return verbNamed(word) !== undefined;
}

/** The output of `sockgraph --help`. */
export function overallHelp(): string {
  const width = Math.max(...LIST.map(({ name }) => name.length)) + 2;
  const verbs = LIST.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
  return [
    "Runs graphs of sockets that are declared in YAML: netgraph for user space.",
    "",
    "Usage: sockgraph COMMAND [OPTION…] [ARGUMENT…]",
    "",
    ...verbs,
    `  ${"help".padEnd(width)}Show this help, or the help of one command`,
    "",
    "Examples:",
    "  sockgraph apply topologies/echo.yaml",
    "  sockgraph status",
    "  sockgraph apply --help",
  ].join("\n");
}

/** The error for a first word that is not a verb. */
export function unknownVerb(word: string): string {
  if (word.startsWith("-")) {
    return `Unknown option "${word}": options follow the command, "sockgraph COMMAND --help" lists them`;
  }
  const meant = LIST.find(({ synonyms = [] }) => synonyms.includes(word))?.name;
  const hint = meant !== undefined
    ? `did you mean "${meant}"?`
    : nearHint(word, [...Object.keys(VERBS), "help"]) ?? `"sockgraph --help" lists the commands`;
  return `Unknown command "${word}": ${hint}`;
}
