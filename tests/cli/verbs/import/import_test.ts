/**
 * Files of other tools as topologies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { detectFormat } from "../../../../src/cli/verbs/import/detect.ts";
import { importText } from "../../../../src/cli/verbs/import/import_text.ts";
import type { ImportFormat } from "../../../../src/cli/verbs/import/format.ts";
import type { GraphState } from "../../../../src/graph/data/state.ts";
import { describeBuiltinTypes } from "../../../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../../../src/runtimes/memory/capabilities.ts";
import { diagnosticData } from "../../../../src/topology/parse/diagnostic.ts";
import { dumpNgctl } from "../../../../src/topology/print/dump_ngctl.ts";
import { loadTopology } from "../../../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../../../src/topology/parse/render.ts";
import { test } from "../../../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);

function load(text: string): readonly GraphState[] {
  const source = { name: "a.yaml", text };
  const options = { source, types: TYPES, env: () => null, defaultName: null, baseDirectory: null };
  const { topologies, diagnostics } = loadTopology(options);
  assert.equal(renderDiagnostics(diagnostics.filter(({ severity }) => severity === "error")), "");
  return topologies.map(({ state }) => state);
}

/** The states of a file, and its messages: code and line. */
function imported(text: string, format: ImportFormat) {
  const { yaml, diagnostics } = importText({ name: "dir/web.ng", text }, format, TYPES);
  // The default time-out is reported once for each file.
  const reported = diagnostics.filter(({ code }) => code !== "other-default").map(diagnosticData).map((
    { code, line },
  ) => `${code} ${line}`);
  return { yaml, reported, diagnostics, states: yaml === null ? [] : load(yaml) };
}

/** Names with their messages as one types them. */
function messagesOf(states: readonly GraphState[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(states.flatMap(({ nodes }) =>
    nodes.map(({ name, messages }) => {
      return [name, messages.map(({ command, argument }) => argument === null ? command : `${command} ${argument}`)];
    })
  ));
}

const ROUND = `
name: one
description: Two words
nodes:
  tap: { type: tee }
  in: { type: ksocket, hook: inet/dgram/udp, messages: [{ setopt: { SO_REUSEADDR: 1 } }, { bind: "inet/127.0.0.1:0" }] }
  out: { type: ksocket, hook: inet6/dgram/udp, messages: [{ connect: "inet6/[::1]:53" }, getpeername] }
  a: { type: ksocket, hook: inet/stream/tcp, messages: [{ connect: "inet/127.0.0.1:80" }, { setopt: { SO_LINGER: { onoff: 1, linger: 2 } } }] }
  b: { type: ksocket, hook: local/stream/0, messages: [{ bind: 'local/"/tmp/x"' }] }
  alone: { type: ksocket, hook: inet/stream/tcp, messages: [{ bind: "inet/127.0.0.1:81" }, { listen: 5 }] }
  bus: { type: hub, messages: [setpersistent] }
  e: { type: echo }
  line: { type: pipe, messages: [{ setcfg: { delay: 1000 } }] }
  fan: { type: one2many, messages: [{ setconfig: { xmitAlg: all, enabledLinks: [1, 1, 0] } }] }
  every: { type: one2many, messages: [{ setconfig: { xmitAlg: all } }] }
  lone: { type: hub }
links:
  - [in, tap:left]
  - [out, tap:right]
  - [a, b]
  - [bus, e]
  - [bus:named, line:upper]
  - [line:lower, fan:one]
  - [fan:many0, e]
  - [every:one, fan:many1]
---
name: two
nodes: { x: { type: hole }, y: { type: echo } }
links: [[x, y]]
`;

test("import gives back what export --format ngctl wrote", () => {
  const states = load(ROUND);
  const again = imported(dumpNgctl(states, TYPES), "ngctl");
  assert.deepEqual(again.reported, []);
  const sorted = (all: readonly GraphState[]) =>
    all.map((state) => ({ ...state, nodes: state.nodes.toSorted((a, b) => a.name < b.name ? -1 : 1) }));
  assert.deepEqual(sorted(again.states), sorted(states));
});

test("import of ngctl's script follows hooks, scaffolds and renamings", () => {
  const { states, reported } = imported(
    [
      "#!/usr/sbin/ngctl -f",
      "mkpeer tee tmp left2right",
      "mkpeer tmp ksocket left inet/dgram/17",
      "name tmp.left up",
      "mkpeer tmp ksocket right 2/2/17",
      "shutdown tmp",
      "ngctl msg up: bind inet/239.125.10.3:1234",
      "msg up:inet/dgram/udp setopt { level=0xffff name=0x200 data=[ 1 ] }",
      "mkpeer . hub h x",
      "name h gone",
      "rmhook h",
      "list",
      "",
    ].join("\n"),
    "ngctl",
  );
  assert.deepEqual(reported, []);
  assert.deepEqual(messagesOf(states), {
    up: ["bind inet/239.125.10.3:1234"],
    ksocket: ["setopt { SO_REUSEPORT=1 }"],
  });
  assert.deepEqual(states[0]?.links.length, 1);
  assert.equal(states[0]?.name, "web");
});

test("import notes what means something else, and what is left out, with its line", () => {
  const { reported, states, yaml } = imported(
    [
      "mkpeer iface ng0 inet",
      "mkpeer ng0 ksocket inet6 inet/dgram/udp",
      "msg ng0 anything",
      "mkpeer ksocket foo inet/stream/tcp",
      "msg foo bind inet/0.0.0.0:80",
      "msg foo listen 5",
      "msg foo accept",
      "write foo 1 2",
      "msg foo nodeinfo",
    ].join("\n"),
    "ngctl",
  );
  assert.deepEqual(reported, [
    "no-counterpart 1",
    "no-counterpart 3",
    "changed-meaning 4",
    "changed-meaning 7",
    "no-counterpart 8",
    "no-counterpart 9",
  ]);
  assert.deepEqual(Object.keys(messagesOf(states)), ["ksocket", "ksocket1"]);
  assert.match(yaml ?? "", /^# Imported from dir\/web\.ng \(ngctl\)\n# line 1: /);
});

test("import of ngctl's script refuses what netgraph would, with its place", () => {
  const rows: readonly (readonly [line: string, column: number])[] = [
    ["mkpeer ksocket b inet/stream/udpx", 30],
    ["mkpeer hub a", 1],
    ["con a b c", 1],
    ["msg absent: bind x", 5],
    ["msg a bind inet/1.2.3.4.5", 17],
    ["msg a frobnicate", 7],
    ["msg [1f]: getname", 5],
    ["mkpeer hub a x", 14],
    ["name a taken", 8],
    ["connect a taken: c inet/dgram/udp", 20],
  ];
  const before = ["mkpeer ksocket a inet/dgram/udp", "mkpeer hub t x", "name t taken"];
  for (const [line, column] of rows) {
    const { yaml, diagnostics } = imported([...before, line].join("\n"), "ngctl");
    const errors = diagnostics.map(diagnosticData).filter(({ severity }) => severity === "error");
    assert.deepEqual(errors.map((one) => [one.line, one.column]), [[4, column]], `${line}: ${errors[0]?.message}`);
    assert.equal(yaml, null);
  }
});

test("import of socat's abstract sockets is the address @name", () => {
  const { states, reported } = imported("socat ABSTRACT-LISTEN:in,fork ABSTRACT-CONNECT:/out", "socat");
  assert.deepEqual(reported, []);
  const texts = Object.values(messagesOf(states)).flat().filter((text) => text.includes("local/"));
  assert.deepEqual(texts, ['bind local/"\\x00in"', 'accept { connect=local/"\\x00/out" }']);
});

test("import of socat's lines keeps options as messages, limits and templates", () => {
  const { states, reported } = imported(
    [
      "#!/bin/sh",
      "socat TCP-LISTEN:8080,fork,reuseaddr,max-children=10,backlog=50 TCP:localhost:80 &",
      "/usr/bin/socat -d UNIX-LISTEN:/tmp/s.sock,fork,mode=660 TCP6:[::1]:80,connect-timeout=3,nodelay",
      "socat UDP4-RECV:5140 UDP:10.0.0.1:514,bind=10.0.0.9",
      "TCP:a.example:1 TCP4:b.example:2",
      "socat TCP:h:80 TCP4-LISTEN:81,bind=127.0.0.1,range=10.0.0.0/8,pktinfo",
    ].join("\n"),
    "socat",
  );
  // Names without a family, and no fork.
  const changed = [2, 5, 6, 6].map((line) => `changed-meaning ${line}`);
  assert.deepEqual(reported.toSorted(), [...changed, "no-counterpart 3", "no-counterpart 6"]);
  assert.deepEqual(messagesOf(states), {
    "listen-8080": [
      "setconfig { idleTimeout=0s }",
      "setopt { SO_REUSEADDR=1 }",
      "bind inet/0.0.0.0:8080",
      "listen 50",
      "accept { connect=inet/localhost:80 max=10 }",
    ],
    "listen-s_sock": [
      "setconfig { idleTimeout=0s }",
      "setconfig { mode=0660 }",
      'bind local/"/tmp/s.sock"',
      "listen 5",
      'accept { template="session" }',
    ],
    "receive-5140": ["bind inet/0.0.0.0:5140"],
    "send-514": ["bind inet/10.0.0.9", "connect inet/10.0.0.1:514"],
    "connect-1": ["setconfig { idleTimeout=0s }", "connect inet/a.example:1"],
    "connect-2": ["setconfig { idleTimeout=0s }", "connect inet/b.example:2"],
    "listen-81": [
      "setconfig { idleTimeout=0s }",
      "bind inet/127.0.0.1:81",
      "listen 5",
      "accept { connect=inet/h:80 allow=[ 10.0.0.0/8 ] }",
    ],
  });
  assert.deepEqual(states[0]?.templates[0]?.nodes[0]?.messages, [
    { command: "setconfig", argument: "{ idleTimeout=0s }" },
    { command: "setconfig", argument: "{ connectTimeout=3s }" },
    { command: "setopt", argument: "{ TCP_NODELAY=1 }" },
    { command: "connect", argument: "inet6/[::1]:80" },
  ]);
  assert.equal(states[0]?.links.length, 2);
});

test("import of socat's lines makes sessions of UDP-LISTEN and UDP-RECVFROM, and UDP-RECV goes one way", () => {
  const cases = [
    [
      "socat UDP-LISTEN:53,fork,max-children=9,range=10.0.0.0/8 UDP:9.9.9.9:53",
      {
        "listen-53": [
          "bind inet/0.0.0.0:53",
          "accept { connect=inet/9.9.9.9:53 max=9 overflow=refuse allow=[ 10.0.0.0/8 ] }",
        ],
      },
      ["changed-meaning 1"],
    ],
    [
      "socat UDP6-RECVFROM:53 UDP:10.0.0.1:54,bind=10.0.0.9",
      { "listen-53": ["bind inet6/[::]:53", 'accept { template="session" }'] },
      ["changed-meaning 1", "changed-meaning 1"],
    ],
    ["socat UDP-L:53,fork TCP4:h:53", { "listen-53": ["bind inet/0.0.0.0:53", 'accept { template="session" }'] }, [
      "changed-meaning 1",
    ]],
    ["socat UDP-RECV:53 UDP4:h:53", { "receive-53": ["bind inet/0.0.0.0:53"], "send-53": ["connect inet/h:53"] }, []],
    ["socat - UDP-LISTEN:514", { stdio: [], "listen-514": ["bind inet/0.0.0.0:514"] }, []],
  ] as const;
  for (const [line, messages, notes] of cases) {
    const { states, reported } = imported(line, "socat");
    assert.deepEqual([messagesOf(states), reported], [messages, notes], line);
  }
});

test("import of socat's lines makes - and STDIO the stdio node", () => {
  const cases = [
    ["socat - TCP4:h:80", { stdio: [], "connect-80": ["setconfig { idleTimeout=0s }", "connect inet/h:80"] }, []],
    ["socat UDP-RECV:514 STDIO,raw", { stdio: [], "receive-514": ["bind inet/0.0.0.0:514"] }, ["no-counterpart 1"]],
    [
      "socat TCP-L:80,fork -",
      {
        stdio: [],
        "listen-80": [
          "setconfig { idleTimeout=0s }",
          "bind inet/0.0.0.0:80",
          "listen 5",
          'accept { peer="stdio" max=1 }',
        ],
      },
      ["changed-meaning 1"],
    ],
  ] as const;
  for (const [line, messages, notes] of cases) {
    const { states, reported } = imported(line, "socat");
    assert.deepEqual([messagesOf(states), reported], [messages, notes], line);
    assert.equal(states[0]?.nodes.find(({ name }) => name === "stdio")?.type, "stdio");
    assert.equal(states[0]?.links.length, line.includes("TCP-L") ? 0 : 1);
  }
  // There is one standard input.
  assert.deepEqual(imported("socat - TCP4:h:80\nsocat - TCP4:h:81", "socat").reported, ["left-out 2"]);
});

test("import of socat's lines refuses what has no counterpart, with its place", () => {
  const { reported, yaml } = imported(
    "socat - STDIO\nsocat TCP4:h:httpx TCP4:h:80\nsocat TCP-L:1\nsocat TCP-L:1 UDP-L:2",
    "socat",
  );
  assert.deepEqual([yaml, reported], [null, [1, 2, 3, 4].map((line) => `bad-import ${line}`)]);
});

test("import of rinetd.conf keeps rules and permitted clients", () => {
  const { states, reported } = imported(
    [
      "# a comment",
      "deny 192.168.3.*",
      "0.0.0.0 8080 10.0.0.2 80",
      "allow 10.*",
      ":: 443 example.org 443/tcp [timeout=60,src=1.2.3.4]",
      "127.0.0.1 53/udp 8.8.8.8 53/udp",
      "logfile /var/log/rinetd.log",
    ].join("\n"),
    "rinetd",
  );
  const of5 = ["changed-meaning 5", "changed-meaning 5", "no-counterpart 5", "no-counterpart 5"];
  assert.deepEqual(reported, [...of5, "no-counterpart 7"]);
  const all = messagesOf(states);
  assert.deepEqual(all["udp-53"], [
    "setconfig { idleTimeout=72s }",
    "bind inet/127.0.0.1:53",
    "accept { connect=inet/8.8.8.8:53 deny=[ 192.168.3.0/24 ] }",
  ]);
  assert.deepEqual(
    all["tcp-8080"]?.at(-1),
    "accept { connect=inet/10.0.0.2:80 allow=[ 10.0.0.0/8 ] deny=[ 192.168.3.0/24 ] }",
  );
  // rinetd ends no TCP connection, whatever timeout says.
  assert.deepEqual(all["tcp-443"]?.slice(1, 3), ["setconfig { idleTimeout=0s }", "bind inet6/[::]:443"]);
  assert.deepEqual(imported("0.0.0.0 httpx 10.0.0.2 80\nallow 1?2\n", "rinetd").reported, [
    "bad-import 1",
    "bad-import 2",
  ]);
});

test("detectFormat() looks at what there is", () => {
  const rows: readonly (readonly [text: string, format: ImportFormat | null])[] = [
    ["#!/bin/sh\n\nsocat TCP-L:1 TCP:a:2", "socat"],
    ["TCP-LISTEN:1,fork TCP:a:2", "socat"],
    ["# x\nallow 1.2.3.4\n", "rinetd"],
    ["0.0.0.0 80 10.0.0.1 80", "rinetd"],
    ["0.0.0.0 http 10.0.0.1 https", "rinetd"],
    ["#!/bin/sh\nset -e\nnohup socat TCP-L:1 TCP:a:2", "socat"],
    ["set -e\n/usr/sbin/ngctl list", "ngctl"],
    ["# sockgraph: topology web", "ngctl"],
    ["mkpeer hub a b", "ngctl"],
    ["ngctl mkpeer hub a b", "ngctl"],
    ["nodes: {}", null],
    ["", null],
  ];
  for (const [text, format] of rows) assert.equal(detectFormat(text), format, text);
});

/** What a configuration of rinetd says of who may come, and the lists that it becomes; null: the rule is left out. */
const LISTS: readonly (readonly [all: string, own: string, lists: string | null])[] = [
  ["allow 127.0.*.*", "allow 127.0.0.1", "allow=[ 127.0.0.1 ]"],
  ["allow 127.0.0.1", "allow 127.*", "allow=[ 127.0.0.1 ]"],
  ["allow 10.*\nallow 192.168.*", "allow 192.168.1.*\nallow 172.16.*", "allow=[ 192.168.1.0/24 ]"],
  ["allow 10.*", "allow 192.168.*", null],
  ["allow 10.*", "", "allow=[ 10.0.0.0/8 ]"],
  ["", "allow 10.*", "allow=[ 10.0.0.0/8 ]"],
  ["deny 10.1.*", "deny 10.2.*", "deny=[ 10.1.0.0/16 10.2.0.0/16 ]"],
  ["allow 10.*", "deny 10.2.*", "allow=[ 10.0.0.0/8 ] deny=[ 10.2.0.0/16 ]"],
  ["allow *", "deny *", null],
  ["deny 10.*", "allow 10.1.*", null],
  ["", "allow 192.168.1.?", "allow=[ 192.168.1.0/29 192.168.1.8/31 ]"],
];

test("import of rinetd.conf admits no client that rinetd refuses: a rule's list and that of all rules both apply", () => {
  for (const [all, own, lists] of LISTS) {
    const { states, reported, yaml } = imported(
      `${all}\n0.0.0.0 81 10.0.0.3 81\n0.0.0.0 80 10.0.0.2 80\n${own}\n`,
      "rinetd",
    );
    const accept = messagesOf(states)["tcp-80"]?.at(-1);
    if (lists === null) {
      assert.deepEqual(
        [accept, reported.filter((one) => one.startsWith("left-out") || one.startsWith("bad-import")).length > 0],
        [undefined, true],
        `${all} ${own}`,
      );
    } else assert.equal(accept, `accept { connect=inet/10.0.0.2:80 ${lists} }`, yaml ?? reported.join());
  }
});

/** A line of socat, its messages, and the notes on it by what they name. */
const SOCAT: readonly (readonly [line: string, messages: readonly string[], notes: readonly string[]])[] = [
  ["socat TCP-L:80,fork TCP4:10.0.0.1:81,retry=30,interval=1", ["accept { connect=inet/10.0.0.1:81 }"], [
    'changed-meaning "retry=30"',
    'changed-meaning "interval=1"',
  ]],
  ["socat TCP-L:80,fork,forever TCP4:10.0.0.1:81", ["bind inet/0.0.0.0:80"], ['changed-meaning "forever"']],
  ["socat -T 60 TCP-L:80,fork TCP4:10.0.0.1:81", ["setconfig { idleTimeout=1m }"], []],
  ["socat -T5 TCP-L:80,fork TCP4:10.0.0.1:81", ["setconfig { idleTimeout=5s }"], []],
  ["socat -lf /tmp/x -d TCP-L:80,fork TCP4:10.0.0.1:81", [], [
    'no-counterpart "-lf /tmp/x"',
    'no-counterpart "-d"',
  ]],
  ["socat \"TCP-LISTEN:80,fork\" 'TCP4:10.0.0.1:81'", ["bind inet/0.0.0.0:80"], []],
  ["socat \\\n TCP-LISTEN:80,fork \\\n TCP4:10.0.0.1:81", ["bind inet/0.0.0.0:80"], []],
  ["socat TCP-L:http,fork TCP4:10.0.0.1:https", ["bind inet/0.0.0.0:80", "accept { connect=inet/10.0.0.1:443 }"], []],
  ["socat TCP-L:80,fork,range=10.0.0.0:255.0.0.0 TCP4:10.0.0.1:81", [
    "accept { connect=inet/10.0.0.1:81 allow=[ 10.0.0.0/8 ] }",
  ], []],
  ["socat TCP6-L:80,fork,range=[::1]/128 TCP4:10.0.0.1:81", ["accept { connect=inet/10.0.0.1:81 allow=[ ::1 ] }"], []],
  ["socat TCP-L:80,fork,bind=127.0.0.1:82 TCP4:10.0.0.1:81", ["bind inet/127.0.0.1:82"], []],
  ["socat TCP-L:80,fork,bind=localhost TCP4:10.0.0.1:81", ["bind inet/127.0.0.1:80"], ['changed-meaning "localhost"']],
  ["socat TCP-L:80,fork TCP:example.org:81", ["accept { connect=inet/example.org:81 }"], [
    'changed-meaning "example.org"',
  ]],
  ["nohup socat TCP-L:80,fork TCP4:10.0.0.1:81 >/dev/null 2>&1 &", ["bind inet/0.0.0.0:80"], [
    'no-counterpart "nohup"',
    'no-counterpart ">/dev/null 2>&1 &"',
  ]],
];

test("import of socat's lines keeps what each part means, or reports what is different", () => {
  for (const [line, desired, notes] of SOCAT) {
    const { states, diagnostics } = imported(line, "socat");
    const found = Object.values(messagesOf(states)).flat();
    for (const one of desired) assert.ok(found.includes(one), `${line}: ${one} is not in ${found.join("; ")}`);
    const said = diagnostics.filter(({ code }) => code !== "other-default");
    assert.deepEqual(
      said.map(({ code, message }) => `${code} ${/"[^"]*"/.exec(message)?.[0]}`).toSorted(),
      notes.toSorted(),
      line,
    );
  }
});

test("import places errors in the file that people know", () => {
  const rows: readonly (readonly [ImportFormat, string, number, number])[] = [
    ["rinetd", "# c\n0.0.0.0 80 10.0.0.300 80", 2, 12],
    ["rinetd", "host.example 80 10.0.0.3 80", 1, 1],
    ["rinetd", "0.0.0.0 80 10.0.0.3 99999", 1, 21],
    ["rinetd", "allow 300.x\n0.0.0.0 80 10.0.0.3 81", 1, 7],
    ["socat", "socat TCP-L:80,fork TCP4:10.0.0.300:81", 1, 21],
    ["socat", "socat TCP-L:80,fork,range=host TCP4:10.0.0.3:81", 1, 21],
    ["socat", "socat TCP-L:80,fork,nodelay=x TCP4:10.0.0.3:81", 1, 21],
    ["ngctl", "mkpeer ksocket k inet/dgram/udp\nmsg k accept", 1, 1],
  ];
  for (const [format, text, line, column] of rows) {
    const { yaml, diagnostics } = imported(text, format);
    const [error] = diagnostics.filter(({ severity }) => severity === "error").map(diagnosticData);
    assert.deepEqual([yaml, error?.file, error?.line, error?.column], [null, "dir/web.ng", line, column], text);
  }
});

test("import of a shell's script of ngctl leaves out what is the system's, and reports it", () => {
  const text = [
    "#!/bin/sh",
    "kldload ng_ether",
    "sudo /usr/sbin/ngctl mkpeer em0: netflow lower iface0 || exit 1",
    "ngctl name em0:lower netflow",
    "ngctl connect em0: netflow: upper out0",
    "ngctl mkpeer netflow: ksocket export inet/dgram/udp",
    "ngctl msg netflow:export connect 'inet/10.0.0.1:4444'",
    "ngctl msg em0: setpromisc 1",
    "ngctl -f - <<EOF",
    "mkpeer hub h x",
    "name h bus",
    "mkpeer bus: one2many y one",
    "msg bus:y setconfig { xmitAlg=2 failAlg=1 }",
    "EOF",
    'ngctl msg bus:y setconfig "{ xmitAlg=2 failAlg=1 enabledLinks=[ 1 1 ] }"',
  ].join("\n");
  assert.equal(detectFormat(text), "ngctl");
  const { states, reported } = imported(text, "ngctl");
  assert.deepEqual(reported, [
    "no-counterpart 2",
    ...Array<string>(4).fill("no-counterpart 3"),
    "no-counterpart 8",
    "changed-meaning 13",
  ]);
  const messages = messagesOf(states);
  assert.deepEqual(Object.keys(messages), ["ksocket", "bus", "one2many"]);
  assert.deepEqual(messages["ksocket"], ["connect inet/10.0.0.1:4444"]);
  assert.equal(messages["one2many"]?.length, 2);
  assert.equal(states[0]?.links.length, 1);
  // A name that is none of the system's is wrong.
  assert.deepEqual(imported("mkpeer hub h x\nmkpeer bus: hub a b", "ngctl").reported, [
    "changed-meaning 1",
    "bad-import 2",
  ]);
});
