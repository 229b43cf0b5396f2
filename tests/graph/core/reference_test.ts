/**
 * References: what they stand for, what is none, and that what was escaped stays so.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../src/ascii/parse.ts";
import { quoteText } from "../../../src/ascii/quote.ts";
import { string } from "../../../src/ascii/text.ts";
import { copyTemplate, makeBlueprint } from "../../../src/graph/message/bring_up.ts";
import { findReferences, hasReferences, substituteReferences } from "../../../src/graph/core/reference.ts";
import type { TemplateState } from "../../../src/graph/data/state.ts";
import { test } from "../../harness.ts";
import { code, FRONT, withNetwork } from "../../support/network.ts";

test("findReferences() finds node, query and part, and nothing else", () => {
  const found = (text: string) => findReferences(text).map(({ node, query, part }) => [node, query, part]);
  assert.deepEqual(found("${a.getname}:${b.getname.port}"), [["a", "getname", null], ["b", "getname", "port"]]);
  for (const none of ["", "a.b", "$a.b", "${a}", "${a.b.c.d}", "${}", "${.b}", "$${a.b}", "${a.b"]) {
    assert.deepEqual(found(none), [], none);
    assert.equal(hasReferences(none), false);
  }
});

test("substituteReferences() replaces references, and takes one dollar from what is escaped", () => {
  const say = (text: string) => substituteReferences(text, ({ node }) => `<${node}>`);
  assert.equal(say("x ${a.b} $${c.d} ${e.f.g} ${h}"), "x <a> ${c.d} <e> ${h}");
  assert.equal(say("no dollar"), "no dollar");
});

test("substituteReferences() escapes what it puts into a quoted string, and only there", () => {
  const value = 'a"b\\c\n\u00e9';
  const put = (text: string, what = value) => substituteReferences(text, () => what);
  const read = (text: string, what = value) => parseText(string, put(text, what));
  assert.equal(put("${a.b}"), value);
  assert.equal(put('[ "${a.b}" ${a.b} ]', '"'), '[ "\\"" " ]');
  assert.equal(read('"<${a.b}>"'), `<${value}>`);
  // A quote that is escaped ends no string; behind a string, a backslash escapes nothing.
  assert.equal(read('"\\"${a.b}\\""'), `"${value}"`);
  assert.equal(put('x\\"${a.b}"', '"'), 'x\\"\\""');
  // A number's digits go on as far as there are some: not into what stands beside it.
  assert.equal(read('"${a.b}1"', "\u00e9"), "\u00e91");
  assert.equal(read('"\\x41${a.b}"', "1"), "A1");
  assert.equal(read('"${a.b}${a.b}"', "\u00e9"), "\u00e9\u00e9");
  assert.equal(read('"\\${a.b}"', '"t'), '"t');
  assert.equal(read('"\\${a.b}"', "t"), "t");
  assert.equal(read('"\\\\${a.b}"', "t"), "\\t");
});

test("findReferences() reads names in a quoted string as the string does", () => {
  const found = (text: string) => findReferences(text).map(({ node, query, part }) => [node, query, part]);
  assert.deepEqual(found(quoteText("${n\u00f6de.getname.port}")), [["n\u00f6de", "getname", "port"]]);
  assert.deepEqual(found("${n\\xf6de.getname}"), [["n\\xf6de", "getname", null]]);
});

test("a reference is a reply, or a part of one; a wildcard reads as loopback", () =>
  withNetwork(async (network) => {
    await network.declare("front", "inet/stream/tcp", ["bind inet/0.0.0.0:80", "listen 5"]);
    await network.declare("six", "inet6/stream/tcp", ["bind inet6/[::]:81", "listen 5"]);
    const out = await network.declare("out", "inet/stream/tcp");
    const send = (address: string) => network.msg("out", `bind ${address}`);
    await assert.rejects(send("${front.getname}"), code("EADDRINUSE"));
    await send("inet/${front.getname.address}:1${front.getname.port}");
    assert.equal(network.report("out").local, "inet/127.0.0.1:180");
    assert.equal(out.log.entries()[0]?.argument, "inet/${front.getname.address}:1${front.getname.port}");
    const probe = await network.declare("probe", "inet6/stream/tcp");
    await network.msg("probe", "bind inet6/[${six.getname.address}]:82");
    assert.equal(probe.behaviour.report?.().local, "inet6/[::1]:82");
  }));

test("a reference to an unknown node, to what is no query, to no such part, or to no reply is refused", () =>
  withNetwork(async (network) => {
    await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`]);
    const cases = [
      ["${gone.getname}", "ENOENT"],
      ["${front.bind}", "EINVAL"],
      ["${front.getopt}", "EINVAL"],
      ["${front.frobnicate}", "ENOSYS"],
      ["${front.getname.colour}", "EINVAL"],
      ["${front.getpeername}", "ENOTCONN"],
    ] as const;
    for (const [argument, desired] of cases) {
      await assert.rejects(network.msg("front", `connect ${argument}`), code(desired), argument);
    }
  }));

test("what is escaped in an argument is recorded so that it reads the same again", () =>
  withNetwork(async (network) => {
    await network.port.send("t/:", "setdescription", '"$${a.getname}"');
    assert.equal(network.graph.scope("t").description, "${a.getname}");
    await network.declare("echo", "echo");
    const front = await network.declare("front", "inet/stream/tcp", [`bind ${FRONT}`, "listen 5"]);
    await network.msg("front", 'accept { peer="$${a.b}" }');
    assert.equal(front.log.entries().at(-1)?.argument, '{ peer="$${a.b}" }');
  }));

function templateOf(argument: string): TemplateState {
  return {
    name: "x",
    parameters: [{ name: "to", value: null }],
    entry: { node: "n", hook: "x" },
    nodes: [{ name: "n", type: "tee", hook: null, restart: "never", messages: [{ command: "send", argument }] }],
    links: [],
  };
}

test("makeBlueprint() fills parameters in once: what is escaped, and what a value says, stays literal", () => {
  const filled = (argument: string, to: string) => {
    const text = makeBlueprint(templateOf(argument), { to }).nodes[0]?.messages[0]?.argument ?? "";
    return [findReferences(text).length, substituteReferences(text, ({ node }) => `<${node}>`)];
  };
  assert.deepEqual(filled("$${a.b} ${with.to}", "v"), [0, "${a.b} v"]);
  assert.deepEqual(filled("${with.to} ${front.getname}", "${a.b}"), [1, "${a.b} <front>"]);
  // Nor do a value and what stands beside it make a reference together.
  assert.deepEqual(filled("${with.to}{a.b}", "$"), [0, "${a.b}"]);
  assert.deepEqual(filled("${with.to}{a.b}", "$$"), [0, "$${a.b}"]);
  assert.deepEqual(filled("${with.to}${with.to}", "{a.b}$"), [0, "{a.b}${a.b}$"]);
});

test("makeBlueprint() escapes a value that stands in a quoted string, once", () => {
  const value = 'a"${x.y}\\\u00e9';
  const [message] = makeBlueprint(templateOf('"${with.to}1"'), { to: value }).nodes[0]?.messages ?? [];
  const text = substituteReferences(message?.argument ?? "", () => "?");
  assert.equal(parseText(string, text), `${value}1`);
});

test("makeBlueprint() refuses a parameter that is missing, and one that is not there", () => {
  assert.throws(() => makeBlueprint(templateOf("${with.to}"), {}), code("EINVAL"));
  assert.throws(() => makeBlueprint(templateOf("${with.too}"), { to: "1" }), code("ENOENT"));
  assert.throws(() => makeBlueprint(templateOf("1"), { to: "1", more: "2" }), code("ENOENT"));
});

test("copyTemplate() that fails leaves its nodes to their owner, who ends them", () =>
  withNetwork(async (network) => {
    const template: TemplateState = { ...templateOf("x"), entry: { node: "n", hook: "left" } };
    const owner = await network.declare("owner", "hub");
    const blueprint = makeBlueprint(template, { to: "1" });
    // A tee knows no "send".
    assert.throws(() => copyTemplate(network.graph, blueprint, { node: owner, hook: "x" }), code("ENOSYS"));
    assert.deepEqual([...owner.owned].map(({ origin }) => origin.template), ["x/n"]);
    for (const node of [...owner.owned]) network.graph.shutdown(node);
    assert.deepEqual(network.undeclared(), []);
  }));
