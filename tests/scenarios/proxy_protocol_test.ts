/**
 * topologies/proxy-protocol.yaml behind real proxies, which name clients of several addresses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createSocket } from "node:dgram";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { freePort, launch, run, textFrom, untilListening } from "../support/process.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { scenario } from "./world.ts";

const haproxy = peer("haproxy");
const nginx = peer("nginx");
const curl = peer("curl");

interface Proxy {
  readonly name: string;
  readonly program: { readonly path: string | null; readonly skip: string | null };
  readonly config: (front: number, target: number, folder: string) => string;
  readonly flags: (config: string) => readonly string[];
}

/** Where nginx has it as a module of its own, as on Debian. */
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";
const STREAM_MODULE = existsSync(MODULE) ? `load_module ${MODULE};` : "";

const haproxyWith = (header: string): Proxy => ({
  name: `HAProxy with ${header}`,
  program: haproxy,
  config: (front, target) => `
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen front
  bind 127.0.0.1:${front}
  server sockgraph 127.0.0.1:${target} ${header}
`,
  flags: (config) => ["-db", "-f", config],
});

const PROXIES: readonly Proxy[] = [haproxyWith("send-proxy"), haproxyWith("send-proxy-v2"), {
  name: "nginx with proxy_protocol on",
  program: nginx,
  config: (front, target, folder) => `
${STREAM_MODULE} daemon off; master_process off; pid "${folder}/nginx.pid"; error_log stderr notice;
events { worker_connections 64; }
stream { server { listen 127.0.0.1:${front}; proxy_pass 127.0.0.1:${target}; proxy_protocol on; } }
`,
  flags: (config) => ["-c", config, "-e", "stderr"],
}];

/** What a client at an address of its own is answered; "" where it is closed. */
function ask(port: number, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {}); // A reset, where the runtime can send one.
    socket.on("data", (data) => text += data.toString());
    socket.once("connect", () => socket.write("hello\n"));
    socket.once("close", () => resolve(text));
  });
}

for (const { name, program, config, flags } of PROXIES) {
  scenario(
    `topologies/proxy-protocol.yaml knows the clients of ${name}, and refuses those without a header`,
    { peers: [program], timeoutMs: 60_000 },
    async (withTopology) => {
      const heard: string[] = [];
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (data) => {
          heard.push(data.toString());
          socket.end("answer\n");
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const back = server.address();
      assert.ok(typeof back === "object" && back !== null);
      try {
        await withFolder(async (folder) => {
          const env = { TARGET: `127.0.0.1:${back.port}`, DENIED: "127.0.0.9" };
          await withTopology("proxy-protocol", env, async ({ port, engine }) => {
            const [front, target] = [await freePort(), await port("front")];
            await writeFile(join(folder, "proxy.conf"), config(front, target, folder));
            await using _proxy = launch(program.path ?? "", flags(join(folder, "proxy.conf")));
            await untilListening(front);
            assert.equal(await ask(front, "127.0.0.8"), "answer\n");
            assert.equal(await ask(front, "127.0.0.9"), "");
            assert.equal(await ask(target, "127.0.0.8"), "");
            assert.deepEqual([...new Set(heard)], ["hello\n"]);
            const node = (await engine.status()).topologies[0]?.nodes.find((one) => one.name === "front");
            const results = node?.connections?.results ?? {};
            // HAProxy may have ended a connection before its header.
            assert.ok((results["proxy_protocol"] ?? 0) >= 1 && results["denied"] === 1, JSON.stringify(results));
          });
        });
      } finally {
        server.close();
      }
    },
  );
}

/** Servers that read PROXY headers, and answer with the address that the header names. */
const READERS = {
  nginx: (port: number, folder: string, tls = "") => ({
    program: nginx,
    config: `
daemon off; master_process off; pid "${folder}/nginx.pid"; error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path "${folder}/body"; proxy_temp_path "${folder}/proxy"; fastcgi_temp_path "${folder}/fastcgi";
  uwsgi_temp_path "${folder}/uwsgi"; scgi_temp_path "${folder}/scgi";
  server {
    listen 127.0.0.1:${port}${tls === "" ? "" : " ssl"} proxy_protocol; ${tls}
    location / { return 200 "$proxy_protocol_addr to $proxy_protocol_server_port\\n"; }
  }
}
`,
    flags: (config: string) => ["-c", config, "-e", "stderr"],
  }),
  HAProxy: (port: number) => ({
    program: haproxy,
    config: `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen back
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] to %[dst_port]\\n"
`,
    flags: (config: string) => ["-db", "-f", config],
  }),
};

scenario(
  "topologies/proxy-protocol.yaml names the clients of HAProxy to nginx and to HAProxy, with both versions",
  { peers: [haproxy, nginx, curl], timeoutMs: 60_000 },
  async (withTopology) => {
    await withFolder(async (folder) => {
      const [front, nginxPort, haproxyPort] = [await freePort(), await freePort(), await freePort()];
      const start = async (
        name: string,
        { program, config, flags }: ReturnType<typeof READERS[keyof typeof READERS]>,
      ) => {
        const path = join(folder, `${name}.conf`);
        await writeFile(path, config);
        return launch(program.path ?? "", flags(path));
      };
      await using _nginx = await start("nginx", READERS.nginx(nginxPort, folder));
      await using _haproxy = await start("haproxy", READERS.HAProxy(haproxyPort));
      await Promise.all([untilListening(nginxPort), untilListening(haproxyPort)]);
      const env = (port: number, SEND: string) => ({ TARGET: `127.0.0.1:${port}`, SEND });
      await withTopology("proxy-protocol", env(nginxPort, "v1"), async ({ port, apply }) => {
        const proxy = haproxyWith("send-proxy-v2");
        const path = join(folder, "front.conf");
        await writeFile(path, proxy.config(front, await port("front"), folder));
        await using _front = launch(haproxy.path ?? "", proxy.flags(path));
        await untilListening(front);
        for (
          const [target, version] of [[nginxPort, "v1"], [nginxPort, "v2"], [haproxyPort, "v1"], [haproxyPort, "v2"]]
        ) {
          await apply({ env: env(Number(target), String(version)) });
          const flags = ["-sS", "--max-time", "30", "--interface", "127.0.0.8", `http://127.0.0.1:${front}/`];
          assert.equal(await textFrom(curl.path ?? "", flags), `127.0.0.8 to ${front}\n`, `${target} ${version}`);
        }
      });
    });
  },
);

/** A listener with TLS behind a proxy, whose connections go to a server with TLS and a PROXY header. */
const BEFORE_TLS = `
name: tls-terminate
nodes:
  front:
    type: ksocket
    hook: inet/stream/tls
    messages:
      - settls: { cert: "\${CERT}", key: "\${KEY}" }
      - bind: inet/127.0.0.1:0
      - listen: 16
      - accept: { template: onwards, proxyProtocol: require, trusted: [127.0.0.0/8] }
      - getname
templates:
  onwards:
    entry: upstream
    nodes:
      upstream:
        type: ksocket
        hook: inet/stream/tls
        messages:
          - settls: { ca: "\${CA}" }
          - setconfig: { sendProxy: v2 }
          - connect: inet/localhost:\${TARGET}
`;

scenario(
  "PROXY headers are read before the handshake of a client, and sent before that of a target",
  { peers: [{ skip: tlsSkip }, haproxy, nginx, curl], timeoutMs: 60_000 },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { server, ca } = tlsFiles;
    await withFolder(async (folder) => {
      const [front, back] = [await freePort(), await freePort()];
      const reader = READERS.nginx(
        back,
        folder,
        `ssl_certificate "${server.cert}"; ssl_certificate_key "${server.key}";`,
      );
      await writeFile(join(folder, "nginx.conf"), reader.config);
      await using _nginx = launch(nginx.path ?? "", reader.flags(join(folder, "nginx.conf")));
      await untilListening(back);
      const env = { CERT: server.cert, KEY: server.key, CA: ca.cert, TARGET: String(back) };
      await withTopology("tls-terminate", { ...env, TARGET: "127.0.0.1:9" }, async ({ port, apply, engine }) => {
        await apply({ env, text: BEFORE_TLS });
        const listener = await port("front");
        const proxy = haproxyWith("send-proxy-v2");
        await writeFile(join(folder, "front.conf"), proxy.config(front, listener, folder));
        await using _front = launch(haproxy.path ?? "", proxy.flags(join(folder, "front.conf")));
        await untilListening(front);
        const get = (
          to: number,
        ) => ["-sS", "--cacert", ca.cert, "--interface", "127.0.0.8", `https://127.0.0.1:${to}/`];
        assert.equal(await textFrom(curl.path ?? "", get(front)), `127.0.0.8 to ${front}\n`);
        // Without a header.
        assert.notEqual((await run(curl.path ?? "", get(listener))).code, 0);
        const node = (await engine.status()).topologies[0]?.nodes.find((one) => one.name === "front");
        assert.equal(node?.connections?.results?.["proxy_protocol"], 1);
      });
    });
  },
);

/** A target of flows whose first datagram names the client. */
const DATAGRAMS = `
name: udp-forward
nodes:
  front:
    type: ksocket
    hook: inet/dgram/udp
    messages:
      - bind: inet/127.0.0.1:0
      - accept: { template: named, proxyProtocol: require, trusted: [127.0.0.0/8] }
      - getname
templates:
  named:
    entry: upstream
    nodes:
      upstream:
        type: ksocket
        hook: inet/dgram/udp
        messages:
          - connect: inet/127.0.0.1:\${TARGET}
          - send: "client \${client.address} \${client.port}"
`;

scenario(
  "PROXY headers of datagrams name the client, sent by nginx and by a ksocket with sendProxy",
  { peers: [nginx], timeoutMs: 60_000 },
  async (withTopology) => {
    const back = await datagramSocket();
    const client = await datagramSocket();
    try {
      await withFolder(async (folder) => {
        const env = { TARGET: `127.0.0.1:${back.port}` };
        await withTopology("udp-forward", env, async (reader) => {
          await reader.apply({ env: { TARGET: String(back.port) }, text: DATAGRAMS });
          const front = await freePort();
          await writeFile(
            join(folder, "nginx.conf"),
            `${STREAM_MODULE} daemon off; master_process off; pid "${folder}/nginx.pid"; error_log stderr notice;
events { worker_connections 64; }
stream { server { listen 127.0.0.1:${front} udp; proxy_pass ${await reader.address("front")}; proxy_protocol on; } }
`,
          );
          await using server = launch(nginx.path ?? "", ["-c", join(folder, "nginx.conf"), "-e", "stderr"]);
          await server.until(/using the "epoll"/);
          const shipped = await readFile(new URL("../../topologies/udp-forward.yaml", import.meta.url), "utf8");
          await withTopology("udp-forward", { TARGET: await reader.address("front") }, async (sender) => {
            const text = shipped.replace("    messages:\n", "    messages:\n      - setconfig: { sendProxy: v2 }\n");
            await sender.apply({ text });
            for (const port of [front, await sender.port("front")]) {
              client.socket.send("hello", port, "127.0.0.1");
              assert.deepEqual([await back.next(), await back.next()], [`client 127.0.0.1 ${client.port}`, "hello"]);
            }
          });
        });
      });
    } finally {
      back.socket.close();
      client.socket.close();
    }
  },
);

/** A datagram socket on loopback, and what it receives. */
async function datagramSocket() {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  let wake = (): void => {};
  socket.on("message", (message) => {
    heard.push(message.toString());
    wake();
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const next = async (): Promise<string> => {
    for (;;) {
      const text = heard.shift();
      if (text !== undefined) return text;
      await new Promise<void>((resolve) => wake = resolve);
    }
  };
  return { socket, port: socket.address().port, next };
}
