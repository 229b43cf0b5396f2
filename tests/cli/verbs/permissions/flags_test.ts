/**
 * `permissions`: which addresses a topology names, and an engine that runs with just the flags that are printed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { socketsOf } from "../../../../src/cli/verbs/permissions/addresses.ts";
import { flagsFor } from "../../../../src/cli/verbs/permissions/flags.ts";
import { nodeFilesOf } from "../../../../src/cli/verbs/permissions/node_files.ts";
import { programsOf } from "../../../../src/engine/program_rights.ts";
import { builtinTypes } from "../../../../src/nodes/builtin.ts";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { privatePath } from "../../../../src/runtimes/host/private_socket.ts";
import { MemoryNetwork } from "../../../../src/runtimes/memory/network.ts";
import { loadTopology } from "../../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../../src/topology/parse/render.ts";
import { test } from "../../../harness.ts";
import { TestFolder } from "../../program.ts";

const CONTROL = ["unix:/run/s", "unix:/run/.sg/s"];

function flagsOf(text: string): readonly string[] {
  const types = builtinTypes(new MemoryNetwork().openSockets());
  const { topologies, diagnostics } = loadTopology({
    source: { name: "web.yaml", text },
    types,
    env: () => null,
    defaultName: "web",
    baseDirectory: "/srv",
  });
  assert.equal(renderDiagnostics(diagnostics.filter(({ severity }) => severity === "error")), "");
  return flagsFor({
    sockets: topologies.flatMap(({ state }) => socketsOf(state, types)),
    programs: topologies.flatMap(({ state }) => programsOf(state)),
    files: [],
    hosts: [],
    appended: [],
    served: [],
    variables: [],
    control: { path: "/run/s", aside: "/run/.sg/s", ownDirectory: null },
    posix: false,
  }).flags;
}

function netOf(text: string): readonly string[] | string {
  const net = flagsOf(text).find((one) => one.startsWith("--allow-net")) ?? "";
  const names = net.split("=")[1]?.split(",") ?? null;
  return names === null ? net : names.filter((name) => !CONTROL.includes(name));
}

function ksocket(hook: string, ...messages: readonly string[]): string {
  return `nodes: { a: { type: ksocket, hook: ${hook}, messages: [${messages.join(", ")}] } }`;
}

const NAMES: readonly (readonly [what: string, text: string, names: readonly string[] | string])[] = [
  [
    "what is bound and connected",
    ksocket("inet/stream/tcp", 'bind: "inet/127.0.0.1:80"', "listen: 1", "accept: { connect: 'inet/10.0.0.1:81' }"),
    ["127.0.0.1:80", "10.0.0.1:81"],
  ],
  ["inet6", ksocket("inet6/stream/tcp", 'connect: "inet6/[::1]:80"'), ["[::1]:80"]],
  ["a local path", ksocket("local/stream/0", `bind: 'local/"x.sock"'`, "listen: 1"), ["unix:/srv/x.sock"]],
  [
    "a local path with a mode, which is made aside",
    ksocket("local/stream/0", "setconfig: { mode: '0600' }", `bind: 'local/"x.sock"'`, "listen: 1"),
    ["unix:/srv/x.sock", `unix:${privatePath("/srv/x.sock")}`],
  ],
  [
    "localhost",
    ksocket("inet/stream/tcp", 'connect: "inet/localhost:80"'),
    ["localhost", "127.0.0.1:80", "[::1]:80"],
  ],
  ["a host name", ksocket("inet/stream/tcp", 'connect: "inet/example.org:80"'), "--allow-net"],
  ["datagrams that are answered", ksocket("inet/dgram/udp", 'bind: "inet/127.0.0.1:53"'), "--allow-net"],
  [
    "datagrams that are sent",
    ksocket("inet/dgram/udp", 'connect: "inet/127.0.0.1:53"'),
    ["127.0.0.1:53", "127.0.0.1:0"],
  ],
  [
    "what templates are given, and what replies will be",
    `
nodes:
  a:
    type: ksocket
    hook: inet/stream/tcp
    messages:
      - bind: inet/0.0.0.0:0
      - listen: 1
      - accept: { template: s, with: { to: "inet/127.0.0.1:81" } }
      - getname
  b:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:70", listen: 1, accept: { template: s }]
  c: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.2:\${a.getname.port}"] }
  d: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${a.getname}"] }
templates:
  s:
    parameters: { to: "inet/127.0.0.1:82" }
    nodes:
      up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "\${with.to}"] }
`,
    ["0.0.0.0:0", "127.0.0.1:81", "127.0.0.1:70", "127.0.0.2", "127.0.0.1", "127.0.0.1:82"],
  ],
];

test("flagsFor() names the files of TLS, and FFI", () => {
  const flags = flagsOf(ksocket(
    "inet/stream/tls",
    "settls: { cert: /etc/tls/a.pem, key: /etc/tls/a.key, ca: system }",
    'bind: "inet/127.0.0.1:443"',
    "listen: 1",
    "accept: { connect: 'inet/10.0.0.1:81' }",
  ));
  assert.ok(flags.includes("--allow-ffi"));
  assert.match(flags.find((one) => one.startsWith("--allow-read=")) ?? "", /=\/etc\/tls\/a\.pem,\/etc\/tls\/a\.key,/);
});

for (const [what, text, names] of NAMES) {
  test(`flagsFor() names the net of ${what}`, () => assert.deepEqual(netOf(text), names));
}

const { socketRuntimes } = await detectRuntime();
const DENO_ONLY = "Deno" in globalThis ? null : "only Deno has permissions";
const FORWARD = `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:\${PORT:-0}", listen: 8, accept: { connect: "inet/\${TARGET}" }, getname]
`;

async function withTarget(body: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // A client that is gone before it heard: no part of this.
    socket.end("here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await body(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function heardFrom(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => heard += chunk).on("end", () => resolve(heard)).on("error", reject);
  });
}

test("permissions names what a local path with a mode needs", { skip: DENO_ONLY, timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  await place.write(
    "web.yaml",
    ksocket(
      "local/stream/0",
      "setconfig: { mode: '0600' }",
      "bind: 'local/\"./x\"'",
      "listen: 1",
      "accept: { connect: 'inet/127.0.0.1:9' }",
    ),
  );
  const asked = await place.startIn({}, "permissions", "-o", "json", "web.yaml").ended;
  const { flags }: { flags: string[] } = JSON.parse(asked.stdout);
  const engine = place.startBound(flags, {}, "apply", "web.yaml");
  await engine.says(/is Ready/);
  engine.signal("SIGTERM");
  assert.equal((await engine.ended).code, 0);
});

for (const runtime of ["deno", "posix"]) {
  const skip = DENO_ONLY ?? (socketRuntimes.some((name) => name === runtime) ? null : `this host has no ${runtime}`);
  test(`permissions names what an engine on ${runtime} needs`, { skip, timeoutMs: 60_000 }, async () => {
    await using place = await TestFolder.open();
    await place.write("web.yaml", FORWARD);
    await withTarget(async (port) => {
      const env = { TARGET: `localhost:${port}` };
      const asked = await place.startIn(env, "permissions", "--runtime", runtime, "-o", "json", "web.yaml").ended;
      assert.equal(asked.code, 0, asked.stderr);
      const { flags, notes }: { flags: string[]; notes: string[] } = JSON.parse(asked.stdout);
      assert.deepEqual(notes, []);
      assert.deepEqual(flags.filter((flag) => !flag.includes("=")), runtime === "posix" ? ["--allow-ffi"] : []);
      const apply = ["apply", "--runtime", runtime, "web.yaml"];
      const engine = place.startBound(flags, env, ...apply);
      await engine.says(/is Ready/);
      const [address = ""] = await engine.says(/127\.0\.0\.1:[1-9]\d*/);
      assert.equal(await heardFrom(Number(address.split(":")[1])), "here");
      engine.signal("SIGTERM");
      assert.equal((await engine.ended).code, 0);
      for (const flag of flags) {
        const lacking = place.startBound(flags.filter((one) => one !== flag), env, ...apply);
        const end = await lacking.ended;
        assert.notEqual(end.code, 0, `without ${flag}`);
      }
    });
  });
}

test("permissions names what an access log and monitoring over TCP need", {
  skip: DENO_ONLY,
  timeoutMs: 60_000,
}, async () => {
  await using place = await TestFolder.open();
  await withTarget(async (target) => {
    await place.write(
      "web.yaml",
      ksocket(
        "inet/stream/tcp",
        "bind: 'inet/127.0.0.1:0'",
        "listen: 1",
        `accept: { connect: 'inet/127.0.0.1:${target}' }`,
      ),
    );
    const options = ["--access-log", "access.log", "--http", "127.0.0.1:0", "web.yaml"];
    const { flags }: { flags: string[] } = JSON.parse(
      (await place.run("permissions", "-o", "json", ...options)).stdout,
    );
    const engine = place.startBound(flags, {}, "apply", ...options);
    await engine.says(/is Ready/);
    const [, port] = await engine.says(/ksocket +ready +inet\/127\.0\.0\.1:(\d+)/);
    assert.equal(await heardFrom(Number(port)), "here");
    engine.signal("SIGTERM");
    assert.equal((await engine.ended).code, 0);
    assert.match(
      await readFile(join(place.folder, "access.log"), "utf8"),
      /\/a generation=1 client=inet\/127\.0\.0\.1/,
    );
  });
});

test("nodeFilesOf() has the files that are read, and those that are written", () => {
  const text = `nodes: { a: { type: file, messages: [open: { path: /srv/a }] }, ` +
    `b: { type: file, messages: [open: { path: "/srv/b c", mode: append }] } }`;
  const { topologies } = loadTopology({
    source: { name: "t.yaml", text },
    types: builtinTypes(new MemoryNetwork().openSockets()),
    env: () => null,
    defaultName: "t",
    baseDirectory: "/srv",
  });
  assert.deepEqual(topologies.map(({ state }) => nodeFilesOf(state)), [{ read: ["/srv/a"], written: ["/srv/b c"] }]);
});

test("flagsFor() names the programs that are started", () => {
  const run = (...programs: readonly string[]) => {
    const nodes = programs.map((path, at) => `n${at}: { type: exec, messages: [setprogram: { path: "${path}" }] }`);
    return flagsOf(`nodes: { ${nodes.join(", ")} }`).filter((one) => one.startsWith("--allow-run"));
  };
  assert.deepEqual(run("/bin/cat", "/usr/bin/tr", "/bin/cat"), ["--allow-run=/bin/cat,/usr/bin/tr"]);
  assert.deepEqual(flagsOf(ksocket("inet/stream/tcp")).filter((one) => one.startsWith("--allow-run")), []);
});
