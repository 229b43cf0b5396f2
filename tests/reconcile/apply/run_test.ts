import { strict as assert } from "node:assert";
import { test } from "../../harness.ts";
import type { Clock } from "../../../src/clock.ts";
import { NetgraphError } from "../../../src/errors.ts";
import type { GraphPort } from "../../../src/graph/port/port.ts";
import type { GraphState } from "../../../src/graph/data/state.ts";
import type { ChangeEvent } from "../../../src/reconcile/apply/change_event.ts";
import { type Plan, planChanges } from "../../../src/reconcile/plan/plan.ts";
import { CONNECT_GRACE_MS, runPlan } from "../../../src/reconcile/apply/run.ts";
import { VirtualClock } from "../../../src/runtimes/memory/clock.ts";
import { FAKE_TYPES, sockNode, web } from "../fake_types.ts";

const STILL: Clock = { now: () => 0, wall: () => new Date(0), after: () => ({ cancel: () => {} }) };

const WANTED = web([
  sockNode("a", ['connect "9"', 'bind "1"']),
  sockNode("b", ['bind "2"']),
  sockNode("c", ['connect "${a.getname}"']),
]);

function planOf(desired: GraphState): Plan {
  return planChanges(web([]), desired, { types: FAKE_TYPES, fromGeneration: 0, toGeneration: 1 });
}

/** A port that only sends, and notes what. */
function portOf(sent: string[], answer: (command: string) => Promise<void>): GraphPort {
  const nothing = () => Promise.reject(new TypeError("Cannot happen: runPlan() only sends"));
  return {
    async send(path, command) {
      sent.push(`${path} ${command}`);
      await answer(command);
      return { from: "[1]", command, value: undefined, text: null };
    },
    snapshot: nothing,
    scopes: nothing,
    openScope: nothing,
    closeScope: nothing,
    openSession: nothing,
    tap: () => Promise.resolve(),
    recordConnections: () => Promise.resolve(),
    subscribe: () => () => {},
    close: nothing,
  };
}

function reportOf(event: ChangeEvent): string {
  return event.kind === "step" ? `${event.state} ${event.path} ${event.text}` : event.kind;
}

test("runPlan() goes on beside a connect that waits, and releases at once when it has settled", async () => {
  const sent: string[] = [];
  const connected = Promise.withResolvers<void>();
  const port = portOf(sent, (command) => command === "connect" ? connected.promise : Promise.resolve());
  const two = web([sockNode("a", ['connect "9"', 'bind "1"']), sockNode("b", ['bind "2"'])]);
  const run = runPlan(planOf(two), { port, types: FAKE_TYPES, clock: STILL, desired: two });
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assert.deepEqual(sent.slice(3), ["web/a: connect", "web/b: bind"]);
  connected.resolve();
  const outcome = await run;
  assert.equal(outcome.failure, null);
  assert.deepEqual(sent.slice(5), ["web/a: bind", "web/: release"]);
});

test("runPlan() goes on without a peer that does not answer, and reports when it has", async () => {
  const sent: string[] = [];
  const reported: string[] = [];
  const connected = Promise.withResolvers<void>();
  const port = portOf(sent, (command) => command === "connect" ? connected.promise : Promise.resolve());
  const clock = new VirtualClock();
  const late = Promise.withResolvers<void>();
  const run = runPlan(planOf(WANTED), {
    port,
    types: FAKE_TYPES,
    clock,
    desired: WANTED,
    onEvent: (event) => reported.push(reportOf(event)),
    onLate: late.resolve,
  });
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  clock.advance(CONNECT_GRACE_MS);
  const { failure, blocked, taken } = await run;
  assert.equal(failure, null);
  assert.deepEqual([...blocked].map(([node, error]) => [node, error]), [["a", null], ["c", null]]);
  assert.deepEqual(sent.slice(4), ["web/a: connect", "web/b: bind", "web/: release"]);
  assert.ok(reported.includes('waiting web/a: msg connect "9"'));
  assert.ok(!taken.some(({ command }) => command === "connect"));
  connected.resolve();
  await late.promise;
  assert.equal(sent.length, 7); // The callback sends the rest.
});

test("runPlan() holds what follows a failed connect, and reports it", async () => {
  const reported: string[] = [];
  const port = portOf([], (command) => {
    return command === "connect" ? Promise.reject(new NetgraphError("ETIMEDOUT", "Too late")) : Promise.resolve();
  });
  const outcome = await runPlan(planOf(WANTED), {
    port,
    types: FAKE_TYPES,
    clock: STILL,
    desired: WANTED,
    onEvent: (event) => reported.push(reportOf(event)),
  });
  assert.equal(outcome.failure, null);
  assert.equal(outcome.blocked.get("a")?.code, "ETIMEDOUT");
  assert.equal(outcome.blocked.get("c"), null);
  // The order of reports of two nodes is not guaranteed.
  const messages = reported.filter((line) => !line.startsWith("started") && !line.includes("mkpeer"));
  assert.deepEqual(messages.toSorted(), [
    'degraded web/a: msg connect "9"',
    'done web/b: msg bind "2"',
    'waiting web/a: msg bind "1"',
    'waiting web/c: msg connect "${a.getname}"',
  ]);
});

test("runPlan() starts nothing after a failed step", async () => {
  const sent: string[] = [];
  const port = portOf(sent, (command) => {
    return command === "bind" ? Promise.reject(new NetgraphError("EADDRINUSE", "Taken")) : Promise.resolve();
  });
  const two = web([sockNode("a", ['bind "1"', "listen 5"]), sockNode("b", ['bind "2"'])]);
  const outcome = await runPlan(planOf(two), { port, types: FAKE_TYPES, clock: STILL, desired: two });
  assert.equal(outcome.failure?.error.code, "EADDRINUSE");
  assert.equal(outcome.failure?.step.node, "a");
  assert.deepEqual(sent.slice(3), ["web/a: bind"]);
});

test("runPlan() takes a node that is gone already for shut down", async () => {
  const port = portOf([], (command) => {
    return command === "shutdown" ? Promise.reject(new NetgraphError("ENOENT", "Gone")) : Promise.resolve();
  });
  const plan = planChanges(WANTED, web([]), { types: FAKE_TYPES, fromGeneration: 1, toGeneration: 2 });
  const outcome = await runPlan(plan, { port, types: FAKE_TYPES, clock: STILL, desired: web([]) });
  assert.equal(outcome.failure, null);
});

test("runPlan() lets others have the thread every few milliseconds", async () => {
  let now = 0;
  let breaths = 0;
  const clock: Clock = { ...STILL, now: () => now += 2 };
  const yieldToLoop = () => {
    breaths += 1;
    return Promise.resolve();
  };
  const port = portOf([], () => Promise.resolve());
  await runPlan(planOf(WANTED), { port, types: FAKE_TYPES, clock, desired: WANTED, yieldToLoop });
  assert.equal(breaths > 1, true);
});
