/**
 * `deno task test [FILE…]`: every test on Deno and every test on Bun, and one last line that counts both.
 *
 * Most tests wait for others more than they compute, so that there is one run more at the same time than processors. The
 * tests of each runtime are dealt to several runs for that. A run of Deno loads its files as one module: Deno loads the
 * whole program again for each module that it is given, which takes longer than most files of tests do. Types are checked
 * by `deno task ok:static`. What a run prints is shown when the runs before it have ended.
 *
 * Needs nothing on PATH but Node.js: Deno is the one that runs this, Bun comes by `npx` where no `bun` of the right
 * version is installed. What a runtime reports and how it exits must agree, so that a file that does not load fails.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { bunCommand } from "./find_bun.ts";
import { parseJunit, type Tally } from "./junit.ts";
import { Printer } from "./printer.ts";
import versions from "./versions.json" with { type: "json" };

/** A test run still to be started: the JUnit path is put behind the arguments. */
interface Run {
  readonly runtime: string;
  readonly command: readonly string[];
  readonly junitFlag: string;
  readonly files: readonly string[];
}

/** How many runs the tests of each runtime are dealt to: enough for all processors to be busy to the end. */
const RUNS = 3;

/** With more, a test may wait too long for its turn on a machine with two processors. */
const AT_A_TIME = navigator.hardwareConcurrency === 1 ? 1 : 3;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs the tests of `files`, or all, and returns the exit code. */
async function main(files: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-test-" });
  try {
    const bun = await bunCommand();
    const shares = deal(await allFiles(files));
    const runs: Run[] = [];
    for (const [index, share] of shares.entries()) {
      const part = shares.length > 1 ? ` (${index + 1} of ${shares.length})` : "";
      runs.push(
        bunRun(bun, { share, part }),
        await denoRun(join(folder, `deno_${index + 1}_test.ts`), { share, part }),
      );
    }
    return report(await performAll(runs, { folder, env: environment(bun) }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The files and the name of one run. */
interface Share {
  readonly share: readonly string[];
  readonly part: string;
}

async function allFiles(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths.length === 0 ? ["tests"] : paths) files.push(...await testFiles(path));
  return files;
}

/** Every share has files of all folders. */
function deal(files: readonly string[]): readonly (readonly string[])[] {
  const count = Math.max(1, Math.min(RUNS, files.length));
  return Array.from({ length: count }, (_, index) => files.filter((_, at) => at % count === index));
}

/** A run of Deno, with a module at `path` that imports its files. */
async function denoRun(path: string, { share, part }: Share): Promise<Run> {
  const imports = share.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(file)).href)};\n`);
  await Deno.writeTextFile(path, imports.join(""));
  return {
    runtime: `Deno ${Deno.version.deno}${part}`,
    command: [Deno.execPath(), "test", "-A", "--no-check", "--no-prompt", "--config=deno.json", "--reporter=dot"],
    junitFlag: "--junit-path=",
    files: [path],
  };
}

/** The files of tests at `path`, which is one or a folder, in the order of their names. */
async function testFiles(path: string): Promise<readonly string[]> {
  if (!(await Deno.stat(path)).isDirectory) return [path];
  const entries = await Array.fromAsync(Deno.readDir(path));
  const files: string[] = [];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (isDirectory) files.push(...await testFiles(join(path, name)));
    else if (name.endsWith("_test.ts")) files.push(join(path, name));
  }
  return files;
}

function bunRun(bun: readonly string[], { share, part }: Share): Run {
  return {
    runtime: `Bun ${versions.bun}${part}`,
    command: [...bun, "test", "--only-failures", "--reporter=junit"],
    junitFlag: "--reporter-outfile=",
    // Bun takes a bare word as a filter on names, and a path only where it looks like one.
    files: share.map((file) => /^\.{0,2}\//.test(file) ? file : `./${file}`),
  };
}

/** The Bun that counts is the first on the path: tests on Deno that build with it need not look for it again. */
function environment([bun = ""]: readonly string[]): Readonly<Record<string, string>> {
  return isAbsolute(bun) ? { PATH: `${dirname(bun)}:${Deno.env.get("PATH") ?? ""}` } : {};
}

/** What every run is given. */
interface Setting {
  /** The file of its report. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Performs the runs in their order, several at a time where there are several processors. */
async function performAll(runs: readonly Run[], setting: Setting): Promise<readonly Tally[]> {
  const tallies: Promise<Tally>[] = [];
  const performing = new Set<Promise<unknown>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const run of runs) {
    if (performing.size >= AT_A_TIME) await Promise.race(performing);
    const tally = perform(run, { ...setting, printer: new Printer(before) });
    const end: Promise<unknown> = tally.finally(() => performing.delete(end));
    performing.add(end);
    before = Promise.allSettled([before, tally]);
    tallies.push(tally);
  }
  return await Promise.all(tallies);
}

async function perform(run: Run, { folder, env, printer }: Setting & { readonly printer: Printer }): Promise<Tally> {
  printer.print(`\n=== ${run.runtime}\n`);
  const junit = join(folder, `${run.runtime.replace(/\W/g, "_")}.xml`);
  const [program = "", ...args] = run.command;
  const child = new Deno.Command(program, {
    args: [...args, `${run.junitFlag}${junit}`, ...run.files],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await Promise.all([relay(child.stdout, printer), relay(child.stderr, printer)]);
  const { code } = await child.status;
  const tally = parseJunit(await readIfThere(junit));
  for (const name of tally.skipped) printer.print(`${run.runtime}: ${name}\n`);
  printer.print(`${run.runtime}: ${counts(tally)}\n`);
  if (code === 0 && tally.passed + tally.failed + tally.skipped.length > 0) return tally;
  if (tally.failed > 0) return tally;
  printer.print(`${run.runtime}: exit code ${code} although no test failed; counted as one failure\n`);
  return { ...tally, failed: 1 };
}

/** Prints what a runner prints, with the marks that Deno's dot reporter puts on a line each joined into one. */
async function relay(output: ReadableStream<Uint8Array<ArrayBuffer>>, printer: Printer): Promise<void> {
  let rest = "";
  let inDots = false;
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const isDot = /^[.,!]$/.test(stripVTControlCharacters(line));
      printer.print(`${inDots && !isDot ? "\n" : ""}${line}${isDot ? "" : "\n"}`);
      inDots = isDot;
    }
  }
  if (rest !== "") printer.print(`${rest}\n`);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ""; // The run ended before its first test.
    throw error;
  }
}

function report(tallies: readonly Tally[]): number {
  const sum = tallies.reduce((a, b) => ({
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: [...a.skipped, ...b.skipped],
  }));
  console.log(`\n${counts(sum)}`);
  return sum.failed === 0 ? 0 : 1;
}

function counts(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped`;
}
