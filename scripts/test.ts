/**
 * `deno task test [FILE…]`: every test on Deno and every test on Bun, and one last line that counts both.
 *
 * Most tests wait for others more than they compute, so that two runs go at the same time where there is more than one
 * processor. Deno's tests are dealt to several runs for that, and each of its runs loads its files as one module: Deno
 * loads the whole program again for each module that it is given, which takes longer than most files of tests do. Types
 * are checked by `deno task ok:static`. What a run prints is shown when the runs before it have ended.
 *
 * Needs nothing on PATH but Node.js: Deno is the one that runs this, Bun comes by `npx` where no `bun` of the right
 * version is installed. What a runtime reports and how it exits must agree, so that a file that does not load fails.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A program of its own, whose product is what it prints.

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

/** How many runs Deno's tests are dealt to: enough for both processors to be busy to the end. */
const DENO_RUNS = 3;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs the tests of `files`, or all, and returns the exit code. */
async function main(files: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-test-" });
  try {
    const bun = await bunCommand();
    const [first, ...others] = await denoRuns(files, folder);
    const runs = [first, bunRun(bun, files), ...others].filter((run) => run !== undefined);
    return report(await performAll(runs, { folder, env: environment(bun) }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Deno's runs, each with a module in `folder` that imports its share of the files. */
async function denoRuns(paths: readonly string[], folder: string): Promise<readonly Run[]> {
  const files: string[] = [];
  for (const path of paths.length === 0 ? ["tests"] : paths) files.push(...await testFiles(path));
  const count = Math.min(DENO_RUNS, files.length);
  return await Promise.all(Array.from({ length: count }, async (_, index): Promise<Run> => {
    const module = join(folder, `deno_${index + 1}_test.ts`);
    const share = files.filter((_, at) => at % count === index);
    const imports = share.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(file)).href)};\n`);
    await Deno.writeTextFile(module, imports.join(""));
    return {
      runtime: `Deno ${Deno.version.deno}${count > 1 ? ` (${index + 1} of ${count})` : ""}`,
      command: [Deno.execPath(), "test", "-A", "--no-check", "--no-prompt", "--config=deno.json", "--reporter=dot"],
      junitFlag: "--junit-path=",
      files: [module],
    };
  }));
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

function bunRun(bun: readonly string[], files: readonly string[]): Run {
  return {
    runtime: `Bun ${versions.bun}`,
    command: [...bun, "test", "--only-failures", "--reporter=junit"],
    junitFlag: "--reporter-outfile=",
    // Bun takes a bare word as a filter on names, and a path only where it looks like one.
    files: files.length === 0 ? ["./tests"] : files.map((file) => /^\.{0,2}\//.test(file) ? file : `./${file}`),
  };
}

/** The Bun that counts is the first on the path: tests on Deno that build with it need not look for it again. */
function environment([bun = ""]: readonly string[]): Readonly<Record<string, string>> {
  return isAbsolute(bun) ? { PATH: `${dirname(bun)}:${Deno.env.get("PATH") ?? ""}` } : {};
}

/** What every run is given. */
interface Setting {
  /** Where it writes what it reports. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Performs the runs in their order, two at a time where there are two processors. */
async function performAll(runs: readonly Run[], setting: Setting): Promise<readonly Tally[]> {
  const tallies: Promise<Tally>[] = [];
  const performing = new Set<Promise<unknown>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const run of runs) {
    if (performing.size >= Math.min(2, navigator.hardwareConcurrency)) await Promise.race(performing);
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
