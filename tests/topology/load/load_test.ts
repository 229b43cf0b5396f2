import assert from "node:assert/strict";
import { positionAt } from "../../../src/topology/parse/source.ts";
import { decodeSource, loadTopology } from "../../../src/topology/load/load.ts";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../../src/runtimes/deno/capabilities.ts";
import { test } from "../../harness.ts";
import { load } from "../types.ts";

const WEB = `name: web
description: TCP front
nodes:
  front:
    type: ksocket
    hook: inet/stream/6
    messages:
      - setopt: { SO_REUSEADDR: 1 }
      - bind: inet/127.0.0.1:\${PORT:-8080}
      - listen 128
      - accept: { template: session, with: { to: "inet/localhost:9000" } }
      - getname
      - getname:
templates:
  session:
    parameters: { to: , limit: 5s }
    nodes:
      upstream:
        type: ksocket
        hook: inet/stream/tcp
        messages:
          - setconfig: { connectTimeout: "\${with.limit}" }
          - connect: "\${with.to}"
`;

test("loadTopology() reads the contract's first example", () => {
  const { topologies, diagnostics } = load(WEB, { variables: { PORT: "0" } });
  assert.deepEqual(diagnostics, []);
  const hook = "inet/stream/tcp";
  assert.deepEqual(topologies.map((one) => one.state), [{
    name: "web",
    description: "TCP front",
    nodes: [{
      name: "front",
      type: "ksocket",
      hook,
      restart: "always",
      messages: [
        { command: "setopt", argument: "{ SO_REUSEADDR=1 }" },
        { command: "bind", argument: "inet/127.0.0.1:0" },
        { command: "listen", argument: "128" },
        { command: "accept", argument: '{ template="session" with={ to="inet/localhost:9000" } }' },
        { command: "getname", argument: null },
        { command: "getname", argument: null },
      ],
    }],
    links: [],
    templates: [{
      name: "session",
      parameters: [{ name: "to", value: null }, { name: "limit", value: "5s" }],
      entry: { node: "upstream", hook },
      nodes: [{
        name: "upstream",
        type: "ksocket",
        hook,
        restart: "always",
        messages: [
          { command: "setconfig", argument: "{ connectTimeout=${with.limit} }" },
          { command: "connect", argument: "${with.to}" },
        ],
      }],
      links: [],
    }],
  }]);
});

test("loadTopology() reports where each node and message stands", () => {
  const [web] = load(WEB).topologies;
  const origin = web?.origins.nodes.get("front");
  assert.ok(web !== undefined && origin !== undefined);
  assert.deepEqual(positionAt(web.source, origin.span.start), { line: 4, column: 3 });
  assert.deepEqual(positionAt(web.source, origin.messages[1]?.start ?? 0), { line: 9, column: 9 });
});

test("loadTopology() makes links canonical and leaves automatic hooks without a name", () => {
  const { topologies, diagnostics } = load(`
nodes:
  b: { type: ksocket, hook: inet/dgram/udp }
  a: { type: echo }
  t: { type: tee }
links: [[b:inet/dgram/udp, a], [t:right, a], [t:left2right, a]]
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(topologies[0]?.state.links.map((link) => link.ends), [
    [{ node: "a", hook: null }, { node: "b", hook: "inet/dgram/udp" }],
    [{ node: "a", hook: null }, { node: "t", hook: "left2right" }],
    [{ node: "a", hook: null }, { node: "t", hook: "right" }],
  ]);
});

test("loadTopology() keeps the file's order, also of names that look like numbers", () => {
  const nodes = "nodes:\n  b: { type: echo }\n  '10': { type: echo }\n  2: { type: echo }\n";
  assert.deepEqual(load(nodes).topologies[0]?.state.nodes.map((node) => node.name), ["b", "10", "2"]);
});

test("loadTopology() reads merge keys, anchors, ignored keys and several documents", () => {
  const { topologies, diagnostics } = load(`
x-base: &base { type: ksocket, hook: inet/stream/tcp }
nodes:
  one: { <<: *base, restart: never }
  two: { <<: [{ restart: on-failure }, *base], x-note: spare }
---
name: other
nodes: { e: { type: echo } }
---
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(topologies.map((one) => one.state.name), ["test", "other"]);
  assert.deepEqual(topologies[0]?.state.nodes.map((node) => [node.type, node.restart]), [
    ["ksocket", "never"],
    ["ksocket", "on-failure"],
  ]);
});

test("loadTopology() takes relative local paths from the file's folder, for every form of the message", () => {
  const text = (message: string) => `nodes: { a: { type: ksocket, hook: inet/stream/tcp, messages: [${message}] } }`;
  const argument = (message: string, baseDirectory: string | null = "/srv/x") => {
    return load(text(message), { baseDirectory }).topologies[0]?.state.nodes[0]?.messages[0]?.argument;
  };
  assert.equal(argument(`{ bind: 'local/"a b.sock"' }`), 'local/"/srv/x/a b.sock"');
  assert.equal(argument(`'bind local/"./a.sock"'`), 'local/"/srv/x/a.sock"');
  assert.equal(argument(`{ bind: 'local/"/a.sock"' }`, null), 'local/"/a.sock"');
  assert.equal(argument(`{ accept: { connect: 'local/"a"' } }`), '{ connect=local/"/srv/x/a" }');
  assert.equal(argument(`{ send: 'local/"a"' }`), '"local/\\"a\\""');
  const { diagnostics } = load(text(`{ bind: 'local/"a.sock"' }`), { baseDirectory: null });
  assert.deepEqual(diagnostics.map((one) => one.code), ["no-base-directory"]);
});

test("loadTopology() takes relative paths of certificates from the file's folder, for every form of the message", () => {
  const settls = (message: string, baseDirectory: string | null = "/srv/x") => {
    const other = "other: { type: ksocket, hook: inet/stream/tcp, messages: ['bind inet/127.0.0.1:80', listen: 5] }";
    const nodes = `nodes: { a: { type: ksocket, hook: inet/stream/tls, messages: [${message}] }, ${other} }`;
    return loadTopology({
      source: { name: "t.yaml", text: nodes },
      types: describeBuiltinTypes(DENO_CAPABILITIES),
      env: () => null,
      defaultName: "t",
      baseDirectory,
    });
  };
  const argument = (message: string) => settls(message).topologies[0]?.state.nodes[0]?.messages[0]?.argument;
  const both = '{ cert="/srv/x/a.pem" key="/srv/x/b/a.key" ca="/etc/ca.pem" }';
  assert.equal(argument("{ settls: { cert: a.pem, key: ./b/a.key, ca: /etc/ca.pem } }"), both);
  assert.equal(argument(`'settls { cert="a.pem" key="./b/a.key" ca="/etc/ca.pem" }'`), both);
  assert.equal(argument("{ settls: { ca: system } }"), '{ ca="system" }');
  assert.equal(
    argument("{ settls: { certs: [{ cert: a.pem, key: ../a.key }], serverName: a.pem, alpn: [h2] } }"),
    '{ certs=[ { cert="/srv/x/a.pem" key="/srv/x/../a.key" } ] serverName="a.pem" alpn=[ "h2" ] }',
  );
  assert.equal(
    argument("{ settls: { ca: '${other.getname}', cert: '${other.getname}/a.pem', key: 'k-${other.getname}' } }"),
    '{ ca="${other.getname}" cert="${other.getname}/a.pem" key="/srv/x/k-${other.getname}" }',
  );
  const codes = settls("{ settls: { certs: [{ cert: a.pem, key: /a.key }] } }", null).diagnostics;
  assert.equal(codes[0]?.code, "no-base-directory");
  assert.match(codes[0]?.message ?? "", /^Path "a\.pem" is relative/);
});

test("loadTopology() does not take text for an expression", () => {
  const message = (text: string, variables = {}) => {
    const nodes = `nodes: { a: { type: ksocket, hook: inet/stream/tcp, messages: [{ send: ${text} }] } }`;
    return load(nodes, { variables }).topologies[0]?.state.nodes[0]?.messages[0]?.argument;
  };
  assert.equal(message(`"costs $$5 or $6"`), `"costs $5 or $6"`);
  assert.equal(message(`"$\${a.getname}"`), `"$\${a.getname}"`);
  assert.equal(message(`"\${X}"`, { X: "${a.getname}" }), `"$\${a.getname}"`);
});

test("loadTopology() leaves a topology with an error out and keeps its neighbours", () => {
  const { topologies, diagnostics } = load("name: a\nnodes: { x: { type: nope } }\n---\nname: b\nnodes: {}\n");
  assert.deepEqual(topologies.map((one) => one.state.name), ["b"]);
  assert.deepEqual(diagnostics.map((one) => one.code), ["unknown-type"]);
});

test("decodeSource() refuses what is no text", () => {
  const code = (octets: Uint8Array) => {
    const decoded = decodeSource("x.yaml", octets);
    return decoded.ok ? decoded.source.text : decoded.diagnostics[0]?.code;
  };
  assert.equal(code(new TextEncoder().encode("\ufeffname: ü")), "name: ü");
  assert.equal(code(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0)), "binary-file");
  assert.equal(code(Uint8Array.of(0x66, 0xfc, 0x72)), "not-utf8");
  assert.equal(code(new Uint8Array(32 * 1024 * 1024 + 1)), "too-large");
});
