/**
 * TLS with HAProxy and nginx at the other end, in both roles.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { startNginx } from "../support/peers.ts";
import { freePort, launch, textFrom, untilListening } from "../support/process.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { scenario } from "./world.ts";

const curl = peer("curl");
const haproxy = peer("haproxy");
const nginx = peer("nginx");
const tls = { skip: tlsSkip };

/** Where the other end listens, and where it forwards to. */
interface Ports {
  readonly front: number;
  readonly target: number;
}

/** A program that speaks TLS on one of its sides. */
interface Relay {
  readonly name: string;
  readonly program: { readonly path: string | null; readonly skip: string | null };
  /** Accepts TLS, and asks for the certificate of the client. */
  readonly asServer: (ports: Ports, folder: string) => string;
  /** Connects with TLS, presents a certificate, and verifies that of the server. */
  readonly asClient: (ports: Ports, folder: string) => string;
  readonly flags: (config: string) => readonly string[];
}

const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

const haproxyWith = ({ front, target }: Ports, bind: string, server: string): string => `
global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen front
  bind 127.0.0.1:${front} ${bind}
  server back 127.0.0.1:${target} ${server}
`;

const nginxWith = ({ front, target }: Ports, folder: string, settings: string): string => `
${existsSync(MODULE) ? `load_module ${MODULE};` : ""}
daemon off; master_process off; pid "${folder}/relay.pid"; error_log stderr notice;
events { worker_connections 64; }
stream { server { listen 127.0.0.1:${front}${settings}; proxy_pass 127.0.0.1:${target}; } }
`;

const { ca, server, client } = tlsFiles ?? { ca: null, server: null, client: null };

const RELAYS: readonly Relay[] = [{
  name: "HAProxy",
  program: haproxy,
  asServer: (ports, folder) =>
    haproxyWith(ports, `ssl crt ${folder}/server.pem ca-file ${ca?.cert} verify required`, ""),
  asClient: (ports, folder) => {
    const verify = `verify required ca-file ${ca?.cert} verifyhost localhost`;
    return haproxyWith(ports, "", `ssl sni str(localhost) ${verify} crt ${folder}/client.pem`);
  },
  flags: (config) => ["-db", "-f", config],
}, {
  name: "nginx",
  program: nginx,
  asServer: (ports, folder) =>
    nginxWith(
      ports,
      folder,
      ` ssl; ssl_certificate ${server?.cert}; ssl_certificate_key ${server?.key};
    ssl_verify_client on; ssl_client_certificate ${ca?.cert}`,
    ),
  asClient: (ports, folder) =>
    nginxWith(
      ports,
      folder,
      `; proxy_ssl on; proxy_ssl_name localhost; proxy_ssl_server_name on;
    proxy_ssl_verify on; proxy_ssl_trusted_certificate ${ca?.cert};
    proxy_ssl_certificate ${client?.cert}; proxy_ssl_certificate_key ${client?.key}`,
    ),
  flags: (config) => ["-c", config, "-e", "stderr"],
}];

for (const { name, program, asServer, asClient, flags } of RELAYS) {
  const peers = [tls, curl, nginx, program];
  const start = async (config: string, { front }: Ports, folder: string) => {
    await writeFile(join(folder, "relay.conf"), config);
    for (const [file, pair] of [["server", server], ["client", client]] as const) {
      if (pair === null) continue;
      const both = await readFile(pair.cert, "utf8") + await readFile(pair.key, "utf8");
      await writeFile(join(folder, `${file}.pem`), both, { mode: 0o600 });
    }
    const relay = launch(program.path ?? "", flags(join(folder, "relay.conf")));
    await untilListening(front);
    return relay;
  };

  scenario(`mutual TLS as a client of ${name}`, { peers, timeoutMs: 60_000 }, async (withTopology) => {
    await withFolder(async (folder) => {
      await using origin = await startNginx(nginx.path ?? "", folder);
      const ports = { front: await freePort(), target: origin.port };
      await using _relay = await start(asServer(ports, folder), ports, folder);
      const text = (await readFile(new URL("../../topologies/tls-originate.yaml", import.meta.url), "utf8"))
        .replace("verify: full }", `verify: full, cert: ${client?.cert}, key: ${client?.key} }`);
      const env = { CA: ca?.cert ?? "", TARGET: `localhost:${ports.front}` };
      await withTopology("tls-originate", env, async ({ address, apply }) => {
        await apply({ text });
        const url = `http://${await address("front")}/`;
        assert.equal(await textFrom(curl.path ?? "", ["-sS", url, url]), "hello from nginx\n".repeat(2));
      });
    });
  });

  scenario(`mutual TLS as a server of ${name}`, { peers, timeoutMs: 60_000 }, async (withTopology) => {
    await withFolder(async (folder) => {
      await using origin = await startNginx(nginx.path ?? "", folder);
      const text = (await readFile(new URL("../../topologies/tls-terminate.yaml", import.meta.url), "utf8"))
        .replace('minVersion: "1.2"', `ca: ${ca?.cert}, verifyClient: require`);
      const env = { CERT: server?.cert ?? "", KEY: server?.key ?? "", TARGET: `127.0.0.1:${origin.port}` };
      await withTopology("tls-terminate", env, async ({ port, apply }) => {
        await apply({ text });
        const ports = { front: await freePort(), target: await port("front") };
        await using _relay = await start(asClient(ports, folder), ports, folder);
        const url = `http://127.0.0.1:${ports.front}/`;
        assert.equal(await textFrom(curl.path ?? "", ["-sS", url, url]), "hello from nginx\n".repeat(2));
      });
    });
  });
}
