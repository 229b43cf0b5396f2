/**
 * Where a log is, and how its lines look.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EngineLog } from "../../src/cli/background/engine_log.ts";
import { Output } from "../../src/cli/output.ts";
import { placeLog } from "../../src/cli/background/log_place.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { formatLogEntry } from "../../src/telemetry/log.ts";
import type { ReportedEvent } from "../../src/engine/engine_options.ts";
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

/** What the log has of what `print` prints, because of an event unless it is null, as level and message. */
function logged(event: ReportedEvent | null, print: (output: Output) => void): readonly string[] {
  const lines: string[] = [];
  const file = { write: (line: string) => void lines.push(line), close: () => {} };
  const log = new EngineLog(file, { clock: runtime.clock, format: "json" });
  const output = new Output(log.processOf(runtime.process), { color: false, log });
  if (event === null) print(output);
  else log.listener(() => print(output))(event);
  return lines.map((line) => JSON.parse(line)).map(({ level, message }) => `${level} ${message}`);
}

const note = (output: Output) => output.note("x");

test("EngineLog marks failures and warnings, and omits what is unchanged", () => {
  const source = { kind: "source", reason: "SourceInvalid", text: "x", code: null, diagnostics: [] } as const;
  assert.deepEqual(logged({ kind: "followed", event: source }, note), ["error x"]);
  assert.deepEqual(logged({ kind: "followed", event: { ...source, reason: "Warnings" } }, note), ["warn x"]);
  const undo = { kind: "undo", topology: "t" } as const;
  assert.deepEqual(logged({ kind: "followed", event: undo }, note), ["warn x"]);
  const applied = { kind: "applied", topology: "t", generation: 2, closed: 0, ms: 3 } as const;
  const nothing = () => {};
  assert.deepEqual(logged({ ...applied, result: "failed" }, nothing), ["error t: failed in 3 ms"]);
  assert.deepEqual(logged({ ...applied, result: "applied" }, nothing), ["info t: applied in 3 ms"]);
  assert.deepEqual(logged({ ...applied, result: "unchanged" }, nothing), []);
});

test("EngineLog takes the level of the event, whatever its lines look like", () => {
  const confirmed = { kind: "confirmed", topology: "t", generation: 2 } as const;
  assert.deepEqual(logged(confirmed, (output) => output.note("error: y")), ["info error: y"]);
  const invalid = { kind: "source", reason: "SourceInvalid", code: null, diagnostics: [] } as const;
  const text = "a.yaml:2:1 warning[x]: y\na.yaml:3:1 error[z]: y";
  const show = (output: Output) => output.note(text);
  assert.deepEqual(logged({ kind: "followed", event: { ...invalid, text } }, show), [`error ${text}`]);
});

test("Output reports the level of what is printed without an event", () => {
  assert.deepEqual(logged(null, (output) => output.error("y")), ["error y"]);
  assert.deepEqual(logged(null, (output) => output.warn("y")), ["warn y"]);
  assert.deepEqual(logged(null, (output) => output.note("y")), ["info y"]);
  assert.deepEqual(logged(null, (output) => output.result("y")), ["info y"]);
});
