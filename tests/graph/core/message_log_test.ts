/**
 * A node's record: what overwrites what, what leaves no trace, and what a failure leaves.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Node } from "../../../src/graph/core/node.ts";
import { test } from "../../harness.ts";
import { code, FRONT, withNetwork } from "../../support/network.ts";

function record(node: Node): readonly string[] {
  return node.log.entries().map(({ command, argument, phase }) => `${command} ${argument ?? ""} ${phase}`);
}

test("a setting overwrites an earlier one of its keys, in its place", () =>
  withNetwork(async (network) => {
    const node = await network.declare("a", "inet/stream/tcp", [
      "setopt { SO_REUSEADDR=1 }",
      "setconfig { idleTimeout=1s }",
      `bind ${FRONT}`,
    ]);
    await network.msg("a", "setconfig { idleTimeout=2s }");
    await network.msg("a", "setopt { SO_REUSEADDR=0 }");
    await network.msg("a", "setopt { SO_KEEPALIVE=1 }");
    assert.deepEqual(record(node), [
      "setopt { SO_REUSEADDR=0 } done",
      "setconfig { idleTimeout=2s } done",
      `bind ${FRONT} done`,
      "setopt { SO_KEEPALIVE=1 } done",
    ]);
  }));

test("a setting of several keys counts as the last of each, whatever came between", () =>
  withNetwork(async (network) => {
    const node = await network.declare("a", "inet/stream/tcp");
    const both = (seconds: number) => `setconfig { connectTimeout=${seconds}s idleTimeout=${seconds}s }`;
    await network.msg("a", both(1));
    await network.msg("a", "setconfig { connectTimeout=2s }");
    await network.msg("a", both(3));
    assert.equal(record(node).at(-1), `${both(3)} done`);
    await network.msg("a", "setconfig { halfCloseTimeout=1s idleTimeout=4s }");
    await network.msg("a", both(5));
    await network.msg("a", both(6));
    assert.equal(record(node).at(-1), `${both(6)} done`);
    assert.equal(record(node).length, 5);
  }));

test("manual actions and queries leave no record; declared ones do", () =>
  withNetwork(async (network) => {
    network.serve("inet/127.0.0.1:9000");
    const node = await network.declare("a", "inet/stream/tcp", ["connect inet/127.0.0.1:9000", 'send "hi"', "getname"]);
    await network.msg("a", 'send "ho"');
    await network.msg("a", "getpeername");
    await network.msg("a", "nodeinfo");
    assert.deepEqual(node.log.entries().map(({ command }) => command), ["connect", "send", "getname"]);
    assert.match(node.log.reply("getname") ?? "", /^inet\/127\.0\.0\.1:/);
  }));

test("a rejected manual message keeps the previous record", () =>
  withNetwork(async (network) => {
    const node = await network.declare("a", "inet/stream/tcp", [`bind ${FRONT}`, "setopt { SO_RCVBUF=1 }"]);
    await network.release();
    const before = record(node);
    network.memory.fail("setopt SO_RCVBUF", "EINVAL");
    await assert.rejects(network.msg("a", "setopt { SO_RCVBUF=2 }"), code("EINVAL"));
    await assert.rejects(network.msg("a", `bind ${FRONT}`), code("EINVAL"));
    await assert.rejects(network.msg("a", "connect inet/127.0.0.1:9"), code("ECONNREFUSED"));
    assert.deepEqual(record(node), before);
    assert.equal(node.phase, "ready");
  }));

test("a declared message that failed stays, with its error, until it is sent again", () =>
  withNetwork(async (network) => {
    const node = await network.declare("a", "inet/stream/tcp");
    network.memory.fail(`bind ${FRONT}`, "EACCES");
    await assert.rejects(network.msg("a", `bind ${FRONT}`, { declared: true }), code("EACCES"));
    assert.deepEqual([record(node), node.phase, node.log.complete], [[`bind ${FRONT} failed`], "failed", false]);
    assert.equal(node.log.entries()[0]?.error?.code, "EACCES");
    await network.msg("a", `bind ${FRONT}`, { declared: true });
    await network.release();
    assert.deepEqual([record(node), node.phase], [[`bind ${FRONT} done`], "ready"]);
  }));
