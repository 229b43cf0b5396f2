/**
 * HAProxy configurations as topologies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../../harness.ts";
import { imported } from "./imported.ts";

/** The messages of one listener for a section, and what is reported; the lines begin with line 6. */
function listen(lines: readonly string[], more: readonly string[] = []) {
  const head = ["defaults", " timeout connect 4s", " timeout client 1m", "listen l", " bind 127.0.0.1:8080"];
  const result = imported([...head, ...lines, ...more].join("\n"), "haproxy");
  return { ...result, messages: result.nodes["tcp-8080"] ?? [], pool: result.nodes["l"] ?? [] };
}

test("haproxy: a listen section is a listener with its target", () => {
  const { messages, reported } = listen(["timeout server 1m", "server a 10.0.0.1:80"]);
  assert.deepEqual(reported, []);
  assert.deepEqual(messages, [
    "setopt { SO_REUSEADDR=1 }",
    "setconfig { connectTimeout=4s idleTimeout=1m }",
    "bind inet/127.0.0.1:8080",
    "listen 4096",
    "accept { connect=inet/10.0.0.1:80 }",
  ]);
});

test("haproxy: servers, checks and balancing are a pool", () => {
  const cases: readonly (readonly [lines: readonly string[], pool: readonly string[]])[] = [
    [["server a 10.0.0.1:80 weight 3", "server b 10.0.0.2:80 backup"], [
      'settargets [ { to=inet/10.0.0.1:80 name="a" weight=3 } { to=inet/10.0.0.2:80 name="b" backup=true } ]',
    ]],
    [
      ["balance leastconn", "default-server check inter 1s fall 2", "server a 10.0.0.1:80 rise 4", "server b 10.0.0.2"],
      [
        'settargets [ { to=inet/10.0.0.1:80 name="a" } { to=inet/10.0.0.2:8080 name="b" } ]',
        "setconfig { balance=leastconn }",
        "sethealth { interval=1s fall=2 rise=4 probe=all }",
      ],
    ],
    [["option redis-check", "timeout check 1s", "server a 10.0.0.1:80 check send-proxy-v2"], [
      'settargets [ { to=inet/10.0.0.1:80 name="a" proxy=v2 } ]',
      'sethealth { interval=2s timeout=1s fall=3 rise=2 probe=all send="PING\\r\\n" expect="+PONG" }',
    ]],
    [["server a 10.0.0.1:80", "server b 10.0.0.2:80 disabled"], [
      'settargets [ { to=inet/10.0.0.1:80 name="a" } { to=inet/10.0.0.2:80 name="b" } ]',
      'disabletarget "b"',
    ]],
  ];
  for (const [lines, expected] of cases) {
    const { pool, reported } = listen(lines);
    assert.deepEqual(reported, [], lines.join());
    assert.deepEqual(pool, expected);
  }
});

test("haproxy: rules of sources and of the first bytes", () => {
  const cases: readonly (readonly [lines: readonly string[], accept: string])[] = [
    [["tcp-request connection reject if { src 10.0.0.1 }"], "deny=[ 10.0.0.1 ]"],
    [["acl ok src 10.0.0.0/8 ::1", "tcp-request connection reject unless ok"], "allow=[ 10.0.0.0/8 ::1 ]"],
    [
      ["acl ok src 10.0.0.0/8", "tcp-request connection accept if ok", "tcp-request connection reject"],
      "allow=[ 10.0.0.0/8 ]",
    ],
    [["tcp-request connection reject if !{ src 10.0.0.0/8 }"], "allow=[ 10.0.0.0/8 ]"],
    [["maxconn 7"], "max=7"],
    [["option tcpka"], 'messages=[ "setopt { SO_KEEPALIVE=1 }" ]'],
  ];
  for (const [lines, accept] of cases) {
    const { messages, reported } = listen([...lines, "server a 10.0.0.1:80"]);
    assert.deepEqual(reported, [], lines.join());
    assert.equal(messages.at(-1)?.includes(accept), true, messages.at(-1));
  }
  const rules = imported(
    [
      "frontend f",
      "bind 127.0.0.1:8080",
      "tcp-request inspect-delay 2s",
      "tcp-request content accept if { req_ssl_hello_type 1 }",
      "use_backend a if { req_ssl_sni -i a.example } or { req.ssl_sni -i -m end .b.example }",
      "acl ssh req.payload(0,7) -m str SSH-2.0",
      "use_backend b if ssh",
      "default_backend b",
      "backend a",
      "server a 10.0.0.1:443",
      "backend b",
      "server b 10.0.0.2:22",
    ].join("\n"),
    "haproxy",
  );
  assert.deepEqual(rules.reported, []);
  assert.equal(
    rules.nodes["tcp-8080"]?.at(-1),
    "accept { route=[ { sni=a.example connect=inet/10.0.0.1:443 } { sni=*.b.example connect=inet/10.0.0.1:443 } " +
      '{ starts="SSH-2.0" connect=inet/10.0.0.2:22 } { connect=inet/10.0.0.2:22 } ] within=2s }',
  );
});

test("haproxy: what is left out or refused is reported at its line, and an unknown keyword is an error", () => {
  const cases: readonly (readonly [lines: readonly string[], reported: readonly string[]])[] = [
    [["frobnicate"], ["unknown-keyword 6"]],
    [["option frobnicate"], ["unknown-keyword 6"]],
    [["server b 10.0.0.2:80 frobnicate"], ["unknown-keyword 6"]],
    [["option tcplog"], ["no-counterpart 6"]],
    [["stick-table type ip size 1m", "stick on src"], ["no-counterpart 6", "no-counterpart 7"]],
    [["tcp-request content reject if { req.len gt 9 }"], ["bad-import 6"]],
    [["tcp-request connection reject if { src_conn_rate gt 9 }"], ["no-counterpart 6"]],
    [["balance uri"], ["changed-meaning 6"]],
    [["server b 10.0.0.2:80 maxconn 3"], ["no-counterpart 6"]],
    [["use-server a if TRUE"], ["bad-import 6"]],
  ];
  for (const [lines, expected] of cases) {
    assert.deepEqual(listen([...lines, "server a 10.0.0.1:80"]).reported, expected, lines.join());
  }
  const http = listen(["server a 10.0.0.1:80"], [
    "frontend web",
    "mode http",
    "bind :80",
    "use_backend x if { path /a }",
  ]);
  assert.deepEqual(http.reported, ["no-counterpart 7"]);
});

test("haproxy: rules of defaults and of backends refuse the clients that they refuse in the original", () => {
  const rule = "tcp-request connection reject if { src 10.0.0.1 }";
  const defaults = imported(
    ["defaults d", rule, "listen l", "bind 127.0.0.1:8080", "tcp-request inspect-delay 1s", "server a 10.0.0.2:1"].join(
      "\n",
    ),
    "haproxy",
  );
  assert.equal(defaults.nodes["tcp-8080"]?.at(-1)?.includes("deny=[ 10.0.0.1 ]"), true);
  const backend = imported(
    [
      "frontend f",
      "bind 127.0.0.1:8080",
      "default_backend b",
      "backend b",
      "tcp-request content reject if { src 10.0.0.1 }",
      "server a 10.0.0.2:1",
    ]
      .join("\n"),
    "haproxy",
  );
  assert.deepEqual(backend.reported, ["bad-import 5"]);
});

test("haproxy: a client of TLS without a name is another one than a client without TLS", () => {
  const cases: readonly (readonly [rules: readonly string[], route: string])[] = [
    [
      ["tcp-request content reject unless { req.ssl_sni -m found }", "default_backend b"],
      "{ sni=* connect=inet/10.0.0.2:22 }",
    ],
    [
      ["tcp-request content accept if { req.ssl_sni -m found }", "tcp-request content reject", "default_backend b"],
      "{ sni=* connect=inet/10.0.0.2:22 }",
    ],
    [
      [
        "tcp-request content reject unless { req.ssl_hello_type 1 }",
        "use_backend b if { req.payload(0,7) -m str SSH-2.0 }",
        "default_backend b",
      ],
      '{ starts="SSH-2.0" tls=true connect=inet/10.0.0.2:22 } { tls=true connect=inet/10.0.0.2:22 }',
    ],
  ];
  for (const [rules, route] of cases) {
    const text = ["frontend f", "bind 127.0.0.1:8080", "tcp-request inspect-delay 2s", ...rules];
    const { nodes, reported } = imported([...text, "backend b", "server b 10.0.0.2:22"].join("\n"), "haproxy");
    assert.deepEqual(reported, [], rules.join());
    assert.equal(nodes["tcp-8080"]?.at(-1), `accept { route=[ ${route} ] within=2s }`);
  }
  const without = imported(
    ["frontend f", "bind 127.0.0.1:8080", "acl has req.ssl_sni -m found", "use_backend b if !has", "default_backend c"]
      .concat(["backend b", "server b 10.0.0.2:22", "backend c", "server c 10.0.0.3:22"]).join("\n"),
    "haproxy",
  );
  assert.equal(without.reported.length, 1);
});

test("haproxy: names that HAProxy compares with case are noted", () => {
  const route = (test: string) =>
    listen([`use_backend b if { ${test} }`, "default_backend b"], ["backend b", "server b 10.0.0.2:1"]).reported;
  assert.deepEqual(route("req.ssl_sni a.example"), ["changed-meaning 6"]);
  assert.deepEqual(route("req.ssl_sni,lower a.example"), []);
});

test("haproxy: a section that is left out is named", () => {
  const { texts } = imported(
    "listen l\nbind 127.0.0.1:1\nserver a 10.0.0.1:1\nfrontend sni\nbind 127.0.0.1:2\ndefault_backend none\n",
    "haproxy",
  );
  assert.match(texts.join("\n"), /The frontend "sni" of line 4 is left out: /);
});
