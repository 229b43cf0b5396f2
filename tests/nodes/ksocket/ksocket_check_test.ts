/**
 * What is wrong with a declared ksocket, and what it claims, before any socket opens.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../../src/ascii/parse.ts";
import type { CommandTable } from "../../../src/graph/core/command.ts";
import { claimsClash, isNamed } from "../../../src/graph/data/claim.ts";
import type { DeclaredNode } from "../../../src/graph/core/node_type.ts";
import { changeNoteOfKsocket, checkKsocket, claimsOfKsocket } from "../../../src/nodes/ksocket/ksocket_check.ts";
import { KSOCKET_COMMANDS } from "../../../src/nodes/ksocket/ksocket_commands.ts";
import { BUN_CAPABILITIES } from "../../../src/runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../../../src/runtimes/deno/capabilities.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { POSIX_CAPABILITIES } from "../../../src/runtimes/posix/capabilities.ts";
import type { Capabilities } from "../../../src/socket/capability.ts";
import { test } from "../../harness.ts";

const TABLE: CommandTable = KSOCKET_COMMANDS;

function declared(hook: string, ...messages: readonly string[]): DeclaredNode {
  return {
    hook,
    linked: messages.includes("linked"),
    inTemplate: messages.includes("in a template"),
    messages: messages.filter((message) => !/^(linked|in a)/.test(message)).map((message) => {
      const [command = "", ...rest] = message.split(" ");
      const type = TABLE[command]?.args ?? null;
      const written = rest.join(" ");
      return { command, args: type === null || written === "" ? null : parseText(type, written), written };
    }),
  };
}

const TCP = "inet/stream/tcp";
const UDP = "inet/dgram/udp";
const BIND = "bind inet/127.0.0.1:80";

const CASES: readonly (readonly [string, readonly string[], readonly (readonly [string, number | null])[]])[] = [
  [TCP, [BIND, "listen 5", 'accept { peer="x" }'], []],
  [TCP, ["bind inet6/[::1]:80"], [["wrong-family", 0]]],
  [TCP, ["connect inet6/localhost:80"], [["wrong-family", 0]]],
  [TCP, [BIND, "bind inet/127.0.0.1:81"], [["bound-twice", 1]]],
  [TCP, ["listen 5", "connect inet/127.0.0.1:80"], [["listens", 1]]],
  [TCP, ['accept { peer="x" }', "listen 5"], [["not-listening", 0]]],
  [TCP, ["listen 5", "accept"], [["accept-once", 1]]],
  [UDP, [BIND, "listen 5"], [["not-a-stream", 1]]],
  [UDP, [BIND, 'accept { peer="x" replies=1 overflow=refuse }'], []],
  [UDP, [BIND, "accept"], [["no-target", 1]]],
  [UDP, ['accept { peer="x" }', BIND], [["not-bound", 0]]],
  [UDP, [BIND, 'accept { peer="x" }', "connect inet/127.0.0.1:9"], [["is-connected", 1]]],
  [UDP, [BIND, 'accept { peer="x" overflow=wait }'], [["cannot-wait", 1]]],
  [UDP, [BIND, 'accept { peer="x" messages=["setopt { SO_RCVBUF=1 }"] }'], [["shared-socket", 1]]],
  [TCP, ["listen 5", 'accept { peer="x" replies=1 }'], [["replies-of-stream", 1]]],
  [TCP, [BIND, "setopt { SO_REUSEADDR=1 }"], [["too-late", 1]]],
  [TCP, ["setopt { SO_REUSEADDR=1 }", BIND], [["useless-bind", 1]]],
  [TCP, [BIND, "linked"], [["useless-bind", 0]]],
  [TCP, [BIND, "connect inet/127.0.0.1:81"], []],
  ["local/stream/0", ['bind local/"/x"'], [["useless-bind", 0]]],
  [UDP, [BIND], []],
  [TCP, [BIND, "listen 5"], [["useless-listen", 1]]],
  [TCP, [BIND, "listen 5", "linked"], [["useless-listen", 1]]],
  [TCP, [BIND, "listen 5", "in a template"], [["listen-in-template", 1]]],
  [TCP, ["listen 5", BIND, 'accept { peer="x" }'], [["wrong-order", 1]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" }', "linked"], [["accept-and-link", 2]]],
  [UDP, [BIND, 'accept { peer="x" }', "linked"], [["accept-and-link", 1]]],
  [TCP, ["bind inet/127.0.0.1", "listen 5", 'accept { peer="x" }'], [["any-port", 0]]],
  [TCP, ["bind inet/127.0.0.1:0", "listen 5", 'accept { peer="x" }'], []],
  [TCP, ["bind inet/127.0.0.1", "connect inet/127.0.0.1:80"], []],
  ["inet6/dgram/udp", ["bind inet6/[::1]"], [["any-port", 0]]],
  [TCP, ["connect inet/127.0.0.1"], [["missing-port", 0]]],
  [TCP, ["connect inet/localhost:0"], [["missing-port", 0]]],
  [UDP, ["connect inet/localhost"], [["missing-port", 0]]],
  [TCP, [BIND, "listen 5", "accept { connect=inet/127.0.0.1 }"], [["missing-port", 2]]],
  [UDP, [BIND, "accept { connect=inet/127.0.0.1 }"], [["missing-port", 1]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" max=0 }'], [["admits-nothing", 2]]],
  [UDP, [BIND, 'accept { peer="x" maxPerSource=0 }'], [["admits-nothing", 1]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" deny=[ 0.0.0.0/0 ] }'], [["admits-nothing", 2]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" allow=[ 10.1.0.0/16 ] deny=[ 10.0.0.0/8 ] }'], [["admits-nothing", 2]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" allow=[ ::1 ] }'], [["admits-nothing", 2]]],
  [TCP, [BIND, "listen 5", 'accept { peer="x" allow=[ 10.0.0.0/8 ] deny=[ 10.1.0.0/16 ] }'], []],
  ["local/stream/0", ['bind local/"/x"', "listen 5", 'accept { peer="x" allow=[ 10.0.0.0/8 ] }'], [[
    "admits-nothing",
    2,
  ]]],
  ["inet/stream/tls", [BIND, "listen 5", 'accept { peer="x" }'], [["missing-certificate", 1]]],
  ["inet/stream/tls", ['settls { cert="a" key="b" }', BIND, "listen 5", 'accept { peer="x" }'], []],
  ["inet/stream/tls", ["connect inet/127.0.0.1:443"], []],
  [TCP, ['settls { cert="a" key="b" }', BIND, "listen 5", 'accept { peer="x" }'], [["no-tls", 0]]],
  ["inet/raw/icmp", [], [["unsupported-socket", null]]],
];

test("checkKsocket() warns of sessions on the wildcard where the runtime answers from an address of its own choice", () => {
  const accept = 'accept { peer="x" }';
  const found = (capabilities: typeof BUN_CAPABILITIES, ...messages: string[]): unknown[] => {
    return checkKsocket(declared(UDP, ...messages), capabilities).map(({ code, severity }) => `${severity} ${code}`);
  };
  assert.deepEqual(found(BUN_CAPABILITIES, "bind inet/0.0.0.0:80", accept), ["warning answer-source"]);
  assert.deepEqual(found(BUN_CAPABILITIES, "bind inet/0.0.0.0:80"), []);
  assert.deepEqual(found(BUN_CAPABILITIES, BIND, accept), []);
  assert.deepEqual(found(POSIX_CAPABILITIES, "bind inet/0.0.0.0:80", accept), []);
});

for (const [hook, messages, desired] of CASES) {
  test(`checkKsocket() finds ${desired.map(([one]) => one).join() || "nothing"} in ${hook} ${messages.join("; ")}`, () => {
    const found = checkKsocket(declared(hook, ...messages), MEMORY_CAPABILITIES);
    assert.deepEqual(found.map(({ code, messageIndex }) => [code, messageIndex]), desired);
  });
}

test("claimsOfKsocket() claims what is bound, port 0 without a place, and reports what is shared", () => {
  const claims = (hook: string, ...messages: string[]) =>
    claimsOfKsocket(declared(hook, ...messages)).map(({ space, host, place, shared, peer }) => ({
      space,
      host,
      place,
      shared,
      peer,
    }));
  const plain = { space: "tcp", host: "127.0.0.1", place: "80", shared: false, peer: null };
  assert.deepEqual(claims(TCP, BIND), [plain]);
  assert.deepEqual(claims(TCP, "bind inet/127.0.0.1:0"), [{ ...plain, place: null }]);
  assert.deepEqual(claims(TCP, "bind inet/0.0.0.0:80"), [{ ...plain, host: null }]);
  assert.deepEqual(claims(TCP, "setopt { SO_REUSEADDR=1 }", BIND), [plain]);
  assert.deepEqual(claims(TCP, "setopt { SO_REUSEPORT=1 }", BIND), [{ ...plain, shared: true }]);
  assert.deepEqual(claims(UDP, "setopt { SO_REUSEADDR=1 }", BIND), [{ ...plain, space: "udp", shared: true }]);
  assert.deepEqual(claims(UDP, BIND, "connect inet/10.0.0.1:9"), [{ ...plain, space: "udp", peer: "inet/10.0.0.1:9" }]);
  assert.deepEqual(claims("local/stream/0", 'bind local/"/run/x"'), [
    { ...plain, space: "local", host: "", place: "/run/x" },
  ]);
  // An option that is set to 0 shares nothing.
  assert.deepEqual(claims(TCP, "setopt { SO_REUSEPORT=0 }", BIND), [plain]);
});

const V6ONLY = "setopt { IPV6_V6ONLY=1 }";
const TCP6 = "inet6/stream/tcp";

/** Two sockets on one port, and whether Linux refuses one of them. */
const PAIRS: readonly (readonly [readonly [string, ...string[]], readonly [string, ...string[]], boolean])[] = [
  [[TCP, "bind inet/0.0.0.0:80"], [TCP6, "bind inet6/[::]:80"], true],
  [[TCP, "bind inet/0.0.0.0:80"], [TCP6, V6ONLY, "bind inet6/[::]:80"], false],
  [[TCP, "bind inet/127.0.0.1:80"], [TCP6, "bind inet6/[::]:80"], true],
  [[TCP, "bind inet/127.0.0.1:80"], [TCP6, V6ONLY, "bind inet6/[::]:80"], false],
  [[TCP, "bind inet/0.0.0.0:80"], [TCP6, "bind inet6/[::1]:80"], false],
  [[TCP6, V6ONLY, "bind inet6/[::]:80"], [TCP6, "bind inet6/[::1]:80"], true],
  [[TCP6, V6ONLY, "setopt { IPV6_V6ONLY=0 }", "bind inet6/[::]:80"], [TCP, "bind inet/0.0.0.0:80"], true],
  [[TCP, "bind inet/127.0.0.1:80"], [TCP6, "bind inet6/[::ffff:127.0.0.1]:80"], true],
  [[TCP6, "bind inet6/[fe80::1%eth0]:80"], [TCP6, "bind inet6/[fe80::1%eth1]:80"], false],
  [[UDP, "bind inet/0.0.0.0:80"], ["inet6/dgram/udp", V6ONLY, "bind inet6/[::]:80"], false],
  [[UDP, "bind inet/0.0.0.0:80"], ["inet6/dgram/udp", "bind inet6/[::]:80"], true],
];

for (const [one, other, clash] of PAIRS) {
  test(`claimsClash() says ${clash} of ${one.join("; ")} and ${other.join("; ")}`, () => {
    const [a, b] = [one, other].map(([hook, ...messages]) =>
      claimsOfKsocket(declared(hook, ...messages)).find(isNamed)
    );
    assert.ok(a !== undefined && b !== undefined);
    assert.deepEqual([claimsClash(a, b), claimsClash(b, a)], [clash, clash]);
  });
}

test("changeNoteOfKsocket() reports what the runtime does not carry out as given", () => {
  const noteOf = (message: string, capabilities: Capabilities, hook = TCP) => {
    const node = declared(hook, BIND, message);
    const change = node.messages[1];
    return change === undefined ? null : changeNoteOfKsocket(node, { ...change, kept: 0 }, capabilities);
  };
  assert.equal(noteOf("listen 64", DENO_CAPABILITIES), '"deno" keeps the previous backlog until the node is recreated');
  assert.equal(noteOf("listen 64", BUN_CAPABILITIES), '"bun" does not pass it on');
  assert.equal(noteOf("listen 64", DENO_CAPABILITIES, "local/stream/0"), '"deno" does not pass it on');
  assert.equal(noteOf("listen 64", POSIX_CAPABILITIES), null);
  assert.equal(noteOf("setopt { SO_REUSEADDR=0 }", DENO_CAPABILITIES), 'a hint on "deno"');
  assert.equal(noteOf("setopt { SO_REUSEADDR=0 }", POSIX_CAPABILITIES), null);
});
