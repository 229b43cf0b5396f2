/**
 * What docs/control-api.md says of the control API.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { ControlEventBody } from "../../src/api/operations/events.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { TestFolder } from "../cli/program.ts";
import { peer, test } from "../harness.ts";
import { freePort, run } from "../support/process.ts";
import { readDocument, tableRows } from "./document.ts";

const DOCUMENT = readFileSync(new URL("../../docs/control-api.md", import.meta.url), "utf8");

const WEB = `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/127.0.0.1:0", listen: 5, getname] }
`;

/** The fields of every kind of event; the compiler misses what is missing here. */
type Fields = {
  readonly [K in ControlEventBody["kind"]]: readonly Exclude<
    keyof Extract<ControlEventBody, { readonly kind: K }>,
    "kind"
  >[];
};
const EVENTS: Fields = {
  "snapshot": ["status"],
  "failed": ["topology", "node", "reason", "error"],
  "connection-failed": ["topology", "node", "peer", "reason", "error"],
  "program-output": ["topology", "node", "pid", "line"],
  "retry-planned": ["topology", "node", "delayMs"],
  "retry-started": ["topology", "node"],
  "recovered": ["topology", "node"],
  "gave-up": ["topology", "node", "error"],
  "drift-reverted": ["topology", "drift"],
  "thread-lost": ["thread", "error", "delayMs"],
  "thread-restarted": ["thread"],
  "graph-lost": ["error", "delayMs"],
  "graph-restarted": [],
  "control-path": ["path", "error"],
  "http": ["error"],
  "not-saved": ["topology", "error"],
  "awaiting-confirmation": ["topology", "generation", "until"],
  "confirmed": ["topology", "generation"],
  "unconfirmed": ["topology", "generation", "result"],
  "applied": ["topology", "result", "ms"],
  "client-change": ["topology", "text"],
  "drift": ["topology", "drift"],
  "health": ["topology", "health", "reason", "message"],
  "error": ["topology", "message"],
  "heartbeat": [],
  "dropped": ["count"],
};

test("docs/control-api.md has every kind of event with its fields", () => {
  const rows = tableRows(DOCUMENT.split("## Events")[1]?.split("\n## ")[0] ?? "");
  const reported = rows.map(([kind = "", fields = ""]) => [wordsOf(kind)[0] ?? "", wordsOf(fields)]);
  assert.deepEqual(Object.fromEntries(reported), EVENTS);
});

const curl = peer("curl");
const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? curl.skip : "this host has no real sockets";

test("docs/control-api.md shows calls of curl that work", { skip, timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  const control = join(place.folder, "sockgraph.sock");
  await place.write("web.yaml", WEB);
  const http = `127.0.0.1:${await freePort()}`;
  const engine = place.start("apply", "web.yaml", "--control", control, "--http", http);
  await engine.says(/is Ready/);
  const shell = readDocument(DOCUMENT).blocks.filter(({ language }) => language === "sh");
  const calls = shell.flatMap(({ text }) => text.split("\n")).filter((line) => /^(ask|curl) /.test(line));
  assert.ok(calls.length > 10);
  const ask = `ask() { ${curl.path} -sSN --fail --unix-socket "$XDG_RUNTIME_DIR/sockgraph.sock" "$@"; }`;
  const env = {
    PATH: process.env["PATH"] ?? "",
    XDG_RUNTIME_DIR: place.folder,
    SOCKET: `${place.folder}/sockgraph.sock`,
  };
  const tryOut = async (call: string): Promise<void> => {
    const { code, stderr } = await run("sh", ["-c", `${ask}\n${call.replace("127.0.0.1:9107", http)}`], { env });
    assert.equal(code, 0, `${call}: ${stderr}`);
  };
  // A missing reader of events is noticed with the next event, which the following calls cause.
  const followers: Promise<void>[] = [];
  for (const call of calls) {
    if (call.includes("/v1/events")) followers.push(tryOut(call));
    else await tryOut(call);
  }
  await Promise.all(followers);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

/** What stands in backticks. */
function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}
