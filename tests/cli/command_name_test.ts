/**
 * The name of the program in what people read.
 *
 * @module
 */

import assert from "node:assert/strict";
import { suggest } from "../../src/cli/args/suggest.ts";
import { commandName, withCommandName, withControl } from "../../src/cli/command_name.ts";
import { isVerb, VERBS } from "../../src/cli/verbs/table.ts";
import { test } from "../harness.ts";
import { TestFolder } from "./program.ts";

test("withCommandName() names calls of the program, and leaves other words", () => {
  const rows: readonly (readonly [text: string, shown: string])[] = [
    ['"sockgraph apply FILE" starts one', '"./sockgraph apply FILE" starts one'],
    ["  sockgraph status --all", "  ./sockgraph status --all"],
    ['"sockgraph --help" lists the commands', '"./sockgraph --help" lists the commands'],
    ["Usage: sockgraph COMMAND", "Usage: ./sockgraph COMMAND"],
    ["this is a bug in sockgraph; see", "this is a bug in sockgraph; see"],
    ["sockgraph 0.1.0 (deno 2.9.6)", "sockgraph 0.1.0 (deno 2.9.6)"],
    ["/run/sockgraph apply", "/run/sockgraph apply"],
    ["sockgraph.sock status", "sockgraph.sock status"],
  ];
  for (const [text, shown] of rows) {
    assert.equal(withCommandName(text, "./sockgraph"), shown);
    assert.equal(withCommandName(text, "sockgraph"), text);
  }
});

test("withControl() adds --control to the calls that ask an engine", () => {
  for (const verb of Object.keys(VERBS).filter(isVerb)) {
    const asks = suggest([verb, "--c"], { runtimes: [] }).words.some(({ text }) => text === "--control");
    assert.equal(withControl(`"sockgraph ${verb} x"`, "/s"), `"sockgraph ${verb} x${asks ? " --control /s" : ""}"`);
  }
  const call = '"PORT=80 sockgraph doctor a.yaml" shows it';
  assert.equal(withControl(call, "/s"), '"PORT=80 sockgraph doctor a.yaml --control /s" shows it');
  assert.equal(withControl('"sockgraph status"', "/a b"), `"sockgraph status --control '/a b'"`);
  for (const text of ['"sockgraph apply --help" prints details', "sockgraph status", '"sockgraph topology"']) {
    assert.equal(withControl(text, "/s"), text);
  }
  assert.equal(withControl('"sockgraph status"', null), '"sockgraph status"');
});

test("commandName() accepts one word", () => {
  const rows = [["./sockgraph", "./sockgraph"], ["", "sockgraph"], [undefined, "sockgraph"], ["a b", "sockgraph"]];
  for (const [given, name] of rows) assert.equal(commandName(() => given), name);
});

test("messages and help name the command that was called", { timeoutMs: 60_000 }, async () => {
  await using place = await TestFolder.open();
  const env = { SOCKGRAPH_COMMAND: "./sockgraph" };
  const runIn = async (...args: readonly string[]) => await place.startIn(env, ...args).ended;
  assert.match((await runIn("status")).stderr, /"\.\/sockgraph apply FILE" starts one/);
  assert.match((await runIn("--help")).stdout, /^Usage: \.\/sockgraph COMMAND/m);
  assert.match((await runIn("apply", "--nothing")).stderr, /"\.\/sockgraph apply --help"/);
  assert.match((await place.run("status")).stderr, /"sockgraph apply FILE" starts one/);
});
