/**
 * Sessions through the control API: a node of the client's own.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RemoteSession } from "../../src/api/session_client.ts";
import type { SessionAnswer } from "../../src/graph/session/session.ts";
import { openWorld } from "../cli/verbs/ngctl/session_world.ts";
import { test } from "../harness.ts";
import { octets } from "../support/graph.ts";

const mkpeer = (session: RemoteSession, type: string, hooks: readonly [string, string]): Promise<SessionAnswer> =>
  session.send({
    path: ".",
    command: "mkpeer",
    argument: `{ type="${type}" ourhook="${hooks[0]}" peerhook="${hooks[1]}" }`,
    generic: true,
  });

const ask = async (session: RemoteSession, path: string, command: string): Promise<string | null> => {
  const answer = await session.send({ path, command, argument: null, generic: false });
  return answer.kind === "reply" ? answer.reply.text : "pending";
};

test("session has a named node of its own, which goes with it", async () => {
  await using world = await openWorld();
  const session = await world.client.session("ngctl1");
  const [node] = await session.nodes(".");
  assert.deepEqual([node?.name, node?.type, `[${node?.id.toString(16)}]`], ["ngctl1", "socket", session.node]);
  await assert.rejects(world.client.session("ngctl1"), { code: "EADDRINUSE" });
  await mkpeer(session, "hole", ["a", "b"]);
  assert.deepEqual((await session.nodes(null)).map(({ type }) => type), ["hole", "socket"]);
  await session.close();
  await assert.rejects(session.nodes("."), { code: "ENOENT" });
  const next = await world.client.session("ngctl1");
  assert.equal((await next.nodes(null)).length, 1);
});

test("session ends with its graph", async () => {
  await using world = await openWorld();
  const session = await world.client.session("two");
  await world.graph.port.close();
  for await (const event of session.events()) assert.fail(event.kind);
  await assert.rejects(session.nodes(null), { code: "ENOENT" });
});

test("session follows relative paths from its node, and sends generic messages where the type has others", async () => {
  await using world = await openWorld();
  const session = await world.client.session("me");
  await mkpeer(session, "ksocket", ["left", "inet/dgram/udp"]);
  await mkpeer(session, "hub", ["right", "x"]);
  assert.match(await ask(session, "left", "nodeinfo") ?? "", /type="ksocket"/);
  const argument = '{ path="me:right" ourhook="inet/dgram/udp" peerhook="y" }';
  const clash = session.send({ path: "left", command: "connect", argument, generic: true });
  await assert.rejects(clash, (error) => error instanceof Error && "code" in error && error.code !== "ENOSYS");
  await assert.rejects(ask(session, "left", "nonsense"), { code: "ENOSYS" });
  await assert.rejects(ask(session, "nowhere", "nodeinfo"), { code: "ENOENT" });
});

test("session writes to its hooks and reports what arrives", async () => {
  await using world = await openWorld();
  const session = await world.client.session("me");
  await mkpeer(session, "echo", ["a", "b"]);
  await session.write("a", octets("hello"));
  for await (const event of session.events()) {
    assert.deepEqual(event, { kind: "data", hook: "a", octets: octets("hello"), whole: true, from: null });
    break;
  }
  await assert.rejects(session.write("z", octets("x")), { code: "EHOSTUNREACH" });
});

test("session numbers an answer that arrives later, and reports it with its number", async () => {
  await using world = await openWorld();
  const session = await world.client.session("me");
  await mkpeer(session, "ksocket", ["a", "inet/stream/tcp"]);
  const answer = await session.send({
    path: "a",
    command: "connect",
    argument: "inet/127.0.0.1:9",
    generic: false,
  });
  assert.equal(answer.kind, "pending");
  for await (const event of session.events()) {
    assert.equal(event.kind, "failure");
    if (event.kind !== "failure" || answer.kind !== "pending") break;
    assert.deepEqual([event.token, event.command, event.number, event.code], [
      answer.token,
      "connect",
      4,
      "ECONNREFUSED",
    ]);
    break;
  }
});
