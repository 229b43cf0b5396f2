import assert from "node:assert/strict";
import { planSchema, savedPlanSchema } from "../../src/api/plan_shape.ts";
import { test } from "../harness.ts";

/** Every schema within a schema that describes a value of its own, with where it stands. */
function* fields(schema: unknown, at: string): Generator<readonly [at: string, schema: object]> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties" || keyword === "$defs") {
      for (const [name, one] of Object.entries<object>(value)) {
        yield [`${at}/${name}`, one];
        yield* fields(one, `${at}/${name}`);
      }
    } else if (keyword === "anyOf") {
      for (const one of value) yield* fields(one, at);
    } else if (keyword === "items") {
      yield* fields(value, `${at}[]`);
    }
  }
}

for (const [name, schema] of [["planSchema", planSchema()], ["savedPlanSchema", savedPlanSchema()]] as const) {
  test(`${name}() describes every field`, () => {
    const all = [...fields(schema, "")];
    assert.ok(all.length > 20);
    for (const [at, one] of all) assert.ok("description" in one || "$ref" in one, at);
  });
}
