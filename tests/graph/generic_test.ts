/**
 * The messages that every node understands.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { code, withNetwork } from "../support/network.ts";

test("listhooks, nodeinfo, listnames, listnodes and listtypes tell what is there", () =>
  withNetwork(async (network) => {
    await network.declare("a", "hub");
    const b = await network.declare("b", "tee");
    await network.port.send("t/:", "link", '{ node="a" hook="x" peer="b" peerhook="left" }');
    const id = `0x${b.id.toString(16)}`;
    assert.equal(await network.tell("b", "nodeinfo"), `{ name="b" type="tee" id=${id} hooks=1 }`);
    const hooks = await network.tell("a", "listhooks") ?? "";
    assert.ok(
      hooks.includes(`linkinfo=[ { ourhook="x" peerhook="left" nodeinfo={ name="b" type="tee" id=${id} hooks=1 } } ]`),
    );
    assert.match(await network.tell("a", "listnames") ?? "", /^\{ numnames=2 /);
    assert.match(await network.tell("a", "listnodes") ?? "", /^\{ numnames=3 /);
    assert.match(await network.tell("a", "listtypes") ?? "", /typename="tee" numnodes=1/);
  }));

test("mkpeer and connect are undone when the other side refuses", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    const b = await network.declare("b", "tee");
    await assert.rejects(network.tell("a", 'mkpeer { type="tee" ourhook="x" peerhook="bad" }'), code("EINVAL"));
    await assert.rejects(network.tell("a", 'connect { path="t/b:" ourhook="x" peerhook="bad" }'), code("EINVAL"));
    assert.deepEqual([a.hooks.size, b.hooks.size, network.undeclared()], [0, 0, []]);
  }));

test("name gives a node a name that is free, and frees its old one", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    await network.declare("b", "hub");
    await assert.rejects(network.tell("a", 'name { name="b" }'), code("EADDRINUSE"));
    await assert.rejects(network.tell("a", 'name { name="x:y" }'), code("EINVAL"));
    await network.tell("a", 'name { name="c" }');
    assert.deepEqual([network.node("c"), a.path], [a, "t/c"]);
    await assert.rejects(network.tell("a", "nodeinfo"), code("ENOENT"));
  }));

test("rmhook parts both sides, and says nothing of a hook that is not there", () =>
  withNetwork(async (network) => {
    const a = await network.declare("a", "hub");
    await network.tell("a", 'mkpeer { type="hole" ourhook="x" peerhook="y" }');
    await network.tell("a", 'rmhook { hook="nope" }');
    await network.tell("a", 'rmhook { hook="x" }');
    assert.deepEqual([a.hooks.size, network.undeclared()], [0, []]);
  }));

test("shutdown answers once the address is free", () =>
  withNetwork(async (network) => {
    await network.listen("");
    await network.tell("front", "shutdown");
    await network.listen("");
    await assert.rejects(network.tell("gone", "shutdown"), code("ENOENT"));
  }));
