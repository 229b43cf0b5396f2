/**
 * The shipped topologies with TLS, at work with curl, openssl and nginx.
 *
 * @module
 */

import assert from "node:assert/strict";
import { copyFileSync, renameSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { startNginx } from "../support/peers.ts";
import { launch, run, textFrom } from "../support/process.ts";
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
        const front = await frontOf(engine);
        assert.equal(front.reasons["tls"], 1);
        assert.match(front.notes.join("\n"), /(^|\n)Certificate ".*" expires in \d+ days$/);
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

scenario(
  "topologies/tls-originate.yaml is not Ready while the certificate of its target is not accepted",
  { peers: [tls, curl] },
  async (withTopology) => {
    await withTopology("tls-terminate", { ...files, TARGET: "127.0.0.1:9" }, async ({ port }) => {
      const env = { CA: tlsFiles?.client.cert ?? "", TARGET: `localhost:${await port("front")}` };
      await withTopology("tls-originate", env, async ({ address, engine }) => {
        const { code } = await run(curl.path ?? "", ["-sS", "--max-time", "10", `http://${await address("front")}/`]);
        assert.notEqual(code, 0);
        const { state, faults } = await frontOf(engine);
        assert.equal(state, "degraded");
        assert.deepEqual(faults.map(({ reason }) => reason), ["NoTargetUp"]);
        assert.match(faults[0]?.message ?? "", /: Certificate of "server" is signed by an unknown CA: "Test CA"$/);
      });
    });
  },
);

scenario(
  "topologies/tls-terminate.yaml uses a new certificate for new connections, and keeps open ones",
  { peers: [tls, openssl], timeoutMs: 60_000 },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca } = tlsFiles;
    const next = certificates.make({ name: "next", names: "IP:127.0.0.1", issuer: ca });
    await withFolder(async (folder) => {
      const [CERT, KEY] = [join(folder, "tls.pem"), join(folder, "tls.key")];
      copyFileSync(files.CERT, CERT);
      copyFileSync(files.KEY, KEY);
      await withEcho(async (target) => {
        await withTopology("tls-terminate", { CERT, KEY, TARGET: `127.0.0.1:${target}` }, async (world) => {
          const client = ["s_client", "-connect", await world.address("front"), "-CAfile", ca.cert];
          await using held = launch(openssl.path ?? "", [...client, "-quiet", "-verify_return_error"]);
          held.write("before\n");
          await held.until(/before/);
          const subject = async (): Promise<string> => {
            const { stderr } = await run(openssl.path ?? "", [...client, "-brief"]);
            return /Peer certificate: CN ?= ?(\w+)/.exec(stderr)?.[1] ?? stderr;
          };
          assert.equal(await subject(), "server");
          const session = join(folder, "session");
          await run(openssl.path ?? "", [...client, "-tls1_2", "-sess_out", session]);
          copyFileSync(next.key, `${KEY}.new`);
          copyFileSync(next.cert, `${CERT}.new`);
          renameSync(`${KEY}.new`, KEY);
          renameSync(`${CERT}.new`, CERT);
          while (await subject() !== "next");
          const resumed = await textFrom(openssl.path ?? "", [...client, "-tls1_2", "-sess_in", session]);
          assert.match(resumed, /^Reused, TLSv1\.2/m);
          held.write("after\n");
          await held.until(/after/);
          // A pair that does not match changes nothing, and is reported.
          copyFileSync(files.CERT, CERT);
          let faults: readonly string[] = [];
          while (faults.length === 0) faults = (await frontOf(world.engine)).faults.map(({ reason }) => reason);
          assert.deepEqual(faults, ["CertificateInvalid"]);
          assert.equal(await subject(), "next");
          assert.equal((await frontOf(world.engine)).state, "degraded");
        });
      });
    });
  },
);

scenario(
  "topologies/tls-terminate.yaml asks clients for certificates from a change of settls on, without a new listener",
  { peers: [tls, curl, nginx, openssl] },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { client } = tlsFiles;
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      await withTopology("tls-terminate", { ...files, TARGET: `127.0.0.1:${server.port}` }, async (world) => {
        const url = `https://${await world.address("front")}/`;
        const flags = ["-sS", "--max-time", "10", "--cacert", files.CA];
        assert.equal(await textFrom(curl.path ?? "", [...flags, url]), "hello from nginx\n");
        const { id } = await frontOf(world.engine);
        const text = await readFile(new URL("../../topologies/tls-terminate.yaml", import.meta.url), "utf8");
        const trusting = text.replace('minVersion: "1.2"', `ca: ${files.CA}`);
        assert.notEqual(trusting, text);
        await world.apply({ text: trusting });
        const session = join(folder, "session");
        const handshake = ["s_client", "-connect", await world.address("front"), "-tls1_2"];
        await run(openssl.path ?? "", [...handshake, "-sess_out", session]);
        await world.apply({ text: trusting.replace(files.CA, `${files.CA}, verifyClient: require`) });
        assert.equal((await frontOf(world.engine)).id, id);
        // A session without the certificate of the client is not resumed.
        const { stdout } = await run(openssl.path ?? "", [...handshake, "-sess_in", session]);
        assert.doesNotMatch(new TextDecoder().decode(stdout), /^Reused/m);
        assert.notEqual((await run(curl.path ?? "", [...flags, url])).code, 0);
        const own = ["--cert", client.cert, "--key", client.key];
        assert.equal(await textFrom(curl.path ?? "", [...flags, ...own, url]), "hello from nginx\n");
      });
    });
  },
);

scenario(
  "a listener with TLS resumes sessions of TLS 1.2 with their name, and none of another name",
  { peers: [tls, openssl] },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca } = tlsFiles;
    const [one, two] = ["one", "two"].map((name) => {
      return certificates.make({ name, names: `DNS:${name}.test`, issuer: ca });
    });
    await withFolder(async (folder) => {
      await withEcho(async (target) => {
        const env = { CERT: one?.cert ?? "", KEY: one?.key ?? "", TARGET: `127.0.0.1:${target}` };
        await withTopology("tls-terminate", env, async (world) => {
          const shipped = await readFile(new URL("../../topologies/tls-terminate.yaml", import.meta.url), "utf8");
          const session = join(folder, "session");
          const ask = async (name: string, ...flags: readonly string[]): Promise<string> => {
            const to = ["s_client", "-tls1_2", "-connect", await world.address("front"), "-CAfile", ca.cert];
            await using client = launch(openssl.path ?? "", [...to, "-servername", `${name}.test`, ...flags]);
            client.write("hello\n");
            const said = await client.until(/^hello$/m);
            client.endInput();
            return said;
          };
          const route = ["one", "two"].map((name) => `{ sni: ${name}.test, connect: "inet/127.0.0.1:${target}" }`);
          const routing = shipped.replace(/accept: .*/, `accept: { route: [${route.join()}] }`);
          const also = `certs: [{ cert: ${two?.cert}, key: ${two?.key} }]`;
          for (const text of [routing, routing.replace('minVersion: "1.2"', also)]) {
            await world.apply({ text });
            assert.match(await ask("one", "-sess_out", session), /^New, TLSv1\.2/m);
            assert.match(await ask("one", "-sess_in", session), /^Reused, TLSv1\.2/m);
            assert.match(await ask("two", "-sess_in", session), /^New, TLSv1\.2/m);
          }
          assert.match(await ask("two", "-sess_in", session), /^subject=CN ?= ?two$/m);
        });
      });
    });
  },
);

scenario(
  "topologies/tls-terminate.yaml is Degraded in the week before its certificate expires, and Ready",
  { peers: [tls] },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca } = tlsFiles;
    const pair = certificates.make({ name: "soon", names: "IP:127.0.0.1", issuer: ca, days: 3 });
    await withTopology(
      "tls-terminate",
      { CERT: pair.cert, KEY: pair.key, TARGET: "127.0.0.1:9" },
      async ({ engine }) => {
        const { state, faults } = await frontOf(engine);
        assert.equal(state, "degraded");
        assert.deepEqual(faults.map(({ reason, serving }) => [reason, serving]), [["CertificateExpires", true]]);
        assert.match(faults[0]?.message ?? "", /^Certificate ".*" expires in 2 days$/);
        assert.equal((await engine.wait({ names: ["tls-terminate"], timeoutMs: 0 })).ready, true);
      },
    );
  },
);

async function frontOf(engine: Engine): Promise<NodeStatus> {
  const front = (await engine.status()).topologies[0]?.nodes.find(({ name }) => name === "front");
  assert.ok(front !== undefined);
  return front;
}

/** A server that returns what it gets. */
async function withEcho(body: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  try {
    await body(address.port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The first connection that fails from now on. */
async function firstFailure(engine: Engine): Promise<string> {
  for await (const event of engine.events()) {
    if (event.kind === "connection-failed") return `${event.reason}: ${event.error.message}`;
  }
  throw new Error("The engine has ended");
}
