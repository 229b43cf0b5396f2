import assert from "node:assert/strict";
import fc from "fast-check";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import { countErrors, MAX_LISTED } from "../../src/topology/parse/diagnostic.ts";
import { decodeSource, type LoadResult, loadTopology } from "../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { MAX_NODES, MAX_TOPOLOGIES, MAX_VALUE_UNITS, MAX_VARIABLES } from "../../src/topology/parse/text_limits.ts";
import { test } from "../harness.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);

const SEED = `name: web
x-base: &base { type: ksocket, hook: inet/stream/tcp }
nodes:
  front:
    <<: *base
    messages:
      - setopt: { SO_REUSEADDR: 1, SO_LINGER: { onoff: 1, linger: 10 } }
      - bind: "inet/127.0.0.1:\${PORT:-8080}"
      - listen 128
      - accept: { template: session, with: { to: 'inet/localhost:9000' }, allow: [10.0.0.0/8] }
      - getname:
  bus: { type: hub }
  tap: { type: tee }
links:
  - [bus, tap:left]
templates:
  session:
    parameters: { to: , limit: 5s }
    entry: upstream
    nodes:
      upstream:
        <<: *base
        messages: [{ setconfig: { connectTimeout: "\${with.limit}" } }, { connect: "\${with.to}" }]
`;

function load(text: string): LoadResult {
  return loadTopology({
    source: { name: "fuzz.yaml", text },
    types: TYPES,
    env: () => null,
    defaultName: "fuzz",
    baseDirectory: "/srv",
  });
}

/** Every diagnostic is in the text, and can be printed. */
function assertSound(text: string): void {
  const { topologies, diagnostics } = load(text);
  const errors = diagnostics.filter((one) => one.severity === "error");
  assert.ok(topologies.length > 0 || errors.length > 0, "neither a topology nor an error");
  for (const { span } of diagnostics) {
    assert.ok(span === null || (span.start >= 0 && span.start <= span.end && span.end <= text.length));
  }
  renderDiagnostics(diagnostics, { width: 40 });
}

/** One change that a slip of the hand makes: a part left out, doubled, or replaced. */
const slip = fc.record({
  at: fc.nat({ max: SEED.length }),
  length: fc.nat({ max: 12 }),
  text: fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom(
      "",
      "\t",
      "\n",
      ": ",
      "- ",
      "${",
      "}",
      "[",
      "]",
      '"',
      "'",
      "&a ",
      "*base",
      "<<: ",
      "{",
      "null",
      "\0",
      "#",
      "|\n",
    ),
  ),
});

test("loadTopology() answers every slip of the hand with topologies or diagnostics", () => {
  fc.assert(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 3 }), (slips) => {
      let text = SEED;
      for (const { at, length, text: put } of slips) text = text.slice(0, at) + put + text.slice(at + length);
      assertSound(text);
    }),
    { numRuns: 1_000 },
  );
});

test("decodeSource() and loadTopology() answer any octets", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
    const decoded = decodeSource("fuzz.yaml", octets);
    if (decoded.ok) assertSound(decoded.source.text);
  }));
});

test("loadTopology() refuses a text that is nested beyond any stack", () => {
  const { diagnostics } = load("[".repeat(150_000));
  assert.deepEqual(diagnostics.map((one) => [one.code, one.span?.start]), [["too-deep", 100]]);
});

const MIB = 1024 * 1024;
/** Texts within the limit of bytes that the parser could not bear, and what is said of them. */
const HEAVY: Readonly<Record<string, readonly [string, string]>> = {
  "brackets": ["[".repeat(2 * MIB), "too-large"],
  "brackets below the limit of tokens": ["[".repeat(0.1 * MIB), "too-deep"],
  "explicit keys": ["? ".repeat(100_000), "too-deep"],
  "items in a row": ["- ".repeat(150_000), "too-deep"],
  "newlines": ["\n".repeat(4 * MIB), "too-large"],
  "comments": ["# x\n".repeat(MIB), "too-large"],
  "items": [`x-a:\n${"- a\n".repeat(MIB)}`, "too-large"],
  "flow items": [`x-a: [${"a,".repeat(MIB)}a]`, "too-large"],
  "aliases": [`x: [${"*a,".repeat(MIB)}]`, "too-large"],
  "keys": [`x:\n${" a: b\n".repeat(0.6 * MIB)}`, "too-large"],
  "carriage returns": ["\r\n".repeat(2 * MIB), "too-large"],
  "a long value": [`description: ${"word ".repeat(20_000)}\nnodes: {}\n`, "too-large"],
  "bytes": ["x".repeat(4 * MIB + 1), "too-large"],
};

test("loadTopology() refuses what the parser cannot bear before it parses", () => {
  for (const [name, [text, code]] of Object.entries(HEAVY)) {
    const { diagnostics } = load(text);
    assert.deepEqual(diagnostics.map((one) => one.code), [code], name);
  }
});

test("loadTopology() counts brackets in quotes and comments as text", () => {
  const quoted = Array.from({ length: 150 }, (_, index) => `x-${index}: "[" # {\n`).join("");
  const { diagnostics, topologies } = load(`${quoted}nodes: { a: { type: echo } }\n`);
  assert.deepEqual([diagnostics.length, topologies.length], [0, 1]);
});

test("loadTopology() lists some of many problems and counts the others", () => {
  const nodes = Array.from({ length: 2_000 }, (_, index) => `  n${index}: { type: nothing }\n`).join("");
  const { diagnostics } = load(`nodes:\n${nodes}`);
  assert.equal(diagnostics.length, MAX_LISTED + 1);
  assert.equal(countErrors(diagnostics), 2_000);
  assert.equal(diagnostics.at(-1)?.message, "And 1,950 more errors");
});

test("loadTopology() truncates long values in its messages", () => {
  const value = "x".repeat(2 * MIB);
  for (const text of [`nodes: { a: { type: "${value}" } }`, `nodes: { ${value}: { type: echo } }`, `${value}: 1`]) {
    const { diagnostics } = load(text);
    const said = renderDiagnostics(diagnostics);
    assert.ok(diagnostics.length > 0 && said.length < 4_000, `${said.length}`);
  }
});

test("loadTopology() refuses more nodes than the topologies of a source may have", () => {
  const half = (name: string): string => {
    const nodes = Array.from({ length: MAX_NODES / 2 + 1 }, (_, index) => `n${index}: *n`).join(", ");
    return `---\nname: ${name}\nx-n: &n { type: echo }\nnodes: { ${nodes} }\n`;
  };
  assert.equal(load(half("a")).topologies.length, 1);
  const { diagnostics, topologies } = load(half("a") + half("b"));
  assert.deepEqual([diagnostics.map((one) => one.code), topologies.length], [["too-large"], 0]);
});

test("loadTopology() refuses more topologies than a source may have", () => {
  const one = (index: number): string => `---\nname: t${index}\nnodes: { a: { type: echo } }\n`;
  const { diagnostics } = load(Array.from({ length: MAX_TOPOLOGIES + 1 }, (_, index) => one(index)).join(""));
  assert.deepEqual(diagnostics.map((one) => one.code), ["too-large"]);
});

test("loadTopology() asks for no more variables than a text may name", () => {
  let asked = 0;
  const names = Array.from({ length: MAX_VARIABLES + 1 }, (_, index) => `\${A${index}}`).join(" ");
  const source = { name: "many.yaml", text: `description: "${names}"\nnodes: { a: { type: echo } }\n` };
  const env = (): string => `${asked++}`;
  const { diagnostics } = loadTopology({ source, types: [], env, defaultName: "many", baseDirectory: null });
  assert.deepEqual([diagnostics[0]?.code, asked], ["too-large", MAX_VARIABLES]);
});

test("loadTopology() reports nothing but its length of a value that is too long", () => {
  const value = "x".repeat(MAX_VALUE_UNITS + 1);
  for (const text of [`name: ${value}\nnodes: { a: { type: echo } }`, `nodes: { a: { type: ${value} } }`]) {
    assert.deepEqual(load(text).diagnostics.map((one) => one.code), ["too-large"]);
  }
});
