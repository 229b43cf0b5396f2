/**
 * patch: what each mode does to octets, which way what goes, and who is pushed back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { OctetWriter } from "../../src/ascii/octets.ts";
import { parseText } from "../../src/ascii/parse.ts";
import { Item } from "../../src/graph/core/item.ts";
import { patchType } from "../../src/nodes/patch.ts";
import { PATCH_COMMANDS } from "../../src/nodes/patch_commands.ts";
import { test } from "../harness.ts";
import { makeProbe, octets, probeNode } from "../support/graph.ts";

const BOTH = ["in", "out"];

/** A patch that does `ops`, and what it makes of `text`. */
async function patched(ops: string, text: string): Promise<string> {
  const { at, msg } = await probeNode("patch", BOTH);
  await msg("setconfig", `{ ops=[ ${ops} ] }`);
  at("in").end.send("x", octets(text));
  return at("out").got[0]?.slice(2) ?? "";
}

const CASES: readonly (readonly [string, string, string])[] = [
  ["offset=1 length=1 mode=set value=66", "aaa", "aBa"],
  ["offset=0 length=2 mode=add value=0x0101", "ab", "bc"],
  ["offset=0 length=4 mode=sub value=0x01010101", "bcde", "abcd"],
  ["offset=0 length=1 mode=mul value=2", "0", "`"],
  ["offset=0 length=4 mode=mul value=256", "abcd", "bcd\u0000"],
  ["offset=0 length=1 mode=div value=2", "b", "1"],
  ["offset=0 length=1 mode=and value=0x5f", "a", "A"],
  ["offset=0 length=1 mode=or value=0x20", "A", "a"],
  ["offset=0 length=2 mode=xor value=0x2020", "aB", "Ab"],
  ["offset=0 length=2 mode=shl value=8", "ab", "b\u0000"],
  ["offset=0 length=4 mode=shr value=8", "abcd", "\u0000abc"],
  ["offset=0 length=4 mode=shl value=32", "abcd", "\u0000\u0000\u0000\u0000"],
  ["offset=0 length=8 mode=shr value=32", "abcdefgh", "\u0000\u0000\u0000\u0000abcd"],
  ["offset=0 length=8 mode=add value=0x0101010101010101", "abcdefgh", "bcdefghi"],
  ["offset=0 length=8 mode=mul value=256", "abcdefgh", "bcdefgh\u0000"],
];

for (const [operation, text, desired] of CASES) {
  test(`patch ${operation} of ${JSON.stringify(text)}`, async () => {
    assert.equal(await patched(`{ ${operation} }`, text), desired);
  });
}

test("patch wraps around, and neg is the two's complement", async () => {
  assert.equal(await patched("{ length=1 mode=add value=0xe1 }", "a"), "B");
  assert.equal(await patched("{ length=1 mode=neg } { length=1 mode=neg }", "a"), "a");
  assert.equal(await patched("{ length=1 mode=neg } { length=1 mode=add value=0xc2 }", "a"), "a");
});

test("patch does operations in order, and leaves out what reaches beyond the end", async () => {
  assert.equal(await patched("{ length=1 mode=set value=65 } { offset=2 length=2 mode=set value=0 }", "xyz"), "Ayz");
  assert.equal(await patched("{ length=1 mode=set value=65 } { length=1 mode=add value=1 }", "xyz"), "Byz");
});

test("patch changes nothing that comes in by out, and sends back where nothing is joined to out", async () => {
  const { at, msg } = await probeNode("patch", BOTH);
  await msg("setconfig", "{ ops=[ { length=1 mode=set value=65 } ] }");
  at("out").end.send("x", octets("b"));
  assert.deepEqual(at("in").got, ["x b"]);
  const alone = await probeNode("patch", ["in"]);
  await alone.msg("setconfig", "{ ops=[ { length=1 mode=set value=65 } ] }");
  alone.at("in").end.send("x", octets("b"));
  assert.deepEqual(alone.at("in").got, ["x A"]);
});

test("patch leaves the octets of its sender as they were", async () => {
  const { at, msg } = await probeNode("patch", BOTH);
  await msg("setconfig", "{ ops=[ { length=1 mode=set value=65 } ] }");
  const sent = octets("b");
  at("in").end.send("x", sent);
  assert.deepEqual([at("out").got, [...sent]], [["x A"], [98]]);
});

test("patch changes what comes round to it meanwhile, and not what is on its way", async () => {
  const { graph, node, at, msg } = await probeNode("patch", ["in"]);
  await msg("setconfig", "{ ops=[ { length=1 mode=add value=1 } ] }");
  const hub = graph.make("hub", { scope: "t" });
  graph.connect({ node, hook: "out" }, { node: hub, hook: "a" });
  const [first, second] = [makeProbe(graph), makeProbe(graph)];
  graph.connect({ node: first.node, hook: "x" }, { node: hub, hook: "b" });
  graph.connect({ node: second.node, hook: "x" }, { node: hub, hook: "c" });
  let again = true;
  first.onReceive = () => {
    if (!again) return;
    again = false;
    at("in").end.send("x", octets("m"));
  };
  at("in").end.send("x", octets("a"));
  assert.deepEqual([first.got, second.got], [["x b", "x n"], ["x n", "x b"]]);
});

test("patch counts from behind Ethernet's header and its tags, and drops what has none", async () => {
  const { at, node, msg } = await probeNode("patch", BOTH);
  await msg("setdlt", "1");
  await msg("setconfig", "{ relative_offset=1 ops=[ { length=1 mode=set value=65 } ] }");
  const header = "dddddddddddd";
  at("in").end.send("x", octets(`${header}  xy`));
  at("in").end.send("x", Uint8Array.from([...octets(header), 0x91, 0, 1, 1, 32, 32, 120]));
  at("in").end.send("x", octets("short"));
  assert.deepEqual([at("out").got[0], at("out").got[1]?.slice(-3)], [`x ${header}  Ay`, "  A"]);
  assert.deepEqual(node.hooks.get("in")?.dropped(), { error: 1 });
  assert.equal(await msg("getclrstats"), "{ Received=3 Patched=2 Dropped=1 }");
  assert.equal(await msg("getstats"), "{}");
});

test("patch passes signs behind the data, and a reset not back to who is gone", async () => {
  const { at } = await probeNode("patch", BOTH);
  at("in").end.send("x", octets("1"));
  at("in").end.end("x");
  at("out").end.end("x");
  assert.deepEqual([at("out").got, at("in").got], [["x 1", "x eof"], ["x eof"]]);
  const alone = await probeNode("patch", ["in"]);
  alone.at("in").node.hooks.get("x")?.send(new Item().signal("abort"));
  assert.deepEqual(alone.at("in").got, []);
});

test("patch stops each direction separately, and resumes a sender that waits for a removed side", async () => {
  const { graph, at, makeRoom } = await probeNode("patch", BOTH);
  at("out").full = true;
  assert.equal(at("in").end.send("x", octets("1")), false);
  assert.equal(at("out").end.send("x", octets("2")), undefined);
  makeRoom("out");
  assert.deepEqual([at("in").resumed, at("out").resumed], [["x"], []]);
  at("out").full = true;
  at("in").end.send("x", octets("1"));
  graph.shutdown(at("out").node);
  assert.deepEqual(at("in").resumed, ["x", "x"]);
});

test("patch refuses operations that cannot be done", async () => {
  const { msg } = await probeNode("patch", BOTH);
  for (
    const config of [
      "{ ops=[ { length=3 mode=set } ] }",
      "{ ops=[ { length=1 mode=div } ] }",
      "{ ops=[ { length=1 mode=set value=256 } ] }",
      "{ count=2 ops=[ { length=1 mode=set } ] }",
      "{ csum_flags=1 }",
    ]
  ) {
    await assert.rejects(msg("setconfig", config), { code: "EINVAL" }, config);
  }
  await assert.rejects(msg("setdlt", "2"), { code: "EINVAL" });
  assert.equal(await msg("getconfig"), "{}");
});

test("patch takes netgraph's numbers, and is written with them for FreeBSD", async () => {
  const { msg } = await probeNode("patch", BOTH);
  const ours = "{ ops=[ { offset=2 length=1 mode=7 value=0xfe } ] }";
  await msg("setconfig", ours);
  assert.equal(await msg("getconfig"), "{ count=1 ops=[ { offset=2 length=1 mode=and value=254 } ] }");
  assert.deepEqual(patchType.kernel?.message({ command: "setconfig", argument: ours }), {
    command: "setconfig",
    argument: "{ count=1 csum_flags=0 relative_offset=0 ops=[ { offset=2 length=1 mode=7 value=254 } ] }",
  });
});

test("patch has netgraph's layout in binary", () => {
  const { args } = PATCH_COMMANDS.setconfig;
  const writer = new OctetWriter();
  args?.pack(parseText(args, "{ count=1 ops=[ { offset=2 length=1 mode=and value=254 } ] }"), writer);
  // count, padding, csum_flags, relative_offset, padding; offset, length, mode, value.
  const [head, one] = ["01000000 00000000 0000000000000000 00000000 00000000", "02000000 0100 0700 fe00000000000000"];
  const hex = [...writer.finish()].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  assert.equal(hex, `${head}${one}`.replaceAll(" ", ""));
});

test("patch takes hooks whose names begin as its own", () => {
  assert.deepEqual(["in", "in0", "output"].map((name) => patchType.parseHook(name)), ["in", "in", "out"]);
  assert.throws(() => patchType.parseHook("up"), { code: "EINVAL" });
});
