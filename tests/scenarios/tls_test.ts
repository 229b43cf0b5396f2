/**
 * The shipped topologies with TLS, at work with curl, openssl and nginx.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Engine } from "../../src/engine/engine.ts";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { startNginx } from "../support/peers.ts";
import { run, textFrom } from "../support/process.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { scenario } from "./world.ts";

const curl = peer("curl");
const nginx = peer("nginx");
const openssl = peer("openssl");
const tls = { skip: tlsSkip };

const files = {
  CERT: tlsFiles?.server.cert ?? "",
  KEY: tlsFiles?.server.key ?? "",
  CA: tlsFiles?.ca.cert ?? "",
};

scenario(
  "topologies/tls-terminate.yaml carries HTTPS of curl to nginx, and reports who fails",
  { peers: [tls, curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      const env = { ...files, TARGET: `127.0.0.1:${server.port}` };
      await withTopology("tls-terminate", env, async ({ address, engine }) => {
        const at = await address("front");
        const url = `https://${at}/`;
        const answer = await textFrom(curl.path ?? "", ["-sS", "--cacert", files.CA, url, url]);
        assert.equal(answer, "hello from nginx\n".repeat(2));
        const failure = firstFailure(engine);
        const plain = await run(curl.path ?? "", ["-sS", "--max-time", "10", `http://${at}/`]);
        assert.notEqual(plain.code, 0);
        assert.equal(await failure, "tls: The peer does not speak TLS: the peer sent HTTP");
        const front = (await engine.status()).topologies[0]?.nodes.find(({ name }) => name === "front");
        assert.equal(front?.reasons["tls"], 1);
        assert.match(front?.notes.join("\n") ?? "", /(^|\n)Certificate ".*" expires in \d+ days$/);
      });
    });
  },
);

scenario(
  "topologies/tls-terminate.yaml answers openssl s_client with the certificate",
  { peers: [tls, openssl] },
  async (withTopology) => {
    await withTopology("tls-terminate", { ...files, TARGET: "127.0.0.1:9" }, async ({ address }) => {
      const flags = ["s_client", "-connect", await address("front"), "-CAfile", files.CA, "-verify_return_error"];
      const { code, stderr } = await run(openssl.path ?? "", [...flags, "-verify_ip", "127.0.0.1", "-brief"]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Protocol version: TLSv1\.3/);
      assert.match(stderr, /Verification: OK/);
    });
  },
);

scenario(
  "topologies/tls-originate.yaml carries HTTP to an HTTPS server, which tls-terminate is",
  { peers: [tls, curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      await withTopology("tls-terminate", { ...files, TARGET: `127.0.0.1:${server.port}` }, async ({ port }) => {
        const env = { ...files, TARGET: `localhost:${await port("front")}` };
        await withTopology("tls-originate", env, async ({ address }) => {
          const url = `http://${await address("front")}/`;
          assert.equal(await textFrom(curl.path ?? "", ["-sS", url, url]), "hello from nginx\n".repeat(2));
        });
      });
    });
  },
);

/** The first connection that fails from now on. */
async function firstFailure(engine: Engine): Promise<string> {
  for await (const event of engine.events()) {
    if (event.kind === "connection-failed") return `${event.reason}: ${event.error.message}`;
  }
  throw new Error("The engine has ended");
}
