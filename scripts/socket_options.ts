/**
 * `deno run scripts/socket_options.ts`: docs/socket-options.md, printed from the table that `setopt` reads.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import type { TypeDescription } from "../src/ascii/description.ts";
import { BUN_CAPABILITIES } from "../src/runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../src/runtimes/deno/capabilities.ts";
import { POSIX_CAPABILITIES } from "../src/runtimes/posix/capabilities.ts";
import { type Capabilities, optionSupport, SOCKET_KINDS, type SocketKind } from "../src/socket/capability.ts";
import { type OptionFact, type OptionNumbers, OPTIONS } from "../src/socket/option_table.ts";

/** `memory` remembers every option and does nothing with it. */
const RUNTIMES: readonly Capabilities[] = [DENO_CAPABILITIES, BUN_CAPABILITIES, POSIX_CAPABILITIES];

const KINDS: readonly SocketKind[] = SOCKET_KINDS.filter((kind) => kind !== "other");

const INTRODUCTION = `# Socket options

The options that \`setopt\` and \`getopt\` support by name. \`deno run scripts/socket_options.ts\` generates this page from the
table of the program.

\`\`\`yaml
name: options
nodes:
  in:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - setopt: { SO_REUSEADDR: 1 }
      - setopt: { SO_REUSEPORT: 1 }
      - bind: inet/127.0.0.1:0
      - listen 128
      - accept: { connect: "inet/127.0.0.1:8080" }
\`\`\`

In ngctl and with \`msg\`, the messages are \`setopt { SO_REUSEADDR=1 }\` and \`getopt SO_REUSEADDR\`. To set an option without
a name, use its numbers: those of FreeBSD, \`{ level=0xffff name=4 value=[ 1 ] }\`, or those of the host,
\`{ os=linux level=6 name=23 value=[ 5 ] }\`. If the option has a name, output shows the name.

The columns of the runtimes show the support for set and get (one word if they are equal), and the sockets if not all
sockets with the option are supported: \`native\`, done by the system; \`emulated\`, the same effect, or the value is stored;
\`hint\`, accepted, but not always used; \`no\`, refused before any socket is opened.`;

if (import.meta.main) console.log(socketOptions());

/** The document. */
export function socketOptions(): string {
  const rows = Object.entries(OPTIONS).map(([name, fact]) => [
    `\`${name}\``,
    fact.summary,
    valueOf(fact),
    numbersOf(fact.freebsd),
    numbersOf(fact.linux),
    ...RUNTIMES.map((capabilities) => supportOf(capabilities, name)),
  ]);
  const heads = ["option", "purpose", "value", "FreeBSD", "Linux", ...RUNTIMES.map(({ runtime }) => runtime)];
  const table = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${INTRODUCTION}\n\n${table.join("\n")}`;
}

function numbersOf(numbers: OptionNumbers | null): string {
  if (numbers === null) return "–";
  const { level, name } = numbers;
  return `${level === 0xffff ? "0xffff" : level}/${level === 0xffff ? `0x${name.toString(16)}` : name}`;
}

function valueOf({ value, isSwitch, readOnly }: OptionFact): string {
  const words = isSwitch ? "0 or 1" : describe(value.description);
  return readOnly ? `${words}, only read` : words;
}

function describe(description: TypeDescription): string {
  switch (description.kind) {
    case "integer":
      return "number";
    case "duration":
      return "duration, `1500ms`";
    case "struct":
      return `\`{ ${description.fields.map(({ name }) => `${name}=…`).join(" ")} }\``;
    case "named":
      return `${description.name}, \`${description.examples[0]}\``;
    default:
      return description.kind;
  }
}

/** `native`, or for each kind of socket where they are not the same. */
function supportOf(capabilities: Capabilities, name: string): string {
  const cells = new Map<string, SocketKind[]>();
  const kinds = KINDS.filter((kind) => RUNTIMES.some(({ options }) => Object.hasOwn(options[kind], name)));
  for (const kind of kinds) {
    const [set, get] = (["set", "get"] as const).map((verb) => optionSupport(capabilities, kind, { name, verb }));
    const cell = OPTIONS[name]?.readOnly ? `${get}` : set === get ? `${set}` : `set ${set}, get ${get}`;
    cells.set(cell, [...cells.get(cell) ?? [], kind]);
  }
  const able = [...cells].filter(([cell]) => cell !== "no");
  if (able.length === 0) return "no";
  return able.map(([cell, on]) => on.length === kinds.length ? cell : `${cell} (${on.join(", ")})`).join("; ");
}
