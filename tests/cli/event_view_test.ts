import assert from "node:assert/strict";
import { eventReporter } from "../../src/cli/event_view.ts";
import { Output } from "../../src/cli/output.ts";
import type { HostProcess } from "../../src/runtimes/runtime.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { test } from "../harness.ts";

/** A reporter, and the lines it has written. */
function makeReporter(): { report: ReturnType<typeof eventReporter>; lines: string[]; clock: VirtualClock } {
  const lines: string[] = [];
  const process: HostProcess = {
    writeOctets: () => Promise.resolve(),
    args: [],
    pid: 1,
    uid: 0,
    cwd: "/",
    env: () => undefined,
    write: (_stream, text) => void lines.push(text.trimEnd()),
    columns: () => null,
    rows: () => null,
    usage: () => ({ residentBytes: 0, cpuSeconds: 0 }),
    onSignal: () => () => {},
    exit: (code) => {
      throw new RangeError(`Exit ${code}`);
    },
  };
  const clock = new VirtualClock();
  return { report: eventReporter(new Output(process, { color: false }), { clock }), lines, clock };
}

const refusal = {
  kind: "connection-failed",
  topology: "web",
  node: "front",
  peer: "inet/127.0.0.1:5",
  reason: "refused",
  error: { code: "ECONNREFUSED", message: "Cannot connect", subject: {} },
} as const;

test("eventReporter() reports similar failures of connections at intervals, with the number between", async () => {
  const { report, lines, clock } = makeReporter();
  for (let count = 0; count < 5; count++) report(refusal);
  await clock.advance(10_000);
  report(refusal);
  assert.deepEqual(lines, [
    "web/front: connection from inet/127.0.0.1:5 closed (refused): Cannot connect",
    "web/front: connection from inet/127.0.0.1:5 closed (refused): Cannot connect (and 4 more since the last one)",
  ]);
});

test("eventReporter() reports that accepting is paused, separately from failed connections", () => {
  const { report, lines } = makeReporter();
  const error = { code: "EMFILE", message: "Cannot accept a connection: too many open files", subject: {} } as const;
  report({ ...refusal, peer: "inet/127.0.0.1:5", reason: "error", error: { ...error, message: "Cannot connect" } });
  report({ ...refusal, peer: "", reason: "error", error });
  assert.deepEqual(lines, [
    "web/front: connection from inet/127.0.0.1:5 closed (error): Cannot connect",
    "web/front: accepting is paused: Cannot accept a connection: too many open files",
  ]);
});

test("eventReporter() reports an outage once, with its reason, and its end", () => {
  const { report, lines } = makeReporter();
  const error = { code: "ECONNRESET", message: "Connection was reset", subject: {} } as const;
  report({ kind: "failed", topology: "web", node: "up", reason: "reset", error });
  report({ kind: "retry-planned", topology: "web", node: "up", delayMs: 250 });
  report({ kind: "retry-planned", topology: "web", node: "up", delayMs: 500 });
  report({ kind: "recovered", topology: "web", node: "up" });
  assert.deepEqual(lines, ["web/up is degraded: Connection was reset", "web/up has recovered"]);
});
