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

/**
 * The epoll instances that watch TCP sockets with a local port: its listeners, or the connection from `peerPort`. What
 * /proc shows is not a snapshot of one moment: some may be missing.
 */
export function pollsOfPort(port: number, peerPort: number | null): readonly string[] {
  const rows = readFileSync("/proc/self/net/tcp", "utf8").split("\n").map((line) => line.trim().split(/ +/));
  const found = rows.filter(([, local, remote]) => portOf(local) === port && portOf(remote) === (peerPort ?? 0));
  const sockets = new Set(found.map((row) => `socket:[${row[9]}]`));
  return polls().filter((poll) => {
    const watched = readFileSync(`/proc/self/fdinfo/${poll}`, "utf8").matchAll(/^tfd:\s*(\d+)/gm);
    return [...watched].some(([, fd = ""]) => sockets.has(linkOf(fd)));
  });
}

function portOf(address: string | undefined): number {
  return parseInt(address?.split(":")[1] ?? "", 16);
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
