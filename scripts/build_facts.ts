/**
 * What a single binary says about itself: its version, and the commit that it was built from.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Build, VERSION } from "../src/version.ts";

const call = promisify(execFile);

/** The version and the build of this checkout. */
export interface BuildFacts {
  readonly version: string;
  readonly build: Build;
}

/**
 * Asks git.
 *
 * The date is the commit's, so that the same source gives the same binary.
 *
 * @param folder the checkout
 * @throws Error if it is not one: a binary must report the commit that it was built from
 */
export async function buildFacts(folder: string): Promise<BuildFacts> {
  const commit = await git(folder, ["rev-parse", "HEAD"]);
  const date = await git(folder, ["log", "-1", "--format=%cI"]);
  const changed = await git(folder, ["status", "--porcelain"]);
  return { version: VERSION, build: { commit: changed === "" ? commit : `${commit}-dirty`, date } };
}

async function git(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await call("git", ["-C", folder, ...args]);
  return stdout.trim();
}
