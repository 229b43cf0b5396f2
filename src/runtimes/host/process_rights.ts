/**
 * What the system lets this process do, as Linux tells it under `/proc`.
 *
 * Deno hides `/proc` from all but `--allow-all`. A `cat` that it may run sees the same files, so that `doctor` needs no
 * more than `--allow-run=cat`. It is asked for this process by its number: a child has capabilities of its own.
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

/** Asks the system. */
export async function readProcessRights(): Promise<ProcessRights> {
  if (process.platform !== "linux") return UNKNOWN;
  const own = `/proc/${process.pid}`;
  return parseProcessRights(
    await readAll([`${own}/limits`, `${own}/status`, "/proc/sys/net/ipv4/ip_unprivileged_port_start"]),
  );
}

/**
 * Reads the facts from the texts of `limits`, `status` and `ip_unprivileged_port_start`, one behind the other.
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
    return ""; // Neither may be asked, or there is no cat: what nobody says is unknown.
  }
}
