/**
 * The anchor: making, joining and parting declared nodes, holding them until release, and what it leaves when it fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { code, FRONT, withNetwork } from "../../support/network.ts";
import { followPath } from "../../../src/graph/message/follow.ts";

test("anchor mkpeer that fails leaves no node, no hook and no name", () =>
  withNetwork(async (network) => {
    const { anchor } = network.graph.scope("t");
    const make = (argument: string) => network.port.send("t/:", "mkpeer", argument);
    await assert.rejects(make('{ type="ksocket" ourhook="a" peerhook="bad" }'), code("EINVAL"));
    await assert.rejects(make('{ type="ksocket" ourhook="a.b" peerhook="inet/stream/tcp" }'), code("EINVAL"));
    network.memory.fail("open inet/stream/tcp", "EMFILE");
    await assert.rejects(make('{ type="ksocket" ourhook="a" peerhook="inet/stream/tcp" }'), code("EMFILE"));
    assert.deepEqual([network.graph.allNodes(), anchor.hooks.size], [[anchor], 0]);
    await make('{ type="ksocket" ourhook="a" peerhook="inet/stream/tcp" }');
    assert.deepEqual([...anchor.hooks.keys()], ["a"]);
  }));

test("anchor's hooks follow the names of the nodes they hold", () =>
  withNetwork(async (network) => {
    await network.declare("a", "inet/stream/tcp");
    await network.msg("a", 'name { name="b" }');
    await network.declare("a", "inet/stream/tcp");
    assert.deepEqual([...network.graph.scope("t").anchor.hooks.keys()], ["b", "a"]);
    assert.equal(followPath(network.graph, "t/:b", null).node, network.node("b"));
  }));

test("anchor link and unlink take ends as they were declared", () =>
  withNetwork(async (network) => {
    await network.declare("tap", "tee");
    await network.declare("bus", "hub");
    const send = (command: string, argument: string) => network.port.send("t/:", command, argument);
    await send("link", '{ node="tap" hook="left" peer="bus" }');
    await assert.rejects(send("link", '{ node="bus" peer="tap" peerhook="left" }'), code("EEXIST"));
    await assert.rejects(send("unlink", '{ node="tap" hook="right" peer="bus" }'), code("ENOENT"));
    await assert.rejects(send("unlink", '{ node="tap" hook="left" peer="bus" peerhook="hub1" }'), code("ENOENT"));
    await send("unlink", '{ node="bus" peer="tap" peerhook="left" }');
    assert.deepEqual([network.node("tap").hooks.size, network.node("bus").hooks.size], [0, 0]);
  }));

test("anchor drops what a held stream reads, counted, and no end of file", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve("inet/127.0.0.1:9000");
    await network.declare("out", "inet/stream/tcp", ["connect inet/127.0.0.1:9000"]);
    await network.idle();
    peers[0]?.send("hello");
    peers[0]?.socket.shutdown();
    await network.idle();
    assert.deepEqual(network.graph.scope("t").anchor.hooks.get("out")?.dropped(), { no_destination: 1 });
  }));

test("a node is starting until release, then ready", () =>
  withNetwork(async (network) => {
    const node = await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`, "listen 5"]);
    assert.deepEqual([node.phase, node.held], ["starting", true]);
    await network.release();
    assert.deepEqual([node.phase, node.held], ["ready", false]);
  }));

test("anchor setrestart, setgeneration, setdescription and templates show in the snapshot", () =>
  withNetwork(async (network) => {
    await network.declare("n", "hub");
    const send = (command: string, argument: string) => network.port.send("t/:", command, argument);
    await send("setrestart", '{ node="n" policy=never }');
    await send("setgeneration", "7");
    await send("setdescription", '"what it is for"');
    await network.template("x", 'entry={ node="y" } nodes=[ { name="y" type="echo" } ]');
    const snapshot = await network.port.snapshot("t");
    assert.deepEqual(
      [
        snapshot?.nodes[0]?.restart,
        snapshot?.generation,
        snapshot?.description,
        snapshot?.templates.map((t) => t.name),
      ],
      ["never", 7, "what it is for", ["x"]],
    );
    await send("deltemplate", '{ name="x" }');
    await send("setdescription", '""');
    const after = await network.port.snapshot("t");
    assert.deepEqual([after?.description, after?.templates], [null, []]);
  }));

test("anchor is not shut down and not named by a message: it is the scope", () =>
  withNetwork(async (network) => {
    await assert.rejects(network.port.send("t/:", "shutdown", null), code("EINVAL"));
    await assert.rejects(network.port.send("t/:", "name", '{ name="x" }'), code("EINVAL"));
    assert.equal(network.graph.scope("t").anchor.alive, true);
  }));
