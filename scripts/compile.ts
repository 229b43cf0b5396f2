/**
 * `deno task compile [TARGET…]` and `deno task compile-bun [TARGET…]`: single binaries in `dist/`.
 *
 * Without a target: for this system. Deno downloads the runtime that it puts in, and Bun those of other systems.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildFacts } from "./build_facts.ts";
import {
  binaryName,
  bunCompileArgs,
  denoCompileArgs,
  denoEntry,
  type Target,
  TARGETS,
  type Wanted,
} from "./compile_commands.ts";
import { bunCommand } from "./find_bun.ts";
import { installPackages } from "./install_packages.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUTPUT = "dist";

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

/** Builds the binaries that the arguments name, and returns the exit code. */
async function main([host, ...names]: readonly string[]): Promise<number> {
  const known = TARGETS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if ((host !== "deno" && host !== "bun") || unknown !== undefined) {
    console.error(`Usage: compile deno|bun [${known.join("|")}]…`);
    return 64;
  }
  const facts = await buildFacts(ROOT);
  await mkdir(join(ROOT, OUTPUT), { recursive: true });
  for (const target of names.length === 0 ? [null] : TARGETS.filter(({ name }) => names.includes(name))) {
    const output = join(OUTPUT, binaryName(host, facts.version, nameOf(target)));
    const code = host === "deno"
      ? await compileDeno({ facts, target, output })
      : await compileBun({ facts, target, output });
    if (code !== 0) return code;
    console.log(output);
  }
  return 0;
}

function nameOf(target: Target | null): string {
  return target?.name ?? `${process.platform}-${process.arch}`;
}

async function compileBun(wanted: Wanted): Promise<number> {
  const installed = await installPackages(ROOT);
  if (installed !== 0) return installed;
  const [program, ...args] = await bunCommand();
  return await run(program, [...args, ...bunCompileArgs(wanted)]);
}

async function compileDeno(wanted: Wanted): Promise<number> {
  // Inside the checkout, so that deno.json counts.
  const folder = await mkdtemp(join(ROOT, OUTPUT, "entry-"));
  try {
    const entry = join(folder, "main.ts");
    await writeFile(entry, denoEntry("../../", wanted.facts));
    return await run(process.execPath, denoCompileArgs(entry, wanted));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, [...args], { cwd: ROOT, stdio: "inherit" });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}
