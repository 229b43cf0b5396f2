/**
 * What is said of topologies that are applied together: one address twice, and targets that lead back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../../src/runtimes/memory/capabilities.ts";
import { detectRuntime } from "../../../src/runtimes/detect.ts";
import { readSource } from "../../../src/sources/read.ts";
import { loadTexts } from "../../../src/sources/load.ts";
import type { SourceText } from "../../../src/sources/source.ts";
import { diagnosticData } from "../../../src/topology/parse/diagnostic.ts";
import { renderDiagnostics } from "../../../src/topology/parse/render.ts";
import { test } from "../../harness.ts";

const TYPES = describeBuiltinTypes(MEMORY_CAPABILITIES);

/** `code line` of each problem of files that are loaded together. */
function problems(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, index): SourceText => ({
    kind: "file",
    name: `${index}.yaml`,
    location: `/srv/f${index}.yaml`,
    revision: "1",
    octets: new TextEncoder().encode(text),
  }));
  return loadTexts(files, { types: TYPES, env: () => undefined, isOwn: (host) => host === "10.9.9.9" }).diagnostics.map(
    diagnosticData,
  )
    .map(({ code, severity, line }) => `${severity} ${code} ${line}`);
}

function tcp(name: string, bind: string, accept: string): string {
  return `  ${name}: { type: ksocket, hook: ${bind.slice(0, bind.indexOf("/"))}/stream/tcp, ` +
    `messages: ["bind ${bind}", listen: 5, accept: ${accept}] }\n`;
}

/** A listener and its target, and whether that is the listener itself. */
const ITSELF: readonly (readonly [bind: string, target: string, leadsBack: boolean])[] = [
  ["inet/127.0.0.1:80", "inet/127.0.0.1:80", true],
  ["inet/127.0.0.1:80", "inet/localhost:80", true],
  ["inet/127.0.0.1:80", "inet/0.0.0.0:80", true],
  ["inet/0.0.0.0:80", "inet/127.0.0.7:80", true],
  ["inet/0.0.0.0:80", "inet/localhost:80", true],
  ["inet/10.0.0.1:80", "inet/10.0.0.1:80", true],
  ["inet6/[::]:80", "inet6/[::1]:80", true],
  ["inet6/[::]:80", "inet6/localhost:80", true],
  ["inet/0.0.0.0:80", "inet/10.9.9.9:80", true],
  ["inet6/[::]:80", "inet/10.9.9.9:80", true],
  ["inet/10.0.0.1:80", "inet/10.9.9.9:80", false],
  ["inet/0.0.0.0:80", "inet/10.9.9.9:81", false],
  ["inet/127.0.0.1:80", "inet/127.0.0.1:81", false],
  ["inet/127.0.0.1:80", "inet/127.0.0.2:80", false],
  ["inet/0.0.0.0:80", "inet/10.0.0.1:80", false],
  ["inet/0.0.0.0:80", "inet/example.org:80", false],
];

for (const [bind, target, leadsBack] of ITSELF) {
  test(`checkTogether() says ${leadsBack} of ${bind} with target ${target}`, () => {
    const text = `nodes:\n${tcp("a", bind, `{ connect: "${target}" }`)}`;
    assert.deepEqual(problems(text), leadsBack ? ["warning leads-back 2"] : []);
  });
}

test("checkTogether() follows templates with their parameters, peers, links and other topologies", () => {
  const [a, b] = ["inet/127.0.0.1:80", "inet/127.0.0.1:81"];
  const template = `templates:
  up: { parameters: { to: }, nodes: { u: { type: ksocket, hook: inet/stream/tcp, messages: ["connect \${with.to}"] } } }
`;
  const byTemplate = (to: string) => `nodes:\n${tcp("a", a, `{ template: up, with: { to: "${to}" } }`)}${template}`;
  assert.deepEqual(problems(byTemplate(a)), ["warning leads-back 4"]);
  assert.deepEqual(problems(byTemplate(b)), []);
  const back = `nodes:\n${tcp("b", b, `{ connect: "${a}" }`)}`;
  assert.deepEqual(problems(byTemplate(b), back), ["warning leads-back 4"]);
  const out = `  o: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "${a}"] }\n`;
  const byPeer = `nodes:\n${tcp("a", a, "{ peer: h }")}${out}  h: { type: hub }\nlinks: [[h, o]]\n`;
  assert.deepEqual(problems(byPeer), ["warning leads-back 3"]);
  const udp = (message: string) => `{ type: ksocket, hook: inet/dgram/udp, messages: [${message}] }`;
  const byLink = `nodes:\n  i: ${udp(`bind: "${a}"`)}\n  o: ${udp(`connect: "${a}"`)}\nlinks: [[i, o]]\n`;
  assert.deepEqual(problems(byLink), ["warning leads-back 3"]);
  // One that only connects to a listener of its own topology leads nowhere back.
  assert.deepEqual(
    problems(`nodes:\n${tcp("a", a, `{ connect: "${b}" }`)}${out}  e: { type: echo }\nlinks: [[o, e]]\n`),
    [],
  );
});

test("checkTogether() refuses one address in two topologies, of one file or of several", () => {
  const one = `name: one\nnodes:\n${tcp("a", "inet/0.0.0.0:80", "{ peer: e }")}  e: { type: echo }\n`;
  const two = `name: two\nnodes:\n${tcp("b", "inet/127.0.0.1:80", "{ peer: e }")}  e: { type: echo }\n`;
  assert.deepEqual(problems(`${one}---\n${two}`), ["error address-conflict 8"]);
  assert.deepEqual(problems(one, two), ["error address-conflict 3"]);
  assert.deepEqual(problems(one, two.replace(":80", ":81")), []);
});

test("checkTogether() lets all shipped topologies be applied together", async () => {
  const path = fileURLToPath(new URL("../../../topologies", import.meta.url));
  const texts = await readSource({ kind: "path", name: "topologies", path }, await detectRuntime());
  assert.ok(texts.length > 10);
  const { diagnostics } = loadTexts(texts, { types: TYPES, env: () => undefined });
  assert.equal(renderDiagnostics(diagnostics), "");
});

test("checkTogether() follows pools to their targets, by the kind of socket of their user", () => {
  const a = "inet/127.0.0.1:80";
  const pool = (...targets: readonly string[]) =>
    `  w: { type: pool, messages: [settargets: ${JSON.stringify(targets)}] }\n`;
  const udp = (message: string) => `  u: { type: ksocket, hook: inet/dgram/udp, messages: [${message}] }\n`;
  assert.deepEqual(problems(`nodes:\n${tcp("a", a, "{ connect: pool/w }")}${pool("inet/10.0.0.1:80", a)}`), [
    "warning leads-back 3",
  ]);
  assert.deepEqual(problems(`nodes:\n${tcp("a", a, "{ connect: pool/w }")}${pool("inet/127.0.0.1:81")}`), []);
  assert.deepEqual(problems(`nodes:\n${udp(`bind: "${a}", accept: { connect: pool/w }`)}${pool(a)}`), [
    "warning leads-back 3",
  ]);
  const other = `  v: { type: pool, messages: [settargets: ["inet/10.0.0.1:80"]] }\n`;
  const both = `nodes:\n${tcp("a", a, "{ connect: pool/v }")}${
    udp(`bind: "${a}", accept: { connect: pool/v }`)
  }${other}`;
  assert.deepEqual(problems(both), []);
});
