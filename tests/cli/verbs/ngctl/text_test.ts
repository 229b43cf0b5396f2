/**
 * What ngctl reads and prints.
 *
 * @module
 */

import assert from "node:assert/strict";
import { helpLines, usageOf } from "../../../../src/cli/verbs/ngctl/commands.ts";
import { dotLines } from "../../../../src/cli/verbs/ngctl/dot.ts";
import { dataLines, listLines, replyLines, showLines, typeLines } from "../../../../src/cli/verbs/ngctl/format.ts";
import { parseOctet } from "../../../../src/cli/verbs/ngctl/write.ts";
import { LineError, scriptLines, splitLine, unquoteWord } from "../../../../src/cli/verbs/ngctl/words.ts";
import type { SessionNode } from "../../../../src/graph/session/session.ts";
import { octets } from "../../../support/graph.ts";
import { test } from "../../../harness.ts";

const LAX = { strict: false };
const STRICT = { strict: true };

const NODES: readonly SessionNode[] = [
  {
    id: 0x1f,
    name: "fred",
    type: "ksocket",
    hooks: [{ name: "inet/dgram/udp", peer: { hook: "foo", id: 2, name: null, type: "socket" } }],
  },
  {
    id: 2,
    name: null,
    type: "socket",
    hooks: [{ name: "foo", peer: { hook: "inet/dgram/udp", id: 0x1f, name: "fred", type: "ksocket" } }],
  },
  { id: 3, name: "al|one", type: "hub", hooks: [] },
];

test("splitLine() takes 511 words strictly, and as many as there are otherwise", () => {
  const line = "word ".repeat(600);
  assert.deepEqual([splitLine(line, STRICT).length, splitLine(line, LAX).length], [511, 600]);
});

test("scriptLines() goes on with another line after 2,047 octets strictly, and keeps lines whole otherwise", () => {
  const text = `${"a".repeat(2046)}\n${"b".repeat(2047)}\n${"c".repeat(5000)}`;
  const lengths = scriptLines(text, STRICT).map((line) => line.trimEnd().length);
  assert.deepEqual(lengths, [2046, 2047, 0, 2047, 2047, 906]);
  assert.deepEqual(scriptLines(text, LAX).map(({ length }) => length), [2046, 2047, 5000]);
  // Octets are counted, not characters.
  assert.deepEqual(scriptLines("é".repeat(1200), STRICT).length, 2);
});

test("splitLine() keeps blanks in quotes and drops comments, unless strict", () => {
  const cases: readonly (readonly [line: string, words: readonly string[]])[] = [
    ["  list -l  # all", ["list", "-l"]],
    [" # nothing", []],
    ["name a#b c", ["name", "a#b", "c"]],
    ['msg ks bind local/"/tmp/a b"', ["msg", "ks", "bind", 'local/"/tmp/a b"']],
    ['name x "a # \\" b"', ["name", "x", '"a # \\" b"']],
  ];
  for (const [line, words] of cases) assert.deepEqual(splitLine(line, LAX), words, line);
  assert.deepEqual(splitLine("list # all", STRICT), ["list", "#", "all"]);
  assert.deepEqual(splitLine("# all", STRICT), []);
  assert.throws(() => splitLine('name x "a b', LAX), LineError);
});

test("unquoteWord() takes quotes for a name's own only when strict", () => {
  assert.equal(unquoteWord('"a b"', LAX), "a b");
  assert.equal(unquoteWord('"a', LAX), '"a');
  assert.equal(unquoteWord('"a"', STRICT), '"a"');
});

test("parseOctet() refuses what reads otherwise in C", () => {
  for (const text of ["010", "12abc", "0x", "1.5", "-129", "256", ""]) assert.equal(parseOctet(text, LAX), null, text);
  assert.equal(parseOctet("-1", LAX), 255);
  assert.equal(parseOctet("0x41", LAX), 65);
  assert.equal(parseOctet("-0x80", STRICT), 128);
});

test("listLines() are ngctl's, named ones and in full too", () => {
  assert.deepEqual(listLines(NODES, { long: false, named: false, ...LAX }), [
    "There are 3 total nodes:",
    "  Name: fred            Type: ksocket         ID: 0000001f   Num hooks: 1",
    "  Name: <unnamed>       Type: socket          ID: 00000002   Num hooks: 1",
    "  Name: al|one          Type: hub             ID: 00000003   Num hooks: 0",
  ]);
  assert.equal(listLines(NODES, { long: false, named: true, ...LAX })[0], "There are 2 total named nodes:");
  assert.equal(listLines(NODES, { long: true, named: false, ...LAX }).filter((line) => line === "").length, 2);
});

test("showLines() are ngctl's, with the hooks or without", () => {
  const [fred] = NODES;
  assert.ok(fred !== undefined);
  assert.deepEqual(showLines(fred, { hooks: true, ...LAX }), [
    "  Name: fred            Type: ksocket         ID: 0000001f   Num hooks: 1",
    "  Local hook      Peer name       Peer type    Peer ID         Peer hook      ",
    "  ----------      ---------       ---------    -------         ---------      ",
    "  inet/dgram/udp  <unnamed>       socket       00000002        foo            ",
  ]);
  assert.equal(showLines(fred, { hooks: false, ...LAX }).length, 1);
});

test("listLines() and showLines() line up with long names, which push the rest when strict", () => {
  const long = "ksocket_netflow_igb0_vlan100";
  const hook = { name: "export9", peer: { hook: "inet/dgram/udp_is_longer", id: 7, name: long, type: "ksocket" } };
  const nodes: readonly SessionNode[] = [
    { id: 7, name: long, type: "ksocket", hooks: [hook] },
    { id: 8, name: "日本", type: "hub", hooks: [{ ...hook, name: "a" }, hook] },
  ];
  assert.deepEqual(listLines(nodes, { long: false, named: false, ...LAX }).slice(1), [
    "  Name: ksocket_netflow_igb0_vlan100 Type: ksocket         ID: 00000007   Num hooks: 1",
    "  Name: 日本                         Type: hub             ID: 00000008   Num hooks: 2",
  ]);
  assert.deepEqual(listLines(nodes, { long: false, named: false, ...STRICT }).slice(1), [
    "  Name: ksocket_netflow_igb0_vlan100 Type: ksocket         ID: 00000007   Num hooks: 1",
    "  Name: 日本            Type: hub             ID: 00000008   Num hooks: 2",
  ]);
  assert.deepEqual(
    showLines(nodes[1] ?? assert.fail(), { hooks: true, ...LAX }).slice(1).map((line) => line.trimEnd()),
    [
      "  Local hook      Peer name                    Peer type    Peer ID         Peer hook",
      "  ----------      ---------                    ---------    -------         ---------",
      "  a               ksocket_netflow_igb0_vlan100 ksocket      00000007        inet/dgram/udp_is_longer",
      "  export9         ksocket_netflow_igb0_vlan100 ksocket      00000007        inet/dgram/udp_is_longer",
    ],
  );
});

test("typeLines() and replyLines() are ngctl's", () => {
  assert.deepEqual(typeLines([{ name: "hub", nodes: 12 }], LAX), [
    "There are 1 total types:",
    "      Type name   Number of living nodes",
    "      ---------   ----------------------",
    "            hub      12",
  ]);
  const reply = { command: "getname", number: 5, from: "[9]" };
  assert.deepEqual(replyLines({ ...reply, text: "inet/1.2.3.4:5" }), [
    `Rec'd response "getname" (5) from "[9]:":`,
    "Args:\tinet/1.2.3.4:5",
  ]);
  assert.equal(replyLines({ ...reply, text: null })[1], "No arguments");
});

test("dataLines() dump sixteen octets a line", () => {
  assert.deepEqual(dataLines("foo", octets("0123456789abcdef\n")), [
    `Rec'd data packet on hook "foo":`,
    "0000:  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
    `0010:  0a ${" ".repeat(45)} .${" ".repeat(15)}`,
  ]);
});

test("dotLines() draw as ngctl does: each link once, from the node that was made later", () => {
  assert.deepEqual(dotLines(NODES, { compact: true }), [
    "digraph netgraph {",
    '\tedge [ dir = "none", fontsize = 10 ];',
    "\tnode [ shape = record, fontsize = 12 ] {",
    '\t\t"1f" [ label = "{fred:|{ksocket|[1f]:}}" ];',
    '\t\t"2" [ label = "{\\<unnamed\\>:|{socket|[2]:}}" ];',
    '\t\t"3" [ label = "{al\\|one:|{hub|[3]:}}" ];',
    "\t};",
    "\tsubgraph cluster_disconnected {",
    "\t\tbgcolor = pink;",
    '\t\t"3";',
    "\t};",
    '\t"2" -> "1f" [ headlabel = "inet/dgram/udp", taillabel = "foo" ] ;',
    "}",
  ]);
  assert.deepEqual(dotLines(NODES.slice(0, 1), { compact: false }).slice(8), [
    "\tnode [ shape = octagon, fontsize = 10 ] {",
    '\t\t"1f.inet/dgram/udp" [ label = "inet/dgram/udp" ];',
    "\t};",
    "\t{",
    "\t\tedge [ weight = 2.0, style = bold ];",
    '\t\t"1f" -- "1f.inet/dgram/udp";',
    "\t};",
    '\t"1f.inet/dgram/udp" -- "2.foo";',
    "}",
  ]);
});

test("helpLines() list every command", () => {
  assert.equal(helpLines(null, LAX).length, 18);
  assert.deepEqual(helpLines("read", LAX).slice(0, 1), ["usage:    read filename"]);
  assert.equal(usageOf("types", LAX), "usage: types");
});

test("helpLines() and usageOf() are ngctl's word for word when strict", () => {
  assert.equal(usageOf("connect", STRICT), "usage: connect [path] <relpath> <hook> <peerhook>");
  assert.equal(usageOf("msg", STRICT), "usage: msg path command [args ... ]");
  assert.equal(helpLines(null, STRICT)[1], "  config     get or set configuration of node at <path>");
  assert.deepEqual(helpLines("msg", STRICT), [
    "usage:    msg path command [args ... ]",
    "Aliases:  cmd",
    'Summary:  Send a netgraph control message to the node at "path"',
    "Description:",
    "  The msg command constructs a netgraph control message from the",
    "  command name and ASCII arguments (if any) and sends that",
    "  message to the node.  It does this by first asking the node to",
    "  convert the ASCII message into binary format, and resending the",
    "  result.",
  ]);
});
