/**
 * `deno run scripts/capabilities.ts`: the capability tables of docs/runtimes.md, printed from the data that validation reads.
 *
 * The page contains this output between two markers; `tests/docs/readme_test.ts` compares.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { BUN_CAPABILITIES } from "../src/runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../src/runtimes/deno/capabilities.ts";
import { MEMORY_CAPABILITIES } from "../src/runtimes/memory/capabilities.ts";
import { POSIX_CAPABILITIES } from "../src/runtimes/posix/capabilities.ts";
import {
  type Capabilities,
  END_KINDS,
  ENDS_BY_RUNTIME,
  type Feature,
  FEATURES,
  featureSupport,
  type OptionSupport,
  optionSupport,
  SOCKET_KINDS,
  type SocketKind,
} from "../src/socket/capability.ts";

/** The runtimes whose sockets are the system's, in the order of the columns. */
const SYSTEM: readonly Capabilities[] = [DENO_CAPABILITIES, BUN_CAPABILITIES, POSIX_CAPABILITIES];

/** All runtimes. `memory` is left out of the options: it remembers every one that has a name. */
const RUNTIMES: readonly Capabilities[] = [...SYSTEM, MEMORY_CAPABILITIES];

/** `other` sockets (raw, seqpacket) are all or nothing: one sentence says it, not forty rows. */
const KINDS: readonly SocketKind[] = SOCKET_KINDS.filter((kind) => kind !== "other");

const FEATURE_WORDS: Readonly<Record<Feature, string>> = {
  open: "socket",
  bind: "`bind`",
  "bind-connect": "`bind` before `connect`",
  accept: "`listen`, `accept`",
  backlog: "backlog of `listen`",
  "backlog-change": "change of the backlog while the socket listens",
  connect: "`connect`",
  "connect-filter": "`connect` accepts datagrams from the peer only",
  "answer-from-asked": "replies from a wildcard socket have the address that the client used",
  "receive-room": "large receive buffer, and a count of datagrams that overflow it",
  "refused-datagrams": "datagrams that the target rejects are counted",
  "half-close": "half-close",
  reset: "a reset that reaches the peer",
  "back-pressure": "a full receiver stops the sender",
  tls: "protocol `tls`",
};

/** A table's line before it is printed: its subject, for which kinds, and a cell for each runtime. */
interface Row {
  readonly names: readonly string[];
  readonly kinds: readonly SocketKind[];
  readonly cells: readonly string[];
}

if (import.meta.main) console.log(capabilityTables());

/** Both tables as Markdown: what sockets do, and which options they have. */
export function capabilityTables(): string {
  const features = formatTable({ title: "feature", runtimes: RUNTIMES }, featureRows());
  const options = formatTable({ title: "option (set, get)", runtimes: SYSTEM }, optionRows());
  return `${features}\n\n${options}\n\n${endTable()}`;
}

/** The types of node that not every runtime has. */
function endTable(): string {
  const head = ["node type", ...RUNTIMES.map(({ runtime }) => `\`${runtime}\``)];
  const rows = END_KINDS.map((kind) => [
    `\`${kind}\``,
    ...RUNTIMES.map(({ runtime, endPermissions }) => {
      const needs = endPermissions?.[kind];
      const cell = ENDS_BY_RUNTIME[runtime][kind];
      return needs === undefined ? cell : `${cell}, with \`${needs}\``;
    }),
  ]);
  return formatLines(head, rows);
}

function featureRows(): readonly Row[] {
  return FEATURES.flatMap((feature) => {
    const rows = KINDS.map((kind): Row => {
      const cells = RUNTIMES.map((capabilities) => featureCell(capabilities, kind, feature));
      return { names: [FEATURE_WORDS[feature]], kinds: [kind], cells };
    });
    return mergeKinds(rows.filter(isSomewhere));
  });
}

function optionRows(): readonly Row[] {
  const options = new Set(SYSTEM.flatMap(({ options }) => KINDS.flatMap((kind) => Object.keys(options[kind]))));
  const rows = [...options].flatMap((name) => {
    const ofKinds = KINDS.map((kind): Row => {
      const cells = SYSTEM.map((capabilities) => {
        const set = optionSupport(capabilities, kind, { name, verb: "set" });
        return optionCell({ set, get: optionSupport(capabilities, kind, { name, verb: "get" }) });
      });
      return { names: [`\`${name}\``], kinds: [kind], cells };
    });
    return mergeKinds(ofKinds.filter(isSomewhere));
  });
  return mergeNames(rows);
}

function featureCell(capabilities: Capabilities, kind: SocketKind, feature: Feature): string {
  const support = featureSupport(capabilities, kind, feature);
  const permission = support === "no" ? undefined : capabilities.permissions?.[feature];
  return permission === undefined ? support : `${support}, with \`${permission}\``;
}

function optionCell({ set, get }: OptionSupport): string {
  return set === get ? set : `${set}, ${get}`;
}

function isSomewhere({ cells }: Row): boolean {
  return cells.some((cell) => cell !== "no");
}

/** Rows of one thing whose cells are the same become one of several kinds. */
function mergeKinds(rows: readonly Row[]): readonly Row[] {
  return mergeRows(rows, ({ cells }) => cells.join("|"), (a, b) => ({ ...a, kinds: [...a.kinds, ...b.kinds] }));
}

/** Rows of the same kinds and cells become one of several things. */
function mergeNames(rows: readonly Row[]): readonly Row[] {
  const keyOf = ({ kinds, cells }: Row) => [...kinds, ...cells].join("|");
  return mergeRows(rows, keyOf, (a, b) => ({ ...a, names: [...a.names, ...b.names] }));
}

function mergeRows(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  merge: (a: Row, b: Row) => Row,
): readonly Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const earlier = merged.get(key);
    merged.set(key, earlier === undefined ? row : merge(earlier, row));
  }
  return [...merged.values()];
}

/** As `deno fmt` sets tables, so that the page stays as it is. */
function formatTable(
  { title, runtimes }: { title: string; runtimes: readonly Capabilities[] },
  rows: readonly Row[],
): string {
  const head = [title, "sockets", ...runtimes.map(({ runtime }) => `\`${runtime}\``)];
  const body = rows.map(({ names, kinds, cells }) => [names.join(" "), formatKinds(kinds), ...cells]);
  return formatLines(head, body);
}

function formatLines(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => line[column]?.length ?? 0)));
  const lines = [head, widths.map((width) => "-".repeat(width)), ...body];
  return lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`).join(
    "\n",
  );
}

/** `inet/stream`, `inet6/stream` → `inet inet6 stream`; all six → `all`. */
function formatKinds(kinds: readonly SocketKind[]): string {
  if (kinds.length === KINDS.length) return "all";
  const families = new Map<string, string[]>();
  for (const kind of kinds) {
    const [family = "", type = ""] = kind.split("/");
    families.set(type, [...families.get(type) ?? [], family]);
  }
  return [...families].map(([type, names]) => names.length === 3 ? type : `${names.join(" ")} ${type}`).join(", ");
}
