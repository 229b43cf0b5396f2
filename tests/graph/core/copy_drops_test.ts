import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { MemoryEngine } from "../../support/memory_engine.ts";
import { octetsOf } from "../../conformance/recorder.ts";

const AT = "inet/10.0.0.1:80";
const WELL = "Healthy True AllNodesReady";
const ALL = "Degraded False AllDropped";

/** A listener whose clients get a copy of a template of these nodes and links. */
function text(template: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "${AT}", listen: 8, accept: { template: session }] }
templates:
  session:
${template}
`;
}

const ECHO = `
    entry: echo
    nodes: { echo: { type: echo } }
`;
const KINDS: Readonly<Record<string, string>> = {
  tee: `
    entry: tap:left
    nodes: { tap: { type: tee } }
`,
  one2many: `
    entry: some:many0
    nodes: { some: { type: one2many } }
`,
  pipe: `
    entry: line:upper
    nodes: { line: { type: pipe } }
`,
  frame: `
    entry: lines:stream
    nodes: { lines: { type: frame, messages: [setconfig: { framing: newline }] } }
`,
  split: `
    entry: parts:mixed
    nodes: { parts: { type: split }, other: { type: echo } }
    links: [["parts:in", other]]
`,
  "pipe behind a tee": `
    entry: tap:left
    nodes: { tap: { type: tee }, line: { type: pipe } }
    links: [["tap:right", "line:upper"]]
`,
};

async function healthOf({ engine }: MemoryEngine): Promise<string> {
  const { topologies: [topology] } = await engine.status();
  const [ready] = topology?.conditions ?? [];
  return `${topology?.health} ${ready?.status} ${ready?.reason}`;
}

/** A client that says something ten times a second, for a while; each time a new one where it is `short`. */
async function talk(world: MemoryEngine, { short = false, count = 20 } = {}): Promise<void> {
  let client = await world.connect(AT);
  for (let sent = 0; sent < count; sent++) {
    client.socket.send(octetsOf("x\n"), null);
    await world.memory.advance(100);
    if (!short) continue;
    client.socket.close();
    client = await world.connect(AT);
  }
  client.socket.close();
  await world.memory.idle();
}

for (const [what, template] of Object.entries(KINDS)) {
  for (const short of [false, true]) {
    const how = short ? "short connections" : "a connection";
    test(`CopyDrops states at the listener that ${what} drops all of ${how}, until a copy passes something`, async () => {
      await using world = new MemoryEngine();
      await world.apply(text(template));
      await talk(world, { short });
      assert.equal(await healthOf(world), ALL);
      const { state, faults: [fault] } = await world.status("front");
      assert.equal(state, "degraded");
      assert.match(fault?.message ?? "", /^All items are dropped at hook "\w+" of "session\/\w+": no_destination$/);
      await world.apply(text(ECHO));
      assert.equal(await healthOf(world), WELL);
      await talk(world);
      assert.equal(await healthOf(world), WELL);
    });
  }
}

test("CopyDrops ends with time, and leaves no timer behind", async () => {
  await using world = new MemoryEngine();
  await world.apply(text(KINDS["tee"] ?? ""));
  await talk(world);
  await world.memory.advance(70_000);
  assert.equal(await healthOf(world), WELL);
  assert.equal(world.memory.clock.pending, 0);
});

test("CopyDrops ignores data that is dropped beside the way of the connection", async () => {
  await using world = new MemoryEngine();
  await world.apply(text(`
    entry: tap:left
    nodes: { tap: { type: tee }, back: { type: echo }, lines: { type: frame, messages: [setconfig: { framing: newline }] } }
    links: [["tap:right", back], ["tap:left2right", "lines:stream"]]
`));
  await talk(world);
  assert.equal(await healthOf(world), "Degraded True AllDropped");
});

test("CopyDrops ignores a copy whose target refuses", async () => {
  await using world = new MemoryEngine();
  await world.apply(text(`
    entry: out
    nodes: { out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/10.0.0.9:1"] } }
`));
  await talk(world, { short: true, count: 5 }).catch(() => {});
  const { faults } = await world.status("front");
  assert.deepEqual(faults.map(({ reason }) => reason), ["NoTargetUp"]);
});

const NODES = `
  tap: { type: tee }
  some: { type: one2many }
  line: { type: pipe }
  end: { type: hole }
`;

/** A listener whose clients are joined to a declared node. */
function shared(peer: string, rest: string): string {
  return `
nodes:
  front: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "${AT}", listen: 8, accept: { peer: "${peer}" }] }
${rest}`;
}

for (const peer of ["tap:left", "some:many0", "line:upper"]) {
  test(`DropHealth states that a declared node drops all of short connections at ${peer}`, async () => {
    await using world = new MemoryEngine();
    await world.apply(shared(peer, NODES));
    await talk(world, { short: true });
    assert.equal(await healthOf(world), ALL);
    await world.apply(shared("end", NODES));
    assert.equal(await healthOf(world), WELL);
  });
}

test("DropHealth ends when there is a destination", async () => {
  await using world = new MemoryEngine();
  await world.apply(shared("tap:left", NODES));
  await talk(world, { short: true });
  assert.equal(await healthOf(world), ALL);
  await world.apply(shared("tap:left", `${NODES}links: [["tap:right", end]]\n`));
  assert.equal(await healthOf(world), WELL);
  await talk(world);
  assert.equal(await healthOf(world), WELL);
});
