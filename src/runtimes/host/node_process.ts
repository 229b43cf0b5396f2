/**
 * This process by `node:process`, on both hosts.
 *
 * @module
 */

import { write, writeSync } from "node:fs";
import process from "node:process";
import { openNodeKeys } from "./node_keys.ts";
import { openNodeTerminal } from "./node_terminal.ts";
import type { HostProcess } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

const FILE_NUMBERS = { stdout: 1, stderr: 2 } as const;

/** How long to wait for a pipe whose reader is slow, in milliseconds, before a retry. */
const PIPE_WAIT_MS = 2;

/** Writes some bytes to a standard stream without blocking the thread; returns how many. */
export type WriteSome = (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<number>;

/** By `node:fs`, which blocks the thread of Deno 2.9.6 while a pipe is full. */
export function nodeWriteSome(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(FILE_NUMBERS[stream], bytes, 0, bytes.length, null, (error, written) => {
      if (error === null || error === undefined) resolve(written);
      else reject(error);
    });
  });
}

/** This process. */
export const nodeProcess: HostProcess = processWith(nodeWriteSome);

/** This process, with the way to write of a host. */
export function processWith(writeSome: WriteSome): HostProcess {
  return {
    args: process.argv.slice(2),
    pid: process.pid,
    get uid(): number | null {
      return allowed(() => process.getuid?.() ?? null, null);
    },
    get cwd(): string {
      try {
        return process.cwd();
      } catch (error) {
        throw systemError(error, "Cannot read the working folder");
      }
    },
    // Without the check `constructor` would count as a variable: it is a property of every object.
    env: (name) => allowed(() => Object.hasOwn(process.env, name) ? process.env[name] : undefined, undefined),
    write: (stream, text) => writeAll(FILE_NUMBERS[stream], new TextEncoder().encode(text)),
    writeOctets: (stream, octets) => writeUnblocked(writeSome, stream, octets),
    columns: (stream) => process[stream].isTTY ? process[stream].columns ?? 80 : null,
    rows: (stream) => process[stream].isTTY ? process[stream].rows ?? 24 : null,
    openTerminal: openNodeTerminal,
    openKeys: openNodeKeys,
    onSignal: (name, handle) => {
      process.on(name, handle);
      return () => process.off(name, handle);
    },
    usage: () => {
      const { user, system } = process.cpuUsage();
      return { residentBytes: process.memoryUsage().rss, cpuSeconds: (user + system) / 1_000_000 };
    },
    exit: (code) => process.exit(code),
  };
}

/** Deno asks for a permission to read some facts; without it the fact is unknown. */
function allowed<T>(read: () => T, unknown: T): T {
  try {
    return read();
  } catch (error) {
    if (systemErrorCode(error) === "ENOTCAPABLE") return unknown;
    throw error;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(file, bytes, offset);
    } catch (error) {
      throwUnlessFull(file, error);
      // A pipe that does not block and whose reader is slow: no output must be lost, so this thread waits.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
    }
  }
}

async function writeUnblocked(
  writeSome: WriteSome,
  stream: "stdout" | "stderr",
  bytes: Uint8Array,
): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += await writeSome(stream, bytes.subarray(offset));
    } catch (error) {
      throwUnlessFull(FILE_NUMBERS[stream], error);
      await new Promise((resolve) => setTimeout(resolve, PIPE_WAIT_MS));
    }
  }
}

function throwUnlessFull(file: number, error: unknown): void {
  const code = systemErrorCode(error);
  if (code === "EPIPE") process.exit(0);
  if (code !== "EAGAIN") throw systemError(error, `Cannot write to standard ${file === 1 ? "output" : "error"}`);
}
