/**
 * How ngctl's words go on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { complete, type CompletedWorld } from "../../../../src/cli/verbs/ngctl/completion.ts";
import { test } from "../../../harness.ts";

const WORLD: CompletedWorld = {
  own: "[1]",
  nodes: [
    {
      id: 1,
      name: "ngctl1",
      type: "socket",
      hooks: [
        { name: "foo", peer: { hook: "inet/dgram/udp", id: 0x1f, name: "web/fred", type: "ksocket" } },
        { name: "a.b", peer: null },
      ],
    },
    {
      id: 0x1f,
      name: "web/fred",
      type: "ksocket",
      hooks: [{ name: "inet/dgram/udp", peer: { hook: "foo", id: 1, name: "ngctl1", type: "socket" } }],
    },
    { id: 3, name: null, type: "tee", hooks: [] },
    { id: 4, name: "my tee", type: "tee", hooks: [] },
  ],
  types: [
    { name: "ksocket", messages: ["bind", "getname", "getpeername", "nodeinfo"], hooks: [] },
    { name: "tee", messages: ["getstats"], hooks: ["left", "right"] },
  ],
};

const CASES: readonly (readonly [line: string, candidates: readonly string[]])[] = [
  [
    "",
    ["config", "connect", "debug", "dot", "help", "list", "mkpeer", "msg", "name", "read", "rmhook", "show"]
      .concat(["shutdown", "status", "types", "write", "quit"]).map((word) => `${word} `),
  ],
  ["sh", ["show ", "shutdown "]],
  ["ki", ["kill "]],
  ["nonsense x", []],
  ["show ", ["ngctl1:", "web/fred:", "[3]:", "foo"]],
  ["show -n we", ["web/fred:"]],
  ["kill web/fred:", ["web/fred:inet/dgram/udp"]],
  ["kill foo.i", ["foo.inet/dgram/udp"]],
  ["kill .:", [".:foo"]],
  ["kill .:foo.inet/dgram/udp.", [".:foo.inet/dgram/udp.foo"]],
  ["kill a b", []],
  ["msg foo get", ["getname ", "getpeername "]],
  ["MSG web/fred: b", ["bind "]],
  ["msg absent: b", []],
  ["mkpeer t", ["tee "]],
  ["mkpeer foo k", ["ksocket "]],
  ["mkpeer tee x ", ["left", "right"]],
  ["mkpeer foo tee x r", ["right"]],
  ["mkpeer tee x left ", []],
  ["connect foo w", ["web/fred:"]],
  ["rmhook web/fred: ", ["inet/dgram/udp"]],
  ["write ", ["foo "]],
  ["help mk", ["mkpeer "]],
];

test("complete() finds commands, nodes, hooks, types and messages", () => {
  for (const [line, desired] of CASES) {
    const { candidates, word } = complete(line, WORLD);
    assert.deepEqual(candidates, desired, line);
    assert.ok(line.endsWith(word), line);
  }
});
