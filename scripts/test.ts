/**
 * `deno task test [FILE…]`: every test on Deno and every test on Bun, and one last line that counts both.
 *
 * Most tests wait for others more than they compute, so that the two runs go at the same time where there is more than
 * one processor. What Deno's run says is shown as it comes, what Bun's says when Deno's has ended.
 *
 * Needs nothing on PATH but Node.js: Deno is the one that runs this, Bun comes by `npx` where no `bun` of the right
 * version is installed. What a runtime reports and how it exits must agree, so that a file that does not load fails.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A program of its own, whose product is what it prints.

import { dirname, isAbsolute, join } from "node:path";
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

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs the tests of `files`, or all, and returns the exit code. */
async function main(files: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sockgraph-test-" });
  try {
    const bun = await bunCommand();
    return report(await performAll([denoRun(files), bunRun(bun, files)], { folder, env: environment(bun) }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function denoRun(files: readonly string[]): Run {
  return {
    runtime: `Deno ${Deno.version.deno}`,
    command: [Deno.execPath(), "test", "-A", "--no-prompt", "--reporter=dot"],
    junitFlag: "--junit-path=",
    files: files.length === 0 ? ["tests"] : files,
  };
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

async function performAll(runs: readonly Run[], setting: Setting): Promise<readonly Tally[]> {
  const tallies: Promise<Tally>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  for (const run of runs) {
    if (navigator.hardwareConcurrency === 1) await before;
    const tally = perform(run, { ...setting, printer: new Printer(before) });
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
