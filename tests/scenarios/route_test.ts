/**
 * topologies/sni-router.yaml and topologies/ssh-and-https.yaml, at work with nginx, curl, openssl, ncat and sshd.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { peer } from "../harness.ts";
import { Certificates, openssl } from "../support/certificates.ts";
import { withFolder } from "../support/folder.ts";
import { startSshd } from "../support/peers.ts";
import { freePort, launch, run, textFrom } from "../support/process.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { scenario } from "./world.ts";

const curl = peer("curl");
const nginx = peer("nginx");
const ncat = peer("ncat");
const sshd = peer("sshd");
const ssh = peer("ssh");
const keygen = peer("ssh-keygen");
const keyscan = peer("ssh-keyscan");

/** The web servers of nginx, by what they answer. */
type Ports = Readonly<Record<"www" | "mail" | "other" | "plain", number>>;

/** Runs nginx with three servers of TLS and one without. */
async function withServers(body: (ports: Ports) => Promise<void>): Promise<void> {
  const { cert, key } = new Certificates().make({ name: "any.example" });
  await withFolder(async (folder) => {
    const ports = { www: await freePort(), mail: await freePort(), other: await freePort(), plain: await freePort() };
    const servers = Object.entries(ports).map(([name, port]) => {
      const tls = name === "plain" ? "" : `ssl_certificate "${cert}"; ssl_certificate_key "${key}";`;
      const flags = name === "plain" ? "" : " ssl";
      return `server { listen 127.0.0.1:${port}${flags}; ${tls} location / { return 200 "${name}\\n"; } }`;
    });
    const config = `
      daemon off; master_process off; pid "${folder}/nginx.pid"; error_log stderr notice;
      events { worker_connections 256; }
      http {
        access_log off;
        client_body_temp_path "${folder}/body"; proxy_temp_path "${folder}/proxy";
        fastcgi_temp_path "${folder}/fastcgi"; uwsgi_temp_path "${folder}/uwsgi"; scgi_temp_path "${folder}/scgi";
        ${servers.join("\n")}
      }`;
    await writeFile(join(folder, "nginx.conf"), config);
    await using server = launch(nginx.path ?? "", ["-c", join(folder, "nginx.conf"), "-e", "stderr"]);
    await server.until(/using the "epoll"/);
    await body(ports);
  });
}

/** What curl is answered to a request for a name at a port of loopback. */
function get(name: string, port: number, scheme: "http" | "https" = "https"): Promise<string> {
  return textFrom(curl.path ?? "", [
    ...["-sSk", "--max-time", "30", "--resolve", `${name}:${port}:127.0.0.1`],
    `${scheme}://${name}:${port}/`,
  ]);
}

async function frontOf(engine: Engine): Promise<NodeStatus | undefined> {
  return (await engine.status()).topologies[0]?.nodes.find(({ name }) => name === "front");
}

async function rulesOf(engine: Engine): Promise<Readonly<Record<string, number>>> {
  return Object.fromEntries(
    ((await frontOf(engine))?.connections?.byRule ?? []).map(({ rule, total }) => [rule, total]),
  );
}

/** A server that begins by itself, as SSH does, and then repeats what it reads. */
async function withBanner(banner: string, body: (port: number) => Promise<void>): Promise<void> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.write(banner);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    await body(address.port);
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

scenario(
  "topologies/sni-router.yaml leads curl and openssl to the server whose name they ask for",
  { peers: [nginx, curl, openssl], timeoutMs: 60_000 },
  async (withTopology) => {
    await withServers(async (ports) => {
      const at = (port: number): string => `127.0.0.1:${port}`;
      const env = { WEB: at(ports.www), MAIL: at(ports.mail), OTHER: at(ports.other), PLAIN: at(ports.plain) };
      await withTopology("sni-router", env, async ({ port, engine }) => {
        const front = await port("front");
        assert.equal(await get("www.example", front), "www\n");
        assert.equal(await get("a.b.example.net", front), "www\n");
        assert.equal(await get("mail.example", front), "mail\n");
        assert.equal(await get("elsewhere.example", front), "other\n");
        assert.equal(await get("www.example", front, "http"), "plain\n");
        const request = "GET / HTTP/1.0\r\n\r\n";
        const flags = ["s_client", "-connect", at(front), "-quiet"];
        const said = async (...more: readonly string[]): Promise<string> => {
          const { stdout } = await run(openssl.path ?? "", [...flags, ...more], { input: request });
          return new TextDecoder().decode(stdout).split("\n").at(-2) ?? "";
        };
        // Also in TLS 1.2, without a name, and with a hello in many records.
        assert.equal(await said("-servername", "mail.example", "-tls1_2"), "mail");
        assert.equal(await said("-noservername"), "other");
        assert.equal(await said("-servername", "mail.example", "-max_send_frag", "512"), "mail");
        assert.deepEqual(await rulesOf(engine), {
          "sni=[ www.example *.example.net ]": 2,
          "sni=mail.example": 3,
          "tls=true": 2,
          default: 1,
        });
      });
    });
  },
);

scenario(
  "topologies/ssh-and-https.yaml serves both on one port, clients that wait too, and closes others",
  { peers: [nginx, curl, ncat], timeoutMs: 60_000 },
  async (withTopology) => {
    await withServers(async (ports) => {
      await withBanner("SSH-2.0-server\r\n", async (ssh) => {
        const env = { SSH: `127.0.0.1:${ssh}`, HTTPS: `127.0.0.1:${ports.www}` };
        await withTopology("ssh-and-https", env, async ({ port, engine }) => {
          const front = await port("front");
          assert.equal(await get("any.example", front), "www\n");
          const at = ["127.0.0.1", String(front)];
          const client = await run(ncat.path ?? "", at, { input: "SSH-2.0-client\r\n" });
          assert.equal(new TextDecoder().decode(client.stdout), "SSH-2.0-server\r\nSSH-2.0-client\r\n");
          // A client that waits for the server to begin.
          await using waiting = launch(ncat.path ?? "", at);
          await waiting.until(/SSH-2\.0-server/);
          waiting.write("hello\n");
          await waiting.until(/hello/);
          const other = await run(ncat.path ?? "", at, { input: "GET / HTTP/1.0\r\n\r\n" });
          assert.equal(other.stdout.length, 0);
          assert.deepEqual(await rulesOf(engine), { 'starts="SSH-", silent': 2, "tls=true": 1 });
          assert.equal((await frontOf(engine))?.connections?.results?.["no_route"], 1);
        });
      });
    });
  },
);

scenario(
  "topologies/ssh-and-https.yaml leads clients of OpenSSH to sshd, also one that waits for the server to begin",
  { peers: [sshd, ssh, keygen, keyscan], timeoutMs: 120_000 },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startSshd(sshd.path ?? "", { keygen: keygen.path ?? "", folder });
      const env = { SSH: `127.0.0.1:${server.port}`, HTTPS: "127.0.0.1:1" };
      await withTopology("ssh-and-https", env, async ({ port, engine }) => {
        const front = await port("front");

        const scanned = await run(keyscan.path ?? "", ["-t", "ed25519", "-T", "60", "-p", String(front), "127.0.0.1"]);
        assert.equal(new TextDecoder().decode(scanned.stdout), `[127.0.0.1]:${front} ${server.hostKey}\n`);

        const known = join(folder, "known_hosts");
        await writeFile(known, `[127.0.0.1]:${front} ${server.hostKey}\n`);
        const options = [
          "BatchMode=yes",
          "StrictHostKeyChecking=yes",
          `UserKnownHostsFile=${known}`,
          "IdentityFile=none",
        ];
        const flags = ["-F", "none", ...options.flatMap((option) => ["-o", option])];
        const client = await run(ssh.path ?? "", [...flags, "-p", String(front), "someone@127.0.0.1", "true"]);

        // Keys were exchanged with the right host, which has no such account.
        assert.deepEqual(
          [client.code, /Permission denied \(publickey\)/.test(client.stderr)],
          [255, true],
          client.stderr,
        );
        assert.deepEqual(await rulesOf(engine), { 'starts="SSH-", silent': 2, "tls=true": 0 });
      });
    });
  },
);

scenario(
  "route of a listener with TLS sees the name and the protocol of the handshake, and the decrypted bytes",
  { peers: [{ skip: tlsSkip }, nginx, curl, openssl], timeoutMs: 60_000 },
  async (withTopology) => {
    const shipped = await readFile(new URL("../../topologies/tls-terminate.yaml", import.meta.url), "utf8");
    await withServers(async ({ plain }) => {
      await withBanner("not HTTP\n", async (banner) => {
        const to = (port: number): string => `connect: "inet/127.0.0.1:${port}"`;
        const route = `{ within: 1s, route: [{ sni: banner.example, ${to(banner)} }, ` +
          `{ alpn: smtp, ${to(banner)} }, { httpHost: "*.example", ${to(plain)} }, { silent: true, ${to(banner)} }] }`;
        const text = shipped.replace(/accept: .*/, `accept: ${route}`).replace(
          "minVersion:",
          "alpn: [smtp], minVersion:",
        );
        const env = {
          CERT: tlsFiles?.server.cert ?? "",
          KEY: tlsFiles?.server.key ?? "",
          TARGET: `127.0.0.1:${plain}`,
        };
        await withTopology("tls-terminate", env, async ({ port, apply, engine }) => {
          const front = await port("front");
          await apply({ env, text });
          const connect = ["s_client", "-connect", `127.0.0.1:${front}`, "-quiet"];
          const hear = async (...flags: readonly string[]): Promise<void> => {
            await using client = launch(openssl.path ?? "", [...connect, ...flags]);
            await client.until(/not HTTP/);
          };
          await hear("-servername", "banner.example");
          await hear("-alpn", "smtp");
          await hear();
          const args = ["-sSk", "--no-alpn", "--max-time", "30", "--resolve", `a.example:${front}:127.0.0.1`];
          assert.equal(await textFrom(curl.path ?? "", [...args, `https://a.example:${front}/`]), "plain\n");
          const totals = Object.values(await rulesOf(engine));
          assert.deepEqual(totals, [1, 1, 1, 1]);
        });
      });
    });
  },
);
