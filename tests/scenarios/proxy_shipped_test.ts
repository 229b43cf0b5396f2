/**
 * The shipped topology that connects through a proxy, with proxies of other projects.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { freePort, launch, untilListening } from "../support/process.ts";
import { scenario } from "./world.ts";

const microsocks = peer("microsocks");
const tinyproxy = peer("tinyproxy");

/** A server that greets, and sends back what it receives. */
async function withServer(body: (port: number) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write("welcome\n");
    socket.pipe(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  try {
    await body(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends a line, and ends once it is back: these proxies end both directions at the first end of file. */
function talk(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("hello\n"));
    socket.on("data", (bytes) => {
      text += bytes.toString();
      if (text.includes("hello\n")) socket.end();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

scenario(
  "topologies/tcp-through-proxy.yaml connects through microsocks, by name",
  { peers: [microsocks] },
  async (withTopology) => {
    const proxyPort = await freePort();
    await using _proxy = launch(microsocks.path ?? "", ["-i", "127.0.0.1", "-p", String(proxyPort)]);
    await untilListening(proxyPort);
    await withServer(async (port) => {
      const env = { TARGET: `localhost:${port}`, PROXY: `socks5://127.0.0.1:${proxyPort}` };
      await withTopology("tcp-through-proxy", env, async ({ port: at }) => {
        assert.equal(await talk(await at("front")), "welcome\nhello\n");
      });
    });
  },
);

scenario(
  "topologies/tcp-through-proxy.yaml connects through tinyproxy",
  { peers: [tinyproxy] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      const path = join(folder, "tinyproxy.conf");
      const proxyPort = await freePort();
      await writeFile(path, `Port ${proxyPort}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nMaxClients 20\n`);
      await using _proxy = launch(tinyproxy.path ?? "", ["-d", "-c", path]);
      await untilListening(proxyPort);
      await withServer(async (port) => {
        const env = { TARGET: `127.0.0.1:${port}`, PROXY: `http://127.0.0.1:${proxyPort}` };
        await withTopology("tcp-through-proxy", env, async ({ port: at }) => {
          assert.equal(await talk(await at("front")), "welcome\nhello\n");
        });
      });
    });
  },
);
