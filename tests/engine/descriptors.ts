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

/** Those of epoll instances. */
export function polls(): readonly string[] {
  return descriptors().filter((fd) => linkOf(fd) === "anon_inode:[eventpoll]");
}

/** True for an epoll instance that watches a TCP socket; that of a thread's host watches sockets of other kinds. */
export function watchesTcp(poll: string): boolean {
  const tcp = new Set(readFileSync("/proc/self/net/tcp", "utf8").split("\n").map((line) => line.trim().split(/ +/)[9]));
  const watched = readFileSync(`/proc/self/fdinfo/${poll}`, "utf8").matchAll(/^tfd:\s*(\d+)/gm);
  return [...watched].some(([, fd]) => tcp.has(/^socket:\[(\d+)\]$/.exec(linkOf(fd ?? ""))?.[1] ?? "none"));
}

/** The epoll instance that watches a descriptor; a thread's host has one of its own, which does not. */
export function pollOf(watched: string): number {
  const found = polls().find((fd) => {
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
