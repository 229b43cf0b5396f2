/**
 * Keys of a terminal by `node:process`, on both hosts: each is received at once, and not printed.
 *
 * @module
 */

import process from "node:process";

const NAMES: Readonly<Record<string, string>> = {
  "\u0003": "interrupt",
  "\r": "enter",
  "\n": "enter",
  "\u001b": "escape",
  "\u001b[A": "up",
  "\u001b[B": "down",
  "\u001bOA": "up",
  "\u001bOB": "down",
};

/** Several keys may arrive together; an escape sequence is one key. */
// deno-lint-ignore no-control-regex -- Terminals send them.
const KEY = /\u001b[[O][0-9;]*[A-Za-z~]|[^]/gu;

/** Calls `press` for each key; null unless standard input and standard output are both terminals. */
export function openNodeKeys(press: (key: string) => void): (() => void) | null {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return null;
  const take = (data: string | Uint8Array) => {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    for (const [key] of text.matchAll(KEY)) press(NAMES[key] ?? key);
  };
  stdin.setRawMode(true);
  stdin.on("data", take);
  stdin.resume();
  return () => {
    stdin.off("data", take);
    stdin.setRawMode(false);
    stdin.pause();
    stdin.unref();
  };
}
