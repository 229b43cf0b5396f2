/**
 * Finds the Bun that counts: the one that runs this, the installed one if it is of our version, else npm's.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import versions from "./versions.json" with { type: "json" };

const call = promisify(execFile);

/** The words that a call of Bun begins with. */
export async function bunCommand(): Promise<readonly [program: string, ...args: string[]]> {
  if ("Bun" in globalThis) return [process.execPath];
  try {
    const { stdout } = await call("bun", ["--version"]);
    if (stdout.trim() === versions.bun) return ["bun"];
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const npx = ["-y", `--package=bun@${versions.bun}`, "--"];
  try {
    // Its path, as every call by way of npx costs a second and asks the registry.
    const { stdout } = await call("npx", [...npx, "sh", "-c", "command -v bun"]);
    return [stdout.trim()];
  } catch {
    return ["npx", ...npx, "bun"]; // Its caller sees why it does not run.
  }
}
