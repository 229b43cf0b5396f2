/**
 * Messages: unknown commands, invalid arguments, and the receivers of failures.
 *
 * @module
 */

import assert from "node:assert/strict";
import { NetgraphError } from "../../../src/errors.ts";
import { test } from "../../harness.ts";
import { code, withNetwork } from "../../support/network.ts";
import { tlsSkip } from "../../support/tls.ts";

for (const name of ["frobnicate", "toString", "constructor", "__proto__", "hasOwnProperty", ""]) {
  test(`dispatch() knows no message "${name}"`, () =>
    withNetwork(async (network) => {
      await network.declare("n", "hub");
      await assert.rejects(network.port.send("t/n:", name, null), code("ENOSYS"));
    }));
}

test("dispatch() refuses an argument where none is taken, none where one is, and one that is not read", () =>
  withNetwork(async (network) => {
    await network.declare("n", "inet/stream/tcp");
    await assert.rejects(network.msg("n", "getname junk"), code("EINVAL"));
    await assert.rejects(network.msg("n", "listen"), code("EINVAL"));
    await assert.rejects(network.msg("n", "listen five"), code("EINVAL"));
    await assert.rejects(network.msg("n", 'connect { path="x:" ourhook="a" peerhook="b" }'), NetgraphError);
  }));

test("dispatch() reports which node and message failed", () =>
  withNetwork(async (network) => {
    await network.declare("n", "inet/stream/tcp");
    await assert.rejects(network.msg("n", "getpeername"), (error) => {
      assert.ok(error instanceof NetgraphError);
      assert.deepEqual([error.subject.node, error.subject.message], ["t/n", "getpeername"]);
      return true;
    });
  }));

test("dispatch() takes the relative paths of a message from the folder of the client", () =>
  withNetwork(async (network) => {
    const { port } = network;
    const folder = "/srv/x";
    await network.declare("l", "local/stream/0");
    await port.send("t/l:", "bind", 'local/"a.sock"', { folder });
    assert.equal(await network.msg("l", "getname"), 'local/"/srv/x/a.sock"');
    await network.declare("n", "inet/stream/tls");
    const refused = port.send("t/n:", "settls", '{ cert="./a.pem" key="a.key" }', { folder });
    await assert.rejects(refused, tlsSkip === null ? /Cannot read "\/srv\/x\/a\.pem"/ : NetgraphError);
  }));

test("dispatch() emits events for changes, not for queries", () =>
  withNetwork(async (network) => {
    await network.declare("n", "inet/stream/tcp");
    network.events.length = 0;
    await network.msg("n", "getname");
    assert.deepEqual(network.events, []);
    await network.msg("n", "setconfig { idleTimeout=1s }");
    assert.deepEqual(network.events, [{ kind: "changed", scope: "t" }]);
  }));
