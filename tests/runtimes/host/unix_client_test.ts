/**
 * HTTP over a unix socket: what a client of the engine relies on, against a server that can misbehave.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchAt } from "../../../src/runtimes/host/unix_client.ts";
import { test } from "../../harness.ts";

const GET = { method: "GET", target: "/" } as const;

/** Runs `act` beside a server that gives every connection to `serve` once a request's head has arrived. */
async function beside(
  serve: (socket: Socket, head: string) => void,
  act: (path: string, connections: readonly Socket[]) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sg-unix-"));
  const path = join(folder, "s");
  const connections: Socket[] = [];
  const server: Server = createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => {}); // The client may go first.
    let head = "";
    socket.on("data", function read(chunk) {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", read);
      serve(socket, head);
    });
  });
  try {
    server.listen(path);
    await once(server, "listening");
    await act(path, connections);
  } finally {
    for (const socket of connections) socket.destroy();
    server.close();
    await once(server, "close");
    await rm(folder, { recursive: true, force: true });
  }
}

const answer = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nx-a: 1\r\n\r\n${body}`;

test("fetchAt() asks with the head that it is given, and closes the connection after the answer", () =>
  beside((socket, head) => socket.write(answer(head)), async (path, connections) => {
    const response = await fetchAt(path, { ...GET, target: "/v1/x?y=z", headers: { "x-version": "7" } });
    assert.equal(response.headers.get("x-a"), "1");
    const text = (await response.text()).toLowerCase();
    assert.match(text, /^get \/v1\/x\?y=z http\/1\.1\r\n/);
    assert.match(text, /\r\nx-version: 7\r\n/);
    assert.match(text, /\r\nconnection: close\r\n/);
    const [connection] = connections;
    assert.ok(connection !== undefined);
    if (!connection.readableEnded && !connection.destroyed) await once(connection.resume(), "end");
  }));

test("fetchAt() sends a large body with its length", () => {
  const body = "é".repeat(4 * 1024 * 1024);
  return beside((socket, head) => {
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    let missing = length - (head.length - head.indexOf("\r\n\r\n") - 4);
    socket.on("data", (chunk) => {
      missing -= chunk.length;
      if (missing === 0) socket.write(answer(`${length}`));
    });
  }, async (path) => {
    const response = await fetchAt(path, { method: "POST", target: "/", body });
    assert.equal(await response.text(), `${2 * body.length}`);
  });
});

test("fetchAt() gives the parts of a body as they come", () =>
  beside(
    (socket) => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n"),
    async (path) => {
      const { body } = await fetchAt(path, GET);
      assert.ok(body !== null);
      const reader = body.getReader();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "first");
      await reader.cancel();
    },
  ));

test("fetchAt() fails the body that its server breaks off", () => {
  let disconnect = () => {};
  return beside((socket) => {
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    disconnect = () => socket.destroy();
  }, async (path) => {
    const response = await fetchAt(path, GET);
    disconnect();
    await assert.rejects(response.text());
  });
});

test("fetchAt() lets the connection go when its body is cancelled, or its signal aborts", () =>
  beside((socket, head) => {
    if (head.includes(" /never ")) return;
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
  }, async (path, connections) => {
    const { body } = await fetchAt(path, GET);
    await body?.cancel();
    const reason = new Error("enough");
    const abort = new AbortController();
    const reading = (await fetchAt(path, { ...GET, signal: abort.signal })).text();
    const unanswered = fetchAt(path, { ...GET, target: "/never", signal: abort.signal });
    const given = Promise.all([assert.rejects(reading, reason), assert.rejects(unanswered, reason)]);
    abort.abort(reason);
    await given;
    await assert.rejects(fetchAt(path, { ...GET, signal: abort.signal }), reason);
    for (const connection of connections) {
      if (!connection.destroyed) await once(connection.resume(), "close");
    }
  }));

test("fetchAt() reports why nothing answers", () =>
  beside((socket) => socket.end("no HTTP\r\n\r\n"), async (path) => {
    await assert.rejects(fetchAt(path, GET), { code: "ECONNRESET" });
    await assert.rejects(fetchAt(`${path}.none`, GET), { code: "ENOENT" });
    await assert.rejects(fetchAt(`/tmp/${"x".repeat(200)}`, GET), { code: "ENAMETOOLONG" });
  }));
