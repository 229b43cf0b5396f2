/**
 * A stream that is not connected yet, and that its topology connects: what can wait for it does, and nothing is lost.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../../src/ascii/parse.ts";
import { sockaddr } from "../../../../src/socket/address_text.ts";
import { parseEndpoint } from "../../../../src/socket/endpoint.ts";
import { octetsOf, Recorder } from "../../../conformance/recorder.ts";
import { test } from "../../../harness.ts";
import { octets } from "../../../support/graph.ts";
import { FakeStdio } from "../../../support/fake_stdio.ts";
import { MemoryEngine } from "../../../support/memory_engine.ts";

const TARGET = "inet/127.0.0.1:9000";
const FEED = "inet/127.0.0.1:9001";

function connector(name: string, address: string): string {
  return `  ${name}: { type: ksocket, hook: inet/stream/tcp, restart: on-failure, messages: [connect: "${address}"] }\n`;
}

/** A server of the test's own: what its connections have received, and whether that has ended. */
function serve(world: MemoryEngine, address: string): { text(): string; ended(): boolean; send(text: string): void } {
  const socket = world.memory.openSockets().open(parseEndpoint("inet/stream/tcp"));
  const listener = new Recorder();
  socket.owner = listener;
  const owner = new Recorder();
  const waiting: string[] = [];
  let ended = false;
  let send = (text: string): void => void waiting.push(text);
  listener.accepted = (child) => {
    child.owner = owner;
    owner.ended = () => {
      ended = true;
      child.close();
    };
    send = (text) => void child.send(octetsOf(text), null);
    for (const text of waiting) send(text);
    child.resume();
  };
  socket.bind(parseText(sockaddr, address));
  socket.listen(8);
  for (let asked = 0; asked < 8; asked++) socket.accept();
  return { text: () => owner.text(), ended: () => ended, send: (text) => send(text) };
}

/** Lets the retries go on until something is so. */
async function retryUntil(world: MemoryEngine, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !isSo(); tries++) await world.memory.advance(1_000);
  assert.ok(isSo());
}

for (const path of ["", "tee", "pipe"]) {
  const via = path === ""
    ? "links: [[me, server]]"
    : `  p: { type: ${path} }\nlinks: [${
      path === "tee" ? '[me, "p:left"], ["p:right", server]' : '[me, "p:upper"], ["p:lower", server]'
    }]`;

  test(`standard input waits until its target is there, and comes whole with its end${path && `, through a ${path}`}`, async () => {
    const io = new FakeStdio();
    await using world = new MemoryEngine([], io);
    await world.apply(`nodes:\n  me: { type: stdio }\n${connector("server", TARGET)}${via}\n`);
    await world.memory.idle();
    io.type("important ");
    assert.equal(io.reading, false);
    // What the thread of a worker had read before it heard of that.
    io.owner?.received(octets("things"));
    io.owner?.ended();
    await world.memory.advance(10_000);
    const server = serve(world, TARGET);
    await retryUntil(world, () => server.ended());
    assert.equal(server.text(), "important things");
    assert.deepEqual((await world.status("server")).hooks[0]?.dropped, {});
  });
}

test("a stream waits for another one that is not connected yet", async () => {
  await using world = new MemoryEngine();
  const feed = serve(world, FEED);
  feed.send("one ");
  await world.apply(`nodes:\n${connector("a", FEED)}${connector("b", TARGET)}links: [[a, b]]\n`);
  await world.memory.advance(10_000);
  feed.send("two");
  await world.memory.advance(10_000);
  const server = serve(world, TARGET);
  await retryUntil(world, () => server.text() === "one two");
});

test("a hub goes on without a stream that is not connected", async () => {
  await using world = new MemoryEngine();
  const feed = serve(world, FEED);
  feed.send("one ");
  const links = "links: [[a, h], [b, h]]";
  await world.apply(`nodes:\n  h: { type: hub }\n${connector("a", FEED)}${connector("b", TARGET)}${links}\n`);
  await world.memory.advance(10_000);
  assert.equal((await world.status("b")).hooks[0]?.dropped["no_destination"], 1);
});
