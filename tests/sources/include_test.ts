import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { pathInside } from "../../src/sources/include.ts";
import { loadTexts } from "../../src/sources/load.ts";
import { readSource } from "../../src/sources/read.ts";
import { diagnosticData } from "../../src/topology/parse/diagnostic.ts";
import { test } from "../harness.ts";
import { withFolder } from "../support/folder.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);
const FRONT = `nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 5, accept: { template: session }]
`;
const SESSION = "templates: { session: { nodes: { up: { type: echo } } } }\n";
const UP = "x-up: &up { type: echo }\n";

type Files = Readonly<Record<string, string>>;

async function loadFrom(folder: string, files: Files, named = "web.yaml") {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const runtime = await detectRuntime();
  const texts = await readSource({ kind: "path", name: named, path: join(folder, named) }, runtime);
  const { topologies, diagnostics } = loadTexts(texts, { types: TYPES, env: () => undefined });
  const places = diagnostics.map((one) => diagnosticData(one)).map(({ code, file, line, column }) => {
    return `${code} ${file}:${line}:${column}`;
  });
  return { states: topologies.map(({ state }) => state), places, texts };
}

const CASES: readonly (readonly [string, Files, readonly string[]])[] = [
  ["templates", { "web.yaml": `include: [c.yaml]\n${FRONT}`, "c.yaml": SESSION }, []],
  ["anchors", {
    "web.yaml": `include: [c.yaml]\n${FRONT}templates: { session: { nodes: { up: *up } } }\n`,
    "c.yaml": UP,
  }, []],
  ["what an included file includes, relative to it", {
    "web.yaml": `include: [sub/c.yaml]\n${FRONT}`,
    "sub/c.yaml": "include: [../d.yaml]\ntemplates: { session: { nodes: { up: *up } } }\n",
    "d.yaml": UP,
  }, []],
  ["a file by two ways", {
    "web.yaml": `include: [a.yaml, b.yaml]\n${FRONT}`,
    "a.yaml": "include: [c.yaml]\n",
    "b.yaml": "include: [c.yaml]\n",
    "c.yaml": SESSION,
  }, []],
  ["a list over several lines", { "web.yaml": `include:\n  - c.yaml\n\n${FRONT}`, "c.yaml": SESSION }, []],
  ["brackets over several lines", { "web.yaml": `include: [\n  c.yaml,\n]\n${FRONT}`, "c.yaml": SESSION }, []],
  ["a problem of an included file, at its place", {
    "web.yaml": `include: [c.yaml]\n${FRONT}`,
    "c.yaml": SESSION.replace("type", "tpye"),
  }, ["unknown-key c.yaml:1:40"]],
  ["a syntax error of an included file", {
    "web.yaml": `include: [c.yaml]\n${FRONT}`,
    "c.yaml": "x-a: 1\ntemplates: [\n",
  }, ["unknown-template web.yaml:6:73", "yaml-syntax c.yaml:2:12"]],
  ["a missing file", { "web.yaml": `include: [c.yaml]\nnodes: {}\n` }, ["bad-include web.yaml:1:11"]],
  ["a folder", { "web.yaml": `include: [d]\nnodes: {}\n`, "d/x": "" }, ["bad-include web.yaml:1:11"]],
  ["a file twice", { "web.yaml": `include: [c.yaml, ./c.yaml]\nnodes: {}\n`, "c.yaml": UP }, [
    "duplicate-key web.yaml:1:19",
  ]],
  ["a template twice", { "web.yaml": `include: [c.yaml]\n${FRONT}${SESSION}`, "c.yaml": SESSION }, [
    "duplicate-key c.yaml:1:14",
  ]],
  ["a cycle", {
    "web.yaml": `include: [a.yaml]\n${FRONT}`,
    "a.yaml": `include: [b.yaml]\n${SESSION}`,
    "b.yaml": "include: [a.yaml]\n",
  }, ["bad-include b.yaml:1:11"]],
  ["the file itself", { "web.yaml": `include: [web.yaml]\nnodes: {}\n` }, ["bad-include web.yaml:1:11"]],
  ["nodes of an included file", { "web.yaml": `include: [c.yaml]\nnodes: {}\n`, "c.yaml": "nodes: {}\n" }, [
    "unknown-key c.yaml:1:1",
  ]],
  ["an included list", { "web.yaml": `include: [c.yaml]\nnodes: {}\n`, "c.yaml": "- a\n" }, ["wrong-kind c.yaml:1:1"]],
  ["two documents", { "web.yaml": `include: [c.yaml]\nnodes: {}\n`, "c.yaml": `${UP}---\n${UP}` }, [
    "wrong-kind c.yaml:3:1",
  ]],
  ["an empty file", { "web.yaml": `include: [c.yaml]\n${FRONT}${SESSION}`, "c.yaml": "# nothing\n" }, []],
  [
    "a key that is not at the beginning of its line",
    { "web.yaml": "{ include: [c.yaml], nodes: {} }\n", "c.yaml": UP },
    [
      "bad-include web.yaml:1:13",
    ],
  ],
  ["a key in quotes", { "web.yaml": "'include': [c.yaml]\nnodes: {}\n", "c.yaml": UP }, ["bad-include web.yaml:1:13"]],
  ["a text in place of a list", { "web.yaml": `include: c.yaml\nnodes: {}\n` }, ["wrong-kind web.yaml:1:10"]],
  ["a number and nothing", { "web.yaml": `include: [, [a]]\nnodes: {}\n` }, []],
];

for (const [what, files, places] of CASES) {
  test(`include has or reports ${what}`, async () => {
    await withFolder(async (folder) => {
      const found = await loadFrom(folder, files);
      if (what === "a number and nothing") return assert.ok(found.places.length > 0);
      assert.deepEqual(found.places, places);
      if (places.length === 0) {
        assert.deepEqual(found.states[0]?.templates.map(({ name, nodes }) => [name, nodes[0]?.type]), [
          ["session", "echo"],
        ]);
      }
    });
  });
}

test("relative paths of an included file are relative to its folder", async () => {
  await withFolder(async (folder) => {
    const up = `{ type: ksocket, hook: local/stream/0, messages: [{ connect: 'local/"app.sock"' }] }`;
    const { states, places } = await loadFrom(folder, {
      "web.yaml": `include: [sub/c.yaml]\n${FRONT}`,
      "sub/c.yaml": `templates: { session: { nodes: { up: ${up} } } }\n`,
    });
    assert.deepEqual(places, []);
    assert.equal(states[0]?.templates[0]?.nodes[0]?.messages[0]?.argument, `local/"${folder}/sub/app.sock"`);
  });
});

test("the files of a folder that others include are no topologies, and the revision covers them", async () => {
  await withFolder(async (folder) => {
    const files = { "n/web.yaml": `include: [c.yaml]\n${FRONT}`, "n/c.yaml": SESSION };
    const first = await loadFrom(folder, files, "n");
    assert.deepEqual(first.places, []);
    assert.deepEqual(first.states.map(({ name }) => name), ["web"]);
    const second = await loadFrom(folder, { "n/c.yaml": `${SESSION}# more\n` }, "n");
    assert.notEqual(second.texts[0]?.revision, first.texts[0]?.revision);
    await rm(join(folder, "n/c.yaml"));
    await symlink("/dev/zero", join(folder, "n/c.yaml"));
    assert.deepEqual((await loadFrom(folder, {}, "n/web.yaml")).places.slice(0, 1), ["bad-include n/web.yaml:1:11"]);
  });
});

const PATHS: readonly (readonly [string, string, string | null])[] = [
  ["web.yaml", "common.yaml", "common.yaml"],
  ["net/web.yaml", "common.yaml", "net/common.yaml"],
  ["net/web.yaml", "../common.yaml", "common.yaml"],
  ["net/web.yaml", "./a//b.yaml", "net/a/b.yaml"],
  ["net/web.yaml", "../../common.yaml", null],
  ["web.yaml", "../web.yaml", null],
  ["web.yaml", "/etc/passwd", null],
  ["web.yaml", "http://other.example/x.yaml", null],
  ["web.yaml", "file:x", null],
  ["web.yaml", "a\\..\\b", null],
  ["web.yaml", "a\nb", null],
  ["web.yaml", "x.yaml?token=1", null],
  ["net/web.yaml", "..", null],
];

for (const [from, word, path] of PATHS) {
  test(`pathInside() of "${JSON.stringify(word)}" in ${from}`, () => assert.equal(pathInside(from, word), path));
}
