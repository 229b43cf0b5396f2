/**
 * Laws of reconciling, over random topologies in a network in memory: what was applied is what is exported and plans
 * nothing, there and back again is where one was, the order of nodes does not matter, and whatever ends an apply in the
 * middle, the next one leads to the desired state.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import { test } from "../harness.ts";
import { FaultyEngine, stateOf } from "../support/faulty_engine.ts";
import { drafts, load, OUTSIDE, reordered } from "./topologies.ts";

const seed = (Date.now() ^ (Math.random() * 0x1_0000_0000)) | 0;
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/topologies: seed ${seed}`);

const PARAMETERS = { numRuns: 60, seed };
const LIMIT = { timeoutMs: 120_000 };
const PORTS = [80, 81, 82, 83, 84, 85, 86, 87];

async function inWorld(body: (world: FaultyEngine) => Promise<void>): Promise<void> {
  await using world = new FaultyEngine();
  world.serve(OUTSIDE);
  await body(world);
}

/** The observed state is the desired state, and nothing is left to do. */
async function runsJust(world: FaultyEngine, desired: GraphState): Promise<void> {
  assert.equal(await world.planned(desired), 0);
  const exported = stateOf(await world.engine.export("web"));
  assert.equal(await world.planned(exported), 0);
  const [status] = (await world.engine.status()).topologies;
  assert.equal(status?.sync, "Synced", status?.drift ?? "");
  const names = (state: GraphState) => state.nodes.map(({ name }) => name).sort();
  assert.deepEqual(names(exported), names(desired));
  for (const port of PORTS) {
    const address = `inet/127.0.0.1:${port}`;
    const listens = desired.nodes.some(({ messages }) => {
      return messages.some((one) => one.argument === address) && messages.some((one) => one.command === "listen");
    });
    assert.equal(await world.answers(address), listens, address);
  }
}

async function makesSo(world: FaultyEngine, state: GraphState): Promise<void> {
  const { result, message } = await world.apply(state);
  assert.ok(result === "applied" || result === "unchanged", message ?? result);
  await runsJust(world, state);
}

test("apply, then export, plans nothing", LIMIT, () =>
  fc.assert(
    fc.asyncProperty(drafts, (draft) => inWorld((world) => makesSo(world, load(draft)))),
    PARAMETERS,
  ));

test("apply of one, of another and of the first again is where one was", LIMIT, () =>
  fc.assert(
    fc.asyncProperty(drafts, drafts, (one, other) =>
      inWorld(async (world) => {
        const [a, b] = [load(one), load(other)];
        await makesSo(world, a);
        const before = await world.engine.export("web");
        await makesSo(world, b);
        await makesSo(world, a);
        assert.equal(await world.engine.export("web"), before);
      })),
    PARAMETERS,
  ));

test("apply of the same nodes in another order changes nothing, and makes the same", LIMIT, () =>
  fc.assert(
    fc.asyncProperty(drafts, drafts, fc.array(fc.nat(), { minLength: 7, maxLength: 7 }), (draft, other, order) =>
      inWorld(async (world) => {
        const [state, shuffled] = [load(draft), load(reordered(draft, order))];
        await makesSo(world, state);
        assert.equal(await world.planned(shuffled), 0);
        await makesSo(world, load(other));
        await makesSo(world, shuffled);
        assert.equal(await world.planned(state), 0);
      })),
    PARAMETERS,
  ));

const interruption = fc.record({
  how: fc.constantFrom("abort", "refuse", "lose", "killed"),
  at: fc.nat(40),
  first: fc.boolean(),
});
type Interruption = typeof interruption extends fc.Arbitrary<infer I> ? I : never;

/** Applies, and lets something come between. */
async function interrupted(world: FaultyEngine, state: GraphState, { how, at }: Interruption): Promise<void> {
  const abort = new AbortController();
  const reason = new Error("enough");
  let sent = 0;
  let changing = false;
  world.port.fateOf = () => {
    if (!changing || sent++ < at) return "pass";
    switch (how) {
      case "abort":
        abort.abort(reason);
        return "pass";
      case "killed":
        world.port.blind = true;
        return "refuse";
      default:
        return sent === at + 1 && how === "refuse" ? "refuse" : sent === at + 1 ? "lose" : "pass";
    }
  };
  try {
    await world.apply(state, { signal: abort.signal }, ({ kind }) => {
      if (kind === "plan") changing = true;
    });
  } catch (error) {
    // What cannot be observed any more has no known health.
    if (error !== reason && !(how === "killed" && error instanceof NetgraphError)) throw error;
  } finally {
    world.port.fateOf = () => "pass";
    world.port.blind = false;
  }
}

test("apply leads to the desired state, whatever ended the one before in the middle", LIMIT, () =>
  fc.assert(
    fc.asyncProperty(drafts, drafts, interruption, fc.boolean(), (one, other, how, back) =>
      inWorld(async (world) => {
        if (!how.first) await makesSo(world, load(one));
        await interrupted(world, load(other), how);
        await makesSo(world, load(back ? one : other));
      })),
    { ...PARAMETERS, numRuns: 120 },
  ));
