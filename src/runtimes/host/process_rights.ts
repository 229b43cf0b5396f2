/**
 * The limits and privileges of this process, from Linux's `/proc`.
 *
 * Deno allows access to `/proc` only with `--allow-all`. With `--allow-run=cat`, `cat` can read the same files, so
 * `doctor` needs no more. It reads this process by its ID: a child has capabilities of its own.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import process from "node:process";
import type { ProcessRights } from "../runtime.ts";
import { systemErrorCode } from "../system_error.ts";
import { outputOf } from "./program_output.ts";

/** The bit of CAP_NET_BIND_SERVICE in a set of capabilities. */
const BIND_SERVICE = 1n << 10n;
const UNKNOWN: ProcessRights = { firstFreePort: null, privilegedPorts: null, openFiles: null };

/** Reads them from the system. */
export async function readProcessRights(): Promise<ProcessRights> {
  if (process.platform !== "linux") return UNKNOWN;
  const own = `/proc/${process.pid}`;
  return parseProcessRights(
    await readAll([`${own}/limits`, `${own}/status`, "/proc/sys/net/ipv4/ip_unprivileged_port_start"]),
  );
}

/**
 * Reads the facts from the texts of `limits`, `status` and `ip_unprivileged_port_start`, concatenated.
 *
 * ```text
 * Max open files            1024                 524288               files
 * CapEff:	0000000000000400
 * 1024
 * ```
 */
export function parseProcessRights(text: string): ProcessRights {
  const files = /^Max open files +(\S+) +(\S+)/m.exec(text);
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(text)?.[1];
  const port = /^(\d+)$/m.exec(text)?.[1];
  return {
    firstFreePort: port === undefined ? null : Number(port),
    privilegedPorts: capabilities === undefined ? null : (BigInt(`0x${capabilities}`) & BIND_SERVICE) !== 0n,
    openFiles: files === null ? null : { soft: limitOf(files[1]), hard: limitOf(files[2]) },
  };
}

function limitOf(word = ""): number {
  return word === "unlimited" ? Infinity : Number(word);
}

async function readAll(paths: readonly string[]): Promise<string> {
  try {
    const texts = await Promise.allSettled(paths.map((path) => readFile(path, "utf8")));
    const refused = texts.find((text) => text.status === "rejected" && systemErrorCode(text.reason) === "ENOTCAPABLE");
    if (refused === undefined) return texts.map((text) => text.status === "fulfilled" ? text.value : "").join("\n");
    return await outputOf("cat", paths);
  } catch {
    return ""; // No permission for either, or there is no cat: unknown.
  }
}
