/**
 * A Git server that takes the connection and never answers: following it ends at once, with all processes of git.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { peer, test } from "../harness.ts";
import { nodeCommands } from "../../src/runtimes/host/node_commands.ts";
import { PERMISSIONS, TestFolder } from "./program.ts";

const { skip } = peer("git");

test("SIGTERM ends an engine whose Git server is silent, and every process of git", {
  skip,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  const taken = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => {}); // It is killed.
    socket.resume();
    taken.resolve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const url = `http://127.0.0.1:${address.port}/x.git`;
    const engine = place.startWith([...PERMISSIONS, "--allow-run=git"], "apply", "--git", url);
    // The one that has the connection is git-remote-http, which git has started.
    const socket = await Promise.race([taken.promise, engine.ended.then(() => assert.fail("It ended before"))]);
    const gone = once(socket, "close");
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 143);
    await gone;
  } finally {
    server.close();
    await once(server, "close");
  }
});

test("nodeCommands.run() gives up a program whose children hold its pipes", { skip, timeoutMs: 60_000 }, async () => {
  const run = nodeCommands.run("git", ["-c", "alias.hang=!sleep 600 & sleep 600", "hang"], {
    env: {},
    timeoutMs: 200,
    maxBytes: 1_024,
  });
  await assert.rejects(run, { code: "ETIMEDOUT" });
});

test("apply --git ends 69 for a server that is not there", { skip, timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  const url = "http://127.0.0.1:1/x.git"; // Port 1 refuses.
  const { code, stderr } = await place.startWith([...PERMISSIONS, "--allow-run=git"], "apply", "--git", url).ended;
  assert.equal(code, 69, stderr);
});
