/**
 * The resources of a serving engine: which programs it may start.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openResources } from "../../src/engine/resources.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { test } from "../harness.ts";

test("the memory runtime emulates programs: it does not need the host's permission to start them", async () => {
  const host = await detectRuntime();
  const runtime = { ...host, rights: { ...host.rights, mayRun: () => false } };
  await using stack = new AsyncDisposableStack();
  const place = { path: "/nowhere/engine.sock", ownDirectory: null };
  const options = { runtime, socketRuntime: "memory", place, onBug: () => assert.fail() } as const;
  const { mayRun } = await openResources(options, stack);
  assert.equal(mayRun?.("/bin/cat") ?? true, true);
});
