/**
 * Requests to end, with a virtual clock.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Clock } from "../../../../src/clock.ts";
import { ShutdownSignal } from "../../../../src/cli/verbs/apply/shutdown_signal.ts";
import type { SignalName } from "../../../../src/runtimes/runtime.ts";
import { test } from "../../../harness.ts";

class Signals {
  readonly handlers = new Map<SignalName, () => void>();
  nowMs = 0;
  readonly clock: Clock = {
    now: () => this.nowMs,
    wall: () => new Date(0),
    after: () => ({ cancel: () => {} }),
  };

  onSignal(name: SignalName, handle: () => void): () => void {
    this.handlers.set(name, handle);
    return () => this.handlers.delete(name);
  }

  send(name: SignalName): void {
    this.handlers.get(name)?.();
  }
}

const pending = Symbol("pending");
const settled = (promise: Promise<unknown>) => Promise.race([promise, Promise.resolve(pending)]);

test("ShutdownSignal returns the first signal", async () => {
  for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const signals = new Signals();
    using desiredState = new ShutdownSignal(signals, signals.clock);
    assert.equal(await settled(desiredState.asked), pending);
    signals.send(name);
    assert.equal(await settled(desiredState.asked), code);
    assert.equal(desiredState.signal.aborted, true);
  }
});

test("ShutdownSignal takes a second signal within a second for an echo", async () => {
  const signals = new Signals();
  using desiredState = new ShutdownSignal(signals, signals.clock);
  signals.send("SIGINT");
  signals.nowMs = 999;
  signals.send("SIGINT");
  assert.equal(await settled(desiredState.insisted), pending);
  signals.nowMs = 1_000;
  signals.send("SIGTERM");
  assert.equal(await settled(desiredState.insisted), 143);
});

test("ShutdownSignal leaves with the first signal, or with the second while it is held", () => {
  const signals = new Signals();
  using desiredState = new ShutdownSignal(signals, signals.clock);
  const held = desiredState.hold();
  signals.send("SIGINT");
  assert.equal(desiredState.code, null);
  signals.nowMs = 1_000;
  signals.send("SIGTERM");
  assert.deepEqual([desiredState.code, desiredState.exiting.aborted], [143, true]);
  held[Symbol.dispose]();
  const others = new Signals();
  using other = new ShutdownSignal(others, others.clock);
  const once = other.hold();
  others.send("SIGTERM");
  assert.equal(other.code, null);
  once[Symbol.dispose](); // No orderly shutdown is awaited any more.
  assert.equal(other.code, 143);
});

test("ShutdownSignal listens no more when it is disposed of", () => {
  const signals = new Signals();
  const desiredState = new ShutdownSignal(signals, signals.clock);
  desiredState[Symbol.dispose]();
  assert.equal(signals.handlers.size, 0);
});
