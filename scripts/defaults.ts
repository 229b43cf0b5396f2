/**
 * `deno run scripts/defaults.ts`: docs/defaults.md, printed from the tables that the program itself reads.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { formatMessage } from "@optique/core/message";
import { getDocPage } from "@optique/core/parser";
import { formatUsageTerm } from "@optique/core/usage";
import { duration } from "../src/ascii/duration.ts";
import { size } from "../src/ascii/size.ts";
import { grammarOf } from "../src/cli/args/grammar.ts";
import { ENVIRONMENT, MAX_THREADS, MAX_WAIT_MS, WATCH_INTERVAL_MS } from "../src/cli/defaults.ts";
import { ARGUMENT, valueRows } from "../src/cli/value_words.ts";
import { VERBS } from "../src/cli/verbs/table.ts";
import { MAX_BODY_BYTES } from "../src/api/request_body.ts";
import { MAX_NAME_OCTETS } from "../src/graph/data/name.ts";
import type { NodeType } from "../src/graph/core/node_type.ts";
import { MAX_HOSTS } from "../src/nodes/bridge_hosts.ts";
import { describeBuiltinTypes } from "../src/nodes/builtin.ts";
import { MAX_LINKS } from "../src/nodes/one2many_commands.ts";
import { FIRST_DELAY_MS, LONGEST_DELAY_MS, SETTLED_AFTER_MS } from "../src/reconcile/loop/backoff.ts";
import { HISTORY_LENGTH } from "../src/reconcile/loop/topology.ts";
import { POSIX_CAPABILITIES } from "../src/runtimes/posix/capabilities.ts";
import { MAX_PATH_OCTETS } from "../src/socket/sockaddr.ts";
import { type KeyRule, NODE_KEYS, TEMPLATE_KEYS, TOPOLOGY_KEYS } from "../src/topology/parse/format.ts";
import {
  MAX_FILE_BYTES,
  MAX_NODES,
  MAX_SOURCE_BYTES,
  MAX_TOKENS,
  MAX_VALUE_UNITS,
} from "../src/topology/parse/text_limits.ts";
import { MAX_DEPTH } from "../src/topology/parse/tree_builder.ts";

const INTRODUCTION = `# Defaults and limits

The defaults of topologies, messages and commands. \`deno run scripts/defaults.ts\` generates this page from the tables of
the program; \`./sockgraph types TYPE\` and \`./sockgraph COMMAND --help\` show the same values.

Durations have the form \`250ms\`, \`5s\`, \`2m\`, \`1h\`; a number without a unit is in seconds. Sizes have the form \`64KiB\`,
\`1MiB\`; a number without a unit is in bytes. A field that is removed from a topology is reset to its default.`;

/** Numbers that no topology and no option changes. */
const LIMITS: readonly (readonly [what: string, value: string])[] = [
  ["Size of a topology file", size.format(MAX_FILE_BYTES)],
  ["Size of all files of a source together", size.format(MAX_SOURCE_BYTES)],
  ["YAML tokens of a file", count(MAX_TOKENS)],
  ["Nesting of a file", `${MAX_DEPTH} levels`],
  ["Length of a value, in UTF-16 units", count(MAX_VALUE_UNITS)],
  ["Nodes of a topology, including those of its templates", count(MAX_NODES)],
  ["Length of a node's, hook's or type's name", `${MAX_NAME_OCTETS} bytes`],
  ["Length of a local socket's path", `${MAX_PATH_OCTETS} bytes`],
  ["Links of a one2many", count(MAX_LINKS)],
  ["Hosts that a bridge learns", count(MAX_HOSTS)],
  ["Body of a request to the control socket", size.format(MAX_BODY_BYTES)],
  ["Generations that `history` shows and `rollback` can return to", count(HISTORY_LENGTH)],
  ["Maximum of `--wait`, and of `--timeout` of `wait`", duration.format(MAX_WAIT_MS)],
  ["Maximum of `--threads`", count(MAX_THREADS)],
  ["Interval at which `--watch` checks files", duration.format(WATCH_INTERVAL_MS)],
  ["First delay of a retry, doubled for each further retry", duration.format(FIRST_DELAY_MS)],
  ["Longest delay of a retry", duration.format(LONGEST_DELAY_MS)],
  ["Time for which a node must be ready before the delay is reset", duration.format(SETTLED_AFTER_MS)],
];

if (import.meta.main) console.log(defaults());

/** The document. */
export function defaults(): string {
  const types = describeBuiltinTypes(POSIX_CAPABILITIES).filter(({ creatable }) => creatable);
  return [
    INTRODUCTION,
    "## Topology files",
    keyTable(),
    "## Messages of node types",
    "The fields are those of the argument of the message. If a message is not sent, all of its fields have their defaults.",
    ...types.flatMap(typeSection),
    "## Options of commands",
    "Options without a value, such as `--watch`, are off by default.",
    optionTable(),
    "## Environment",
    "Topologies can use other variables with `${NAME}`.",
    table(["variable", "purpose", "default"], environmentRows()),
    "## Limits",
    table(["subject", "limit"], LIMITS),
  ].join("\n\n");
}

function keyTable(): string {
  const tables: readonly (readonly [string, Readonly<Record<string, KeyRule>>])[] = [
    ["", TOPOLOGY_KEYS],
    ["node.", NODE_KEYS],
    ["template.", TEMPLATE_KEYS],
  ];
  const rows = tables.flatMap(([prefix, keys]) =>
    Object.entries(keys).map(([key, { summary, required, default: usual }]) => {
      return [`\`${prefix}${key}\``, summary, required === true ? "required" : usual ?? "none"];
    })
  );
  return table(["key", "purpose", "default"], rows);
}

function typeSection(type: NodeType): readonly string[] {
  const rows = Object.entries(type.commands).flatMap(([name, command]) => {
    if (command.kind === "query") return [];
    const rows = valueRows(command).filter((row) => command.kind !== "action" || row.presence !== null);
    return rows.map((row) => {
      const usual = row.default === "" ? row.presence ?? "" : row.default;
      const value = row.name === ARGUMENT ? name : `${name} ${row.name}`;
      return [`\`${value}\``, row.summary, row.type, row.presence === "required" ? "required" : usual];
    });
  });
  if (rows.length === 0) return [];
  return [`### ${type.name}`, table(["message and field", "purpose", "type", "default"], rows)];
}

/** Each option once, with the verbs that take it. */
function optionTable(): string {
  const found = new Map<string, { cells: readonly string[]; verbs: string[] }>();
  for (const [verb, row] of Object.entries(VERBS)) {
    const page = getDocPage(grammarOf(row, { runtimes: ["deno", "bun", "posix", "memory"] }));
    for (const { term, description, default: usual } of page?.sections.flatMap(({ entries }) => entries) ?? []) {
      if (term.type !== "option" || usual === undefined) continue;
      const said = description === undefined ? "" : formatMessage(description, { quotes: false });
      const cells = [`\`${formatUsageTerm(term)}\``, said, formatMessage(usual, { quotes: false })];
      const known = found.get(cells.join("\0"));
      if (known === undefined) found.set(cells.join("\0"), { cells, verbs: [verb] });
      else known.verbs.push(verb);
    }
  }
  const rows = [...found.values()].map(({ cells: [option = "", what = "", usual = ""], verbs }) => {
    return [option, verbs.map((verb) => `\`${verb}\``).join(", "), what, usual];
  });
  return table(["option", "commands", "purpose", "default"], rows);
}

function environmentRows(): readonly (readonly string[])[] {
  return ENVIRONMENT.map(({ name, summary, otherwise }) => [`\`${name}\``, summary, otherwise]);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en");
}
