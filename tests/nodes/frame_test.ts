/**
 * frame: items out of a stream in pieces of any size, and back; what breaks it; and that it stops where its receiver does.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { Item } from "../../src/graph/core/item.ts";
import { type FramingName, FRAMINGS } from "../../src/nodes/framing.ts";
import { test } from "../harness.ts";
import { makeProbe, octets, probeNode } from "../support/graph.ts";

const NAMES: readonly FramingName[] = ["newline", "octet-counted", "length16", "length32"];

async function makeFrame(config: string) {
  const probed = await probeNode("frame", ["stream", "items"]);
  await probed.msg("setconfig", config);
  const { at } = probed;
  const read = (text: string) => at("stream").end.send("x", octets(text), { whole: false });
  const items = () => at("items").got.map((text) => text.slice(2));
  const dropped = (hook: string) => probed.node.hooks.get(hook)?.dropped();
  return { ...probed, read, items, dropped };
}

test("frame newline makes an item of each line, in pieces of any size, and empty ones too", async () => {
  const { read, items, at } = await makeFrame("{ framing=newline stripCR=always }");
  for (const text of ["one\ntw", "o", "\n\nth\rree\r\n", "rest"]) read(text);
  assert.deepEqual(items(), ["one", "two", "", "th\rree"]);
  at("stream").end.end("x");
  assert.deepEqual(items().slice(4), ["rest", "eof"]);
});

test("frame octet-counted reads RFC 6587, newlines within items too", async () => {
  const { read, items, at } = await makeFrame("{ framing=octet-counted }");
  for (const text of ["3 one1", "0 line\nbreak", "5 whole"]) read(text);
  assert.deepEqual(items(), ["one", "line\nbreak", "whole"]);
  at("stream").end.end("x");
  assert.deepEqual(items().slice(3), ["eof"]);
});

for (
  const [config, input] of [
    ["{ framing=newline maxSize=4 oversize=close }", "12345"],
    ["{ framing=newline maxSize=4 oversize=close }", "12345\n"],
    ["{ framing=octet-counted maxSize=4 oversize=close }", "5 "],
    ["{ framing=octet-counted }", "1234567890123456"],
    ["{ framing=octet-counted }", "x"],
    ["{ framing=octet-counted }", "03 abc"],
    ["{ framing=octet-counted }", " abc"],
    ["{ framing=octet-counted }", "3abc"],
    ["{ framing=length16 maxSize=4 oversize=close }", "\0\x05"],
    ["{ framing=length32 maxSize=4 oversize=close }", "\0\0\0\x05"],
  ] as const
) {
  test(`frame ${config} resets both sides for ${JSON.stringify(input)}, and drops what follows`, async () => {
    const { read, items, at, dropped } = await makeFrame(config);
    const reasons: string[] = [];
    const items1 = at("items");
    items1.onReceive = (hook) => void reasons.push(hook);
    for (const octet of input) read(octet);
    read("late\n");
    assert.deepEqual([items(), at("stream").got], [["abort"], ["x abort"]]);
    assert.equal(reasons.length, 1);
    assert.ok((dropped("stream")?.["framing"] ?? 0) >= 1);
  });
}

for (
  const [framing, input] of [
    ["newline", "ab\n12345\ncd\n"],
    ["newline", "ab\n1234567\r\ncd\r\n"],
    ["octet-counted", "2 ab7 1234\n672 cd"],
    ["octet-counted", "2 ab\n5 12345\r\n2 cd\n"],
    ["length16", "\0\x02ab\0\x0512345\0\x02cd"],
    ["length32", "\0\0\0\x02ab\0\0\0\x06123456\0\0\0\x02cd"],
  ] as const
) {
  for (const oversize of ["cut", "drop"] as const) {
    test(`frame ${framing} oversize=${oversize} goes on behind ${JSON.stringify(input)}, counted`, async () => {
      for (const size of [1, 3, 100]) {
        const { read, items, at, dropped, node } = await makeFrame(
          `{ framing=${framing} maxSize=4 oversize=${oversize} stripCR=always }`,
        );
        for (let start = 0; start < input.length; start += size) read(input.slice(start, start + size));
        at("stream").end.end("x");
        assert.deepEqual(items(), oversize === "cut" ? ["ab", "1234", "cd", "eof"] : ["ab", "cd", "eof"]);
        assert.deepEqual([dropped("stream"), at("stream").got], [{ too_big: 1 }, []]);
        const bytes = node.hooks.get("stream")?.droppedBytes()["too_big"] ?? 0;
        assert.ok(bytes >= (oversize === "cut" ? 1 : 5) && bytes <= 8, `${bytes}`);
      }
    });
  }
}

test("frame cuts or drops an item that is too long for the stream, counted, or ends it", async () => {
  for (const [oversize, desired] of [["cut", "1234\n1\n"], ["drop", "1\n"], ["close", "abort"]] as const) {
    const { at, dropped } = await makeFrame(`{ framing=newline maxSize=4 oversize=${oversize} }`);
    for (const text of ["123456", "1"]) at("items").end.send("x", octets(text));
    const got = at("stream").got.map((text) => text.slice(2)).join("");
    assert.equal(oversize === "close" ? got.slice(0, 5) : got, desired);
    assert.deepEqual(dropped("items"), { too_big: 1 });
  }
});

test("frame leaves a line's CR out and puts it back, keeps it if configured, and skips empty lines", async () => {
  const { graph, port, node } = await makeFrame("{ framing=newline }");
  await port.send("t/:", "mkpeer", '{ type="frame" ourhook="back" }', { declared: true });
  const back = graph.scope("t").node("back");
  const [from, to] = [makeProbe(graph), makeProbe(graph)];
  for (const hook of node.hooks.list()) graph.removeHook(hook);
  graph.connect({ node: from.node, hook: "x" }, { node, hook: "stream" });
  graph.connect({ node, hook: "items" }, { node: back, hook: "items" });
  graph.connect({ node: back, hook: "stream" }, { node: to.node, hook: "x" });
  const text = "one\r\ntwo\n\r\n\nthree\r\r\n";
  from.end.send("x", octets(text), { whole: false });
  assert.equal(to.got.map((one) => one.slice(2)).join(""), text);
  for (
    const [config, desired] of [
      ["{ stripCR=never }", ["one\r", "", "\r", "two"]],
      ["{ stripCR=auto }", ["one", "", "", "two"]],
      ["{ emptyLines=false }", ["one", "two"]],
    ] as const
  ) {
    const { read, items } = await makeFrame(config);
    read("one\r\n\n\r\ntwo\n");
    assert.deepEqual(items(), desired);
  }
});

test("frame keeps a CR that belongs to a line: where the first line of the stream ends without one", async () => {
  const { read, items } = await makeFrame("{}");
  read("one\ntwo\r\n\r\n");
  assert.deepEqual(items(), ["one", "two\r", "\r"]);
  const always = await makeFrame("{ stripCR=always }");
  always.read("one\ntwo\r\n");
  assert.deepEqual(always.items(), ["one", "two"]);
});

test("frame sends what is whole though its receiver is full when its stream goes, and counts the rest", async () => {
  const { read, items, at, graph, node } = await makeFrame("{ framing=newline }");
  const stream = node.hooks.get("stream");
  at("items").full = true;
  read("1\n2\n3\nrest");
  graph.shutdown(at("stream").node);
  assert.deepEqual([items(), stream?.droppedBytes()], [["1", "2", "3"], { framing: 4 }]);
});

test("frame accepts an item of just maxSize", async () => {
  for (const [framing, input] of [["newline", "1234\n"], ["octet-counted", "4 1234"], ["length16", "\0\x041234"]]) {
    const { read, items } = await makeFrame(`{ framing=${framing} maxSize=4 }`);
    for (const octet of input ?? "") read(octet);
    assert.deepEqual(items(), ["1234"], framing);
  }
});

test("frame treats an incomplete item at the end of the stream as broken, except for lines", async () => {
  for (const [framing, rest] of [["octet-counted", "3 ab"], ["length16", "\0"], ["length32", "\0\0\0\x02a"]]) {
    const { read, items, at } = await makeFrame(`{ framing=${framing} }`);
    read(rest ?? "");
    at("stream").end.end("x");
    assert.deepEqual([items(), at("stream").got], [["abort"], ["x abort"]], framing);
  }
});

test("frame starts again after the end of a stream, a reset, and a new link", async () => {
  const { read, items, at, graph, join } = await makeFrame("{ framing=newline maxSize=4 oversize=close }");
  read("a");
  at("stream").end.end("x");
  read("b");
  at("stream").node.hooks.get("x")?.send(new Item().signal("abort"));
  read("c\ntoo long");
  graph.shutdown(at("stream").node);
  join("stream");
  read("d\n");
  assert.deepEqual(items(), ["a", "eof", "abort", "c", "abort", "d"]);
});

test("frame encloses items, adds no second newline to a line, and drops and counts what it cannot enclose", async () => {
  const desired: Record<FramingName, string> = {
    newline: "ab\nline\n\n",
    "octet-counted": "2 ab5 line\n",
    length16: "\0\x02ab\0\x05line\n\0\0",
    length32: "\0\0\0\x02ab\0\0\0\x05line\n\0\0\0\0",
  };
  for (const framing of NAMES) {
    const { at, dropped } = await makeFrame(`{ framing=${framing} maxSize=5 oversize=drop }`);
    for (const text of ["ab", "line\n", "", "longer"]) at("items").end.send("x", octets(text));
    at("items").end.end("x");
    const got = at("stream").got.map((text) => text.slice(2));
    assert.deepEqual([got.slice(0, -1).join(""), got.at(-1)], [desired[framing], "eof"]);
    assert.deepEqual(dropped("items"), framing === "octet-counted" ? { framing: 1, too_big: 1 } : { too_big: 1 });
  }
});

test("frame stops within one read where items is full, keeps the rest and goes on in order", async () => {
  const { read, items, at, makeRoom } = await makeFrame("{ framing=newline }");
  at("items").full = true;
  assert.equal(read("1\n2\n3\nre"), false);
  assert.equal(read("st\n"), false);
  at("stream").end.end("x");
  assert.deepEqual(items(), ["1"]);
  at("items").node.hooks.get("x")?.resume();
  assert.deepEqual([items(), at("stream").resumed], [["1", "2"], []]);
  makeRoom("items");
  assert.deepEqual(items(), ["1", "2", "3", "rest", "eof"]);
  assert.deepEqual(at("stream").resumed, ["x"]);
});

test("frame bounds what waits: who goes on though he was pushed back ends it", async () => {
  const { read, items, at } = await makeFrame("{ framing=newline maxSize=1 }");
  at("items").full = true;
  for (let sent = 0; sent < 18; sent++) read("1\n".repeat(32 * 1024));
  assert.deepEqual(items(), ["1", "abort"]);
});

test("frame pushes items back while the stream is full, and lets them go on", async () => {
  const { at, makeRoom } = await makeFrame("{ framing=newline }");
  at("stream").full = true;
  assert.equal(at("items").end.send("x", octets("1")), false);
  assert.deepEqual(at("items").resumed, []);
  makeRoom("stream");
  assert.deepEqual(at("items").resumed, ["x"]);
});

test("frame keeps the order of what comes while it sends", async () => {
  const { read, items, at } = await makeFrame("{ framing=newline }");
  let once = true;
  at("items").onReceive = () => {
    if (!once) return;
    once = false;
    read("3\n4\n");
  };
  read("1\n2");
  read("\n5\n");
  // What came within came behind all of the first read.
  assert.deepEqual(items(), ["1", "23", "4", "", "5"]);
});

test("frame makes items that are whole, and pieces that are not", async () => {
  const { graph, node, read } = await makeFrame("{ framing=newline }");
  const hub = graph.make("hub", { scope: "t" });
  const [other, slow] = [makeProbe(graph), makeProbe(graph)];
  const items = node.hooks.get("items");
  assert.ok(items !== undefined);
  graph.removeHook(items);
  graph.connect({ node, hook: "items" }, { node: hub, hook: "a" });
  graph.connect({ node: other.node, hook: "x" }, { node: hub, hook: "b" });
  graph.connect({ node: slow.node, hook: "x" }, { node: hub, hook: "c" });
  slow.full = true;
  for (let sent = 0; sent < 64; sent++) read(`${"1234567".repeat(8)}\n`.repeat(1024));
  // Items are dropped, and the branch stays.
  assert.deepEqual(slow.got.length, 1);
  assert.ok((hub.hooks.get("c")?.dropped()["queue_full"] ?? 0) > 0);
});

test("frame reads what it has written, in pieces of any size", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.array(fc.string({ unit: fc.constantFrom("a", "7", " ", "é"), minLength: 1, maxLength: 30 }), {
        maxLength: 12,
      }),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }),
      async (framing, texts, cuts) => {
        const one = await makeFrame(`{ framing=${framing} }`);
        const other = await makeFrame(`{ framing=${framing} }`);
        for (const text of texts) one.at("items").end.send("x", octets(text));
        const stream = octets(one.at("stream").got.map((text) => text.slice(2)).join(""));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = 1 + (cuts[turn % cuts.length] ?? 0);
          other.at("stream").end.send("x", stream.slice(at, at + size), { whole: false });
          at += size;
        }
        assert.deepEqual(other.items(), texts);
      },
    ),
    { numRuns: 60 },
  ));

test("FRAMINGS length16 does not enclose items longer than its maximum", () => {
  const bytes = new Uint8Array(65_536);
  assert.equal(FRAMINGS.length16.enclose({ bytes, start: 0, end: 65_536 }), null);
  assert.deepEqual(FRAMINGS.length16.enclose({ bytes, start: 0, end: 65_535 })?.before, Uint8Array.of(255, 255));
  assert.deepEqual(FRAMINGS.length32.enclose({ bytes, start: 0, end: 65_536 })?.before, Uint8Array.of(0, 1, 0, 0));
});

test("frame getconfig returns what was set, field by field", async () => {
  const { msg } = await makeFrame("{ maxSize=8KiB }");
  await msg("setconfig", "{ framing=length32 }");
  const rest = "oversize=cut stripCR=auto emptyLines=true";
  assert.equal(await msg("getconfig"), `{ framing=length32 maxSize=8KiB ${rest} }`);
});
