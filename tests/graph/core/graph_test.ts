import assert from "node:assert/strict";
import { NetgraphError } from "../../../src/errors.ts";
import { makeGraph, makeProbe, octets } from "../../support/graph.ts";
import { test } from "../../harness.ts";
import { followPath } from "../../../src/graph/message/follow.ts";

function code(desired: string): (error: unknown) => boolean {
  return (error) => error instanceof NetgraphError && error.code === desired;
}

test("Graph sends what comes in by a hook of a hub out by all others", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const hub = graph.make("hub", { scope: "t" });
  for (const name of ["a", "b", "c"]) graph.connect({ node: probe.node, hook: name }, { node: hub, hook: name });
  probe.end.send("a", octets("hello"));
  assert.deepEqual(probe.got, ["b hello", "c hello"]);
});

test("Graph hub pushes back on the path of two, and resumes", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [one, other] = [makeProbe(graph), makeProbe(graph)];
  const hub = graph.make("hub", { scope: "t" });
  graph.connect({ node: one.node, hook: "x" }, { node: hub, hook: null });
  graph.connect({ node: other.node, hook: "y" }, { node: hub, hook: null });
  other.full = true;
  assert.equal(one.end.send("x", octets("1")), false);
  other.full = false;
  other.node.hooks.get("y")?.resume();
  assert.deepEqual(one.resumed, ["x"]);
  assert.deepEqual(other.got, ["y 1"]);
});

test("Graph hub keeps copies for a full receiver and disconnects no other", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const [sender, quick, slow] = [makeProbe(graph), makeProbe(graph), makeProbe(graph)];
  const hub = graph.make("hub", { scope: "t" });
  for (const probe of [sender, quick, slow]) graph.connect({ node: probe.node, hook: "x" }, { node: hub, hook: null });
  slow.full = true;
  for (const text of ["1", "2", "3"]) assert.equal(sender.end.send("x", octets(text)), undefined);
  assert.deepEqual(quick.got, ["x 1", "x 2", "x 3"]);
  assert.deepEqual(slow.got, ["x 1"]);
  slow.full = false;
  slow.node.hooks.get("x")?.resume();
  assert.deepEqual(slow.got, ["x 1", "x 2", "x 3"]);
});

test("Graph tee copies first, passes, injects, and passes the end of file to its tap", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const tee = graph.make("tee", { scope: "t" });
  for (const name of ["left", "right", "left2right", "right2left"]) {
    graph.connect({ node: probe.node, hook: name }, { node: tee, hook: name });
  }
  probe.end.send("left", octets("l"));
  probe.end.send("right", octets("r"));
  probe.end.send("left2right", octets("i"));
  probe.end.send("right2left", octets("j"));
  probe.end.end("left");
  assert.deepEqual(probe.got, [
    "left2right l",
    "right l",
    "right2left r",
    "left r",
    "left i",
    "right j",
    "left2right eof",
    "right eof",
  ]);
});

test("Graph tee that was created manually joins its neighbours when it is shut down", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const tee = graph.make("tee", { scope: "t" });
  graph.connect({ node: probe.node, hook: "a" }, { node: tee, hook: "left" });
  graph.connect({ node: probe.node, hook: "b" }, { node: tee, hook: "right" });
  graph.shutdown(tee);
  probe.end.send("a", octets("direct"));
  assert.deepEqual(probe.got, ["b direct"]);
});

test("Graph drops what goes round in a ring of hubs, counted, and goes on", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  const probe = makeProbe(graph);
  const hubs = [0, 1, 2].map(() => graph.make("hub", { scope: "t" }));
  hubs.forEach((hub, index) => {
    const next = hubs[(index + 1) % hubs.length];
    if (next !== undefined) graph.connect({ node: hub, hook: `to${index}` }, { node: next, hook: `from${index}` });
  });
  const [first] = hubs;
  if (first === undefined) throw new RangeError("No hub");
  graph.connect({ node: probe.node, hook: "x" }, { node: first, hook: "x" });
  probe.end.send("x", octets("round"));
  const loops = hubs.flatMap((hub) => [...hub.hooks.values()]).map((hook) => hook.dropped()["loop"] ?? 0);
  assert.ok(loops.reduce((sum, count) => sum + count, 0) > 0);
  assert.ok(probe.got.length < 1024);
});

test("Graph nodes end with their last hook, declared ones stay", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="kept" }');
  const probe = makeProbe(graph);
  const made = graph.make("hub", { scope: "t" });
  const kept = followPath(graph, "t/kept:", null).node;
  for (const hub of [made, kept]) {
    graph.connect({ node: probe.node, hook: "x" }, { node: hub, hook: "x" });
    await port.send(`[${probe.node.id.toString(16)}]:`, "rmhook", '{ hook="x" }');
  }
  assert.equal(made.alive, false);
  assert.equal(kept.alive, true);
});

test("followPath() follows hooks and names what is missing", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="a" }');
  await port.send("t/:", "mkpeer", '{ type="hole" ourhook="b" }');
  await port.send("t/:", "link", '{ node="a" hook="x" peer="b" peerhook="y" }');
  assert.equal(followPath(graph, "t/a:x", null).node.name, "b");
  assert.equal(followPath(graph, "t/a:x.y.x", null).node.name, "b");
  assert.throws(() => followPath(graph, "t/a:nope", null).node, code("ENOENT"));
  assert.throws(() => followPath(graph, "t/nope:", null).node, code("ENOENT"));
  assert.throws(() => followPath(graph, "u/a:", null).node, code("ENOENT"));
  assert.throws(() => followPath(graph, "x", null).node, code("EINVAL"));
});

test("GraphPort.send() refuses what a node does not take, by errno", async () => {
  const { port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="hole" ourhook="h" }');
  await assert.rejects(port.send("t/h:", "frobnicate", null), code("ENOSYS"));
  await assert.rejects(port.send("t/h:", "nodeinfo", "junk"), code("EINVAL"));
  await assert.rejects(port.send("t/h:", "getstats", null), code("EINVAL"));
  await assert.rejects(port.send("t/h:", "getstats", '"nope"'), code("ENOENT"));
  await assert.rejects(port.send("t/:", "mkpeer", '{ type="nope" ourhook="x" }'), code("ENXIO"));
  await assert.rejects(port.send("t/:", "mkpeer", '{ type="socket" ourhook="x" }'), code("EINVAL"));
  await assert.rejects(port.send("t/:", "mkpeer", '{ type="hub" ourhook="h" }'), code("EADDRINUSE"));
  await assert.rejects(port.send("t/:", "link", '{ node="h" peer="gone" }'), code("ENOENT"));
});

test("GraphPort.snapshot() shows declared nodes and links as they were declared", async () => {
  const { port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="tee" ourhook="tap" }', { declared: true });
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="bus" }', { declared: true });
  await port.send("t/:", "link", '{ node="tap" hook="left" peer="bus" }', { declared: true });
  await port.send("t/tap:", "setconfig", "{ inject=false }", { declared: true });
  await port.send("t/:", "release", null);
  const snapshot = await port.snapshot("t");
  assert.deepEqual(snapshot?.links, [{ ends: [{ node: "bus", hook: null }, { node: "tap", hook: "left" }] }]);
  assert.deepEqual(snapshot?.nodes.map(({ name, type, phase }) => [name, type, phase]), [
    ["tap", "tee", "ready"],
    ["bus", "hub", "ready"],
  ]);
  assert.deepEqual(snapshot?.nodes[0]?.messages.map(({ command, argument, phase }) => [command, argument, phase]), [
    ["setconfig", "{ inject=false }", "done"],
  ]);
  await port.send("t/:", "unlink", '{ node="bus" peer="tap" peerhook="left" }');
  assert.deepEqual((await port.snapshot("t"))?.links, []);
});

test("Graph.rename() keeps a node and frees its name", async () => {
  const { port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="old" }');
  await port.send("t/old:", "name", '{ name="new" }');
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="old" }');
  assert.deepEqual((await port.snapshot("t"))?.nodes.map((node) => node.name).sort(), ["new", "old"]);
});

test("Graph.closeScope() leaves nothing behind", async () => {
  const { graph, port } = makeGraph();
  await port.openScope("t");
  await port.send("t/:", "mkpeer", '{ type="hub" ourhook="a" }');
  await port.closeScope("t");
  assert.deepEqual(graph.allNodes(), []);
  assert.equal(await port.snapshot("t"), null);
  await assert.rejects(port.closeScope("t"), code("ENOENT"));
});
