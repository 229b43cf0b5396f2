/**
 * nginx configurations as topologies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../../harness.ts";
import { imported } from "./imported.ts";

/** The messages of one listener for a server, and what is reported. */
function server(inner: string, outer = "") {
  const result = imported(`stream {\n${outer}\nserver {\nlisten 127.0.0.1:8080;\n${inner}\n}\n}\n`, "nginx");
  return { ...result, messages: result.nodes["tcp-8080"] ?? [] };
}

test("nginx: a server is a listener with nginx's defaults", () => {
  const { messages, reported } = server("proxy_pass 10.0.0.1:80;");
  assert.deepEqual(reported, []);
  assert.deepEqual(messages, [
    "setopt { SO_REUSEADDR=1 }",
    "setconfig { connectTimeout=1m idleTimeout=10m }",
    "bind inet/127.0.0.1:8080",
    "listen 511",
    "accept { connect=inet/10.0.0.1:80 }",
  ]);
});

test("nginx: directives of a server become messages, and those of stream are inherited", () => {
  const cases: readonly (readonly [inner: string, outer: string, message: string])[] = [
    ['proxy_pass 10.0.0.1:80; proxy_timeout "1h 30s";', "", "setconfig { connectTimeout=1m idleTimeout=3630s }"],
    [
      "proxy_pass 10.0.0.1:80; proxy_connect_timeout 500ms;",
      "proxy_timeout 3s;",
      "setconfig { connectTimeout=500ms idleTimeout=3s }",
    ],
    ["proxy_pass unix:/run/db.sock;", "", 'accept { connect=local/"/run/db.sock" }'],
    ["proxy_pass a;", "upstream a { server 10.0.0.1:80; }", "accept { connect=inet/10.0.0.1:80 }"],
    ["proxy_pass a;", "upstream a { server 10.0.0.1:80; server 10.0.0.2:80; }", "accept { connect=pool/a }"],
    [
      "proxy_pass 10.0.0.1:80; allow 10.0.0.0/8; deny all;",
      "",
      "accept { connect=inet/10.0.0.1:80 allow=[ 10.0.0.0/8 ] }",
    ],
    ["proxy_pass 10.0.0.1:80; deny 10.0.0.1; allow all;", "", "accept { connect=inet/10.0.0.1:80 deny=[ 10.0.0.1 ] }"],
    ["proxy_pass 10.0.0.1:80;", "deny 10.0.0.1;", "accept { connect=inet/10.0.0.1:80 deny=[ 10.0.0.1 ] }"],
    [
      "proxy_pass 10.0.0.1:80; limit_conn one 5;",
      "limit_conn_zone $binary_remote_addr zone=one:10m;",
      "accept { connect=inet/10.0.0.1:80 maxPerSource=5 }",
    ],
    [
      "proxy_pass 10.0.0.1:80; tcp_nodelay off;",
      "",
      'accept { connect=inet/10.0.0.1:80 messages=[ "setopt { TCP_NODELAY=0 }" ] }',
    ],
    [
      "proxy_pass $to; ssl_preread on;",
      "map $ssl_preread_server_name $to { default 10.0.0.9:443; a.example 10.0.0.1:443; .b.example 10.0.0.2:443; }",
      "accept { route=[ { sni=a.example connect=inet/10.0.0.1:443 } { sni=[ b.example *.b.example ] connect=inet/10.0.0.2:443 } " +
      "{ connect=inet/10.0.0.9:443 } ] within=30s }",
    ],
    [
      "proxy_pass $to; ssl_preread on; preread_timeout 2s;",
      'map $ssl_preread_server_name $to { "" 10.0.0.3:22; a.example 10.0.0.1:443; default 10.0.0.9:443; }',
      "accept { route=[ { sni=a.example connect=inet/10.0.0.1:443 } { sni=* connect=inet/10.0.0.9:443 } " +
      "{ connect=inet/10.0.0.3:22 } ] within=2s }",
    ],
    [
      "proxy_pass $to; ssl_preread on; preread_timeout 2s;",
      'map $ssl_preread_server_name $to { "" ""; default 10.0.0.9:443; }',
      "accept { route=[ { sni=* connect=inet/10.0.0.9:443 } ] within=2s }",
    ],
    [
      "proxy_pass $to; ssl_preread on; preread_timeout 2s;",
      'map $ssl_preread_protocol $to { "" 10.0.0.1:22; default 10.0.0.1:443; }',
      "accept { route=[ { tls=false connect=inet/10.0.0.1:22 } { connect=inet/10.0.0.1:443 } ] within=2s }",
    ],
  ];
  for (const [inner, outer, message] of cases) {
    const { messages, reported } = server(inner, outer);
    assert.deepEqual(reported, [], inner);
    assert.ok(messages.includes(message), `${inner}: ${messages.join("\n")}`);
  }
});

test("nginx: an upstream is a pool with weights, backups, balancing and health", () => {
  const { nodes, reported } = server(
    "proxy_pass a;",
    "upstream a { least_conn; server 10.0.0.1:80 weight=3 max_fails=2 fail_timeout=5s; server 10.0.0.2:80 backup; server 10.0.0.3:80 down; }",
  );
  assert.deepEqual(reported, []);
  assert.deepEqual(nodes["a"], [
    "settargets [ { to=inet/10.0.0.1:80 weight=3 } { to=inet/10.0.0.2:80 backup=true } inet/10.0.0.3:80 ]",
    "setconfig { balance=leastconn }",
    "sethealth { interval=5s fall=2 probe=down }",
    'disabletarget "inet/10.0.0.3:80"',
  ]);
});

test("nginx: TLS of both sides", () => {
  const { nodes, templates, reported } = imported(
    [
      "stream { server { listen 7443 ssl; ssl_certificate /c.pem; ssl_certificate_key /c.key; ssl_protocols TLSv1.3;",
      "ssl_client_certificate /ca.pem; ssl_verify_client on; proxy_ssl on; proxy_ssl_verify on; proxy_ssl_server_name on;",
      "proxy_ssl_name db.example; proxy_ssl_trusted_certificate /root.pem; proxy_pass 10.0.0.1:443; } }",
    ].join("\n"),
    "nginx",
  );
  assert.deepEqual(reported, []);
  assert.ok(
    nodes["tcp-7443"]?.includes(
      'settls { cert="/c.pem" key="/c.key" ca="/ca.pem" verifyClient=require minVersion=1.3 }',
    ),
    nodes["tcp-7443"]?.join("\n"),
  );
  assert.deepEqual(templates["upstream"]?.slice(1), [
    'settls { ca="/root.pem" verify=full serverName="db.example" }',
    "connect inet/10.0.0.1:443",
  ]);
});

test("nginx: what is left out or refused is reported at its line, and an unknown keyword is an error", () => {
  const cases: readonly (readonly [inner: string, outer: string, reported: readonly string[]])[] = [
    ["proxy_pass 10.0.0.1:80; proxy_buffer_size 1k;", "", ["no-counterpart 5"]],
    ["return ok;", "", ["bad-import 5"]],
    ["proxy_pass $host:80;", "", ["bad-import 5"]],
    ["proxy_pas 10.0.0.1:80;", "", ["unknown-keyword 5"]],
    ["proxy_pass 10.0.0.1:80; deny all;", "", ["bad-import 5"]],
    ["proxy_pass 10.0.0.1:80; js_access f;", "", ["bad-import 5"]],
    ["proxy_pass $to; ssl_preread on;", "map $remote_addr $to { default 10.0.0.1:80; }", ["bad-import 2"]],
    ["proxy_pass a;", "upstream a { server 10.0.0.1:80 max_conns=3; }", ["no-counterpart 2"]],
    ["proxy_pass 10.0.0.1:80;", "log_format x y;", ["no-counterpart 2"]],
  ];
  for (const [inner, outer, expected] of cases) assert.deepEqual(server(inner, outer).reported, expected, inner);
  const outside = imported(
    "http { server { listen 80; } }\nevents {}\nstream { server { listen 1; proxy_pass 10.0.0.1:2; } }",
    "nginx",
  );
  assert.deepEqual(outside.reported, ["no-counterpart 1", "no-counterpart 2"]);
  assert.deepEqual(imported("stream { server { listen 1; proxy_pass 10.0.0.1:2; }", "nginx").reported, [
    "bad-import 1",
  ]);
});

test("nginx: a server that is left out leaves nothing that others use", () => {
  const { nodes, reported } = imported(
    "stream { upstream a { server 10.0.0.1:1; server 10.0.0.1:2; }\n" +
      "server { listen 1-x; proxy_pass a; }\nserver { listen 2; proxy_pass a; }\n}",
    "nginx",
  );
  assert.deepEqual(reported, ["left-out 2"]);
  assert.deepEqual(Object.keys(nodes).toSorted(), ["a", "tcp-2"]);
});

test("nginx: included files are read in place, and problems have their names", () => {
  const file = {
    name: "/etc/nginx/conf.d/a.conf",
    text: "server {\n listen 2;\n proxy_bind 1.2.3.4;\n proxy_pass 10.0.0.1:2;\n}\n",
  };
  const { nodes, reported } = imported("stream { include conf.d/*.conf; }\ninclude none;\n", "nginx", [{
    asked: "conf.d/*.conf",
    file,
  }]);
  assert.deepEqual(reported, ["no-counterpart 2", "no-counterpart /etc/nginx/conf.d/a.conf:3"]);
  assert.deepEqual(Object.keys(nodes), ["tcp-2"]);
});

test("nginx: an entry without a target does not match the default rule", () => {
  const outer = 'map $ssl_preread_server_name $to { a.example ""; default 10.0.0.1:443; }';
  assert.deepEqual(server("proxy_pass $to; ssl_preread on;", outer).yaml, null);
});

test("nginx: a server that the loader refuses leaves no template", () => {
  const one = (port: number, cert: string) =>
    `server { listen ${port} ssl; ssl_certificate ${cert}; ssl_certificate_key /k; proxy_ssl on; proxy_pass 10.0.0.${port}:1; }`;
  const { templates, nodes } = imported(`stream { ${one(1, "c.pem")}\n${one(2, "/c.pem")} }`, "nginx");
  assert.deepEqual(Object.keys(nodes), ["tcp-2"]);
  assert.equal(Object.keys(templates).length, 1);
});
