import assert from "node:assert/strict";
import { test } from "../../../harness.ts";
import { code, FRONT, withNetwork } from "../../../support/network.ts";
import { snapshotNode } from "../../../../src/graph/snapshot/snapshot_scope.ts";

test("share lets others bind the address of a listener, and no longer when it is alone", () =>
  withNetwork(async (network) => {
    await network.listen("{ connect=inet/127.0.0.1:90 }");
    const bind = async (name: string, ...before: string[]): Promise<void> => {
      try {
        await network.declare(name, "inet/stream/tcp", [...before, `bind ${FRONT}`, "listen 1"]);
      } catch (error) {
        await network.msg(name, "shutdown");
        throw error;
      }
    };
    const reuse = "setopt { SO_REUSEPORT=1 }";
    await assert.rejects(bind("a", reuse), code("EADDRINUSE"));
    await network.port.send("t/:", "share", '{ node="front" part=0 of=2 }');
    await assert.rejects(bind("b"), code("EADDRINUSE"));
    await bind("c", reuse);
    await network.msg("c", "shutdown");
    await network.port.send("t/:", "share", '{ node="front" part=0 of=1 }');
    await assert.rejects(bind("d", reuse), code("EADDRINUSE"));
    assert.deepEqual(snapshotNode(network.node("front"), 0).messages.map(({ command }) => command), [
      "bind",
      "listen",
      "accept",
    ]);
  }));

test("share leaves an option alone that the topology has set", () =>
  withNetwork(async (network) => {
    await network.listen("{ connect=inet/127.0.0.1:90 }", ["setopt { SO_REUSEPORT=1 }"]);
    await network.port.send("t/:", "share", '{ node="front" part=0 of=2 }');
    await network.port.send("t/:", "share", '{ node="front" part=0 of=1 }');
    assert.equal(await network.msg("front", "getopt SO_REUSEPORT"), "{ SO_REUSEPORT=1 }");
  }));

test("share divides max: a part takes so many, and more when its part becomes larger", () =>
  withNetwork(async (network) => {
    network.serve("inet/127.0.0.1:90");
    await network.listen("{ connect=inet/127.0.0.1:90 max=5 }");
    const active = () => network.report("front").connections?.active;
    await network.port.send("t/:", "share", '{ node="front" part=1 of=2 }');
    for (let count = 0; count < 6; count++) await network.connect();
    await network.idle();
    assert.equal(active(), 2);
    await network.port.send("t/:", "share", '{ node="front" part=0 of=2 }');
    await network.idle();
    assert.equal(active(), 3);
    await network.port.send("t/:", "share", '{ node="front" part=0 of=1 }');
    await network.idle();
    assert.equal(active(), 5);
  }));

test("share refuses a part that is none", () =>
  withNetwork(async (network) => {
    await network.listen("{ connect=inet/127.0.0.1:90 }");
    await assert.rejects(network.port.send("t/:", "share", '{ node="front" part=2 of=2 }'), code("EINVAL"));
  }));
