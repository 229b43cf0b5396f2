/**
 * Writes what follows from the verbs of the command line: the tasks of deno.json, the scripts of package.json, README's
 * table of commands and the table of permissions in docs/security.md.
 *
 * `deno run --allow-read --allow-write scripts/write_tasks.ts` writes them; with `--check` it writes nothing, and exits
 * with 1 if one of them is stale.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ENGINE, NO_FILES, type Permissions, type Task } from "../src/cli/verb.ts";
import { VERBS } from "../src/cli/verbs/table.ts";

const ROOT = new URL("../", import.meta.url);
const MAIN = "src/cli/main.ts";
const COMMAND = "SOCKGRAPH_COMMAND=./sockgraph";
const COMMANDS = "commands: scripts/write_tasks.ts";
const PERMISSIONS = "permissions: scripts/write_tasks.ts";
const KINDS = ["env", "read", "net", "write", "sys", "run", "ffi"] as const;

/** A file that follows from the verbs, in part. */
interface Generated {
  readonly file: string;
  /** The file with its part as it should be. */
  readonly text: string;
  readonly isStale: boolean;
}

interface ProgramTask extends Task {
  /** Null: any verb. */
  readonly verb: string | null;
}

/** All tasks that run the program, in the order of help. */
function programTasks(): readonly ProgramTask[] {
  const own = Object.values(VERBS).flatMap(({ name, summary, permissions, v8Flags, tasks = [] }): ProgramTask[] => [
    { verb: name, name, description: summary, permissions, ...(v8Flags === undefined ? {} : { v8Flags }) },
    ...tasks.map((task) => ({ verb: name, ...task })),
  ]);
  const v8Flags = VERBS["apply"]?.v8Flags;
  return [
    {
      verb: null,
      name: "sockgraph",
      description: "Run sockgraph with any verb",
      permissions: ENGINE,
      ...(v8Flags === undefined ? {} : { v8Flags }),
    },
    ...own,
    { verb: "help", name: "help", description: "Show all commands, or all options of one", permissions: NO_FILES },
  ];
}

/** A permission as Deno's flag; null where a task lacks it. */
function flagOf(permissions: Permissions, kind: (typeof KINDS)[number]): string | null {
  const granted = permissions[kind];
  if (granted === undefined) return null;
  return granted === true ? `--allow-${kind}` : `--allow-${kind}=${granted.join(",")}`;
}

const FLAG_ORDER = ["env", "net", "read", "write", "sys", "run", "ffi"] as const;

function denoCommand({ verb, permissions, args, v8Flags }: ProgramTask): string {
  const words = [
    COMMAND,
    "deno run",
    v8Flags === undefined ? null : `--v8-flags=${v8Flags}`,
    "--no-prompt",
    ...FLAG_ORDER.map((kind) => flagOf(permissions, kind)),
    MAIN,
    verb,
    args ?? null,
  ];
  return words.filter((word) => word !== null).join(" ");
}

function bunCommand({ verb, args }: ProgramTask): string {
  return [COMMAND, "bun", MAIN, verb, args].filter((word) => typeof word === "string").join(" ");
}

/** The JSON with its tasks replaced; those that do not run the program stay behind them. */
function withTasks(text: string, key: "tasks" | "scripts", tasks: Readonly<Record<string, unknown>>): string {
  const all: Readonly<Record<string, unknown>> = JSON.parse(text)[key];
  const others = Object.entries(all).filter(([, task]) => !JSON.stringify(task).includes(MAIN));
  const lines = JSON.stringify({ ...tasks, ...Object.fromEntries(others) }, null, 2).replaceAll("\n", "\n  ");
  const start = text.indexOf(`  "${key}": {`);
  const end = text.indexOf("\n  }", start) + "\n  }".length;
  return `${text.slice(0, start)}  "${key}": ${lines}${text.slice(end)}`;
}

function commandTable(): string {
  return table(["command", "meaning"], Object.values(VERBS).map(({ name, meaning }) => [`\`${name}\``, meaning]));
}

/** One row for tasks that have the same permissions. */
function permissionTable(): string {
  const rows = new Map<string, { readonly names: string[]; readonly cells: readonly string[] }>();
  for (const { name, permissions } of programTasks()) {
    const cells = KINDS.map((kind) => {
      const granted = permissions[kind];
      return granted === undefined ? "–" : granted === true ? "yes" : granted.map((one) => `\`${one}\``).join(" ");
    });
    const row = rows.get(cells.join()) ?? { names: [], cells };
    rows.set(cells.join(), row);
    row.names.push(`\`${name}\``);
  }
  const body = [...rows.values()].map(({ names, cells }) => [names.join(" "), ...cells]);
  return table(["task", ...KINDS.map((kind) => `\`${kind}\``)], body);
}

/** A table as `deno fmt` has it. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => (row[column] ?? "").length)));
  const lines = [heads, widths.map((width) => "-".repeat(width)), ...rows];
  return lines.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`).join(
    "\n",
  );
}

/** Replaces the text between two marks of a document. */
function withPart(text: string, mark: string, part: string): string {
  const begin = `<!-- ${mark} -->\n`;
  const end = `<!-- /${mark.split(":")[0]} -->`;
  const [before, rest] = text.split(begin);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) throw new Error(`The marks of "${mark}" are missing`);
  return `${before}${begin}\n${part}\n\n${end}${after}`;
}

/** Everything that follows from the verbs, as it is and as it should be. */
export async function generatedFiles(): Promise<readonly Generated[]> {
  const tasks = programTasks();
  const deno = Object.fromEntries(
    tasks.map((task) => [task.name, { description: task.description, command: denoCommand(task) }]),
  );
  const bun = Object.fromEntries(tasks.map((task) => [task.name, bunCommand(task)]));
  const writers: readonly (readonly [file: string, write: (text: string) => string])[] = [
    ["deno.json", (text) => withTasks(text, "tasks", deno)],
    ["package.json", (text) => withTasks(text, "scripts", bun)],
    ["README.md", (text) => withPart(text, COMMANDS, commandTable())],
    ["docs/security.md", (text) => withPart(text, PERMISSIONS, permissionTable())],
  ];
  return await Promise.all(writers.map(async ([file, write]) => {
    const found = await readFile(pathOf(file), "utf8");
    const text = write(found);
    return { file, text, isStale: text !== found };
  }));
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, ROOT));
}

if (import.meta.main) {
  const stale = (await generatedFiles()).filter(({ isStale }) => isStale);
  const isCheck = process.argv.includes("--check");
  for (const { file, text } of stale) {
    if (!isCheck) await writeFile(pathOf(file), text);
    console.log(isCheck ? `${file} is stale: run "deno run -A scripts/write_tasks.ts"` : `${file} is written`);
  }
  process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
}
