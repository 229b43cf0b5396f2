import { strict as assert } from "node:assert";
import { test } from "../../harness.ts";
import type { ErrorCode } from "../../../src/errors.ts";
import type { GraphState, RestartPolicy } from "../../../src/graph/data/state.ts";
import { ANCHOR_COMMANDS } from "../../../src/graph/message/anchor.ts";
import { formatPlan } from "../../../src/reconcile/plan/plan_text.ts";
import { busNode, link, sockNode, web } from "../fake_types.ts";
import { World } from "../world.ts";

const front = sockNode("front", ['bind "80"']);

/** Runs a test in a world of its own. */
async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

async function observed(world: World): Promise<GraphState> {
  return await world.reconciler.export("web");
}

test("Reconciler.apply() makes a topology so, and releases it last", () =>
  inWorld(async (world) => {
    const desired = web([front, busNode("bus"), sockNode("c", ['connect "9"'])], {
      links: [link("c:inet/stream/tcp", "bus")],
      description: "A test",
    });
    const result = await world.reconciler.apply(desired);
    assert.equal(result.kind, "applied");
    assert.deepEqual(await observed(world), desired);
    assert.deepEqual(world.log, ["front bound 80", "c connected 9", "front released", "c released"]);
    const status = await world.reconciler.status("web");
    assert.equal(status.generation, 1);
    assert.equal(status.sync, "Synced");
    assert.equal(status.health, "Healthy");
    assert.equal(status.conditions[0]?.reason, "AllNodesReady");
  }));

test("Reconciler.apply() plans nothing for what runs already", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    const again = await world.reconciler.apply(web([sockNode("front", ['bind "80"', "getname"])]));
    assert.equal(again.kind, "unchanged");
    assert.equal((await world.reconciler.status("web")).generation, 1);
    const exported = await observed(world);
    assert.equal((await world.reconciler.apply(exported)).kind, "unchanged");
  }));

test("Reconciler.apply() changes a setting in the running node", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([sockNode("front", ['bind "80"', "setconfig { a=1 b=2 }"])]));
    const desired = web([sockNode("front", ['bind "80"', "setconfig { b=3 }"])]);
    world.log.length = 0;
    assert.equal((await world.reconciler.apply(desired)).kind, "applied");
    assert.deepEqual(world.log, ['front set {"a":0}', 'front set {"b":3}']);
    assert.equal((await world.reconciler.apply(desired)).kind, "unchanged");
    assert.equal((await world.reconciler.status("web")).sync, "Synced");
  }));

test("Reconciler.apply() renames without ending anything", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.log.length = 0;
    const renamed = web([{ ...front, name: "new" }]);
    assert.equal((await world.reconciler.apply(renamed)).kind, "applied");
    assert.deepEqual(world.log, []);
    assert.deepEqual(await observed(world), renamed);
  }));

test("Reconciler.apply() recreates a neighbour that cannot outlive its link", () =>
  inWorld(async (world) => {
    const before = web([front, sockNode("b", ['connect "1"'])], {
      links: [link("front:inet/stream/tcp", "b:inet/stream/tcp")],
    });
    await world.reconciler.apply(before);
    const after = { ...before, nodes: [sockNode("front", ['bind "81"']), sockNode("b", ['connect "1"'])] };
    assert.equal((await world.reconciler.apply(after)).kind, "applied");
    assert.deepEqual(await observed(world), after);
    assert.deepEqual([...world.bound.keys()], ["81"]);
  }));

test("Reconciler.apply() rolls back a failed step and verifies the rollback", () =>
  inWorld(async (world) => {
    const good = web([front, sockNode("keep", ["setconfig { b=1 }"])]);
    await world.reconciler.apply(good);
    world.faults.set("bind 99", "EACCES");
    const bad = web([
      sockNode("front", ['bind "81"']),
      sockNode("keep", ["setconfig { b=2 }"]),
      sockNode("z", ['bind "99"']),
    ]);
    const result = await world.reconciler.apply(bad);
    assert.equal(result.kind, "rolled-back");
    if (result.kind !== "rolled-back") return;
    assert.equal(result.error.code, "EACCES");
    assert.equal(result.step?.node, "z");
    assert.equal(result.step?.messageIndex, 0);
    assert.deepEqual(await observed(world), good);
    assert.deepEqual([...world.bound.keys()], ["80"]);
    const status = await world.reconciler.status("web");
    assert.equal(status.generation, 1);
    assert.equal(status.health, "Healthy");
    assert.deepEqual(status.conditions.map((one) => [one.type, one.status, one.reason]), [
      ["Ready", "True", "AllNodesReady"],
      ["Reconciling", "False", "NoChange"],
      ["Stalled", "True", "RolledBack"],
    ]);
  }));

test("Reconciler.apply() leaves a node alone that refuses a setting", () =>
  inWorld(async (world) => {
    for (const before of [[], ["setconfig { b=2 }"]]) {
      const good = web([sockNode("front", ['bind "80"', ...before])]);
      await world.reconciler.apply(good);
      world.log.length = 0;
      const result = await world.reconciler.apply(web([sockNode("front", ['bind "80"', "setconfig { b=13 }"])]));
      assert.equal(result.kind, "rolled-back");
      assert.deepEqual(world.log, ['front set {"b":13}']);
      assert.deepEqual(await observed(world), good);
      await assert.rejects(world.port.send("web/front:", "setconfig", "{ b=13 }"), { code: "EINVAL" });
      assert.equal((await world.reconciler.status("web")).sync, "Synced");
    }
  }));

test("Reconciler.apply() releases again what it had only removed and recreated", () =>
  inWorld(async (world) => {
    const good = web([front]);
    await world.reconciler.apply(good);
    world.faults.set("bind 99", "EACCES");
    world.log.length = 0;
    // It needs a reply of the recreated node, and therefore comes behind it.
    const bad = web([front, sockNode("z", ['setpeer "${front.getname}"', 'bind "99"'])]);
    assert.equal((await world.reconciler.apply(bad, { replace: ["front"] })).kind, "rolled-back");
    assert.equal(world.log.at(-1), "front released");
    const snapshot = await world.port.snapshot("web");
    assert.equal(snapshot?.generation, 1);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler.apply() reports when it cannot go back", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.faults.set("bind 80", "EADDRINUSE");
    const result = await world.reconciler.apply(web([front]), { replace: ["front"] });
    assert.equal(result.kind, "rollback-failed");
    assert.equal((await world.reconciler.status("web")).conditions[2]?.reason, "RollbackFailed");
    world.faults.clear();
    await world.rest();
    await world.pass(250);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler.apply() leaves nothing of a first generation that fails", () =>
  inWorld(async (world) => {
    world.faults.set("bind 80", "EADDRINUSE");
    const result = await world.reconciler.apply(web([front]));
    assert.equal(result.kind, "rolled-back");
    assert.deepEqual(await world.port.scopes(), []);
    assert.deepEqual(world.reconciler.names, []);
  }));

test("Reconciler.apply() leaves what a failing step left when asked to", () =>
  inWorld(async (world) => {
    world.faults.set("bind 80", "EACCES");
    const result = await world.reconciler.apply(web([front]), { rollback: false });
    assert.equal(result.kind, "failed");
    const status = await world.reconciler.status("web");
    assert.equal(status.generation, 1);
    assert.equal(status.observedGeneration, 0);
    assert.equal(status.nodes[0]?.messages[0]?.state, "failed");
  }));

test("Reconciler.apply() rolls back what reading back does not show", () =>
  inWorld(async (world) => {
    const result = await world.reconciler.apply(web([sockNode("front", ["lie"])]));
    assert.equal(result.kind, "rolled-back");
    if (result.kind === "rolled-back") assert.equal(result.error.code, "EPROTO");
  }));

test("Reconciler.apply() rolls back and rejects when its signal aborts", () =>
  inWorld(async (world) => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const announced: string[] = [];
    const apply = world.reconciler.apply(web([front, sockNode("b", ['bind "81"'])]), {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === "undo") announced.push(event.kind);
        if (event.kind === "step" && event.state === "done" && event.text.startsWith("msg bind")) abort.abort(reason);
      },
    });
    await assert.rejects(apply, reason);
    assert.deepEqual(announced, [], "no step has failed");
    assert.deepEqual(await world.port.scopes(), []);
  }));

test("Reconciler.apply() rejects a node to replace that is not wanted", () =>
  inWorld(async (world) => {
    await assert.rejects(world.reconciler.apply(web([front]), { replace: ["x"] }), { code: "ENOENT" });
    assert.deepEqual(world.reconciler.names, []);
  }));

test("Reconciler.plan() changes nothing", () =>
  inWorld(async (world) => {
    const plan = await world.reconciler.plan(web([front]));
    assert.equal(formatPlan(plan).startsWith("web: generation 0 → 1"), true);
    assert.deepEqual(await world.port.scopes(), []);
  }));

test("Reconciler takes a connect that fails for no failed step, and tries it again", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    const desired = web([sockNode("a", ["setconfig { b=1 }", 'connect "9"', "setconfig { a=5 }"]), front]);
    assert.equal((await world.reconciler.apply(desired)).kind, "applied");
    await world.rest();
    const status = await world.reconciler.status("web");
    assert.equal(status.health, "Degraded");
    assert.equal(status.sync, "Synced");
    const [node] = status.nodes;
    assert.equal(node?.state, "degraded");
    assert.equal(node?.error?.code, "ECONNREFUSED");
    assert.equal(node?.nextRetryAt, "2000-01-01T00:00:00.250Z");
    assert.deepEqual(node?.messages.map((message) => message.state), ["unverified", "failed", "waiting"]);
    assert.equal((await world.reconciler.apply(desired)).kind, "unchanged");
    assert.deepEqual(await observed(world), desired);

    world.faults.clear();
    await world.pass(250);
    const recovered = await world.reconciler.status("web");
    assert.equal(recovered.health, "Healthy");
    assert.equal(recovered.nodes[0]?.restarts, 1);
    assert.equal(world.log.includes("a connected 9"), true);
    assert.equal(world.log.includes('a set {"a":5}'), true);
  }));

test("Reconciler.apply() changes a node that is retried", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"', 'bind "5"'])]));
    await world.rest();
    const desired = web([sockNode("a", ['connect "10"', 'bind "5"'])]);
    assert.equal((await world.reconciler.apply(desired)).kind, "applied");
    await world.pass(60_000);
    assert.deepEqual(await observed(world), desired);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
    assert.equal(world.log.filter((line) => line === "a bound 5").length, 1);
  }));

test("Reconciler.apply() rolls back a connect that can never succeed", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "EACCES");
    assert.equal((await world.reconciler.apply(web([sockNode("a", ['connect "9"'])]))).kind, "rolled-back");
  }));

test("Reconciler lets messages wait that refer to a node that waits", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    const desired = web([
      sockNode("b", ["setconfig { b=1 }", 'connect "${a.getname}"', 'bind "6"']),
      sockNode("a", ['bind "5"', 'connect "9"']),
    ]);
    assert.equal((await world.reconciler.apply(desired)).kind, "applied");
    await world.rest();
    const status = await world.reconciler.status("web");
    assert.equal(status.sync, "Synced");
    assert.deepEqual(status.nodes.map((node) => node.state), ["starting", "degraded"]);
    assert.deepEqual(status.nodes[0]?.messages.map((message) => message.state), ["unverified", "waiting", "waiting"]);
    assert.deepEqual(await observed(world), desired);
    assert.equal((await world.reconciler.apply(desired)).kind, "unchanged");
    world.faults.clear();
    await world.pass(250);
    assert.deepEqual(world.log.filter((line) => line.startsWith("b ")), [
      'b set {"b":1}',
      "b released",
      "b connected 5",
      "b bound 6",
    ]);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler follows a reply that changes, at the price of the message", () =>
  inWorld(async (world) => {
    const desired = (port: string) =>
      web([
        sockNode("b", ['bind "7"', 'connect "${a.getname}"']),
        sockNode("c", ['setpeer "${a.getname}"']),
        sockNode("a", [`bind "${port}"`, "getname"]),
      ]);
    await world.reconciler.apply(desired("5"));
    world.log.length = 0;
    await world.reconciler.apply(desired("6"));
    await world.rest();
    assert.deepEqual(world.log, [
      "a bound 6",
      "a~ ended",
      "a released",
      "b ended",
      "b bound 7",
      "b connected 6",
      "b released",
      "c has peer 6",
    ]);
    world.log.length = 0;
    await world.pass(60_000);
    await world.pass(60_000);
    assert.deepEqual(world.log, []);
    assert.equal(world.clock.pending, 0, "asking must not make the loop look again");
    assert.equal((await world.reconciler.status("web")).sync, "Synced");
  }));

test("TopologySources.setOrphaned() makes a topology OutOfSync until it is applied again", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.reconciler.sources.setStallCause("web", {
      reason: "RolledBack",
      message: "Its last change failed",
      behind: true,
    });
    world.reconciler.sources.setOrphaned("web");
    const orphan = await world.reconciler.status("web");
    assert.deepEqual([orphan.sync, orphan.drift, orphan.orphaned], ["OutOfSync", null, true]);
    assert.equal(orphan.conditions.find(({ type }) => type === "Stalled")?.status, "False");
    assert.equal((await world.reconciler.apply(web([front]))).kind, "unchanged");
    const again = await world.reconciler.status("web");
    assert.deepEqual([again.sync, again.orphaned], ["Synced", undefined]);
  }));

test("Reconciler recreates a listener that the system closed by an error that is otherwise lasting", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.kill("web/front:", "EINVAL", "error");
    await world.rest();
    assert.equal((await world.reconciler.status("web")).nodes[0]?.state, "degraded");
    await world.pass(1_000);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler waits longer from one attempt to the next, up to two seconds", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"'])]));
    for (let turn = 0; turn < 10; turn++) await world.pass(30_000);
    const delays = world.events.flatMap((event) => event.kind === "retry-planned" ? [event.delayMs] : []);
    assert.deepEqual(delays.slice(0, 9), [250, 500, 1_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000]);
  }));

test("Reconciler recreates a node that ended, and forgets its failures after a minute of health", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.rest();
    assert.equal((await world.reconciler.status("web")).nodes[0]?.state, "degraded");
    await world.pass(250);
    assert.equal((await world.reconciler.status("web")).nodes[0]?.state, "ready");
    assert.deepEqual([...world.bound.keys()], ["80"]);
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.pass(0);
    await world.pass(500);
    await world.pass(60_000);
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.rest();
    const delays = world.events.flatMap((event) => event.kind === "retry-planned" ? [event.delayMs] : []);
    assert.deepEqual(delays, [250, 500, 250]);
  }));

const ENDS: readonly [RestartPolicy, ErrorCode, "eof" | "reset", string, string][] = [
  ["always", "ECONNRESET", "reset", "degraded", "False"],
  ["always", "ECONNRESET", "eof", "degraded", "False"],
  ["on-failure", "ECONNRESET", "reset", "degraded", "False"],
  ["on-failure", "ECONNRESET", "eof", "ended", "True"],
  ["never", "ECONNRESET", "eof", "ended", "True"],
  ["never", "ECONNRESET", "reset", "failed", "False"],
  ["always", "EACCES", "reset", "failed", "False"],
];

for (const [restart, code, reason, state, ready] of ENDS) {
  test(`Reconciler takes the end by ${reason} (${code}) under "${restart}" for ${state}`, () =>
    inWorld(async (world) => {
      await world.reconciler.apply(web([sockNode("front", ['bind "80"'], { restart })]));
      world.kill("web/front:", code, reason);
      await world.rest();
      const status = await world.reconciler.status("web");
      assert.equal(status.nodes[0]?.state, state);
      assert.equal(status.conditions[0]?.status, ready);
      assert.equal(status.conditions[2]?.status, state === "failed" ? "True" : "False");
    }));
}

test("Reconciler tries on when what it takes down cannot be made again", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.kill("web/front:", "ECONNRESET", "reset");
    world.faults.set("bind 80", "EADDRINUSE");
    await world.rest();
    await world.pass(250);
    assert.equal((await world.reconciler.status("web")).nodes[0]?.error?.code, "EADDRINUSE");
    world.faults.clear();
    await world.pass(500);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler shows a manual change, and keeps it until requested", () =>
  inWorld(async (world) => {
    const desired = web([sockNode("front", ['bind "80"', "setconfig { b=1 }"])]);
    await world.reconciler.apply(desired);
    await world.port.send("web/front:", "setconfig", "{ b=7 }");
    await world.pass(5_000);
    const status = await world.reconciler.status("web");
    assert.equal(status.sync, "OutOfSync");
    assert.equal(status.drift, "nodes.front.messages.setconfig");
    assert.equal((await world.reconciler.reconcile("web")).kind, "applied");
    assert.equal((await world.reconciler.status("web")).sync, "Synced");

    await world.port.send("web/front:", "shutdown", null);
    await world.pass(5_000);
    assert.equal((await world.reconciler.status("web")).health, "Missing");
    await world.reconciler.reconcile("web");
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler does not retry a failed node that was removed manually, and shows no failure of it", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"']), front]));
    await world.rest();
    await world.port.send("web/a:", "shutdown", null);
    await world.pass(1_000);
    const [node] = (await world.reconciler.status("web")).nodes;
    assert.deepEqual([node?.id, node?.error, node?.nextRetryAt], [null, null, null]);
    await world.pass(5_000);
    const status = await world.reconciler.status("web");
    assert.deepEqual([status.health, status.conditions[0]?.reason], ["Missing", "NodeMissing"]);
    world.faults.clear();
    await world.reconciler.reconcile("web");
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler.reconcile() tries at once what would be tried later, and what was given up", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"']), front]));
    world.kill("web/front:", "EACCES", "error");
    await world.rest();
    world.faults.clear();
    await world.reconciler.reconcile("web");
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler.adopt() accepts a manual change as desired", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    await world.port.send("web/front:", "setconfig", "{ b=7 }");
    const adopted = await world.reconciler.adopt("web");
    assert.deepEqual(adopted.nodes[0]?.messages.map((message) => message.command), ["bind", "setconfig"]);
    const status = await world.reconciler.status("web");
    assert.equal(status.sync, "Synced");
    assert.equal(status.generation, 2);
    assert.deepEqual(world.reconciler.history("web").map(({ result }) => result), ["applied", "adopted"]);
  }));

test("Reconciler.rollback() goes back under a new number", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    await world.reconciler.apply(web([sockNode("front", ['bind "81"'])]));
    await world.reconciler.rollback("web", 1);
    assert.deepEqual(await observed(world), web([front]));
    assert.deepEqual(world.reconciler.history("web").map((entry) => entry.generation), [1, 2, 3]);
    assert.throws(() => world.reconciler.rollback("web", 9), { code: "ENOENT" });
  }));

test("Reconciler.rollback() skips a generation that failed, and history() lists it", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.faults.set("bind 81", "EACCES");
    await world.reconciler.apply(web([sockNode("front", ['bind "81"'])]), { rollback: false });
    await world.reconciler.apply(web([sockNode("front", ['bind "82"'])]));
    await world.reconciler.rollback("web", null);
    assert.deepEqual(await observed(world), web([front]));
    const reported = world.reconciler.history("web").map(({ generation, result }) => [generation, result]);
    assert.deepEqual(reported, [[1, "applied"], [2, "failed"], [3, "applied"], [4, "applied"]]);
  }));

test("Reconciler.reconcile() does not revert a change that is in progress", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    const changed = web([sockNode("front", ['bind "81"'])]);
    const results = await Promise.all([world.reconciler.apply(changed), world.reconciler.reconcile("web")]);
    assert.deepEqual(results.map(({ kind }) => kind), ["applied", "unchanged"]);
    assert.deepEqual(await observed(world), changed);
  }));

test("Reconciler.reconcile() brings nothing back that goes down first, and makes nothing of a first apply", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    const down = world.reconciler.down("web");
    await assert.rejects(world.reconciler.reconcile("web"), { code: "ENOENT" });
    await down;
    assert.deepEqual(await world.port.scopes(), []);
  }));

test("Reconciler.down() stops a topology and forgets it", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    await world.reconciler.down("web");
    assert.deepEqual(await world.port.scopes(), []);
    await assert.rejects(world.reconciler.status("web"), { code: "ENOENT" });
    assert.equal((await world.reconciler.apply(web([front]))).kind, "applied");
  }));

test("Reconciler.wait() returns when all is ready, and when it cannot become so", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"'])]));
    const waiting = world.reconciler.wait("web");
    await world.rest();
    world.faults.clear();
    await world.pass(250);
    assert.equal((await waiting).conditions[0]?.status, "True");
    world.kill("web/a:", "EACCES", "error");
    await world.rest();
    assert.equal((await world.reconciler.wait("web")).conditions[2]?.reason, "NodeFailed");
  }));

test("Reconciler.wait() rejects with the signal's reason", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    await world.reconciler.apply(web([sockNode("a", ['connect "9"'])]));
    const abort = new AbortController();
    const reason = new Error("enough");
    const waiting = world.reconciler.wait("web", { signal: abort.signal });
    const rejected = assert.rejects(waiting, reason);
    await world.rest();
    abort.abort(reason);
    await rejected;
  }));

test("Reconciler.suspend() leaves the broken alone until resume()", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    world.reconciler.suspend("web");
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.pass(60_000);
    assert.equal((await world.reconciler.status("web")).health, "Suspended");
    world.reconciler.resume("web");
    await world.rest();
    await world.pass(250);
    assert.equal((await world.reconciler.status("web")).health, "Healthy");
  }));

test("Reconciler does what comes at once one after the other", () =>
  inWorld(async (world) => {
    const results = await Promise.all([
      world.reconciler.apply(web([front])),
      world.reconciler.apply(web([sockNode("front", ['bind "81"'])])),
      world.reconciler.down("web"),
      world.reconciler.apply(web([sockNode("front", ['bind "82"'])])),
    ]);
    assert.deepEqual(results.map((result) => typeof result === "number" ? result : result.kind), [
      "applied",
      "applied",
      0,
      "applied",
    ]);
    assert.deepEqual([...world.bound.keys()], ["82"]);
  }));

test("Reconciler.status() keeps the time of a condition as long as it holds", () =>
  inWorld(async (world) => {
    await world.reconciler.apply(web([front]));
    const before = (await world.reconciler.status("web")).conditions[0]?.lastTransitionTime;
    await world.pass(5_000);
    assert.equal((await world.reconciler.status("web")).conditions[0]?.lastTransitionTime, before);
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.rest();
    assert.notEqual((await world.reconciler.status("web")).conditions[0]?.lastTransitionTime, before);
  }));

test("Reconciler records when a condition changes without a request, each time", () =>
  inWorld(async (world) => {
    const timeOf = async (type: string) => {
      const { conditions } = await world.reconciler.status("web");
      const condition = conditions.find((one) => one.type === type);
      return [condition?.status, Date.parse(condition?.lastTransitionTime ?? "")] as const;
    };
    await world.reconciler.apply(web([front]));
    await world.rest();
    const began = (await timeOf("Ready"))[1];
    await world.pass(5_000);
    world.kill("web/front:", "ECONNRESET", "reset");
    await world.pass(100);
    assert.deepEqual(await timeOf("Ready"), ["False", began + 5_000]);
    assert.deepEqual(await timeOf("Reconciling"), ["True", began + 5_000]);
    await world.pass(150);
    await world.pass(7_000);
    assert.deepEqual(await timeOf("Ready"), ["True", began + 5_250]);
    assert.deepEqual(await timeOf("Reconciling"), ["False", began + 5_250]);
    assert.deepEqual((await timeOf("Stalled"))[0], "False");
  }));

test("Reconciler distinguishes the desired generation from the observed one", () =>
  inWorld(async (world) => {
    const generations = async () => {
      const { generation, observedGeneration, health } = await world.reconciler.status("web");
      return [generation, observedGeneration, health];
    };
    await world.reconciler.apply(web([front]));
    assert.deepEqual(await generations(), [1, 1, "Healthy"]);
    world.faults.set("bind 99", "EACCES");
    const bad = web([front, sockNode("z", ['bind "99"'])]);
    await world.reconciler.apply(bad, { rollback: false });
    assert.deepEqual(await generations(), [2, 1, "Degraded"]);
    await world.reconciler.apply(web([front]));
    assert.deepEqual(await generations(), [3, 3, "Healthy"]);
  }));

test("Reconciler.wait() ends when the topology goes, and when the loop does", () =>
  inWorld(async (world) => {
    world.faults.set("connect 9", "ECONNREFUSED");
    for (const end of [() => world.reconciler.down("web"), () => world.reconciler.close()]) {
      await world.reconciler.apply(web([sockNode("a", ['connect "9"'])]));
      const rejected = assert.rejects(world.reconciler.wait("web"), { code: "ENOENT" });
      await world.rest();
      await end();
      await rejected;
    }
  }));

test("every step's command is one that the anchor knows", () =>
  inWorld(async (world) => {
    const plan = await world.reconciler.plan(web([sockNode("a", [], { restart: "never" }), busNode("b")], {
      links: [link("a:inet/stream/tcp", "b")],
      description: "x",
    }));
    for (const step of plan.steps) assert.equal(Object.hasOwn(ANCHOR_COMMANDS, step.command), true, step.command);
  }));
