/**
 * What docs/control-api.md says of the control API.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Happening } from "../../src/control/news.ts";
import { test } from "../harness.ts";
import { tableRows } from "./document.ts";

const DOCUMENT = readFileSync(new URL("../../docs/control-api.md", import.meta.url), "utf8");

/** The fields of every kind of event; the compiler misses what is missing here. */
type Fields = {
  readonly [K in Happening["kind"]]: readonly Exclude<keyof Extract<Happening, { readonly kind: K }>, "kind">[];
};
const EVENTS: Fields = {
  "snapshot": ["status"],
  "failed": ["topology", "node", "reason", "error"],
  "connection-failed": ["topology", "node", "peer", "reason", "error"],
  "retry-planned": ["topology", "node", "delayMs"],
  "retry-started": ["topology", "node"],
  "recovered": ["topology", "node"],
  "gave-up": ["topology", "node", "error"],
  "drift-healed": ["topology", "drift"],
  "thread-lost": ["thread", "error", "delayMs"],
  "thread-restarted": ["thread"],
  "awaiting-confirmation": ["topology", "generation", "until"],
  "confirmed": ["topology", "generation"],
  "unconfirmed": ["topology", "generation", "result"],
  "applied": ["topology", "result", "ms"],
  "drift": ["topology", "drift"],
  "health": ["topology", "health"],
  "error": ["topology", "message"],
  "heartbeat": [],
  "dropped": ["count"],
};

test("docs/control-api.md has every kind of event with its fields", () => {
  const rows = tableRows(DOCUMENT.split("## Events")[1]?.split("\n## ")[0] ?? "");
  const told = rows.map(([kind = "", fields = ""]) => [wordsOf(kind)[0] ?? "", wordsOf(fields)]);
  assert.deepEqual(Object.fromEntries(told), EVENTS);
});

/** What stands in backticks. */
function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}
