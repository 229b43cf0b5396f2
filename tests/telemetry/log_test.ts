/** Lines of the log: one an entry, without anything that steers a terminal. */
import assert from "node:assert/strict";
import { formatLogEntry } from "../../src/telemetry/log.ts";
import { test } from "../harness.ts";

test("formatLogEntry() shows control and direction characters by number, in text and in JSON", () => {
  const message = "a\u001b[31m \u009b31m \u202e \u2028\r\nforged";
  const entry = { level: "warn", topology: "web\u009b", node: null, message } as const;
  for (const format of ["text", "json"] as const) {
    const line = formatLogEntry(entry, { time: new Date(0), format });
    // deno-lint-ignore no-control-regex -- Control characters are what this is about.
    assert.doesNotMatch(line.slice(0, -1).replaceAll("\n    ", ""), /[\x00-\x1f\x7f-\x9f\u2028\u202e]/, format);
    if (format === "json") assert.deepEqual(JSON.parse(line).message, message);
  }
});
