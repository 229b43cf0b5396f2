/**
 * The descriptors of this process, for tests that look at them, or take one away.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** All of them. */
export function descriptors(): readonly string[] {
  return readdirSync("/proc/self/fd");
}

/** Those of sockets. */
export function sockets(): readonly string[] {
  return descriptors().filter((fd) => linkOf(fd).startsWith("socket:"));
}

/** The epoll instance that watches a descriptor; a thread's host has one of its own, which does not. */
export function pollOf(watched: string): number {
  const found = descriptors().find((fd) => {
    if (linkOf(fd) !== "anon_inode:[eventpoll]") return false;
    return new RegExp(`^tfd:\\s*${watched} `, "m").test(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
  });
  assert.ok(found !== undefined);
  return Number(found);
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // The folder's own descriptor, which is closed by now.
  }
}
