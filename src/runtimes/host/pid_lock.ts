/**
 * A lock that is a file with its owner's process ID and start time, for a host that cannot lock files.
 *
 * It is written completely and then linked to its path, so that it is never read half-written. The lock of an ended
 * process is removed by renaming it, which succeeds for only one of several processes.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import process from "node:process";
import type { FileLock } from "../runtime.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/**
 * Takes the lock at `path`.
 *
 * @returns null if a running process holds it
 */
export async function takePidLock(path: string): Promise<FileLock | null> {
  const aside = `${path}.${randomUUID()}`;
  try {
    const owner = `${process.pid} ${await startTime(process.pid)}\n`;
    await writeFile(aside, owner, { mode: 0o600, flag: "wx" });
    try {
      return await place(aside, path, owner);
    } finally {
      await unlink(aside);
    }
  } catch (error) {
    throw systemError(error, `Cannot lock "${path}"`);
  }
}

async function place(aside: string, path: string, owner: string): Promise<FileLock | null> {
  for (;;) {
    try {
      await link(aside, path);
      return { release: () => release(path, owner) };
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    }
    const holder = await textOf(path);
    if (holder !== null && await isAlive(holder)) return null;
    if (holder !== null && !(await removeAbandoned(path, { aside, holder }))) return null;
  }
}

/** Renames the lock of an ended process; false if it turned out to be held, and was renamed back. */
async function removeAbandoned(path: string, options: { aside: string; holder: string }): Promise<boolean> {
  const away = `${options.aside}.dead`;
  try {
    await rename(path, away);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return true;
    throw error;
  }
  const same = await textOf(away) === options.holder;
  if (!same) await link(away, path);
  await unlink(away);
  return same;
}

async function release(path: string, owner: string): Promise<void> {
  if (await textOf(path) === owner) await unlink(path);
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function isAlive(holder: string): Promise<boolean> {
  const [number = "", started = "-"] = holder.trim().split(" ");
  const pid = Number(number);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return systemErrorCode(error) === "EPERM";
  }
  return started === "-" || started === await startTime(pid);
}

/** When a process started, in the system's ticks; `-` if the system does not report it. */
async function startTime(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "-";
  } catch {
    return "-"; // No /proc, or no access to it: only the process ID is compared.
  }
}
