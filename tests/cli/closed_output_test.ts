/**
 * A command that follows an engine exits when its output is closed. It notices that at its next write, so that all
 * commands wait for the same heartbeat of the engine.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test } from "../harness.ts";
import { run } from "../support/process.ts";
import { TestFolder } from "./program.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";
const FOLLOWERS = [["events"], ["status", "--watch"], ["status", "--watch", "-o", "json"]];

test("events and status --watch exit when their output is closed, also without events", {
  skip,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await place.write("web.yaml", "nodes:\n  front: { type: hub }\n  far: { type: pipe }\n");
  const engine = place.start("apply", "web.yaml");
  await engine.says(/Ready/);
  const env = { ...process.env, SOCKGRAPH_CONTROL: place.control };
  const reported = await Promise.all(FOLLOWERS.map(async (args) => {
    const line = `${place.commandLine(...args)} | head -1`;
    const { code, stdout } = await run("sh", ["-c", line], { env, cwd: place.folder });
    assert.equal(code, 0, line);
    const text = new TextDecoder().decode(stdout).trim();
    assert.equal(text.split("\n").length, 1, line);
    return text;
  }));
  const [snapshot = "", , status = ""] = reported;
  assert.equal(JSON.parse(snapshot).kind, "snapshot");
  assert.equal(JSON.parse(status).topologies[0].name, "web");
});

test("a command whose output cannot be written fails, and reports why", {
  skip: skip ?? (existsSync("/dev/full") ? null : "this system has no /dev/full"),
}, async () => {
  await using place = await TestFolder.open();
  const { code, stderr } = await run("sh", ["-c", `${place.commandLine("types")} > /dev/full`], { cwd: place.folder });
  assert.equal(code, 1);
  assert.match(stderr, /^error: Cannot write to standard output: no space is left on the device$/m);
});
