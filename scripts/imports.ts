/**
 * `deno run scripts/imports.ts`: docs/import.md, printed from the tables of keywords that `import` reads.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { FORMAT_NAMES, IMPORT_FORMATS } from "../src/cli/verbs/import/format.ts";
import type { KeywordEffect, KeywordRow, KeywordTable } from "../src/cli/verbs/import/keyword.ts";
import { KEYWORD_TABLES } from "../src/cli/verbs/import/keyword_tables.ts";

const INTRODUCTION = `# Import

\`sockgraph import FILE\` converts a file of another tool to a topology, and prints it. It detects the format from the
content, unless \`--from\` is given. \`deno run scripts/imports.ts\` generates this page from the tables of the program.

\`\`\`sh
./sockgraph import /etc/nginx/nginx.conf > web.yaml
./sockgraph validate web.yaml
\`\`\`

Each keyword of a file is imported, imported with a note about the difference, or left out with a note; the notes have
file, line, column and keyword, and are printed on standard error and as comments of the topology. A part that decides
or guards something that a topology cannot express (a server, a section, a rule) is left out as a whole: the import
never admits more clients than the original. (Names that clients of TLS ask for are compared as in DNS, without
regard to case, also where HAProxy compares them exactly.) An unknown keyword of nginx, HAProxy,
systemd, compose or gost is an error, and nothing is imported; an unknown option of socat is left out with a note. The exit code is 0
if a part of the file was imported, and 65 otherwise.

With \`--check\`, the topology is also validated for the socket runtime that \`--runtime\` names, and the exit code is 65
if it is not valid. With \`--runtime posix\`, the import accepts sockets that only this runtime has.

Names of SNI are compared without case; a note reports names that HAProxy compares with case. Variables of a compose
file have their defaults, with a note: the environment and \`.env\` are not read. Ports without an address are those of
IPv4 and IPv6, as in docker.

Paths of certificates are those of the file. Timeouts that differ (for connecting, and for half-closed connections) are
reported once for each file.`;

const NOTES = `## Lines of socat, rules of rinetd, scripts of ngctl

| from   | result                                                                                                                                                 |
| ------ | ------------------------------------------------------------------------------------------------------------------------------------------------------ |
| ngctl  | the nodes that exist at the end of the script, with their links and messages; temporary nodes (\`tee\`, \`rmhook\`) are omitted                            |
| socat  | a listener with \`accept\` for \`TCP-LISTEN\`, \`UNIX-LISTEN\`, \`UDP-LISTEN\` and \`UDP-RECVFROM\`; two joined sockets for all other addresses; \`stdio\` for \`-\` |
| rinetd | a listener with \`accept\`, \`allow\` and \`deny\` for each rule                                                                                             |

A socat line or rinetd rule that cannot be imported (\`EXEC:\`, \`OPENSSL-LISTEN:\`, a rule of three columns, a shell
variable, a port that another line uses) is left out. The lines of an ngctl script depend on each other: there a line
that cannot be read is an error. If a \`deny\` pattern, \`tcpwrap\`, \`lowport\`, \`bindtodevice\` or \`range\` has no
counterpart, the rule is left out. As in socat and rinetd, idle connections stay open (\`idleTimeout: 0s\`).`;

const EFFECTS: Readonly<Record<KeywordEffect, string>> = {
  imported: "imported",
  changed: "imported with a note",
  "left-out": "left out with a note",
  refused: "its part is left out",
};

/** The widest cell with keywords: the formatter makes all cells of a column equally wide. */
const MAX_WIDTH = 60;

if (import.meta.main) console.log(imports());

/** The document. */
export function imports(): string {
  const formats = FORMAT_NAMES.map((name) => [`\`${name}\``, IMPORT_FORMATS[name]]);
  return [
    INTRODUCTION,
    "## Formats",
    table(["`--from`", "file"], formats),
    NOTES,
    ...KEYWORD_TABLES.flatMap(sectionOf),
  ].join("\n\n");
}

function sectionOf({ program, rows }: KeywordTable): readonly string[] {
  return [
    `## Keywords of ${program}`,
    table(["place", "keywords", "import", "what it becomes, or why it does not"], rows.flatMap(cellsOf)),
  ];
}

function cellsOf({ place, words, effect, text }: KeywordRow): readonly (readonly string[])[] {
  const groups: string[] = [];
  for (const word of words.map((one) => `\`${one}\``)) {
    const last = groups.at(-1);
    if (last === undefined || last.length + word.length >= MAX_WIDTH) groups.push(word);
    else groups[groups.length - 1] = `${last} ${word}`;
  }
  return groups.map((group) => [place, group, EFFECTS[effect], text.replaceAll("|", "\\|")]);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
