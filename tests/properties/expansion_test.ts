/**
 * The expansion of random `each`, `parameters` and `include` equals a naive one that replaces text.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { DENO_CAPABILITIES } from "../../src/runtimes/deno/capabilities.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { renderDiagnostics } from "../../src/topology/parse/render.ts";
import { dumpTopologies } from "../../src/topology/print/dump.ts";
import { test } from "../harness.ts";

const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);

type Values = Readonly<Record<string, string>>;

/** The values of one name of `each`: as they are written, and as they are meant. */
interface Column {
  readonly written: string;
  readonly values: readonly string[];
}

interface Group {
  /** Names with their values, combined. */
  readonly product: readonly Column[];
  /** Names with as many values each, in step. */
  readonly zip: readonly (readonly string[])[];
  readonly type: string;
}

interface Case {
  readonly groups: readonly Group[];
  /** Parameters: the default, and the value that is given. */
  readonly parameters: readonly { readonly preset: string; readonly given: string | null }[];
  /** Types of the only node of templates; true for one of the included file. */
  readonly templates: readonly { readonly type: string; readonly included: boolean }[];
}

/** A name that begins with `x-` is ignored. */
const word = fc.stringMatching(/^[a-wyz][a-z0-9]{0,3}$/);
const type = fc.constantFrom("hub", "hole", "echo", "tee");
const range = fc.record({ from: fc.integer({ min: 0, max: 120 }), count: fc.integer({ min: 1, max: 4 }) })
  .map(({ from, count }): Column => {
    const values = Array.from({ length: count }, (_, index) => `${from + index}`);
    return { written: `${from}-${from + count - 1}`, values };
  });
const list = fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((values): Column => {
  return { written: `[${values.join(", ")}]`, values };
});
const group: fc.Arbitrary<Group> = fc.record({
  product: fc.array(fc.oneof(range, list), { minLength: 1, maxLength: 3 }),
  zip: fc.oneof(
    fc.constant([]),
    fc.uniqueArray(word, { minLength: 2, maxLength: 3 }).map((values) => [values, values.toReversed()]),
  ),
  type,
});
const cases: fc.Arbitrary<Case> = fc.record({
  groups: fc.array(group, { maxLength: 3 }),
  parameters: fc.array(fc.record({ preset: word, given: fc.option(word) }), { minLength: 1, maxLength: 3 }),
  templates: fc.array(fc.record({ type: fc.constantFrom("hub", "hole", "echo"), included: fc.boolean() }), {
    maxLength: 3,
  }),
});

function written({ groups, parameters, templates }: Case): { readonly text: string; readonly common: string } {
  const all = parameters.map((_, index) => `\${parameters.p${index}}`).join("-");
  const nodes = groups.map(({ product, zip, type }, index) => {
    const names = [...product.map((_, column) => `n${column}`), ...zip.map((_, column) => `z${column}`)];
    const each = product.map(({ written }, column) => `n${column}: ${written}`);
    const paired = zip.map((values, column) => `z${column}: [${values.join(", ")}]`);
    const keys = paired.length === 0 ? each : [...each, `zip: { ${paired.join(", ")} }`];
    const name = `g${index}-${names.map((one) => `\${each.${one}}`).join("-")}`;
    return `  ${name}: { each: { ${keys.join(", ")} }, type: ${type} }\n`;
  });
  const templatesOf = (where: boolean) => {
    const found = templates.flatMap(({ type, included }, index) => {
      return included === where ? [`  t${index}: { nodes: { "y-\${parameters.p0}": { type: ${type} } } }\n`] : [];
    });
    return found.length === 0 ? "" : `templates:\n${found.join("")}`;
  };
  const declared = parameters.map(({ preset }, index) => `  p${index}: ${preset}\n`).join("");
  const text = `name: t\ninclude: [common.yaml]\nparameters:\n${declared}nodes:\n  "${all}": { type: hub }\n` +
    `${nodes.join("")}${templatesOf(false)}`;
  return { text, common: `x-a: 1\n${templatesOf(true)}` };
}

/** The names of nodes and templates with their types, by plain loops. */
function naive({ groups, parameters, templates }: Case): readonly string[] {
  const values = parameters.map(({ preset, given }) => given ?? preset);
  const names = [`${values.join("-")} hub`];
  groups.forEach(({ product, zip, type }, index) => {
    let rows: readonly string[] = [`g${index}`];
    for (const column of product) {
      const next: string[] = [];
      for (const row of rows) for (const value of column.values) next.push(`${row}-${value}`);
      rows = next;
    }
    const [first = []] = zip;
    if (zip.length > 0) {
      const next: string[] = [];
      for (const row of rows) {
        for (let step = 0; step < first.length; step++) {
          next.push([row, ...zip.map((column) => column[step] ?? "")].join("-"));
        }
      }
      rows = next;
    }
    for (const row of rows) names.push(`${row} ${type}`);
  });
  const own = templates.flatMap(({ type, included }, index) => included ? [] : [`t${index} y-${values[0]} ${type}`]);
  const others = templates.flatMap(({ type, included }, index) => included ? [`t${index} y-${values[0]} ${type}`] : []);
  return [...names, ...own, ...others];
}

function describe({ nodes, templates }: GraphState): readonly string[] {
  return [
    ...nodes.map(({ name, type }) => `${name} ${type}`),
    ...templates.flatMap((one) => one.nodes.map(({ name, type }) => `${one.name} ${name} ${type}`)),
  ];
}

function load(text: string, values: Values, common: string | null): GraphState {
  const file = { key: "common", name: "common.yaml", text: common ?? "", directory: null };
  const edge = { from: null, word: "common.yaml", key: "common", problem: null };
  const { topologies: [topology], diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types: TYPES,
    env: (name) => values[name] ?? null,
    ...(common === null ? {} : { included: { files: [file], edges: [edge], unusable: [] } }),
    defaultName: "t",
    baseDirectory: null,
  });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  assert.ok(topology !== undefined && errors.length === 0, `${renderDiagnostics(errors)}\n${text}`);
  return topology.state;
}

test("each, parameters and include expand as plain loops do, and what is printed loads to the same", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { text, common } = written(one);
      const values = Object.fromEntries(one.parameters.flatMap(({ given }, index) => {
        return given === null ? [] : [[`parameters.p${index}`, given]];
      }));
      const state = load(text, values, common);
      assert.deepEqual(describe(state), naive(one));
      assert.deepEqual(describe(load(dumpTopologies([state], TYPES), {}, null)), naive(one));
    }),
    { numRuns: 200 },
  );
});
