/**
 * Random changes under live clients: a plan's numbers of closed connections equal what the clients see, and no
 * connection stays open without an answer.
 *
 * `SOCKGRAPH_CHANGES=300` makes so many changes in place of a few.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { changesAnything, type PlanJson } from "../../src/reconcile/plan/plan_text.ts";
import { Engine } from "../../src/engine/engine.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { test } from "../harness.ts";
import { LiveClient } from "../support/live_client.ts";
import { realRuntimes } from "../support/real_runtimes.ts";
import { answers, change, Dice, type Draft, type Outside, pathOf, randomDraft, render } from "./live_topologies.ts";

const CHANGES = Number(process.env["SOCKGRAPH_CHANGES"] ?? 25);
const TOPOLOGIES = ["p", "q"] as const;
type TopologyName = (typeof TOPOLOGIES)[number];
const PORTS = 16;
/** With so many clients only some get new ones. */
const MAX_CLIENTS = 40;
const CLOSE_MS = 10_000;
const SOURCE = { kind: "file", location: "/all/t.yaml", revision: null } as const;

const seed = Number(process.env["SOCKGRAPH_SEED"] ?? (Date.now() & 0x7fff_ffff));
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/plan_numbers: seed ${seed}`);

for (const { name, skip } of realRuntimes) {
  test(`Engine.plan() counts what clients see of ${CHANGES} random changes on ${name}`, {
    skip,
    timeoutMs: 60_000 + CHANGES * 2_000,
  }, async () => {
    await using world = await World.open();
    await using engine = await Engine.open({ runtime: name });
    const dice = new Dice(seed);
    const drafts = new Map(TOPOLOGIES.map((topology) => [topology, randomDraft(dice, world.outside[topology])]));
    await applyAll(engine, world, drafts, []);
    for (let count = 0; count < CHANGES; count++) {
      for (const [topology, draft] of drafts) await world.connectAll(engine, { dice, topology, draft });
      const before = await world.live(engine);
      for (const [topology, draft] of drafts) change(dice, world.outside[topology], draft);
      // One of them goes, or comes back.
      if (dice.below(6) === 0 && !drafts.delete("q")) drafts.set("q", randomDraft(dice, world.outside.q));
      const replace = [...drafts].filter(() => dice.below(5) === 0).map(([topology, { nodes }]) => {
        return `${topology}/${dice.pick(nodes).name}`;
      });
      const { plans, texts, shown } = await applyAll(engine, world, drafts, replace);
      const expected = sum(plans.map(({ summary }) => summary.closed));
      const steps = sum(plans.flatMap((plan) => plan.steps.map(({ connections }) => connections?.closed ?? 0)));
      const closed = await world.closed(engine, before, expected);
      const what = `change ${count}\n${texts.join("\n")}\n${JSON.stringify([...drafts])}`;
      assert.equal(closed, expected, `closed by ${what}`);
      assert.equal(steps, expected, `the steps of ${what}`);
      assert.deepEqual(shown, plans.filter(changesAnything).map(summaryOf), `what apply shows of ${what}`);
      assert.deepEqual(await world.deaf(), [], `deaf after ${what}`);
    }
  });
}

/** Plans and applies all drafts as one source, with `--prune`. */
async function applyAll(
  engine: Engine,
  world: World,
  drafts: ReadonlyMap<TopologyName, Draft>,
  replace: readonly string[],
): Promise<{
  readonly plans: readonly PlanJson[];
  readonly texts: readonly string[];
  /** What the apply itself shows of plans. */
  readonly shown: readonly Summary[];
}> {
  const topologies = [...drafts].map(([name, draft]) => {
    const text = render(name, draft, world.outside[name]);
    const loaded = loadTopology({
      source: { name: "t.yaml", text },
      types: engine.types,
      env: () => null,
      defaultName: null,
      baseDirectory: "/",
    });
    const [topology] = loaded.topologies;
    assert.ok(topology !== undefined, JSON.stringify(loaded.diagnostics));
    return { state: topology.state, source: SOURCE };
  });
  const running = (await engine.status()).topologies.map(({ name }) => name);
  const results = await engine.plan({
    topologies,
    replace,
    remove: running.filter((name) => topologies.every(({ state }) => state.name !== name)),
  });
  const guard = { origins: ["/all/"], prune: true, takeOver: false, allowEmpty: false };
  const shown: Summary[] = [];
  const outcomes = await engine.apply({ topologies, replace, rollback: true, waitMs: 10_000, guard }, (event) => {
    if (event.kind === "plan" && changesAnything(event.plan)) shown.push(summaryOf(event.plan));
  });
  for (const { result, message } of outcomes) {
    assert.ok(result === "applied" || result === "unchanged", `${message}\n${results.map(({ text }) => text)}`);
  }
  return { plans: results.map(({ plan }) => plan), texts: results.map(({ text }) => text), shown };
}

type Summary = Pick<PlanJson, "topology" | "summary">;

function summaryOf({ topology, summary }: PlanJson): Summary {
  return { topology, summary };
}

/** What lives before a change: clients, connectors as the collector sees them, flows. */
interface Before {
  readonly clients: readonly LiveClient[];
  readonly connectors: readonly Socket[];
  readonly flows: ReadonlySet<string>;
}

/** Clients, and servers of the test's own. */
class World implements AsyncDisposable {
  readonly outside: Readonly<Record<TopologyName, Outside>>;
  readonly #servers: readonly Server[];
  readonly #collected: Set<Socket>;
  readonly #datagrams: UdpSocket;
  readonly #folder: string;
  readonly #clients = new Map<LiveClient, { readonly answers: boolean; readonly at: string }>();
  readonly #senders: UdpSocket[] = [];

  private constructor(parts: {
    servers: readonly Server[];
    collected: Set<Socket>;
    datagrams: UdpSocket;
    folder: string;
    ports: readonly number[];
  }) {
    this.#servers = parts.servers;
    this.#collected = parts.collected;
    this.#datagrams = parts.datagrams;
    this.#folder = parts.folder;
    const [target, collector] = parts.servers.map(portOf);
    const common = { target: target ?? 0, collector: collector ?? 0, datagrams: portOf(parts.datagrams) };
    const [p, q] = [parts.ports.slice(0, PORTS), parts.ports.slice(PORTS)];
    this.outside = {
      p: { ...common, ports: p, folder: parts.folder },
      q: { ...common, ports: q, folder: parts.folder },
    };
  }

  static async open(): Promise<World> {
    const target = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    const collected = new Set<Socket>();
    const collector = createServer((socket) => {
      collected.add(socket);
      socket.on("error", () => {}).on("close", () => collected.delete(socket)).resume();
    });
    const datagrams = quietSocket();
    datagrams.on("message", (octets, { port, address }) => datagrams.send(octets, port, address));
    datagrams.bind(0, "127.0.0.1");
    const servers = [target, collector].map((server) => server.listen(0, "127.0.0.1"));
    await Promise.all([...servers, datagrams].map((server) => once(server, "listening")));
    return new World({
      servers,
      collected,
      datagrams,
      folder: await mkdtemp(join(tmpdir(), "sg-plans-")),
      ports: await freePorts(2 * PORTS),
    });
  }

  /** A client for each listener, and its answer where it gets one. */
  async connectAll(
    engine: Engine,
    { dice, topology, draft }: { readonly dice: Dice; readonly topology: TopologyName; readonly draft: Draft },
  ): Promise<void> {
    const outside = this.outside[topology];
    const open = [...this.#clients.keys()].filter(({ closed }) => !closed).length;
    for (const node of draft.nodes) {
      const { kind, port } = node;
      if (open > MAX_CLIENTS && dice.below(4) > 0) continue;
      if (kind === "udp") await this.#beginFlow(engine, port);
      if (kind !== "tcp" && kind !== "unix") continue;
      const client = new LiveClient(kind === "tcp" ? port : { path: pathOf(outside, node) });
      this.#clients.set(client, { answers: answers(draft, node), at: `${topology}/${node.name}` });
      if (answers(draft, node)) assert.equal(await client.fate(), "answers", `${topology}/${node.name}`);
      else await client.connected();
    }
  }

  async live(engine: Engine): Promise<Before> {
    const clients = [...this.#clients.keys()].filter(({ closed }) => !closed);
    await until(async () => (await connectionsOf(engine)).streams === clients.length);
    await until(async () => (await connectionsOf(engine)).connectors === this.#collected.size);
    return { clients, connectors: [...this.#collected], flows: (await connectionsOf(engine)).flows };
  }

  /** Sends a datagram from a source of its own until the engine has a flow of it. */
  async #beginFlow(engine: Engine, port: number): Promise<void> {
    const sender = quietSocket().bind(0, "127.0.0.1");
    this.#senders.push(sender);
    await once(sender, "listening");
    await until(async () => {
      sender.send("x", port, "127.0.0.1");
      return (await connectionsOf(engine)).peers.has(`inet/127.0.0.1:${portOf(sender)}`);
    });
  }

  /** How many of them have been closed; waits for as many as are expected. */
  async closed(engine: Engine, before: Before, expected: number): Promise<number> {
    const count = async () => {
      const { flows } = await connectionsOf(engine);
      return before.clients.filter(({ closed }) => closed).length +
        before.connectors.filter((socket) => !this.#collected.has(socket)).length +
        [...before.flows].filter((id) => !flows.has(id)).length;
    };
    await until(async () => await count() >= expected);
    return await count();
  }

  /** The clients that are open and get no answer, by where they came in. */
  async deaf(): Promise<readonly string[]> {
    const fates = await Promise.all([...this.#clients].map(async ([client, about]) => {
      if (client.closed) this.#clients.delete(client);
      return about.answers && !client.closed && await client.fate() !== "answers" ? [about.at] : [];
    }));
    return fates.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.keys()) client.close();
    for (const sender of this.#senders) sender.close();
    for (const socket of this.#collected) socket.destroy();
    this.#datagrams.close();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What the engine has: streams and flows that were accepted, and connectors that are connected. */
async function connectionsOf(
  engine: Engine,
): Promise<
  {
    readonly streams: number;
    readonly connectors: number;
    readonly flows: ReadonlySet<string>;
    readonly peers: ReadonlySet<string | null>;
  }
> {
  const { topologies } = await engine.status();
  const live = (await Promise.all(topologies.map(({ name }) => engine.liveNodes(name)))).flat();
  const accepted = live.filter(({ kind }) => kind === "connection");
  // A flow ends with its listener: where that is not there, it is a stream.
  const listeners = new Set(topologies.flatMap(({ name, nodes }) => {
    return nodes.filter(({ hook }) => hook === "inet/dgram/udp").map((node) => `${name}/${node.name}`);
  }));
  const flows = accepted.filter(({ topology, node }) => listeners.has(`${topology}/${node}`));
  return {
    streams: accepted.length - flows.length,
    connectors: topologies.flatMap(({ nodes }) => nodes).filter(({ peer, connections }) => {
      return peer !== null && connections === null;
    }).length,
    peers: new Set(flows.map(({ peer }) => peer)),
    flows: new Set(flows.map(({ id, topology }) => `${topology} ${id}`)),
  };
}

/** Bun reports datagrams that arrived at a port where nothing listens any more. */
function quietSocket(): UdpSocket {
  return createSocket("udp4").on("error", () => {});
}

function portOf(server: Server | UdpSocket): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Waits until something holds, and goes on without it when it does not in time: what is asserted then says why. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + CLOSE_MS;
  while (Date.now() < end && !await holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
