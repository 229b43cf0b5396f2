import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { capabilityTables } from "../../scripts/capabilities.ts";
import { parseArgs } from "../../src/cli/args.ts";
import { EXIT } from "../../src/cli/exit_code.ts";
import { VERBS } from "../../src/cli/verbs/table.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { BUN_CAPABILITIES } from "../../src/runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { POSIX_CAPABILITIES } from "../../src/runtimes/posix/capabilities.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { plannedType } from "../../src/topology/parse/foreign_words.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { test } from "../harness.ts";
import { ALLOWED, ROOMS } from "../lint/layers.ts";
import { readDocument, tableRows, typedLines } from "./document.ts";

const ROOT = new URL("../../", import.meta.url);
const README = "README.md";
/** What people read. */
const DOCUMENTS = [README, "ARCHITECTURE.md", "CONTRIBUTING.md", ...guides()];
const RUNTIMES = "docs/runtimes.md";
/** Options of Deno, which `deno run` has beside ours. */
const DENO_OPTION = /^--(allow-|no-prompt|unstable|v8-flags|name)/;
const BEGIN = "<!-- capabilities: deno run scripts/capabilities.ts -->\n";
const END = "<!-- /capabilities -->";

test("README names only verbs and tasks that are there", () => {
  const tasks = new Set(
    [VERBS, tasksOf("deno.json", "tasks"), tasksOf("package.json", "scripts")].flatMap((table) => Object.keys(table)),
  );
  for (const name of DOCUMENTS) {
    for (const [verb, line] of verbsOf(read(name))) {
      assert.ok(tasks.has(verb) || verb === "COMMAND" || isFile(verb), `${name}: "${verb}" in "${line}"`);
    }
  }
});

test("deno.json and package.json have a task for every verb, and for help", () => {
  for (const table of [tasksOf("deno.json", "tasks"), tasksOf("package.json", "scripts")]) {
    assert.deepEqual([...Object.keys(VERBS), "help"].filter((verb) => !Object.hasOwn(table, verb)), []);
  }
});

test("README names every verb", () => {
  const { spans } = readDocument(read(README));
  assert.deepEqual(Object.keys(VERBS).filter((verb) => !spans.includes(verb)), []);
});

test("README names only options that some verb has", () => {
  const help = Object.keys(VERBS).map(helpOf).join("\n");
  for (const name of DOCUMENTS) {
    for (const line of typedLines(readDocument(read(name)))) {
      for (const [option] of line.matchAll(/(?<=^|\s)--[a-z][\w-]*/g)) {
        const known = DENO_OPTION.test(option) || !isOurs(line) || new RegExp(`${option}\\b`).test(`${help} --help`);
        assert.ok(known, `${name}: "${option}" in "${line}"`);
      }
    }
  }
});

test("README gives a verb only options that it has", () => {
  for (const line of typedLines(readDocument(read(README)))) {
    const [, verb, rest = ""] = /(?:\b(?:deno|bun) run|\.\/sockgraph) ([a-z]+)\b([^|]*)/.exec(line) ?? [];
    if (verb === undefined || !Object.hasOwn(VERBS, verb)) continue;
    for (const [option] of rest.matchAll(/(?<=\s)--?[a-z][\w-]*/g)) {
      assert.match(helpOf(verb), new RegExp(`(?<=\\s)${option}\\b`), line);
    }
  }
});

test("README has the exit codes of the program", () => {
  const table = read(README).split("| exit ")[1]?.split("\n\n")[0] ?? "";
  const codes = [...table.matchAll(/^\| ([\d, ]+?) *\|/gm)].flatMap(([, cell = ""]) => cell.split(", ").map(Number));
  assert.deepEqual(codes, Object.values(EXIT));
});

test("README shows topologies that load", () => {
  const { blocks } = readDocument(read(README));
  const examples = blocks.filter(({ language }) => language === "yaml");
  assert.ok(examples.length >= 2);
  for (const { text, line } of examples) {
    for (const capabilities of [DENO_CAPABILITIES, BUN_CAPABILITIES, POSIX_CAPABILITIES]) {
      const source = { name: `${README} from line ${line}`, text };
      const types = describeBuiltinTypes(capabilities);
      const options = { source, types, env: () => null, defaultName: null, baseDirectory: null };
      const { topologies, diagnostics } = loadTopology(options);
      assert.equal(renderDiagnostics(diagnostics), "");
      assert.equal(topologies.length, 1);
    }
  }
});

test("README knows which node types are there", () => {
  const readme = read(README);
  const types = describeBuiltinTypes(DENO_CAPABILITIES).filter((type) => type.creatable).map((type) => type.name);
  const here = wordsOf(/There are ([^.]*)\./.exec(readme)?.[1] ?? "");
  const missing = wordsOf(/the node\s+types\s([^;]*);/.exec(readme.split("## Limitations")[1] ?? "")?.[1] ?? "");
  assert.deepEqual(here.sort(), [...types].sort());
  assert.ok(missing.length > 0);
  assert.deepEqual(missing.filter((name) => plannedType(name) === null || types.includes(name)), []);
});

test("docs/runtimes.md has the capability tables that the code has", () => {
  const [, table = ""] = read(RUNTIMES).split(BEGIN);
  const [found = ""] = table.split(END);
  assert.equal(found.trim(), capabilityTables(), `run "deno run scripts/capabilities.ts", paste it into ${RUNTIMES}`);
});

test("documents link to files that are there", () => {
  for (const name of DOCUMENTS) {
    for (const link of readDocument(read(name)).links) {
      if (/^(https?:|#)/.test(link)) continue;
      const target = new URL(link.replace(/#.*/, ""), new URL(name, ROOT));
      assert.ok(existsSync(fileURLToPath(target)), `${name}: ${link}`);
    }
  }
});

test("ARCHITECTURE names files that are there", () => {
  const files = readdirSync(new URL("src/", ROOT), { recursive: true, encoding: "utf8" });
  const known = [...files.map((path) => `/src/${path}`), ...readdirSync(ROOT).map((path) => `/${path}`)];
  const named = [...read("ARCHITECTURE.md").matchAll(/`([\w/]+\.ts)`/g)].map(([, path = ""]) => path);
  assert.ok(named.length > 20, "the search finds them");
  const missing = named.filter((path) => {
    return !existsSync(new URL(path, ROOT)) && !known.some((one) => one.endsWith(`/${path}`));
  });
  assert.deepEqual(missing, []);
});

test("ARCHITECTURE has the imports that the lint plugin allows", () => {
  const [, table = ""] = read("ARCHITECTURE.md").split("<!-- imports: tests/lint/layers.ts -->");
  const folders = [...ALLOWED.keys()].filter((folder) => folder !== "");
  const rows = tableRows(table.split("<!-- /imports -->")[0] ?? "").flatMap(([names = "", targets = ""]) => {
    const named = wordsOf(targets);
    return wordsOf(names).map((name): [string, string[]] => {
      if (!targets.startsWith("all but")) return [name, named.sort()];
      return [name, folders.filter((folder) => folder !== name && !named.includes(folder)).sort()];
    });
  });
  const allowed = folders.map((folder): [string, string[]] => [folder, [...ALLOWED.get(folder) ?? []].sort()]);
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(allowed));
});

test("ARCHITECTURE has the rooms that the lint plugin knows, in their order", () => {
  const [, table = ""] = read("ARCHITECTURE.md").split("<!-- rooms: tests/lint/layers.ts -->");
  const named = tableRows(table.split("<!-- /rooms -->")[0] ?? "").flatMap(([name = ""]) => wordsOf(name));
  assert.deepEqual(named, [...ROOMS].flatMap(([folder, rooms]) => rooms.map((room) => `${folder}/${room}`)));
});

test("docs/security.md has the permissions that the tasks have", () => {
  const [, section = ""] = read("docs/security.md").split("## Permissions on Deno");
  const [heads = [], ...rows] = tableRows(section, { heads: true });
  const kinds = heads.slice(1).flatMap(wordsOf);
  const reported = rows.flatMap(([tasks = "", ...cells]) => {
    const flags = cells.flatMap((cell, index) => {
      if (cell === "–") return [];
      return [cell === "yes" ? `--allow-${kinds[index]}` : `--allow-${kinds[index]}=${wordsOf(cell).join(",")}`];
    });
    return wordsOf(tasks).map((task): [string, string[]] => [task, flags.sort()]);
  });
  const given = Object.entries(tasksOf("deno.json", "tasks")).flatMap(([task, command]): [string, string[]][] => {
    if (!command.includes(" src/cli/main.ts")) return [];
    return [[task, [...command.matchAll(/--allow-\S+/g)].map(([flag]) => flag).sort()]];
  });
  assert.deepEqual(Object.fromEntries(reported), Object.fromEntries(given));
});

test("readDocument() separates blocks, code and links", () => {
  const document = readDocument(
    "see `a` at [b](c.md)\n\n```sh\nrun `no` [x](y)\n```\n\n```console\n$ typed\nprinted\n```\n",
  );
  assert.deepEqual(document.spans, ["a"]);
  assert.deepEqual(document.links, ["c.md"]);
  assert.deepEqual(document.blocks.map(({ language, line }) => [language, line]), [["sh", 4], ["console", 8]]);
  assert.deepEqual(typedLines(document), ["run `no` [x](y)", "", "typed", "a"]);
});

/** What lies in docs/. */
function guides(): readonly string[] {
  return readdirSync(new URL("docs/", ROOT)).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
}

function read(name: string): string {
  return readFileSync(new URL(name, ROOT), "utf8");
}

/** `deno run COMMAND`, `bun run COMMAND`, `deno task NAME` and `sockgraph COMMAND` as they are typed. */
function verbsOf(text: string): readonly (readonly [verb: string, line: string])[] {
  return typedLines(readDocument(text)).flatMap((line) => {
    const calls = line.matchAll(/(?:\b(?:deno|bun) run|\bdeno task|^sockgraph|\.\/sockgraph) ([\w./:-]+)/g);
    return [...calls].map(([, verb = ""]) => [verb, line] as const).filter(([verb]) => !verb.startsWith("-"));
  });
}

/** A line about our own program: a verb of ours is called in it, or it is an option alone. */
function isOurs(line: string): boolean {
  return line.startsWith("-") || verbsOf(`\`${line}\``).some(([verb]) => Object.hasOwn(VERBS, verb));
}

function helpOf(verb: string): string {
  const parsed = parseArgs([verb, "--help"], { columns: 80, runtimes: ["deno"] });
  return parsed.kind === "help" ? `${parsed.text} --help` : "";
}

/** Tasks and scripts: what each runs. */
function tasksOf(file: string, key: string): Readonly<Record<string, string>> {
  const value: unknown = JSON.parse(read(file));
  const table = member(value, key);
  if (typeof table !== "object" || table === null) return {};
  return Object.fromEntries(
    Object.keys(table).map((name) => {
      const task = member(table, name);
      return [name, typeof task === "string" ? task : String(member(task, "command"))];
    }),
  );
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** What stands in backticks. */
function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

function isFile(path: string): boolean {
  return existsSync(fileURLToPath(new URL(path, ROOT)));
}
