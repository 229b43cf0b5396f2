/**
 * Where a log is, and how its lines look.
 *
 * @module
 */

import assert from "node:assert/strict";
import { placeLog } from "../../src/cli/background/log_place.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { formatLogEntry } from "../../src/telemetry/log.ts";
import { test } from "../harness.ts";

const runtime = await detectRuntime();

async function placeIn(env: Readonly<Record<string, string>>, given: string | null, path: string): Promise<string> {
  const made: string[] = [];
  const files = {
    ...runtime.files,
    temporaryDirectory: "/tmp",
    makeDirectory: (folder: string) => {
      made.push(folder);
      return Promise.resolve();
    },
  };
  const place = await placeLog({ process: { ...runtime.process, env: (name) => env[name] }, files }, { given, path });
  return [place, ...made].join(" ");
}

test("placeLog() is beside a socket that was named, else where state belongs", async () => {
  const state = { XDG_STATE_HOME: "/home/a/.state/" };
  assert.equal(await placeIn(state, "/x/s.sock", "/x/s.sock"), "/x/s.log");
  assert.equal(await placeIn({ ...state, SOCKGRAPH_CONTROL: "/x/s" }, null, "/x/s"), "/x/s.log");
  assert.equal(
    await placeIn(state, null, "/run/sockgraph.sock"),
    "/home/a/.state/sockgraph/engine.log /home/a/.state/sockgraph",
  );
  assert.equal(await placeIn({ XDG_STATE_HOME: "a" }, null, "/run/sockgraph.sock"), "/run/sockgraph.log");
});

test("formatLogEntry() writes one entry a line, for people or for programs", () => {
  const entry = { level: "warn", topology: "web", node: "up", message: "web/up is degraded:\nrefused" } as const;
  const time = new Date("2026-01-01T12:00:00.000Z");
  assert.equal(
    formatLogEntry(entry, { time, format: "text" }),
    "2026-01-01T12:00:00.000Z warn  web/up is degraded:\n    refused\n",
  );
  const line = formatLogEntry(entry, { time, format: "json" });
  assert.deepEqual(JSON.parse(line), { time: "2026-01-01T12:00:00.000Z", ...entry });
  assert.equal(line.indexOf("\n"), line.length - 1);
});
