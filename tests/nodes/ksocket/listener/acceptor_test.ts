/**
 * accept without a target, and the life of a clone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { test } from "../../../harness.ts";
import { code, FRONT, type Network, withNetwork } from "../../../support/network.ts";
import { followPath } from "../../../../src/graph/message/follow.ts";

/** Asks for one connection, makes it, and gives the clone's path. */
async function acceptOne(network: Network) {
  const reply = network.port.send("t/front:", "accept", null);
  const client = await network.connect();
  const { from, value } = await reply;
  return { client, clone: from, value };
}

/** Joins a clone to node `peer` of scope `t`. */
async function hookTo(network: Network, clone: string, peer: string): Promise<void> {
  await network.msg(peer, `connect { path="${clone}:" ourhook="c" peerhook="any.name" }`);
}

test("accept answers from the clone with its id and its peer's address", () =>
  withNetwork(async (network) => {
    await network.listen("");
    const { clone, value, client } = await acceptOne(network);
    const [node] = network.undeclared();
    assert.equal(clone, node?.path);
    const { local } = client.socket;
    assert.ok(local !== null);
    assert.deepEqual(value, { nodeid: node?.id, addr: local });
    assert.equal(await network.msg(clone, "getpeername"), sockaddr.format(local));
    assert.equal(await network.msg(clone, "getname"), FRONT);
  }));

test("accept is refused while one waits, and takes one connection each", () =>
  withNetwork(async (network) => {
    await network.listen("");
    const first = network.port.send("t/front:", "accept", null);
    await assert.rejects(network.msg("front", "accept"), code("EALREADY"));
    await Promise.all([network.connect(), network.connect()]);
    await first;
    await network.idle();
    assert.equal(network.undeclared().length, 1);
    await network.msg("front", "accept");
    assert.equal(network.undeclared().length, 2);
  }));

test("accept is refused before listen, and on datagrams", () =>
  withNetwork(async (network) => {
    await network.declare("tcp", "inet/stream/tcp", [`bind ${FRONT}`]);
    await network.declare("udp", "inet/dgram/udp");
    await assert.rejects(network.msg("tcp", "accept"), code("EINVAL"));
    await assert.rejects(network.msg("udp", "accept"), code("EINVAL"));
  }));

test("accept without target leaves no trace in the record, while it waits and after", () =>
  withNetwork(async (network) => {
    const node = await network.listen("");
    const commands = () => node.log.entries().map((entry) => entry.command);
    const reply = network.port.send("t/front:", "accept", null);
    assert.deepEqual([commands(), node.phase], [["bind", "listen"], "ready"]);
    await network.connect();
    await reply;
    assert.deepEqual(commands(), ["bind", "listen"]);
  }));

test("accept that waits is cancelled when its listener is shut down", () =>
  withNetwork(async (network) => {
    await network.listen("");
    const reply = assert.rejects(network.msg("front", "accept"), code("ECANCELED"));
    await network.msg("front", "shutdown");
    await reply;
  }));

test("a clone gets its data only once it has a hook, of any name", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.declare("echo", "echo");
    const { client, clone } = await acceptOne(network);
    client.send("early");
    await network.idle();
    await hookTo(network, clone, "echo");
    client.send(" late");
    await network.idle();
    assert.equal(client.owner.text(), "early late");
    assert.equal([...followPath(network.graph, `${clone}:`, null).node.hooks.keys()].join(), "any.name");
  }));

test("a clone that its peer has left already gives its data and the end to its hook", () =>
  withNetwork(async (network) => {
    await network.listen("");
    const hole = await network.declare("hole", "hole");
    const { client, clone } = await acceptOne(network);
    client.send("last words");
    client.socket.shutdown();
    await network.idle();
    await hookTo(network, clone, "hole");
    await network.idle();
    assert.equal(hole.hooks.get("c")?.inBytes, 10);
    assert.equal(client.owner.endedCount, 1);
  }));

test("a clone takes one hook", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.declare("echo", "echo");
    const { clone } = await acceptOne(network);
    await hookTo(network, clone, "echo");
    await assert.rejects(
      network.msg("echo", `connect { path="${clone}:" ourhook="d" peerhook="second" }`),
      code("EISCONN"),
    );
    for (
      const [hook, error] of [["anything", "EISCONN"], ["inet/stream/tcp", "EEXIST"], ["2/1/6", "EEXIST"]] as const
    ) {
      const message = `connect { path="t/front:" ourhook="d" peerhook="${hook}" }`;
      await assert.rejects(network.msg("echo", message), code(error), hook);
    }
  }));

test("a clone without a hook ends with its listener, one with a hook keeps running", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.declare("echo", "echo");
    const hooked = await acceptOne(network);
    const embryo = await acceptOne(network);
    await hookTo(network, hooked.clone, "echo");
    await network.msg("front", "shutdown");
    hooked.client.send("still here");
    await network.idle();
    assert.deepEqual(network.undeclared().map(({ path }) => path), [hooked.clone]);
    assert.equal(hooked.client.owner.text(), "still here");
    assert.equal(embryo.client.owner.endedCount + embryo.client.owner.errors.length, 1);
  }));

test("a clone without a hook ends after embryoTimeout, not when its peer ends, and never once it has one", () =>
  withNetwork(async (network) => {
    await network.listen("", ["setconfig { embryoTimeout=10s }"]);
    await network.declare("echo", "echo");
    const hooked = await acceptOne(network);
    const embryo = await acceptOne(network);
    embryo.client.socket.shutdown();
    await hookTo(network, hooked.clone, "echo");
    await network.memory.advance(9_000);
    assert.equal(network.undeclared().length, 2);
    await network.memory.advance(2_000);
    assert.deepEqual(network.undeclared().map(({ path }) => path), [hooked.clone]);
  }));

test("a clone that loses its hook ends", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.declare("echo", "echo");
    const { client, clone } = await acceptOne(network);
    await hookTo(network, clone, "echo");
    await network.msg("echo", 'rmhook { hook="c" }');
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
    assert.equal(client.owner.endedCount, 1);
  }));

test("accept waits until release", () =>
  withNetwork(async (network) => {
    await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`, "listen 128", 'accept { peer="echo" }']);
    await network.declare("echo", "echo");
    const client = await network.connect();
    client.send("early");
    await network.idle();
    assert.equal(network.report("front").connections?.total, 0);
    await network.release();
    await network.idle();
    assert.equal(client.owner.text(), "early");
  }));
