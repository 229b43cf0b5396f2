/**
 * ngctl's shell over an engine: sessions as people have them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Shell } from "../../../../src/cli/verbs/ngctl/shell.ts";
import { NetgraphError } from "../../../../src/errors.ts";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import { test } from "../../../harness.ts";
import { openTable } from "./shell_table.ts";

const { socketRuntimes } = await detectRuntime();
const skip = socketRuntimes.some((name) => name !== "memory") ? null : "this host has no real sockets";

test("Shell plays the tutorial with a real UDP peer", { skip }, async () => {
  await using table = await openTable({ real: true, interactive: true });
  const peer = createSocket("udp4");
  try {
    peer.bind(0, "127.0.0.1");
    await once(peer, "listening");
    await table.types("mkpeer ksocket foo inet/dgram/udp", "name foo fred", "msg fred: bind inet/127.0.0.1:0");
    const [head = "", args = ""] = await table.types("msg fred: getname");
    assert.match(head, /^Rec'd response "getname" \(5\) from "\[[0-9a-f]+\]:":$/);
    const port = Number(/^Args:\tinet\/127\.0\.0\.1:(\d+)$/.exec(args)?.[1]);
    assert.ok(port > 0);
    const listed = await table.types("list");
    assert.equal(listed[0], "There are 2 total nodes:");
    assert.match(listed[1] ?? "", /^ {2}Name: fred {12}Type: ksocket {9}ID: [0-9a-f]{8} {3}Num hooks: 1$/);
    assert.match(
      (await table.types("show fred:")).at(-1) ?? "",
      /^ {2}inet\/dgram\/udp {2}ngctl1 +socket +[0-9a-f]{8} +foo +$/,
    );
    await table.types(`msg fred: connect inet/127.0.0.1:${peer.address().port}`);
    const heard = once(peer, "message");
    await table.types("write foo 0x68 105");
    const [octets] = await heard;
    assert.equal(String(octets), "hi");
    peer.send("answer", port, "127.0.0.1");
    await table.prints(/^Rec'd data packet on hook "foo":$/);
    assert.match(await table.prints(/^0000:/), /^0000: {2}61 6e 73 77 65 72 .* answer {10}$/);
    await table.types("shutdown fred:");
    assert.equal((await table.types("list"))[0], "There are 1 total nodes:");
  } finally {
    peer.close();
  }
});

test("Shell joins, names, shows, draws and takes apart", async () => {
  await using table = await openTable();
  await table.types("mkpeer hub a x", "mkpeer hub b y", 'name a "my hub"', "join a c to", "kill b");
  assert.deepEqual(table.warned, []);
  assert.deepEqual((await table.types("list -n")).length, 3);
  assert.equal((await table.types("show -n .")).length, 1);
  await table.types("dot -c out.dot", "rmhook a", "status .", "config .");
  assert.match(table.written.get("out.dot") ?? "", /^digraph netgraph \{/);
  assert.deepEqual(table.printed.slice(-2), ['No status available for "."', 'No config available for "."']);
  assert.match((await table.types("types")).join("\n"), /^ {12}hub {7}\d/m);
});

test("Shell.script() stops at the first line that fails, and names it", async () => {
  await using table = await openTable();
  assert.equal(await table.shell.script("# a comment\nmkpeer hub a x\n  \nshow absent:\nmkpeer hub b y\n"), "failed");
  assert.equal(table.warned.at(-1), "line 4: error in file");
  assert.equal((await table.types("list"))[0], "There are 2 total nodes:");
  assert.equal(await table.shell.script("mkpeer hub\n"), "usage");
  assert.equal(await table.shell.script("con a\n"), "failed");
});

test("Shell.script() takes quit for an error only when strict", async () => {
  for (const strict of [false, true]) {
    await using table = await openTable({ strict });
    assert.equal(await table.shell.script("quit\nnonsense\n"), "quit");
    assert.deepEqual(table.warned, strict ? ["line 1: error in file"] : []);
  }
});

const CONNECT = `mkpeer ksocket s inet/stream/tcp
msg s bind inet/127.0.0.1:7000
msg s listen 1
msg s accept
mkpeer ksocket c inet/stream/tcp
msg c connect inet/127.0.0.1:7000
msg c getpeername
`;

test("Shell waits for a connect's answer in a script", async () => {
  await using table = await openTable();
  assert.equal(await table.shell.script(CONNECT), "done", table.warned.join());
  assert.ok(table.printed.some((line) => /^Rec'd response "connect" \(4\) from/.test(line)));
  assert.equal(table.printed.at(-1), "Args:\tinet/127.0.0.1:7000");
  await table.prints(/^Rec'd response "accept" \(3\) from/);
});

test("Shell prints that a connect is in progress when strict, and its answer later", async () => {
  await using table = await openTable({ strict: true });
  assert.equal(await table.shell.script(CONNECT), "failed");
  assert.deepEqual(table.warned, ["send msg: Operation now in progress", "line 6: error in file"]);
  await table.prints(/^Rec'd response "connect" \(4\) from/);
});

test("Shell fails where a connect is refused", async () => {
  await using table = await openTable();
  await table.types("mkpeer ksocket c inet/stream/tcp");
  assert.equal(await table.shell.line("msg c connect inet/127.0.0.1:9"), "failed");
  assert.match(table.warned[0] ?? "", /^send msg: /);
});

test("Shell.line() refuses octets and hooks that are none", async () => {
  await using table = await openTable({ files: { data: "abc" } });
  await table.types("mkpeer hole a x", "write a -f data", "w a 1 2 3");
  for (const line of ["write a 256", "write a 010", "write z 1", "write a -f nothing", 'name a "x']) {
    assert.equal(await table.shell.line(line), "failed", line);
  }
  assert.equal(await table.shell.line("write a"), "usage");
});

test("Shell shows messages that come to its own node, by number when strict and the kernel knows no name", async () => {
  for (const [strict, desired] of [[false, '"linkisup" (32)'], [true, "32"]] as const) {
    await using table = await openTable({ strict });
    await table.types("mkpeer one2many fan one", "mkpeer fan hub many0 x");
    await table.prints(/^No arguments$/);
    const from = /^Rec'd command (.*) from "\[[0-9a-f]+\]:":$/.exec(table.printed[0] ?? "")?.[1];
    assert.equal(from, desired);
  }
});

test("Shell reads files, and files that read each other end", async () => {
  await using table = await openTable({ files: { one: "mkpeer hub a x\n", loop: "read loop\n" } });
  await table.types("read one");
  assert.equal(await table.shell.line("source nothing"), "failed");
  assert.equal(await table.shell.line("read loop"), "failed");
});

test("Shell shows each command before it is carried out while it debugs", async () => {
  await using table = await openTable();
  assert.deepEqual(await table.types("debug +", "debug"), ["Current debug level is 1"]);
  await table.types("mkpeer hub a x", "debug -");
  assert.deepEqual(await table.types("debug", "deb 0"), ["Current debug level is 0"]);
  assert.deepEqual(table.warned, ["debug", "mkpeer hub a x", "debug -"]);
  assert.equal(await table.shell.line("debug x"), "usage");
});

test("Shell shows the status and the configuration of types that have them in words", async () => {
  const printed: string[] = [];
  const sent: unknown[] = [];
  const nothing = () => Promise.reject(new NetgraphError("ENOSYS", "Not asked for"));
  const shell = new Shell({
    folder: "/",
    session: {
      events: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: null }) }) }),
      send: ({ path, command, argument }) => {
        sent.push([path, command, argument]);
        return Promise.resolve({ kind: "reply", reply: { from: "[1]", command, number: 1, text: '"all\\nis well"' } });
      },
      write: nothing,
      nodes: nothing,
      types: nothing,
    },
    strict: false,
    interactive: false,
    debugLevel: 0,
    print: (lines) => printed.push(...lines),
    warn: () => {},
    readFile: nothing,
    writeFile: nothing,
  });
  await shell.line("status x:");
  await shell.line('config x: a "b c" 1');
  assert.deepEqual(printed, ['Status for "x:":', "all\nis well", 'Config for "x:":', "all\nis well"]);
  assert.deepEqual(sent, [["x:", "textstatus", null], ["x:", "textconfig", '"a \\"b c\\" 1"']]);
});

test("Shell reports what is wrong in ngctl's own words when strict", async () => {
  await using table = await openTable({ strict: true, files: { empty: "" } });
  await table.types("mkpeer hub a x", "mkpeer hub b x");
  const lines: readonly (readonly [line: string, said: string])[] = [
    ["foo", '"foo": unknown command'],
    ["s", '"s": ambiguous command'],
    ["msg absent: x", "send msg: No such file or directory"],
    ["mkpeer hub a x", "send msg: File exists"],
    ["msg a nonsense", "send msg: Function not implemented"],
    ["mkpeer nonsense c x", "send msg: Device not configured"],
    ["mkpeer ksocket c x", "send msg: Invalid argument"],
    ["name a ngctl1", "send msg: Address already in use"],
    ["write z 1", 'writing to hook "z": No route to host'],
    ["write a 256", 'invalid byte "256"'],
    ["write a -f empty", 'file "empty" is empty'],
    ["write a -f none", 'can\'t read file "none": No such file or directory'],
    ["read none", "none: No such file or directory"],
    ["shutdown absent:", "shutdown: No such file or directory"],
  ];
  for (const [line, said] of lines) {
    assert.equal(await table.shell.line(line), "failed", line);
    assert.equal(table.warned.at(-1), said);
  }
  assert.equal(await table.shell.line("msg"), "usage");
  assert.equal(table.warned.at(-1), "usage: msg path command [args ... ]");
});

test("Shell takes words, numbers and long names as ngctl does when strict", async () => {
  await using table = await openTable({ strict: true });
  await table.types("help msg mkpeer", "help nonsense");
  assert.equal(table.warned.at(-1), '"nonsense": unknown command');
  for (const [word, level] of [["12abc", 12], ["+", 13], ["abc", 0], ["-", 0], ["007", 7]]) {
    await table.types(`debug ${word}`);
    assert.deepEqual(await table.types("debug"), [`Current debug level is ${level}`], `${word}`);
  }
  assert.equal(await table.shell.line("debug -1"), "usage");
  await table.types("debug 0");
  const long = "a".repeat(40);
  await table.types(`mkpeer hub ${long} ${long}`, `name ${"a".repeat(31)} ${"b".repeat(40)}`);
  const shown = await table.types(`show ${"b".repeat(31)}:`);
  assert.match(shown.at(-1) ?? "", new RegExp(`^ {2}a{31} ngctl1 .* a{31} *$`));
  // By number, whenever they were made.
  const ids = (await table.types("list")).slice(1).map((line) => /ID: (\w+)/.exec(line)?.[1]);
  assert.deepEqual(ids, ids.toSorted());
  await table.types(`rmhook ${long}`);
  assert.equal(await table.shell.line("quit now please"), "quit");
});

test("Shell reports what an unknown command may have been meant for", async () => {
  await using table = await openTable();
  assert.equal(await table.shell.line("shwo ."), "failed");
  assert.equal(table.warned.at(-1), 'unknown command "shwo"; did you mean "show"?');
});
