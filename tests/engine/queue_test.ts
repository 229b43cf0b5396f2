import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { FaultyEngine, stateOf } from "../support/faulty_engine.ts";

const listener = (name: string, backlog: number) =>
  stateOf(`
name: ${name}
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/10.0.0.1:80", listen: ${backlog}] }
`);

/** An engine in which a change of the topology `web` is in progress until it is released. */
async function inChange(body: (world: FaultyEngine, letGo: () => Promise<void>) => Promise<void>): Promise<void> {
  await using world = new FaultyEngine();
  await world.apply(listener("web", 5));
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  world.port.holds = ({ command, argument }) => {
    if (command !== "listen" || argument !== "6") return null;
    begun.resolve();
    return held.promise;
  };
  const first = world.apply(listener("web", 6), { waitMs: 20_000 });
  await begun.promise;
  const letGo = async (): Promise<void> => {
    held.resolve();
    assert.equal((await first).result, "applied");
  };
  try {
    await body(world, letGo);
  } finally {
    await letGo();
  }
}

const backlog = async ({ engine }: FaultyEngine): Promise<string | undefined> => {
  return /listen: (\d+)/.exec(await engine.export("web"))?.[1];
};

test("Engine.apply() gives up behind a change in progress when its wait is over, and changes nothing", () =>
  inChange(async (world, letGo) => {
    const late = assert.rejects(world.apply(listener("web", 7), { waitMs: 1_000 }), {
      code: "EBUSY",
      message: 'Another change of "web" is in progress; nothing was changed',
    });
    await world.network.advance(999);
    await world.network.advance(1);
    await late;
    await letGo();
    await world.network.idle();
    assert.equal(await backlog(world), "6");
    assert.equal((await world.engine.history("web")).length, 2);
    assert.equal((await world.apply(listener("web", 8), { waitMs: 1_000 })).result, "applied");
  }));

test("Engine.apply() has its turn behind a change that ends in time", () =>
  inChange(async (world, letGo) => {
    const second = world.apply(listener("web", 7), { waitMs: 1_000 });
    await world.network.advance(900);
    await letGo();
    assert.deepEqual([(await second).result, await backlog(world)], ["applied", "7"]);
    await world.network.advance(1_000);
    assert.equal(await backlog(world), "7");
  }));

test("Engine.apply() is Ready when its generation was, though later changes follow without a pause", async () => {
  await using world = new FaultyEngine();
  await world.apply(listener("web", 5));
  const held = new Map(["6", "8"].map((backlog) => [backlog, Promise.withResolvers<void>()]));
  const begun = new Map(["6", "8"].map((backlog) => [backlog, Promise.withResolvers<void>()]));
  world.port.holds = ({ command, argument }) => {
    if (command !== "listen") return null;
    begun.get(argument ?? "")?.resolve();
    return held.get(argument ?? "")?.promise ?? null;
  };
  const changes = [6, 7, 8].map((backlog) => world.apply(listener("web", backlog), { waitMs: 60_000 }));
  await begun.get("6")?.promise;
  held.get("6")?.resolve();
  await begun.get("8")?.promise;
  // The third is in progress all the time.
  const first = await Promise.all(changes.slice(0, 2));
  assert.deepEqual(first.map(({ generation, ready }) => [generation, ready]), [[2, true], [3, true]]);
  held.get("8")?.resolve();
  assert.equal((await changes[2])?.ready, true);
});

test("Engine.apply() of another topology does not wait for a change in progress", () =>
  inChange(async (world) => {
    const other = stateOf("name: other\nnodes: { end: { type: hole } }\n");
    assert.equal((await world.apply(other, { waitMs: 1_000 })).result, "applied");
  }));

test("Engine.apply() that waits for nothing has its turn whenever it comes", () =>
  inChange(async (world, letGo) => {
    const second = world.apply(listener("web", 7));
    await world.network.advance(60_000);
    await letGo();
    assert.deepEqual([(await second).result, await backlog(world)], ["applied", "7"]);
  }));

test("Engine.rollback() and Engine.reconcile() give up behind a change in progress too", () =>
  inChange(async (world) => {
    const busy = { code: "EBUSY" };
    const back = assert.rejects(
      world.engine.rollback({ name: "web", generation: 1, waitMs: 1_000 }, () => {}),
      busy,
    );
    const again = assert.rejects(world.engine.reconcile({ name: "web", waitMs: 1_000 }, () => {}), busy);
    await world.network.advance(1_000);
    await back;
    await again;
  }));
