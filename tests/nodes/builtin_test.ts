/**
 * The facts of all types of node: what is unique, and that `types` prints all of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import { typeLines, typeListLines } from "../../src/cli/verbs/types/types_view.ts";
import { valueRows } from "../../src/cli/value_words.ts";
import type { CommandTable } from "../../src/graph/core/command.ts";
import { Graph } from "../../src/engine/library/graph.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { plannedType, unknownWord } from "../../src/topology/parse/foreign_words.ts";
import { test } from "../harness.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);
const NETGRAPH_COOKIES = {
  socket: 851_601_233,
  ksocket: 942_710_669,
  hub: 1_082_189_597,
  one2many: 1_100_897_444,
  tee: 916_107_047,
  echo: 884_298_942,
  hole: 915_433_206,
  split: 949_409_402,
  pipe: 200_708_191,
  patch: 1_262_445_509,
  bridge: 1_569_321_993,
};
const STYLE = { width: 100, paint: (_: unknown, text: string) => text };

test("describeBuiltinTypes() has each name and netgraph's number of it once", () => {
  assert.equal(new Set(TYPES.map(({ name }) => name)).size, TYPES.length);
  assert.equal(new Set(TYPES.map(({ cookie }) => cookie)).size, TYPES.length);
  const cookies = new Map(TYPES.map(({ name, cookie }) => [name, cookie]));
  for (const [name, cookie] of Object.entries(NETGRAPH_COOKIES)) assert.equal(cookies.get(name), cookie, name);
});

test("typeListLines() has each summary in full, on one line where there is room, and wrapped by words otherwise", () => {
  const wide = typeListLines(TYPES, { ...STYLE, width: Infinity });
  assert.equal(wide.length, TYPES.length + 1);
  for (const { name, summary } of TYPES) {
    assert.ok(wide.some((line) => line.startsWith(name) && line.endsWith(summary)));
  }
  const narrow = typeListLines(TYPES, { ...STYLE, width: 60 });
  assert.ok(narrow.every((line) => line.length <= 60));
  const words = (lines: readonly string[]) => lines.join(" ").split(/ +/);
  assert.deepEqual(words(narrow), words(wide));
});

for (const type of TYPES) {
  test(`type ${type.name} has each message's number once, and types prints its hooks and messages`, () => {
    const commands = Object.entries(type.commands);
    assert.equal(new Set(commands.map(([, { id }]) => id)).size, commands.length);
    const text = typeLines(type, STYLE).join("\n");
    // No heading without anything below it.
    assert.match(text, /\nMESSAGES\n {2}\S/);
    for (const { pattern, summary } of type.hooks) {
      assert.ok(text.includes(pattern) && text.replace(/\s+/g, " ").includes(summary), summary);
    }
    for (const [name, { summary }] of commands) {
      assert.ok(text.includes(`  ${name}  `), name);
      assert.ok(text.replace(/\s+/g, " ").includes(summary.replace(/\s+/g, " ")), summary);
    }
    assert.ok(typeListLines(TYPES, STYLE).some((line) => line.startsWith(`${type.name} `)));
  });

  test(`type ${type.name} reports of each value what it means`, () => {
    for (const [name, command] of Object.entries(type.commands)) {
      for (const { name: value, summary, type: words } of valueRows(command)) {
        assert.ok(summary !== "" && words !== "", `${name} ${value}`);
      }
    }
  });

  test(`type ${type.name} is not listed as planned`, () => {
    assert.equal(plannedType(type.name), null);
    for (const name of Object.keys(type.commands)) assert.equal(unknownWord(name, { known: [] }).message, null);
  });
}

/** What a new node answers to `query`, for each command that changes it. */
const NEW_NODES = [
  { type: "ksocket", hook: "inet/stream/tcp", command: "setconfig", query: "getconfig" },
  { type: "pipe", hook: "upper", command: "setcfg", query: "getcfg" },
  { type: "bridge", hook: "link0", command: "setconfig", query: "getconfig" },
  { type: "frame", hook: "stream", command: "setconfig", query: "getconfig" },
  { type: "one2many", hook: "one", command: "setconfig", query: "getconfig" },
  { type: "patch", hook: "in", command: "setconfig", query: "getconfig" },
] as const;

for (const { type: name, hook, command, query } of NEW_NODES) {
  test(`a new ${name} has the defaults that the fields of ${command} say`, async () => {
    await using graph = await Graph.open({ runtime: "memory" });
    await using socket = await graph.socket();
    await socket.mkpeer(".", { type: name, ourhook: "it", peerhook: hook });
    const reply = await socket.msg("it", query);
    const commands = TYPES.find((type) => type.name === name)?.commands;
    const [args, answer] = [commands?.[command]?.args ?? null, commands?.[query]?.reply ?? null];
    assert.ok(args !== null && answer !== null && args.description.kind === "struct");
    const found = new Map<string, unknown>(Object.entries(Object(parseText(answer, reply.text ?? ""))));
    let known = 0;
    for (const { name: field, default: value } of args.description.fields) {
      if (value === null || !found.has(field)) continue;
      const desired: Record<string, unknown> = Object(parseText(args, `{ ${field}=${value} }`));
      assert.deepEqual(found.get(field), desired[field], field);
      known++;
    }
    assert.ok(known >= 2);
  });
}

test("what every setting of the built-in types did can be read back, or holds of a declared node anyway", () => {
  const unread = TYPES.flatMap(({ name: type, commands }) => {
    const table: CommandTable = commands;
    return Object.entries(table).flatMap(([name, { kind, readBack, impliedWhenDeclared }]) => {
      return kind !== "setting" || readBack !== undefined || impliedWhenDeclared === true ? [] : [`${type} ${name}`];
    });
  });
  assert.deepEqual(unread, []);
});
