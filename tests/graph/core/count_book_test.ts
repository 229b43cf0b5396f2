/**
 * Counts belong to names: they go on when nodes are replaced, renamed, removed, and when connections end.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ScopeSnapshot } from "../../../src/graph/data/snapshot.ts";
import { carriedBy } from "../../../src/reconcile/status/status_hook.ts";
import { test } from "../../harness.ts";
import { FRONT, type Network, withNetwork } from "../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";

/** Bytes in and out by name, of nodes, of copies, and of names that are gone. */
async function counted(network: Network): Promise<Readonly<Record<string, readonly [number, number]>>> {
  await network.idle();
  const snapshot = await network.port.snapshot("t");
  if (snapshot === null) return {};
  const past = snapshot.past?.filter((one) => one.former !== true) ?? [];
  return bytesOf({ ...snapshot, past });
}

/** The same, of former nodes. */
async function former(network: Network): Promise<Readonly<Record<string, readonly [number, number]>>> {
  const snapshot = await network.port.snapshot("t");
  if (snapshot === null) return {};
  const past = snapshot.past?.filter((one) => one.former === true) ?? [];
  return bytesOf({ ...snapshot, nodes: [], unnamed: { ...snapshot.unnamed, copies: [] }, past });
}

function bytesOf(
  { nodes, unnamed: { copies }, past = [] }: ScopeSnapshot,
): Readonly<Record<string, readonly [number, number]>> {
  const named = [
    ...nodes.map(({ name, hooks, removedHooks }) => ({ name: name ?? "", hooks, removedHooks })),
    ...copies.map(({ template: name, hooks, removedHooks }) => ({ name, hooks, removedHooks })),
    ...past.map(({ name, hooks, removedHooks }) => ({ name, hooks, removedHooks: removedHooks ?? undefined })),
  ];
  const sums: Record<string, readonly [number, number]> = {};
  for (const { name, hooks, removedHooks } of named) {
    const { in: came, out } = carriedBy({ hooks, ...(removedHooks === undefined ? {} : { removedHooks }) });
    const [before, beforeOut] = sums[name] ?? [0, 0];
    sums[name] = [before + came.bytes, beforeOut + out.bytes];
  }
  return sums;
}

/** A client sends, is answered by an echo, and goes. */
async function talk(network: Network, text: string): Promise<void> {
  const client = await network.connect();
  client.send(text);
  await network.idle();
  assert.equal(client.owner.text(), text);
  client.socket.abort();
  await network.idle();
}

test("counts of a shared node and its listener stay when connections end, and when both are replaced", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [5, 5] });
    await network.msg("front", "shutdown");
    await network.msg("echo", "shutdown");
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [5, 5] });
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "you");
    assert.deepEqual(await counted(network), { echo: [8, 8], front: [8, 8] });
    assert.equal(network.report("front").connections?.total, 2);
  }));

test("connections that outlive their listener count for its name, also when another node has it", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    const client = await network.connect();
    client.send("1");
    await network.idle();
    await network.msg("front", "shutdown");
    client.send("23");
    assert.deepEqual((await counted(network))["front"], [3, 3]);
    await network.listen('{ peer="echo" }');
    client.send("456");
    assert.deepEqual((await counted(network))["front"], [6, 6]);
    await talk(network, "7");
    assert.deepEqual(await counted(network), { echo: [7, 7], front: [7, 7] });
    client.socket.abort();
  }));

test("a renamed node takes its counts along, what its old name had stays, and going back counts nothing twice", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    await network.msg("front", 'name { name="door" }');
    await talk(network, "you");
    assert.deepEqual(await counted(network), { echo: [8, 8], door: [8, 8] });
    assert.deepEqual(await former(network), { front: [5, 5] });
    await network.msg("door", 'name { name="front" }');
    await talk(network, "!");
    assert.deepEqual(await counted(network), { echo: [9, 9], front: [9, 9] });
    assert.deepEqual(await former(network), { door: [8, 8] });
  }));

test("nodes that swap their names count on under the names", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await network.declare("side", "inet/stream/tcp", [
      "bind inet/127.0.0.1:81",
      "listen 5",
      'accept { peer="echo" }',
    ]);
    await network.release();
    await talk(network, "hello");
    for (const [from, to] of [["front", "x"], ["side", "front"], ["x", "side"]] as const) {
      await network.msg(from, `name { name="${to}" }`);
    }
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [5, 5], side: [0, 0], x: [5, 5] });
    // What listens at the first address is called side now.
    await talk(network, "you");
    assert.deepEqual(await counted(network), { echo: [8, 8], front: [5, 5], side: [3, 3], x: [5, 5] });
  }));

test("a new node that has the name that a renamed one had begins to count, also when that one comes back", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    await network.msg("front", 'name { name="door" }');
    await network.msg("door", "shutdown");
    await network.listen('{ peer="echo" }');
    await talk(network, "you");
    await network.msg("front", "shutdown");
    await network.declare("door", "inet/stream/tcp", [`bind ${FRONT}`, "listen 5", 'accept { peer="echo" }']);
    await network.release();
    await network.msg("door", 'name { name="front" }');
    await talk(network, "!");
    assert.deepEqual(await counted(network), { echo: [9, 9], front: [4, 4], door: [5, 5] });
    assert.deepEqual(await former(network), { front: [5, 5] });
  }));

test("a listener that steps aside for its successor counts with that, and so do its connections", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    const client = await network.connect();
    client.send("hello");
    await network.idle();
    await network.msg("front", 'name { name="front~" }');
    await network.msg("front~", "disarm");
    await network.msg("front~", "shutdown");
    await network.listen('{ peer="echo" }');
    client.send("!");
    await talk(network, "you");
    assert.deepEqual(await counted(network), { echo: [9, 9], front: [9, 9] });
    client.socket.abort();
  }));

test("a topology that is removed and made again begins to count, and what it counted before is former", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const begin = async (): Promise<void> => {
      await network.listen(`{ connect=${BACK} }`);
      const client = await network.connect();
      client.send("abc");
      await network.idle();
      client.socket.abort();
      await network.idle();
    };
    await begin();
    for (const before of [3, 6]) {
      await network.port.closeScope("t");
      await network.port.openScope("t");
      assert.deepEqual(await counted(network), {});
      await begin();
      assert.deepEqual(await counted(network), { front: [3, 0], "connect/upstream": [0, 3] });
      assert.deepEqual(await former(network), { front: [before, 0], "connect/upstream": [0, before] });
    }
  }));

test("a node of another type begins to count, and the previous one continues after a rollback", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    await network.msg("echo", 'name { name="echo~" }');
    await network.declare("echo", "hole");
    assert.deepEqual((await counted(network))["echo"], [0, 0]);
    assert.deepEqual(await former(network), { echo: [5, 5] });
    await network.msg("echo", "shutdown");
    await network.msg("echo~", 'name { name="echo" }');
    await talk(network, "you");
    assert.deepEqual(await counted(network), { echo: [8, 8], front: [8, 8] });
    assert.deepEqual(await former(network), { echo: [0, 0] });
  }));

test("a ksocket that becomes another kind of socket begins to count", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    await network.msg("front", "shutdown");
    await network.declare("front", "inet/dgram/udp");
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [0, 0] });
    assert.deepEqual(await former(network), { front: [5, 5] });
  }));

test("a name that one generation removes and a later one adds begins to count; what goes back within one goes on", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    const setGeneration = (number: number) => network.port.send("t/:", "setgeneration", String(number));
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    await setGeneration(2);
    await network.msg("front", "shutdown");
    await setGeneration(1);
    await network.listen('{ peer="echo" }');
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [5, 5] });
    await setGeneration(2);
    await network.msg("front", "shutdown");
    await setGeneration(3);
    await network.listen('{ peer="echo" }');
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [0, 0] });
    assert.deepEqual(await former(network), { front: [5, 5] });
  }));

test("a template that one generation removes and a later one defines begins to count, and so does a changed node", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    const setGeneration = (number: number) => network.port.send("t/:", "setgeneration", String(number));
    const template = (name: string) =>
      `{ name="s" entry={ node="up" } nodes=[ { name="up" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="${BACK}" } ] } ] links=[] }`
        .replaceAll("up", name);
    const define = (name: string) => network.port.send("t/:", "settemplate", template(name));
    await define("up");
    await network.listen('{ template="s" }');
    const client = await network.connect();
    client.send("abc");
    await network.idle();
    client.socket.abort();
    await setGeneration(2);
    await define("other");
    await setGeneration(3);
    await define("up");
    assert.equal((await counted(network))["s/up"], undefined);
    assert.deepEqual((await former(network))["s/up"], [0, 3]);
    await define("up");
    assert.deepEqual((await former(network))["s/up"], [0, 3]);
  }));

test("what a node drops is in its sender's in, and in no node's out", () =>
  withNetwork(async (network) => {
    await network.declare("hub", "hub");
    await network.declareAt("up", { hook: "inet/stream/tcp", to: "hub" });
    await network.listen('{ peer="hub" }');
    const client = await network.connect();
    client.send("lost");
    assert.deepEqual(await counted(network), { hub: [4, 0], up: [0, 0], front: [4, 0] });
    const { peers } = network.serve(BACK);
    await network.msg("up", `connect ${BACK}`);
    client.send("sent");
    assert.deepEqual(await counted(network), { hub: [8, 4], up: [0, 4], front: [8, 0] });
    assert.deepEqual([peers[0]?.owner.text(), network.node("up").counts.firstRow?.dropped], ["sent", {
      no_destination: 1,
    }]);
    client.socket.abort();
  }));

test("the rows of hooks that are gone are put together once there are many names", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    const size = async (): Promise<number> => JSON.stringify(await network.port.snapshot("t")).length;
    const before = await size();
    for (let count = 0; count < 100; count++) {
      await network.msg("echo", `mkpeer { type="hole" ourhook="h${count}" peerhook="h" }`);
      await network.msg("echo", `rmhook { hook="h${count}" }`);
    }
    assert.ok(await size() < before + 500);
    assert.deepEqual([...network.graph.counts.all("t").keys()], ["echo"]);
  }));

test("a listener that is back in its place after a rollback counts on, also with the next generation", () =>
  withNetwork(async (network) => {
    const setGeneration = (number: number) => network.port.send("t/:", "setgeneration", String(number));
    await network.declare("echo", "echo");
    await setGeneration(1);
    await network.listen('{ peer="echo" }');
    await talk(network, "hello");
    for (const [generation, end] of [[2, "rolled back"], [2, "done"], [3, "rolled back"], [3, "done"]] as const) {
      await setGeneration(generation);
      await network.msg("front", 'name { name="front~" }');
      await network.declare("front", "inet/stream/tcp");
      if (end === "done") {
        await network.msg("front~", "shutdown");
        continue;
      }
      await setGeneration(generation - 1);
      await network.msg("front", "shutdown");
      await network.msg("front~", 'name { name="front" }');
    }
    assert.deepEqual(await counted(network), { echo: [5, 5], front: [5, 5] });
    assert.deepEqual(await former(network), {});
  }));
