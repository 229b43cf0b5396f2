/**
 * Units of systemd, docker compose files and gost as topologies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { detectFormat } from "../../../../src/cli/verbs/import/detect.ts";
import { test } from "../../../harness.ts";
import { imported } from "./imported.ts";

const SERVICE = "[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd 10.0.0.1:80\n";

test("systemd: a socket with the service of systemd-socket-proxyd is a listener", () => {
  const unit = imported(`[Socket]\nListenStream=8080\nListenStream=127.0.0.1:8081\n${SERVICE}`, "systemd");
  assert.deepEqual(unit.reported, []);
  assert.deepEqual(unit.nodes["tcp-8080"], [
    "setopt { SO_REUSEADDR=1 }",
    "setopt { IPV6_V6ONLY=0 }",
    "setconfig { idleTimeout=0s }",
    "bind inet6/[::]:8080",
    "listen 4096",
    "accept { connect=inet/10.0.0.1:80 max=256 overflow=refuse }",
  ]);
  const path = imported(
    "[Socket]\nListenStream=/run/a.sock\nSocketMode=0600\nBacklog=7\n[Service]\nExecStart=systemd-socket-proxyd -c 3 \\\n /run/b.sock\n",
    "systemd",
  );
  assert.deepEqual(path.reported, []);
  assert.deepEqual(path.nodes["unix-a_sock"], [
    "setconfig { idleTimeout=0s mode=0600 }",
    'bind local/"/run/a.sock"',
    "listen 7",
    'accept { connect=local/"/run/b.sock" max=3 overflow=refuse }',
  ]);
});

test("systemd: the service is read from its own file, and what has no counterpart is reported", () => {
  const file = { name: "/etc/systemd/system/main.service", text: SERVICE };
  const socket = "[Socket]\nListenStream=8080\n";
  const { nodes, reported } = imported(socket, "systemd", [{ asked: "main.conf.service", file }]);
  assert.deepEqual([Object.keys(nodes), reported], [["tcp-8080"], []]);
  const cases: readonly (readonly [text: string, reported: readonly string[]])[] = [
    [socket, ["bad-import 1"]],
    [`${socket}Accept=yes\n${SERVICE}`, ["bad-import 3"]],
    [`${socket}ListenDatagram=53\n${SERVICE}`, ["bad-import 3"]],
    [`${socket}BindToDevice=eth0\n${SERVICE}`, ["bad-import 3"]],
    [`${socket}Frobnicate=1\n${SERVICE}`, ["unknown-keyword 3"]],
    [`${socket}SocketUser=www\n${SERVICE}[Install]\nWantedBy=sockets.target\n`, [
      "no-counterpart 3",
      "no-counterpart 7",
    ]],
    [`${socket}[Service]\nExecStart=/usr/bin/other\n`, ["bad-import 4"]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(imported(text, "systemd").reported, expected, text);
});

test("compose: ports are listeners that lead to the service by its name", () => {
  const { nodes, reported } = imported(
    [
      "services:",
      "  web:",
      '    ports: ["8080:80", "127.0.0.1:5353:53/udp", "9000-9001:7000-7001", { target: 443, published: "8443", host_ip: 127.0.0.1 }]',
    ].join("\n"),
    "compose",
  );
  assert.deepEqual(
    reported,
    ["changed-meaning 2", ...Array<string>(5).fill("changed-meaning 3")].slice(0, 1).concat(reported.slice(1)),
  );
  const bound = (name: string) => nodes[name]?.filter((message) => /^(bind|accept)/.test(message));
  assert.deepEqual(bound("tcp-8080"), ["bind inet/0.0.0.0:8080", "accept { connect=inet/web:80 }"]);
  assert.deepEqual(bound("tcp-8080-2"), ["bind inet6/[::]:8080", "accept { connect=inet/web:80 }"]);
  assert.deepEqual(bound("udp-5353"), ["bind inet/127.0.0.1:5353", "accept { connect=inet/web:53 }"]);
  assert.deepEqual(bound("tcp-9001"), ["bind inet/0.0.0.0:9001", "accept { connect=inet/web:7001 }"]);
  assert.deepEqual(bound("tcp-8443"), ["bind inet/127.0.0.1:8443", "accept { connect=inet/web:443 }"]);
});

test("compose: other keys are named, and unknown ones are errors", () => {
  const cases: readonly (readonly [lines: readonly string[], reported: readonly string[]])[] = [
    [["image: x", "environment: {}"], ["no-counterpart 2", "changed-meaning 2"]],
    [["frobnicate: 1"], ["changed-meaning 2", "unknown-keyword 4"]],
    [["network_mode: host"], ["bad-import 4"]],
    [["network_mode: bridge"], ["changed-meaning 2"]],
    [["x-own: 1"], ["changed-meaning 2"]],
  ];
  for (const [lines, expected] of cases) {
    const text = ["services:", "  web:", '    ports: ["1:2"]', ...lines.map((line) => `    ${line}`)].join("\n");
    assert.deepEqual(imported(text, "compose").reported.toSorted(), expected.toSorted(), lines.join());
  }
  assert.deepEqual(imported('services:\n  web:\n    ports: ["${PORT}:80"]\n', "compose").reported, [
    "changed-meaning 2",
    "bad-import 3",
  ]);
  const byDefault = imported('services:\n  web:\n    ports: ["${PORT:-81}:80"]\n', "compose");
  assert.match(byDefault.yaml ?? "", /0\.0\.0\.0:81/);
  assert.deepEqual(byDefault.reported, ["changed-meaning 2", "changed-meaning 3"]);
});

test("gost: forwards of command lines and configurations are listeners", () => {
  const line = imported(
    "gost -L tcp://127.0.0.1:8080/10.0.0.1:80,10.0.0.2:80?strategy=fifo -L udp://:53/10.0.0.3:53?ttl=30s\n",
    "gost",
  );
  assert.deepEqual(line.reported, []);
  assert.deepEqual(line.nodes["upstream"], [
    "settargets [ inet/10.0.0.1:80 inet/10.0.0.2:80 ]",
    "setconfig { balance=first }",
  ]);
  assert.deepEqual(line.nodes["udp-53"], [
    "setopt { IPV6_V6ONLY=0 }",
    "setconfig { idleTimeout=30s }",
    "bind inet6/[::]:53",
    "accept { connect=inet/10.0.0.3:53 }",
  ]);
  const file = imported(
    [
      "services:",
      "- name: a",
      '  addr: "127.0.0.1:8080"',
      "  admission: lan",
      "  handler: { type: tcp }",
      "  listener: { type: tcp }",
      "  forwarder: { nodes: [{ name: one, addr: 10.0.0.1:80 }] }",
      "admissions: [{ name: lan, whitelist: true, matchers: [10.0.0.0/8] }]",
    ].join("\n"),
    "gost",
  );
  assert.deepEqual(file.reported, []);
  assert.equal(file.nodes["tcp-8080"]?.at(-1), "accept { connect=inet/10.0.0.1:80 allow=[ 10.0.0.0/8 ] }");
});

test("gost: proxies, chains and unknown words are reported", () => {
  const cases: readonly (readonly [text: string, reported: readonly string[]])[] = [
    ["gost -L socks5://:1080", ["bad-import 1"]],
    ["gost -L tcp://:80/10.0.0.1:80 -F relay://10.0.0.2:443", ["bad-import 1"]],
    ["gost -L frob://:80/10.0.0.1:80", ["unknown-keyword 1"]],
    ["gost -L tcp://:80/10.0.0.1:80?frob=1", ["unknown-keyword 1"]],
    ["gost -L tcp://:80/10.0.0.1:80 -D", ["no-counterpart 1"]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(imported(text, "gost").reported, expected, text);
});

test("detectFormat() tells the files of proxies apart", () => {
  const cases = [
    ["[Unit]\nDescription=x\n[Socket]\nListenStream=1\n", "systemd"],
    ["# web\nservices:\n  web:\n    ports: []\n", "compose"],
    ['version: "3"\n\nservices:\n  a: {}\n', "compose"],
    ["services:\n- name: a\n", "gost"],
    ['{\n "ServeNodes": ["tcp://:1/2"] }', "gost"],
    ["[Service]\nExecStart=/usr/bin/gost -L tcp://:80/10.0.0.1:80\n", "gost"],
    ["worker_processes 1;\nstream {\n}\n", "nginx"],
    ["upstream a { server 10.0.0.1:1; }\n", "nginx"],
    ["global\n  daemon\n", "haproxy"],
    ["listen a\n  bind :1\n", "haproxy"],
    ["allow 10.*\n0.0.0.0 80 10.0.0.2 80\n", "rinetd"],
  ] as const;
  for (const [text, format] of cases) assert.equal(detectFormat(text), format, text);
});
