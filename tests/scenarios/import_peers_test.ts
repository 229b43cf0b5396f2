/**
 * A configuration at work in nginx or HAProxy, and its import at work here: clients see the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { ImportFormat } from "../../src/cli/verbs/import/format.ts";
import { importText } from "../../src/cli/verbs/import/import_text.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeTypes } from "../../src/engine/node_catalog.ts";
import { openGraph } from "../../src/engine/open_graph.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { peer, test } from "../harness.ts";
import { hello, records, serverName } from "../support/client_hello.ts";
import { withFolder } from "../support/folder.ts";
import { freePort, launch, untilListening } from "../support/process.ts";

const nginx = peer("nginx");
const haproxy = peer("haproxy");

/** The targets; each answers with its name and the first line of what it receives. */
const TARGETS = ["one", "two"] as const;

type Ports = Readonly<Record<(typeof TARGETS)[number] | "dead", number>>;

/** A configuration, and what clients send. */
interface Case {
  readonly name: string;
  readonly format: ImportFormat;
  /** The configuration of a listener on a port; the rest is added for the program. */
  readonly config: (listen: number, targets: Ports) => string;
  readonly clients: readonly (string | Uint8Array)[];
}

function hostHello(name: string): Uint8Array {
  return records(hello(serverName(name)));
}

const CASES: readonly Case[] = [
  {
    name: "nginx: targets in turn, with one that is dead and a header that names the client",
    format: "nginx",
    config: (listen, { one, two, dead }) =>
      `stream {
        upstream a { server 127.0.0.1:${one}; server 127.0.0.1:${dead}; server 127.0.0.1:${two} backup; }
        server { listen 127.0.0.1:${listen}; proxy_pass a; proxy_protocol on; proxy_connect_timeout 2s; }
      }`,
    clients: ["x\n", "y\n", "z\n"],
  },
  {
    name: "nginx: rules by the name that a client of TLS asks for",
    format: "nginx",
    config: (listen, { one, two, dead }) =>
      `stream {
        map $ssl_preread_server_name $to { hostnames; a.example 127.0.0.1:${one}; *.b.example 127.0.0.1:${two}; default 127.0.0.1:${dead}; }
        server { listen 127.0.0.1:${listen}; proxy_pass $to; ssl_preread on; proxy_connect_timeout 2s; }
      }`,
    clients: [hostHello("a.example"), hostHello("x.b.example"), hostHello("b.example"), hostHello("other.example")],
  },
  {
    name: "haproxy: rules by the name and by the first bytes",
    format: "haproxy",
    config: (listen, { one, two }) =>
      `defaults
        timeout connect 2s
        timeout client 5s
        timeout server 5s
      frontend f
        bind 127.0.0.1:${listen}
        tcp-request inspect-delay 2s
        tcp-request content accept if { req_ssl_hello_type 1 }
        use_backend one if { req_ssl_sni -i A.example }
        use_backend two if { req.ssl_sni -m end .b.example }
        use_backend two if { req.payload(0,4) -m str SSH- }
        default_backend one
      backend one
        server one 127.0.0.1:${one}
      backend two
        server two 127.0.0.1:${two}`,
    clients: [hostHello("a.example"), hostHello("x.b.example"), hostHello("c.example"), "SSH-2.0-x\n"],
  },
  {
    name: "haproxy: a client that a rule refuses",
    format: "haproxy",
    config: (listen, { one }) =>
      `defaults
        timeout connect 2s
        timeout client 5s
        timeout server 5s
      listen l
        bind 127.0.0.1:${listen}
        acl lan src 10.0.0.0/8
        tcp-request connection reject unless lan
        server one 127.0.0.1:${one} send-proxy`,
    clients: ["x\n"],
  },
];

for (const { name, format, config, clients } of CASES) {
  const { path, skip } = format === "nginx" ? nginx : haproxy;
  test(`import relays as the original does: ${name}`, { skip }, async () => {
    await withFolder(async (folder) => {
      await withTargets(async (targets) => {
        const port = await freePort();
        const own = `${config(port, targets)}\n`;
        const file = join(folder, "main.conf");
        await writeFile(file, format === "nginx" ? nginxHead(folder) + own : own);
        const flags = format === "nginx" ? ["-c", file, "-e", "stderr"] : ["-db", "-f", file];
        await using program = launch(path ?? "", flags);
        await Promise.race([untilListening(port), program.until(/\[(emerg|ALERT)\]/)]);
        const expected: string[] = [];
        for (const client of clients) expected.push(await answerOf(port, client));
        const other = await freePort();
        await withImport(config(other, targets), format, async () => {
          const found: string[] = [];
          for (const client of clients) found.push(await answerOf(other, client));
          assert.deepEqual(found, expected);
        });
      });
    });
  });
}

function nginxHead(folder: string): string {
  return `load_module modules/ngx_stream_module.so; daemon off; master_process off; pid "${folder}/nginx.pid"; events {}\n`
    .replace("modules/", "/usr/lib/nginx/modules/");
}

/** Servers that answer "NAME: LINE" and close; ports of TLS answer to the first bytes. */
async function withTargets(body: (ports: Ports) => Promise<void>): Promise<void> {
  const servers = TARGETS.map((name) =>
    createServer((socket) => {
      let received = "";
      socket.on("error", () => {}).on("data", (data) => {
        received += data.toString("latin1");
        const lines = received.split("\n");
        const isHeader = received.startsWith("PROXY ");
        if (received.startsWith("\x16") || lines.length > (isHeader ? 2 : 1)) {
          const shown = received.startsWith("\x16") ? "TLS" : lines.slice(0, -1).join(" ");
          // Ports differ between two connections.
          socket.end(`${name}: ${shown.replace(/^(PROXY TCP4 \S+ \S+) .*\r/, "$1")}`);
        }
      });
    })
  );
  try {
    for (const server of servers) await once(server.listen(0, "127.0.0.1"), "listening");
    const [one = 0, two = 0] = servers.map((server) => {
      const address = server.address();
      return typeof address === "object" ? address?.port ?? 0 : 0;
    });
    await body({ one, two, dead: await freePort() });
  } finally {
    for (const server of servers) server.close();
  }
}

/** All that a client receives; a reset counts as the end. */
async function answerOf(port: number, text: string | Uint8Array): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("error", () => {}).on("data", (data) => received += data.toString("latin1"));
  socket.write(text);
  await new Promise<void>((resolve) => socket.on("close", () => resolve()));
  return received;
}

/** Runs what the import gives on the runtime of the host. */
async function withImport(text: string, format: ImportFormat, body: () => Promise<void>): Promise<void> {
  const runtime = await detectRuntime();
  const types = await describeTypes(runtime, runtime.host.name);
  const { yaml, diagnostics } = importText({ name: "main.conf", text }, format, types);
  assert.notEqual(yaml, null, diagnostics.map(({ message }) => message).join("\n"));
  const { topologies: [topology] } = loadTopology({
    source: { name: "main.yaml", text: yaml ?? "" },
    types,
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  assert.ok(topology !== undefined);
  await using engine = new Engine({
    graph: await openGraph(runtime, runtime.host.name),
    clock: runtime.clock,
    pid: runtime.process.pid,
  });
  const source = { kind: "file", location: "main.yaml", revision: "test" } as const;
  const topologies = [{ state: topology.state, source }];
  const [outcome] = await engine.apply({ topologies, waitMs: 0, replace: [], rollback: true }, () => {});
  assert.equal(outcome?.result, "applied", JSON.stringify(outcome));
  await body();
}
