/**
 * The socket runtimes of this host that use the system's sockets, for tests that run on each of them.
 *
 * @module
 */

import { detectRuntime } from "../../src/runtimes/detect.ts";
import type { RuntimeName } from "../../src/socket/capability.ts";
import { machine } from "../runtimes/posix/subject.ts";

/** One of them. */
export interface RealRuntime {
  readonly name: RuntimeName;
  /** Why it cannot run here, or null. */
  readonly skip: string | null;
  /** What Deno must allow a program that uses it, as in the tasks. */
  readonly permissions: readonly string[];
}

const PERMISSIONS = ["--allow-env", "--allow-net", "--allow-read", "--allow-write", "--allow-sys=uid"];

/** The host's own, and `posix`, whose permission voids all others. */
export const realRuntimes: readonly RealRuntime[] = (await names()).map((name) => ({
  name,
  skip: name === "posix" ? machine.skip : null,
  permissions: name === "posix" ? [...PERMISSIONS, "--allow-ffi"] : PERMISSIONS,
}));

/** `posix` is named also where the host does not offer it, so that its tests are seen to be skipped. */
async function names(): Promise<readonly RuntimeName[]> {
  const { host } = await detectRuntime();
  return [host.name, "posix"];
}
