/**
 * Requests that no client of ours sends, on the control socket of the host.
 *
 * @module
 */

import { engineServices } from "../../src/engine/services/services.ts";
import assert from "node:assert/strict";
import { connect } from "node:net";
import { controlHandler } from "../../src/api/server.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { temporaryFolder } from "../conformance/folder.ts";
import { test } from "../harness.ts";
import { makeGraph } from "../support/graph.ts";
import { FakeEngine } from "./fake_engine.ts";

const { control } = await detectRuntime();

/** What is sent, whether the client ends its direction then, and the status: null where none need come. */
const REQUESTS: readonly (readonly [request: string, status: number | null])[] = [
  ["GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200],
  ["GET /livez HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n", 400],
  ["GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400],
  ["GET /livez HTTP/1.1\r\nHost: x:99999\r\nConnection: close\r\n\r\n", 400],
  ["POST /v1/msg HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{", 400],
  ["POST /v1/msg HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", null],
  ["GET /livez HTTP/1.0\r\n\r\n", null],
];

test("controlHandler() answers requests without a valid Host or a whole body, and reports no bug", async () => {
  const folder = temporaryFolder();
  const bugs: unknown[] = [];
  const { port } = makeGraph();
  const handler = controlHandler({
    services: engineServices(new FakeEngine(), { port }),
    version: "1.2.3",
    onBug: (error) => bugs.push(error),
  });
  const path = `${folder.path}/control`;
  const server = await control.serve(path, handler);
  try {
    for (const [request, status] of REQUESTS) {
      const answer = await exchange(path, request);
      if (status !== null) assert.equal(answer.slice(0, 12), `HTTP/1.1 ${status}`, request);
      assert.doesNotMatch(answer, /HTTP\/1\.1 500|\n +at /, request);
    }
    assert.deepEqual(bugs, []);
  } finally {
    await server.close();
    folder.remove();
  }
});

/** Sends a request, ends, and gathers the answer. */
function exchange(path: string, request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  const socket = connect(path, () => socket.end(request));
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => answer += text);
  socket.on("error", () => resolve(answer));
  socket.on("close", () => resolve(answer));
  return promise;
}
