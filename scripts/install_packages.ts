/**
 * Installs the packages of deno.json and package.json into `node_modules`, for the compilers: other than the runtimes,
 * Bun's compiler gets none by itself, so that it fails in a fresh clone.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

/** Installs the packages of the lock file, with the runtime that runs this; returns the exit code. */
export async function installPackages(root: string): Promise<number> {
  const frozen = "Bun" in globalThis ? "--frozen-lockfile" : "--frozen";
  const child = spawn(process.execPath, ["install", frozen, "--quiet"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 1;
}
