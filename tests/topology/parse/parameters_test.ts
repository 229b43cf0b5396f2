import assert from "node:assert/strict";
import { optionFile } from "../../../src/topology/parse/parameters.ts";
import { diagnosticData } from "../../../src/topology/parse/diagnostic.ts";
import { readValuesFile } from "../../../src/topology/parse/values_file.ts";
import { test } from "../../harness.ts";
import { load } from "../types.ts";

type Values = Readonly<Record<string, string>>;

function loadWith(parameters: string, values: Values = {}, nodes = "a-${parameters.x}: { type: hub }") {
  const variables = Object.fromEntries(Object.entries(values).map(([name, text]) => [`parameters.${name}`, text]));
  const given = new Map(
    Object.entries(values).map(([name, text]) => {
      return [name, { text, file: optionFile(name, text), span: null }];
    }),
  );
  const text = `parameters: ${parameters}\nnodes:\n  ${nodes}\n`;
  const { topologies, diagnostics } = load(text, { given, variables: { HOME: "/root", ...variables } });
  const places = diagnostics.map((one) => diagnosticData(one)).map(({ code, file, line, column }) => {
    return line === null ? `${code} ${file}` : `${code} ${file}:${line}:${column}`;
  });
  return { names: topologies.flatMap(({ state }) => state.nodes.map(({ name }) => name)), places };
}

const VALUES: readonly (readonly [string, string, Values, readonly string[]])[] = [
  ["a default", "{ x: 7 }", {}, ["a-7"]],
  ["a value before the default", "{ x: 7 }", { x: "8" }, ["a-8"]],
  ["a required value", "{ x: }", { x: "8" }, ["a-8"]],
  ["a default of a mapping", "{ x: { type: port, default: 80 } }", {}, ["a-80"]],
  ["a variable as default", '{ x: "${NONE:-n}" }', {}, ["a-n"]],
  ["a choice", "{ x: { choices: [b, c] } }", { x: "c" }, ["a-c"]],
  ["a value that looks like an expression", "{ x: }", { x: "${HOME}" }, ["a-${HOME}"]],
  ["an empty value", '{ x: "" }', { x: "" }, ["a-"]],
];

for (const [what, parameters, values, names] of VALUES) {
  test(`parameters have ${what}`, () => {
    assert.deepEqual(loadWith(parameters, values), { names, places: [] });
  });
}

const TYPES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["text", ["", "x y", "1"], []],
  ["integer", ["0", "-7", "+7", "007"], ["", "1.5", "0x10", "1k", " 1"]],
  ["port", ["0", "80", "65535"], ["65536", "-1", "http", "80-90", "1e3"]],
  ["ports", ["80", "9000-9099", "1-1"], ["90-80", "1-70000", "80,81", "-"]],
  ["boolean", ["true", "false"], ["yes", "True", "1", ""]],
  ["duration", ["30s", "250ms", "2m", "5"], ["", "soon", "5 parsecs"]],
  ["size", ["512", "64KiB", "1MiB"], ["", "-1", "many"]],
];

for (const [type, right, wrong] of TYPES) {
  test(`parameters of type ${type} accept its values only`, () => {
    const nodes = "a: { type: '${parameters.x}' }";
    const placesOf = (x: string) => loadWith(`{ x: { type: ${type} } }`, { x }, nodes).places;
    for (const x of right) assert.deepEqual(placesOf(x).filter((place) => place.startsWith("bad-value")), [], x);
    for (const x of wrong) assert.deepEqual(placesOf(x), [`bad-value --set x=${x}`], x);
  });
}

const PROBLEMS: readonly (readonly [string, string, Values, readonly string[]])[] = [
  ["a missing value", "{ x: }", {}, ["missing-parameter test.yaml:1:15"]],
  ["a wrong default", "{ x: { type: port, default: abc } }", {}, ["bad-value test.yaml:1:41"]],
  ["an unknown type", "{ x: { type: prot } }", {}, ["bad-word test.yaml:1:26"]],
  ["an unknown key", "{ x: { typ: port, default: 1 } }", {}, ["unknown-key test.yaml:1:20"]],
  ["a value that is no choice", "{ x: { choices: [b, c] } }", { x: "d" }, ["bad-value --set x=d"]],
  ["a bad name", "{ x: 1, a.b: 1 }", {}, ["bad-name test.yaml:1:21"]],
  ["a list", "{ x: [1] }", {}, ["wrong-kind test.yaml:1:18"]],
  ["no choice at all", "{ x: { choices: [] } }", { x: "1" }, ["wrong-kind test.yaml:1:29"]],
  ["an unused parameter", "{ x: 1, y: 2 }", {}, ["unused-parameter test.yaml:1:21"]],
  ["an unknown parameter", "{ y: 2 }", { x: "1" }, ["unknown-parameter test.yaml:3:5"]],
  ["a parameter in a default", '{ x: "${parameters.y}", y: 1 }', {}, ["bad-expression test.yaml:1:19"]],
  ["a secret", '{ x: "${secret:/run/x.key}" }', {}, ["bad-expression test.yaml:1:19"]],
  ["a list of parameters", "[x]", {}, ["wrong-kind test.yaml:1:1", "unknown-parameter test.yaml:3:5"]],
];

for (const [what, parameters, values, places] of PROBLEMS) {
  test(`parameters report ${what} at its place`, () => {
    assert.deepEqual(loadWith(parameters, values).places, places);
  });
}

test("parameters give values to each, and the group of nodes has them in its name", () => {
  const nodes = '"${parameters.x}-${each.n}": { each: { n: "${parameters.ports}" }, type: hub }';
  const text = `parameters: { x: zone, ports: 1-2 }\nnodes:\n  ${nodes}\n`;
  const [topology] = load(text).topologies;
  assert.deepEqual(topology?.state.nodes.map(({ name, group }) => [name, group]), [
    ["zone-1", "zone-*"],
    ["zone-2", "zone-*"],
  ]);
});

test("parameters and each make no name that a file ignores", () => {
  assert.deepEqual(loadWith("{ x: x-y }", {}, "'${parameters.x}': { type: hub }").places, ["bad-name test.yaml:3:3"]);
  assert.deepEqual(loadWith("{ x: 1 }", {}, "'${each.n}-${parameters.x}': { each: { n: [x] }, type: hub }").places, [
    "bad-name test.yaml:3:3",
  ]);
});

test("parameters are of one document", () => {
  const text = "name: a\nparameters: { x: 1 }\nnodes: { 'a${parameters.x}': { type: hub } }\n---\n" +
    "name: b\nnodes: { 'b${parameters.x}': { type: hub } }\n";
  assert.deepEqual(load(text).diagnostics.map(({ code }) => code), ["bad-expression"]);
});

test("readValuesFile() has values with their places, and reports others", () => {
  const text = "port: 9000\nname: 'a b'\nlist: [1]\nempty:\na.b: 1\n";
  const { values, diagnostics } = readValuesFile({ name: "v.yaml", text });
  assert.deepEqual([...values].map(([name, { text, span }]) => [name, text, span?.start]), [
    ["port", "9000", 6],
    ["name", "a b", 17],
  ]);
  assert.deepEqual(diagnostics.map((one) => diagnosticData(one)).map(({ code, line }) => [code, line]), [
    ["wrong-kind", 3],
    ["wrong-kind", 4],
    ["bad-name", 5],
  ]);
  assert.deepEqual(readValuesFile({ name: "v.yaml", text: "# nothing\n" }), { values: new Map(), diagnostics: [] });
});
