/**
 * `deno task test [FILE…]`: every test on Deno, then every test on Bun, and one last line that counts both.
 *
 * Needs nothing on PATH but Node.js: Deno is the one that runs this, Bun comes by `npx` where no `bun` of the right
 * version is installed. What a runtime reports and how it exits must agree, so that a file that does not load fails.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A program of its own, whose product is what it prints.

import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { bunCommand } from "./find_bun.ts";
import { parseJunit, type Tally } from "./junit.ts";
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
    const tallies: Tally[] = [];
    for (const run of [denoRun(files), await bunRun(files)]) tallies.push(await perform(run, folder));
    return report(tallies);
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

async function bunRun(files: readonly string[]): Promise<Run> {
  return {
    runtime: `Bun ${versions.bun}`,
    command: [...await bunCommand(), "test", "--only-failures", "--reporter=junit"],
    junitFlag: "--reporter-outfile=",
    // Bun takes a bare word as a filter on names, and a path only where it looks like one.
    files: files.length === 0 ? ["./tests"] : files.map((file) => /^\.{0,2}\//.test(file) ? file : `./${file}`),
  };
}

async function perform(run: Run, folder: string): Promise<Tally> {
  console.log(`\n=== ${run.runtime}`);
  const junit = join(folder, `${run.runtime.replace(/\W/g, "_")}.xml`);
  const [program = "", ...args] = run.command;
  const child = new Deno.Command(program, {
    args: [...args, `${run.junitFlag}${junit}`, ...run.files],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  await relay(child.stdout);
  const { code } = await child.status;
  const tally = parseJunit(await readIfThere(junit));
  for (const name of tally.skipped) console.log(`${run.runtime}: ${name}`);
  console.log(`${run.runtime}: ${counts(tally)}`);
  if (code === 0 && tally.passed + tally.failed + tally.skipped.length > 0) return tally;
  if (tally.failed > 0) return tally;
  console.log(`${run.runtime}: exit code ${code} although no test failed; counted as one failure`);
  return { ...tally, failed: 1 };
}

/** Prints what a runner prints, with the marks that Deno's dot reporter puts on a line each joined into one. */
async function relay(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const encoder = new TextEncoder();
  let rest = "";
  let inDots = false;
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const isDot = /^[.,!]$/.test(stripVTControlCharacters(line));
      const end = isDot ? "" : "\n";
      await Deno.stdout.write(encoder.encode(`${inDots && !isDot ? "\n" : ""}${line}${end}`));
      inDots = isDot;
    }
  }
  if (rest !== "") console.log(rest);
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
