/**
 * Texts loaded in a thread of their own, beside the same loaded here.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ThreadLoader } from "../../../src/engine/loading/thread_loader.ts";
import { typesOn } from "../../../src/engine/worker/socket_support.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { loadTexts } from "../../../src/sources/load.ts";
import type { SourceText } from "../../../src/sources/source.ts";
import { LoadMemory } from "../../../src/sources/text_loader.ts";
import { countErrors, MAX_LISTED, MAX_LISTED_TOGETHER } from "../../../src/topology/parse/diagnostic.ts";
import { MAX_NODES, MAX_VARIABLES } from "../../../src/topology/parse/text_limits.ts";
import { diagnosticOfStep } from "../../../src/topology/load/failed_step.ts";
import { renderDiagnostics } from "../../../src/topology/parse/render.ts";
import { test } from "../../harness.ts";

const types = typesOn("memory");
const env = (name: string): string | undefined => ({ PORT: "8080", "A": "x" })[name];

async function withLoader(body: (loader: ThreadLoader) => Promise<void>, hereBytes = 0): Promise<void> {
  const loader = new ThreadLoader({ clock: systemClock, runtime: "memory", hereBytes: () => hereBytes });
  try {
    await body(loader);
  } finally {
    await loader.close();
  }
}

let revision = 0;

function text(name: string, content: string): SourceText {
  const octets = new TextEncoder().encode(content);
  return { name, octets, kind: "file", location: `/srv/${name}`, revision: `sha256:${revision++}` };
}

const MANY = `nodes:\n${Array.from({ length: 1_000 }, (_, index) => `  n${index}: { type: echo }\n`).join("")}`;
const LISTENER = `nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:\${PORT:-1}", listen: 1, accept: { template: t }]
templates: { t: { entry: e, nodes: { e: { type: echo } } } }
`;

const CASES: Readonly<Record<string, readonly SourceText[]>> = {
  "many nodes": [text("many.yaml", MANY)],
  "templates, links and variables": [text("web.yaml", LISTENER)],
  "a variable that is written with an escape": [text("odd.yaml", LISTENER.replace("${", "\\u0024{"))],
  "errors": [text("bad.yaml", `${MANY}  bad: { typ: echo }\n`), text("binary.yaml", "\0")],
  "one address in two texts": [text("front.yaml", LISTENER), text("other.yaml", LISTENER)],
  "the same topology twice": [text("a.yaml", `name: x\n${MANY}`), text("b.yaml", `name: x\n${MANY}`)],
};

const BAD = `nodes:\n${Array.from({ length: MAX_LISTED }, (_, index) => `  n${index}: { typ: echo }\n`).join("")}`;
const NAMES = Array.from({ length: MAX_VARIABLES + 1 }, (_, index) => `\${V${index}}`).join(" ");
const HALF = Array.from({ length: MAX_NODES / 2 + 1 }, (_, index) => `  n${index}: *n\n`).join("");

const LIMITS: typeof CASES = {
  "problems of several files": Array.from({ length: 6 }, (_, index) => text(`bad${index}.yaml`, BAD)),
  "more variables than a text may name": [
    text("names.yaml", `description: "${NAMES}"\nnodes: { a: { type: echo } }\n`),
  ],
  "more nodes than a source may have": ["a", "b"].map((name) => {
    return text(`${name}.yaml`, `x-n: &n { type: echo }\nnodes:\n${HALF}`);
  }),
};

for (const [name, texts] of Object.entries({ ...CASES, ...LIMITS })) {
  test(`ThreadLoader.load() loads ${name} as loadTexts() does`, () =>
    withLoader(async (loader) => {
      const [there, here] = [await loader.load(texts, { types, env }), loadTexts(texts, { types, env })];
      assert.deepEqual(there.topologies, here.topologies);
      assert.equal(renderDiagnostics(there.diagnostics), renderDiagnostics(here.diagnostics));
      assert.equal(there.valid, here.valid);
      for (const [name, places] of here.loaded) {
        const found = there.loaded.get(name);
        assert.deepEqual(found?.origins.nodes, places.origins.nodes);
      }
    }));
}

test("ThreadLoader.load() lists some problems of many files, and all of those that are left once the others are gone", () =>
  withLoader(async (loader) => {
    const memory = new LoadMemory();
    const texts = LIMITS["problems of several files"] ?? [];
    const { diagnostics } = await loader.load(texts, { types, env, memory });
    assert.deepEqual([diagnostics.length, countErrors(diagnostics)], [MAX_LISTED_TOGETHER + 1, 6 * MAX_LISTED]);
    const later = await loader.load(texts.slice(4), { types, env, memory });
    assert.deepEqual([later.diagnostics.length, later.diagnostics[0]?.file.name], [2 * MAX_LISTED, "bad4.yaml"]);
  }));

test("ThreadLoader.load() reports where a step stands that failed", () =>
  withLoader(async (loader) => {
    const { loaded } = await loader.load([text("web.yaml", LISTENER)], { types, env });
    const places = loaded.get("web");
    const failed = { code: null, message: "It failed", at: { node: "front", messageIndex: 1 } };
    const found = places === undefined ? null : diagnosticOfStep(places, failed);
    assert.match(found === null ? "" : renderDiagnostics([found]), /web\.yaml:5:\d+ error\[failed\]: It failed/);
  }));

for (const hereBytes of [0, 1_000_000]) {
  test(`ThreadLoader.load() loads only what has changed, with ${hereBytes} bytes loaded here`, () =>
    withLoader(async (loader) => {
      const memory = new LoadMemory();
      const asked: string[] = [];
      const counted = (name: string): string | undefined => {
        asked.push(name);
        return env(name);
      };
      const texts = [text("many.yaml", MANY), text("web.yaml", LISTENER)];
      const first = await loader.load(texts, { types, env: counted, memory });
      const again = await loader.load(texts, { types, env: counted, memory });
      again.topologies.forEach(({ state }, index) => assert.equal(state, first.topologies[index]?.state));
      const changed = await loader.load(texts, { types, env: (name) => name === "PORT" ? "9" : env(name), memory });
      assert.equal(changed.topologies[0]?.state, first.topologies[0]?.state);
      assert.notDeepEqual(changed.topologies[1]?.state, first.topologies[1]?.state);
    }, hereBytes));
}

test("ThreadLoader.load() keeps the state of a text in which nothing but a comment has changed", () =>
  withLoader(async (loader) => {
    const memory = new LoadMemory();
    const first = await loader.load([text("many.yaml", MANY)], { types, env, memory });
    const commented = await loader.load([text("many.yaml", `${MANY}# comment\n`)], { types, env, memory });
    assert.equal(commented.topologies[0]?.state, first.topologies[0]?.state);
    assert.notEqual(commented.topologies[0]?.source.revision, first.topologies[0]?.source.revision);
  }));

test("ThreadLoader.load() leaves this thread to others, and ends when it is given up", () =>
  withLoader(async (loader) => {
    const nodes = Array.from({ length: 18_000 }, (_, index) => `  n${index}: { type: echo }\n`).join("");
    const aborting = new AbortController();
    const load = loader.load([text("large.yaml", `nodes:\n${nodes}`)], { types, env, signal: aborting.signal });
    const outcome = load.then(() => "loaded", (error: unknown) => error);
    let turns = 0;
    while (turns < 20) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns++;
    }
    aborting.abort();
    const error = await outcome;
    assert.ok(error instanceof Error && "code" in error && error.code === "ECANCELED", String(error));
    const { topologies } = await loader.load([text("web.yaml", LISTENER)], { types, env });
    assert.equal(topologies.length, 1);
  }));
