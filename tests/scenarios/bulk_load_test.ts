import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { machine } from "../runtimes/posix/subject.ts";
import { runBulkLoad } from "./bulk_load.ts";

test("300 connections in bulk arrive whole while taps, rates and targets change", {
  skip: machine.skip,
  timeoutMs: 120_000,
}, async () => {
  const { wrong, bytes, moved } = await runBulkLoad(300);
  assert.deepEqual(wrong, []);
  assert.ok(moved > bytes / 20, `${moved} of ${bytes} bytes were moved`);
});
