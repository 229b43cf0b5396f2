/**
 * What connections carry through copies of templates, over random chains of nodes, half-closes, resets, slow readers and
 * reconfigurations: every byte arrives, or the reader sees a reset and a counter says how much is missing.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hook } from "../../src/graph/core/hook.ts";
import { wholeOctets } from "../conformance/recorder.ts";
import { test } from "../harness.ts";
import { type Network, type Peer, withNetwork } from "../support/network.ts";

const UPSTREAM = "inet/127.0.0.1:9000";
const COLLECTOR = "inet/127.0.0.1:9100";
const CONNECTIONS = 4;
const SEEDS = 20;
/** As long as the longest wait of a connection that has ended. */
const LIMIT_MS = 70_000;

type Way = "both" | "client-first" | "server-first" | "client-reset" | "server-reset";
const WAYS: readonly Way[] = ["both", "both", "client-first", "server-first", "client-reset", "server-reset"];
const STATIONS = ["tee", "tee-hub", "tee-many", "pipe", "frame", "patch", "hub", "many", "bridge", "split"] as const;

/** Numbers from 0 to below `n`, the same for the same seed. */
function chance(seed: number): (n: number) => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  for (let turn = 0; turn < 5; turn++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * n);
  };
}

type Chance = ReturnType<typeof chance>;

/**
 * Lines, as `frame` may be on the way: the first one says whose they are. Each begins with the addresses of an Ethernet
 * frame, as `bridge` may be on the way too.
 */
function linesOf(id: number, { size, header, random }: Lines): Uint8Array<ArrayBuffer> {
  let text = `${header}${id}\n`;
  while (text.length < size) {
    text += header + `${"x\r y"[random(4)]}`.repeat(random(2) === 0 ? random(5_000) : random(9)) + "\n";
  }
  return new Uint8Array(new TextEncoder().encode(text));
}

interface Lines {
  readonly size: number;
  readonly header: string;
  readonly random: Chance;
}

/** Where a line goes, whence it comes, and a type. */
const UP_HEADER = "222222444444..";
const DOWN_HEADER = "444444222222..";

/** Whose the lines are. */
function idOf(text: string): number {
  return Number.parseInt(text.slice(UP_HEADER.length));
}

/** A template of a random chain, in the form that `settemplate` takes; how many of its nodes copy to the collector. */
function chainOf(random: Chance): { readonly template: string; readonly taps: number } {
  const nodes: string[] = [];
  const links: string[] = [];
  let [entry, before, taps] = ["", "", 0];
  const node = (name: string, type: string, messages: readonly string[] = []) => {
    const reported = messages.map((text) => {
      const blank = text.indexOf(" ");
      const argument = text.slice(blank + 1).replaceAll('"', '\\"');
      return `{ command="${text.slice(0, blank)}" argument="${argument}" }`;
    });
    const hook = type === "ksocket" ? ' hook="inet/stream/tcp"' : "";
    nodes.push(`{ name="${name}" type="${type}"${hook} messages=[ ${reported.join(" ")} ] }`);
  };
  const end = (at: string) => {
    const [name, hook] = at.split(":");
    return hook === undefined ? `{ node="${name}" }` : `{ node="${name}" hook="${hook}" }`;
  };
  const link = (one: string, other: string) => void links.push(`{ one=${end(one)} other=${end(other)} }`);
  const station = (from: string, to: string) => {
    if (before === "") entry = from;
    else link(before, from);
    before = to;
  };
  const count = 1 + random(4);
  for (let at = 0; at < count; at++) {
    const kind = STATIONS[random(STATIONS.length)] ?? "patch";
    if (kind === "pipe") {
      const bandwidth = [0, 8_000_000, 80_000_000][random(3)];
      node(`n${at}`, "pipe", [`setcfg { delay=${random(40_000)} bandwidth=${bandwidth} }`]);
      station(`n${at}:upper`, `n${at}:lower`);
    } else if (kind === "frame") {
      for (const name of [`n${at}`, `m${at}`]) node(name, "frame", ["setconfig { maxSize=1MiB }"]);
      link(`n${at}:items`, `m${at}:items`);
      station(`n${at}:stream`, `m${at}:stream`);
    } else if (kind === "patch") {
      node(`n${at}`, "patch");
      station(`n${at}:in`, `n${at}:out`);
    } else if (kind === "hub") {
      node(`n${at}`, "hub");
      station(`n${at}:a`, `n${at}:b`);
    } else if (kind === "many") {
      node(`n${at}`, "one2many");
      if (random(2) === 0) station(`n${at}:one`, `n${at}:many0`);
      else station(`n${at}:many0`, `n${at}:one`);
    } else if (kind === "bridge") {
      // Every line is a frame, so that the items of a split stream are accepted by the bridge.
      node(`n${at}`, "bridge");
      for (const name of [`f${at}`, `g${at}`]) node(name, "frame", ["setconfig { maxSize=1MiB }"]);
      link(`f${at}:items`, `n${at}:link0`);
      link(`n${at}:link1`, `g${at}:items`);
      station(`f${at}:stream`, `g${at}:stream`);
    } else if (kind === "split") {
      // One direction has a way of its own.
      for (const name of [`n${at}`, `m${at}`]) node(name, "split");
      node(`p${at}`, "pipe", [`setcfg { delay=${random(20_000)} }`]);
      link(`n${at}:out`, `p${at}:upper`);
      link(`p${at}:lower`, `m${at}:in`);
      link(`m${at}:out`, `n${at}:in`);
      station(`n${at}:mixed`, `m${at}:mixed`);
    } else {
      taps++;
      const policy = ["default", "block", "disconnect"][random(3)];
      node(`n${at}`, "tee", ["setconfig { inject=false }", `setpolicy { hook="*" policy=${policy} bytes=128KiB }`]);
      node(`tap${at}`, "ksocket", [`connect ${COLLECTOR}`]);
      if (kind === "tee-hub") {
        node(`hub${at}`, "hub");
        link(`n${at}:left2right`, `hub${at}:in`);
        link(`hub${at}:out`, `tap${at}`);
      } else if (kind === "tee-many") {
        node(`many${at}`, "one2many");
        link(`n${at}:left2right`, `many${at}:one`);
        link(`many${at}:many3`, `tap${at}`);
      } else link(`n${at}:left2right`, `tap${at}`);
      station(`n${at}:left`, `n${at}:right`);
    }
  }
  node("up", "ksocket", [`connect ${UPSTREAM}`]);
  link(before, "up");
  return { template: `entry=${end(entry)} nodes=[ ${nodes.join(" ")} ] links=[ ${links.join(" ")} ]`, taps };
}

/** One side of a connection: sends in pieces, reads at its own pace. */
class Side {
  readonly peer: Peer;
  readonly #network: Network;
  readonly #random: Chance;

  constructor(network: Network, peer: Peer, random: Chance) {
    this.peer = peer;
    this.#network = network;
    this.#random = random;
    if (random(3) !== 0) return;
    peer.owner.answer = () => {
      if (random(4) !== 0) return;
      network.memory.clock.after(1 + random(80), () => peer.socket.resume());
      return false;
    };
  }

  /** Sends all of it, or the first part, and ends as configured. */
  send(bytes: Uint8Array<ArrayBuffer>, how: "end" | "reset"): void {
    const all = how === "end" ? bytes.length : Math.floor(bytes.length / 2);
    let at = 0;
    const step = (): void => {
      // A closed client sends no more.
      if (this.peer.owner.errors.length > 0) return;
      if (at >= all) return how === "end" ? this.peer.socket.shutdown() : this.peer.socket.abort();
      const size = Math.min(all - at, 1 + this.#random([4_000, 20_000, 70_000][this.#random(3)] ?? 1));
      const taken = this.peer.socket.send(wholeOctets(bytes.slice(at, at + size)), null);
      at += size;
      if (taken === false) this.peer.owner.onDrained = next;
      else next();
    };
    const next = (): void => {
      this.peer.owner.onDrained = () => {};
      if (this.#random(6) === 0) this.#network.memory.clock.after(this.#random(20), step);
      else queueMicrotask(step);
    };
    next();
  }

  get isOver(): boolean {
    return this.peer.owner.endedCount > 0 || this.peer.owner.errors.length > 0;
  }
}

/** What one side got of what the other sent. */
function judge(what: string, reader: Peer, sent: Uint8Array<ArrayBuffer>, how: "end" | "reset"): number {
  const got = reader.owner.bytes();
  assert.deepEqual(got, sent.slice(0, got.length), `${what}: other bytes than were sent`);
  const isReset = reader.owner.errors.length > 0;
  if (how === "reset") assert.ok(isReset || got.length === 0, `${what}: a reset came as an end`);
  else if (!isReset) assert.equal(got.length, sent.length, `${what}: bytes are missing before the end`);
  return how === "end" ? sent.length - got.length : 0;
}

async function run(seed: number, network: Network): Promise<void> {
  const random = chance(seed);
  const { template, taps } = chainOf(random);
  const upstream = network.serve(UPSTREAM);
  const collector = network.serve(COLLECTOR);
  await network.template("s", template);
  await network.listen('{ template="s" }');
  const hooks = new Set<Hook>();
  const advance = async (ms: number): Promise<void> => {
    for (const node of network.graph.allNodes()) for (const hook of node.hooks.values()) hooks.add(hook);
    await network.memory.advance(ms);
  };
  const plans = Array.from({ length: CONNECTIONS }, (_, id) => {
    const size = () => [20, 3_000, 40_000, 150_000][random(4)] ?? 0;
    return {
      way: WAYS[random(WAYS.length)] ?? "both",
      up: linesOf(id, { size: size(), header: UP_HEADER, random }),
      down: linesOf(id, { size: size(), header: DOWN_HEADER, random }),
    };
  });
  const clients: Side[] = [];
  const servers: (Side | undefined)[] = plans.map(() => undefined);
  const watched = new Set<Peer>();
  for (const { way, up } of plans) {
    const client = new Side(network, await network.connect(), random);
    clients.push(client);
    if (way !== "server-first") client.send(up, way === "client-reset" ? "reset" : "end");
    else client.peer.socket.send(wholeOctets(up.slice(0, up.indexOf(10) + 1)), null);
    await advance(random(3));
  }
  const started = new Set<number>();
  const isOver = (): boolean =>
    plans.every((_, id) => clients[id]?.isOver || plans[id]?.way === "client-reset") &&
    servers.every((server, id) => server?.isOver || plans[id]?.way === "server-reset") &&
    network.undeclared().length === 0;
  for (let at = 0; at < LIMIT_MS && !isOver(); at += at < 4_000 ? 5 : 250) {
    for (const peer of upstream.peers) {
      const text = peer.owner.received.length > 0 ? peer.owner.text() : "";
      if (watched.has(peer) || !text.includes("\n")) continue;
      watched.add(peer);
      servers[idOf(text)] = new Side(network, peer, random);
    }
    for (const [id, { way, up, down }] of plans.entries()) {
      const [client, server] = [clients[id], servers[id]];
      if (client === undefined || server === undefined || started.has(id)) continue;
      if (way === "client-first" && !server.isOver) continue;
      started.add(id);
      server.send(down, way === "server-reset" ? "reset" : "end");
      // The client speaks when the server has ended.
      if (way !== "server-first") continue;
      const rest = up.slice(up.indexOf(10) + 1);
      const wait = (): void => {
        if (client.isOver) client.send(rest, "end");
        else network.memory.clock.after(1, wait);
      };
      wait();
    }
    if (random(40) === 0) await reconfigure(network, random, template);
    await advance(at < 4_000 ? 5 : 250);
  }
  let missing = 0;
  for (const [id, { way, up, down }] of plans.entries()) {
    const [client, server] = [clients[id], servers[id]];
    const name = `seed ${seed}, connection ${id} (${way})`;
    assert.ok(client !== undefined);
    const isCut = way === "client-reset" || way === "server-reset";
    if (!isCut) assert.ok(client.isOver && server?.isOver, `${name} is not over`);
    if (server !== undefined && way !== "server-reset") {
      missing += judge(`${name}, server`, server.peer, up, way === "client-reset" ? "reset" : "end");
    }
    if (way !== "client-reset") {
      missing += judge(`${name}, client`, client.peer, down, way === "server-reset" ? "reset" : "end");
    }
    if (!isCut) assert.deepEqual([client.peer.owner.errors, server?.peer.owner.errors], [[], []], `${name} was reset`);
  }
  for (const peer of collector.peers) {
    const text = peer.owner.text();
    const plan = plans[idOf(text)];
    if (!text.includes("\n") || plan === undefined) continue;
    assert.ok(
      peer.owner.endedCount + peer.owner.errors.length > 0,
      `seed ${seed}: a collector does not receive the end`,
    );
    // A collector that was not reset has all, unless the client itself was closed before the end.
    const isReset = peer.owner.errors.length > 0;
    const sent = isReset || plan.way === "client-reset" ? "reset" : "end";
    missing += judge(`seed ${seed}, collector of ${plan.way}`, peer, plan.up, sent);
    if (isReset && plan.way !== "client-reset" && plan.way !== "server-reset") {
      missing += plan.up.length - peer.owner.receivedBytes;
    }
  }
  const dropped = [...hooks].reduce(
    (sum, hook) => sum + Object.values(hook.droppedBytes()).reduce((all, one) => all + one, 0),
    0,
  );
  assert.ok(missing === 0 || dropped > 0, `seed ${seed}: ${missing} bytes are missing, and not counted (${taps} taps)`);
  assert.deepEqual(network.undeclared().map((node) => node.type.name), [], `seed ${seed}: nodes are left`);
}

/** Changes what leaves connections alone: the template, the pipes of copies, how many may come. */
async function reconfigure(network: Network, random: Chance, template: string): Promise<void> {
  if (random(2) === 0) {
    await network.template("s", template);
    return void await network.msg("front", `accept { template="s" max=${100 + random(9)} }`, { declared: true });
  }
  const pipe = network.undeclared().find((node) => node.type.name === "pipe");
  if (pipe !== undefined) await network.msg(pipe.path, `setcfg { delay=${random(30_000)} }`);
}

test(
  "Every byte of a connection arrives, or its reader sees a reset and it is counted",
  { timeoutMs: 120_000 },
  async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await withNetwork((network) => run(seed, network));
  },
);
