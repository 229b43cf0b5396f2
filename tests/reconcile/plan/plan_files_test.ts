/**
 * Plans of files: a directory in `tests/plans` with `observed.yaml` and `desired.yaml` is a case, its `plan.txt` what
 * people see. `connections.json`, where there is one, says which connections live. `GOLDEN=update` writes the plans, here
 * and in plan_test.ts; read the difference before you commit it.
 *
 * @module
 */

import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "../../harness.ts";
import type { GraphState } from "../../../src/graph/data/state.ts";
import { describeBuiltinTypes } from "../../../src/nodes/builtin.ts";
import type { ConnectionTable } from "../../../src/reconcile/plan/connections.ts";
import { planChanges } from "../../../src/reconcile/plan/plan.ts";
import { formatPlan } from "../../../src/reconcile/plan/plan_text.ts";
import { DENO_CAPABILITIES } from "../../../src/runtimes/deno/capabilities.ts";
import { loadTopology } from "../../../src/topology/load/load.ts";

const PLANS = new URL("../../plans/", import.meta.url);
const TYPES = describeBuiltinTypes(DENO_CAPABILITIES);

for (const name of readdirSync(PLANS).filter((name) => existsSync(new URL(`${name}/desired.yaml`, PLANS)))) {
  test(`planChanges() plans the files of ${name} as written down`, () => {
    const plan = planChanges(load(name, "observed.yaml"), load(name, "desired.yaml"), {
      types: new Map(TYPES.map((type) => [type.name, type])),
      fromGeneration: 2,
      toGeneration: 3,
      connections: readConnections(name),
    });
    const text = `${formatPlan(plan)}\n`;
    if (process.env["GOLDEN"] === "update") writeFileSync(new URL(`${name}/plan.txt`, PLANS), text);
    assert.equal(text, read(name, "plan.txt"));
  });
}

function load(name: string, file: string): GraphState {
  const source = { name: file, text: read(name, file) };
  const { topologies, diagnostics } = loadTopology({
    source,
    types: TYPES,
    env: () => null,
    defaultName: null,
    baseDirectory: null,
  });
  const [topology] = topologies;
  assert.ok(topology !== undefined, diagnostics.map((one) => `${file}: ${one.code} ${one.message}`).join("\n"));
  return topology.state;
}

function readConnections(name: string): ConnectionTable {
  if (!existsSync(new URL(`${name}/connections.json`, PLANS))) return [];
  const table: ConnectionTable = JSON.parse(read(name, "connections.json"));
  return table;
}

function read(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, PLANS), "utf8");
}
