/**
 * Connections and copies of templates in a snapshot: all together, or each.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NO_UNNAMED, type ScopeSnapshot, type SnapshotOptions } from "../../../src/graph/data/snapshot.ts";
import type { CopiesSnapshot } from "../../../src/graph/data/snapshot.ts";
import { addUnnamed } from "../../../src/graph/snapshot/copies_total.ts";
import { test } from "../../harness.ts";
import { FRONT, type Network, withNetwork } from "../../support/network.ts";

const BACK = "inet/127.0.0.1:9000";

async function take(network: Network, options?: SnapshotOptions): Promise<ScopeSnapshot> {
  await network.idle();
  const snapshot = await network.port.snapshot("t", options);
  assert.ok(snapshot);
  return snapshot;
}

test("GraphPort.snapshot() sums all copies of a template's node", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.port.send("t/:", "setgeneration", "1");
    await network.listen(`{ connect=${BACK} }`);
    (await network.connect()).send("hello");
    await network.port.send("t/:", "setgeneration", "2");
    for (let count = 0; count < 2; count++) (await network.connect()).send("you");
    const { nodes, unnamed } = await take(network);
    assert.deepEqual(nodes.map(({ name }) => name), ["front"]);
    assert.deepEqual(unnamed, {
      connections: [{ listener: "front", sharesSocket: false, needs: [], count: 3 }],
      copies: [{
        template: "connect/upstream",
        type: "ksocket",
        hook: "inet/stream/tcp",
        ready: true,
        byGeneration: { 1: 1, 2: 2 },
        hooks: [{
          name: "inet/stream/tcp",
          automatic: false,
          peer: null,
          in: { bytes: 0, items: 0 },
          out: { bytes: 11, items: 3 },
          dropped: {},
          droppedBytes: {},
        }],
        reasons: {},
        results: { accepted: 3 },
      }],
      outliving: {},
    });
  }));

test("GraphPort.snapshot() lists each connection and copy if requested", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.listen(`{ connect=${BACK} }`);
    const client = await network.connect();
    const { nodes, unnamed } = await take(network, { each: true });
    assert.deepEqual(nodes.map(({ name, template, owner }) => [name, template, owner === null]), [
      ["front", null, true],
      [null, null, false],
      [null, "connect/upstream", false],
    ]);
    assert.deepEqual(unnamed, (await take(network)).unnamed);
    client.socket.abort();
    // What they counted stays.
    const copies = unnamed.copies.map((one) => ({ ...one, byGeneration: {} }));
    assert.deepEqual((await take(network)).unnamed, { ...NO_UNNAMED, copies });
  }));

test("GraphPort.snapshot() is as large with a hundred connections as with one", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.declare("echo", "echo");
    await network.listen(`{ connect=${BACK} }`);
    await network.declare("side", "inet/stream/tcp", [
      "bind inet/127.0.0.1:81",
      "listen 128",
      'accept { peer="echo" }',
    ]);
    await network.release();
    const sizeWith = async (connections: number): Promise<number> => {
      for (let count = 0; count < connections; count++) {
        await network.connect(FRONT);
        await network.connect("inet/127.0.0.1:81");
      }
      return JSON.stringify(await take(network)).length;
    };
    const [one, hundred] = [await sizeWith(1), await sizeWith(99)];
    assert.ok(hundred < one + 100, `${one} characters, then ${hundred}`);
  }));

test("GraphPort.snapshot() folds the hooks of a node that lead to connections", () =>
  withNetwork(async (network) => {
    await network.declare("echo", "echo");
    await network.listen('{ peer="echo" }');
    for (let count = 0; count < 2; count++) (await network.connect()).send("abc");
    const { nodes } = await take(network);
    const hooks = nodes.find(({ name }) => name === "echo")?.hooks;
    const traffic = { bytes: 6, items: 2 };
    assert.deepEqual(hooks, [
      { name: "echo*", automatic: true, peer: "front", in: traffic, out: traffic, dropped: {}, droppedBytes: {} },
    ]);
  }));

test("GraphPort.snapshot() counts connections whose listener is gone", () =>
  withNetwork(async (network) => {
    network.serve(BACK);
    await network.port.send("t/:", "setgeneration", "4");
    await network.listen(`{ connect=${BACK} }`);
    for (let count = 0; count < 3; count++) await network.connect();
    await network.idle();
    assert.deepEqual((await take(network)).unnamed.outliving, {});
    await network.msg("front", "shutdown");
    const { unnamed, nodes } = await take(network);
    assert.deepEqual([nodes, unnamed.outliving, unnamed.copies.length], [[], { 4: 3 }, 1]);
  }));

test("addUnnamed() adds what several threads have", () => {
  const traffic = { in: { bytes: 1, items: 1 }, out: { bytes: 2, items: 1 } };
  const hook = {
    name: "x",
    automatic: false,
    peer: null,
    ...traffic,
    dropped: { limit: 1 },
    droppedBytes: { limit: 5 },
  };
  const about = { type: "ksocket", hook: null, hooks: [hook], reasons: { eof: 1 }, results: { accepted: 1 } };
  const here: CopiesSnapshot = { ...about, template: "s/up", ready: true, byGeneration: { 1: 1 } };
  const there: CopiesSnapshot = { ...about, template: "s/up", ready: false, byGeneration: { 1: 2, 2: 1 } };
  const other: CopiesSnapshot = { ...about, template: "s/tap", ready: true, byGeneration: { 2: 1 } };
  const group = { listener: "front", sharesSocket: false, needs: ["bus"], count: 2 };
  const loose = { ...group, needs: [] };
  const sum = addUnnamed([
    { connections: [group], copies: [here], outliving: { 1: 1 } },
    { connections: [group, loose], copies: [there, other], outliving: { 1: 1, 2: 1 } },
  ]);
  const twice = { in: { bytes: 2, items: 2 }, out: { bytes: 4, items: 2 } };
  assert.deepEqual(sum, {
    connections: [{ ...group, count: 4 }, loose],
    copies: [{
      ...there,
      byGeneration: { 1: 3, 2: 1 },
      hooks: [{ ...hook, ...twice, dropped: { limit: 2 }, droppedBytes: { limit: 10 } }],
      reasons: { eof: 2 },
      results: { accepted: 2 },
    }, other],
    outliving: { 1: 2, 2: 1 },
  });
});
