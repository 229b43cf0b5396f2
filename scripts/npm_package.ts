/**
 * Writes the JavaScript of the npm package into `dist/npm/`: `prepack` of package.json runs it, so that `npm pack` and
 * `npm publish` have it.
 *
 * In `node_modules`, Deno strips no types and resolves packages by the folder that it was started in. The modules are
 * JavaScript, therefore, and have the packages that they import in them.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { MAIN, WORKERS } from "./compile_commands.ts";
import { bunCommand } from "./find_bun.ts";
import { installPackages } from "./install_packages.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUTPUT = join(ROOT, "dist", "npm");

if (import.meta.main) process.exit(await main());

/** Builds the package and returns the exit code. */
async function main(): Promise<number> {
  if (await installPackages(ROOT) !== 0) return 1;
  await rm(OUTPUT, { recursive: true, force: true });
  const [program, ...args] = await bunCommand();
  const child = spawn(program, [...args, ...bunBuildArgs()], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "close");
  if (code !== 0) return 1;
  for (const name of await readdir(OUTPUT)) {
    const path = join(OUTPUT, name);
    await writeFile(path, withBuiltWorkers(await readFile(path, "utf8")));
  }
  return 0;
}

/** One module for each entry, and the parts that they share, side by side. */
function bunBuildArgs(): readonly string[] {
  return [
    "build",
    "--target=node",
    "--splitting",
    "--keep-names",
    "--external=bun:*",
    "--entry-naming=[name].[ext]",
    "--chunk-naming=[name]-[hash].[ext]",
    `--outdir=${OUTPUT}`,
    "mod.ts",
    MAIN,
    ...WORKERS,
  ];
}

/** Bun leaves the names of workers as they are. */
function withBuiltWorkers(text: string): string {
  return WORKERS.map((path) => basename(path, ".ts")).reduce(
    (result, name) => result.replaceAll(`new URL("./${name}.ts"`, `new URL("./${name}.js"`),
    text,
  );
}
