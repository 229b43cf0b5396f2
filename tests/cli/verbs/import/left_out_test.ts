/**
 * Files of other tools of which a part cannot be imported: that part is left out with a note, the rest is imported, and
 * nothing means something else without a note.
 *
 * @module
 */

import assert from "node:assert/strict";
import { detectFormat } from "../../../../src/cli/verbs/import/detect.ts";
import { importText } from "../../../../src/cli/verbs/import/import_text.ts";
import type { ImportFormat } from "../../../../src/cli/verbs/import/format.ts";
import { describeBuiltinTypes } from "../../../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../../../src/runtimes/deno/capabilities.ts";
import { MEMORY_CAPABILITIES } from "../../../../src/runtimes/memory/capabilities.ts";
import { POSIX_CAPABILITIES } from "../../../../src/runtimes/posix/capabilities.ts";
import { diagnosticData } from "../../../../src/topology/parse/diagnostic.ts";
import { test } from "../../../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);

function imported(text: string, format: ImportFormat, types = TYPES) {
  const { yaml, diagnostics } = importText({ name: "web.conf", text }, format, types);
  const reported = diagnostics.map(diagnosticData).filter(({ code }) => code !== "other-default");
  return { yaml, reported, notes: reported.map(({ code, line, column }) => `${code} ${line}:${column}`) };
}

/** A line that is left out beside one that is imported, and the column of what is wrong with it. */
const LEFT_OUT: readonly (readonly [format: ImportFormat, line: string, column: number])[] = [
  ["socat", "socat TCP-L:81,fork EXEC:/bin/cat", 21],
  ["socat", "socat TCP-L:81,fork SYSTEM:'cat; true'", 21],
  ["socat", "socat OPENSSL-LISTEN:443,cert=x TCP4:10.0.0.1:80", 7],
  ["socat", "socat TCP-L:81,fork OPENSSL:example.org:443", 21],
  ["socat", "socat - STDIO", 1],
  ["socat", "socat - /dev/ttyS0", 9],
  ["socat", "socat TCP-L:81,fork", 1],
  ["socat", "socat TCP-L:81,fork TCP4:10.0.0.300:81", 21],
  ["socat", "socat TCP-L:81,fork TCP4:$HOST:81", 21],
  ["socat", "socat TCP-L:81,fork TCP4:`host`:81", 21],
  ["socat", "socat TCP-L:81,fork TCP4:10.0.0.1:80!!TCP4:10.0.0.1:81", 21],
  ["socat", "socat TCP-L:81,fork,range=host TCP4:10.0.0.1:80", 21],
  ["socat", "socat TCP-L:81,fork,tcpwrap TCP4:10.0.0.1:80", 21],
  ["socat", "socat TCP-L:81,fork,lowport TCP4:10.0.0.1:80", 21],
  ["socat", "socat TCP-L:81,fork,so-bindtodevice=eth1 TCP4:10.0.0.1:80", 21],
  ["socat", "socat UDP-RECV:514,range=10.0.0.0/8 UDP4:10.0.0.1:514", 20],
  ["socat", "socat UNIX-L:/tmp/s,fork,umask=9 TCP4:10.0.0.1:80", 26],
  ["socat", "socat TCP-L:80,fork TCP4:10.0.0.9:80", 1],
  ["socat", "ExecStop=/usr/bin/socat - TCP4:10.0.0.9:80", 1],
  ["socat", "ExecStart=/usr/bin/socat TCP-L:81,fork UNIX-CONNECT:/run/%i.sock", 40],
  ["rinetd", "0.0.0.0 8080 10.0.0.2", 1],
  ["rinetd", "0.0.0.0 8080 10.0.0.2 httpx", 23],
  ["rinetd", "web.example 8080 10.0.0.2 80", 1],
  ["rinetd", "[::1] 8080 10.0.0.2 80", 1],
  ["rinetd", "0.0.0.0 53/udp 10.0.0.2 53/tcp", 1],
  ["rinetd", "0.0.0.0 80 10.0.0.2 81", 1],
];

test("import leaves a line out that it cannot import, reports where and why, and imports the rest", () => {
  const good: Readonly<Record<string, string>> = {
    socat: "socat TCP-L:80,fork TCP4:10.0.0.1:80",
    rinetd: "0.0.0.0 80 10.0.0.1 80",
  };
  for (const [format, line, column] of LEFT_OUT) {
    const { yaml, notes, reported } = imported(`${good[format]}\n${line}\n`, format);
    const left = notes.filter((note) => note.startsWith("left-out"));
    assert.deepEqual(left, [`left-out 2:${column}`], `${line}: ${JSON.stringify(reported)}`);
    assert.match(yaml ?? "", /^# line 2: The (line|rule) is left out: /m, line);
    assert.equal(yaml?.match(/type: ksocket/g)?.length, 1, line);
    // With nothing else in the file it is an error.
    const alone = imported(line, format);
    if (line.includes(":80,fork TCP4:10.0.0.9") || line.includes("0.0.0.0 80 ")) continue;
    assert.deepEqual([alone.yaml, alone.notes.at(0)], [null, `bad-import 1:${column}`], line);
  }
});

test("import of rinetd.conf omits a rule whose clients are ambiguous", () => {
  const rule = "0.0.0.0 80 10.0.0.1 80";
  const other = "0.0.0.0 81 10.0.0.1 81";
  const rows: readonly (readonly [text: string, yaml: boolean, notes: readonly string[]])[] = [
    [`${rule}\nallow 10.*\nallow fe80:*\n`, true, ["left-out 3:7"]],
    [`${rule}\nallow fe80:*\n${other}`, true, ["left-out 1:1", "left-out 2:7"]],
    [`${rule}\ndeny 10.0.0.x\n${other}`, true, ["left-out 1:1", "left-out 2:6"]],
    [`deny 10.0.0.x\n${rule}\n${other}`, false, ["bad-import 1:6", "bad-import 2:1", "bad-import 3:1"]],
    // The list of a rule that is left out goes with it, and not to the rule before.
    [`${rule}\n0.0.0.0 81 10.0.0.1\ndeny 10.*\n`, true, ["left-out 2:1"]],
  ];
  for (const [text, isImported, notes] of rows) {
    const found = imported(text, "rinetd");
    assert.deepEqual([found.yaml !== null, found.notes], [isImported, notes], text);
    assert.ok(!(found.yaml ?? "").includes("deny:"), text);
  }
});

test("import lists every line that it leaves out, however many there are", () => {
  const lines = Array.from({ length: 80 }, (_, index) => `0.0.0.0 ${1000 + index} 10.0.0.1`);
  const { reported } = imported(["0.0.0.0 80 10.0.0.1 80", ...lines].join("\n"), "rinetd");
  assert.equal(reported.filter(({ code }) => code === "left-out").length, 80);
});

/** What a line becomes, and the notes on it: what would otherwise mean something else without a word. */
const KINDS:
  readonly (readonly [format: ImportFormat, text: string, has: readonly string[], notes: readonly string[]])[] = [
    // A silent connection stays, as there; what has no counterpart is said once a file.
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.1:80", ["setconfig: { idleTimeout: 0s }"], []],
    ["rinetd", "0.0.0.0 80 10.0.0.1 80", ["setconfig: { idleTimeout: 0s }"], []],
    ["socat", "socat -t5 TCP-L:80,fork TCP4:10.0.0.1:80", ["{ idleTimeout: 0s, halfCloseTimeout: 5s }"], []],
    ["socat", "socat -T 0.5 -t 2 TCP-L:80,fork TCP4:10.0.0.1:80", ["{ idleTimeout: 500ms, halfCloseTimeout: 2s }"], []],
    // rinetd uses the time for UDP alone.
    ["rinetd", "0.0.0.0 80 10.0.0.1 80 [timeout=3]", ["idleTimeout: 0s"], ["no-counterpart 1:24"]],
    ["rinetd", "0.0.0.0 53/udp 10.0.0.1 53/udp [timeout=3]", ["idleTimeout: 3s"], []],
    // Comments behind values, and lines that go on.
    ["rinetd", "0.0.0.0 80 10.0.0.1 80 # web [timeout=3]", ["inet/10.0.0.1:80"], []],
    ["rinetd", "0.0.0.0 80 10.0.0.1 80\nallow 10.* # office", ["allow: [10.0.0.0/8]"], []],
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.1:80 # web", ["inet/10.0.0.1:80"], []],
    ["socat", "socat \\\r\n TCP-L:80,fork \\\r\n TCP4:10.0.0.1:80\r\n", ["inet/10.0.0.1:80"], []],
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.1:80&", ["inet/10.0.0.1:80"], []],
    // Families by option.
    ["socat", "socat -6 TCP-L:80,fork TCP:db:80", ['bind: "inet6/[::]:80"', 'connect: "inet6/db:80"'], []],
    ["socat", "socat TCP-L:80,fork,pf=ip6 TCP4:10.0.0.1:80", ['bind: "inet6/[::]:80"'], []],
    // Other names of options.
    ["socat", "socat TCP-L:80,fork,so-keepalive,tcp-nodelay,ip-ttl=9 TCP4:10.0.0.1:80", [
      "SO_KEEPALIVE: 1",
      "TCP_NODELAY: 1",
      "IP_TTL: 9",
    ], []],
    // Who may use a path.
    ["socat", "socat UNIX-L:/tmp/s,fork,perm=600 TCP4:10.0.0.1:80", ["mode: 0600"], []],
    ["socat", "socat UNIX-L:/tmp/s,fork,umask=077 TCP4:10.0.0.1:80", ["mode: 0700"], []],
    // The port that a connection comes from, and times with a fraction.
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.1:80,sp=53", ["bind: inet/0.0.0.0:53"], []],
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.1:80,connect-timeout=0.5", ["connectTimeout: 500ms"], []],
    // One way, and datagrams of everyone.
    ["socat", "socat -u TCP-L:80,fork TCP4:10.0.0.1:80", [], ["changed-meaning 1:7"]],
    ["socat", "socat UDP4-DATAGRAM:10.0.0.255:6666,broadcast -", ["SO_BROADCAST: 1"], ["changed-meaning 1:7"]],
    // An IPv6 address accepts IPv4 clients, which IPv4 patterns do not match there.
    ["rinetd", ":: 80 10.0.0.1 80\nallow ::1\nallow 10.*", ['allow: ["::1"]'], ["changed-meaning 1:1"]],
    ["rinetd", ":: 80 10.0.0.1 80\nallow *", ["0.0.0.0/0"], []],
    ["rinetd", ":: 80 10.0.0.1 80\ndeny 10.*", ["deny: [10.0.0.0/8]"], ["changed-meaning 1:1"]],
    // A unit of systemd: "%%" is "%".
    ["socat", "ExecStart=/usr/bin/socat TCP-L:80,fork UNIX-CONNECT:/run/a%%b", ["/run/a%b"], []],
    // What stands behind quit is not read there.
    ["ngctl", "mkpeer hub h x\nname h bus\nquit\nmkpeer bus: hub a b", ["type: hub"], [
      "changed-meaning 1:1",
      "no-counterpart 4:1",
    ]],
    ["ngctl", "ngctl mkpeer ksocket \\\n k inet/dgram/udp\nngctl msg k \\\n bind inet/127.0.0.1:99", [
      "bind: inet/127.0.0.1:99",
    ], ["changed-meaning 1:1"]],
  ];

test("import keeps what options, defaults, comments and quotes mean, or reports what is different", () => {
  for (const [format, text, has, notes] of KINDS) {
    const found = imported(text, format);
    for (const part of has) assert.ok(found.yaml?.includes(part), `${text}: ${part} is not in ${found.yaml}`);
    assert.deepEqual(found.notes, notes, `${text}: ${JSON.stringify(found.reported)}`);
  }
  const said = importText({ name: "x", text: "socat TCP-L:80,fork TCP4:10.0.0.1:80\n".repeat(2) }, "socat", TYPES);
  assert.equal(said.diagnostics.filter(({ code }) => code === "other-default").length, 1);
  assert.equal(imported("#!/bin/sh\nngctl name $X y", "ngctl").notes.at(-1), "bad-import 2:12");
});

test("import takes the sockets that the runtime has, and leaves lines out that it does not carry out", () => {
  const raw = "mkpeer ksocket k inet/raw/icmp\nmsg k setopt { IP_TTL=9 }\n";
  assert.match(imported(raw, "ngctl", describeBuiltinTypes(POSIX_CAPABILITIES)).yaml ?? "", /inet\/raw\/icmp/);
  const onDeno = imported(raw, "ngctl", describeBuiltinTypes(DENO_CAPABILITIES));
  assert.deepEqual([
    onDeno.yaml,
    onDeno.reported.filter(({ severity }) => severity === "error").map(({ line }) => line),
  ], [
    null,
    [1],
  ]);
  const lines = "socat TCP-L:80,fork TCP4:10.0.0.1:80\nsocat TCP-L:81,fork,ttl=9 TCP4:10.0.0.1:80";
  assert.deepEqual(imported(lines, "socat", describeBuiltinTypes(DENO_CAPABILITIES)).notes, ["left-out 2:1"]);
  assert.deepEqual(imported(lines, "socat", describeBuiltinTypes(POSIX_CAPABILITIES)).notes, []);
});

test("detectFormat() finds rinetd's rules behind a line that is none", () => {
  assert.equal(detectFormat("0.0.0.0 8080 10.0.0.2\n0.0.0.0 8081 10.0.0.2 80"), "rinetd");
  assert.equal(detectFormat("echo 1 2 3"), null);
});
