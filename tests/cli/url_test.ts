/**
 * Sources on the web from end to end, from a server on this machine.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test as harnessTest } from "../harness.ts";
import { freePort } from "../support/process.ts";
import { TestFolder } from "./program.ts";

const TOPOLOGY = "nodes: { sink: { type: hole } }\n";
const NET = ["--allow-env", "--allow-read", "--allow-net"];

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.on("error", () => {}); // What is too long is not read to its end.
  switch (request.url) {
    case "/web.yaml":
      response.end(TOPOLOGY);
      break;
    case "/moved.yaml":
      response.writeHead(302, { location: "/web.yaml" }).end();
      break;
    case "/large.yaml":
      response.end("#".repeat(5 * 1024 * 1024));
      break;
    default:
      response.writeHead(404).end();
  }
}

function test(name: string, body: (place: TestFolder, base: string) => Promise<void>): void {
  harnessTest(name, { timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    const server = createServer(answer);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    try {
      await body(place, `http://127.0.0.1:${port}`);
    } finally {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  });
}

test("validate and plan read from the web", async (place, base) => {
  for (const name of ["web.yaml", "moved.yaml"]) {
    const { code, stdout, stderr } = await place.startWith(NET, "validate", `${base}/${name}`).ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /valid, 1 node/);
  }
  assert.equal((await place.call("plan", `${base}/web.yaml`)).code, 0);
});

test("validate ends 69 for what a server does not give or no server, and 65 for too much", async (place, base) => {
  const said = async (url: string, expected: number) => {
    const { code, stderr } = await place.startWith(NET, "validate", url).ended;
    assert.equal(code, expected, stderr);
    return stderr;
  };
  assert.match(await said(`${base}/none.yaml`, 69), /the server answers 404/);
  assert.match(await said(`${base}/large.yaml`, 65), /larger than 4 MiB/);
  assert.match(await said(`http://127.0.0.1:${await freePort()}/web.yaml`, 69), /connection was refused/);
});

if ("Deno" in globalThis) {
  test("validate ends 77 without the permission to ask the web", async (place, base) => {
    const { code } = await place.startWith(["--allow-env", "--allow-read"], "validate", `${base}/web.yaml`).ended;
    assert.equal(code, 77);
  });
}
