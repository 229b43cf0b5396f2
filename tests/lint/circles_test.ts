/**
 * No files import each other in a circle, not even for types, but for the one circle that ARCHITECTURE.md names. A
 * dynamic import is no part of a circle: it is where a module is loaded only when it is needed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";

const ROOT = fileURLToPath(new URL("../../src", import.meta.url));

/** The rooms whose files may form a circle: a node knows its hooks, a hook its node, and both their graph. */
const NAMED: readonly string[] = ["graph/core"];

test("src/ has no circle of imports but the one that ARCHITECTURE.md names", () => {
  const found = circlesOf(importsIn(ROOT)).map((circle) => circle.map((path) => relative(ROOT, path)).sort());
  const isNamed = (circle: readonly string[]) => NAMED.some((room) => circle.every((path) => dirname(path) === room));
  assert.deepEqual(found.filter((circle) => !isNamed(circle)), []);
  assert.equal(found.length, NAMED.length);
});

test("circlesOf() finds files that reach each other", () => {
  const imports = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]], ["d", ["a", "d"]]]);
  assert.deepEqual(circlesOf(imports).map((circle) => [...circle].sort()), [["b", "c"]]);
});

/** The static imports of each file. */
function importsIn(folder: string): Map<string, readonly string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(files.map((path) => {
    const file = join(folder, path);
    const specifiers = [...readFileSync(file, "utf8").matchAll(/\bfrom "(\.[^"]+)"/g)];
    return [file, specifiers.map(([, specifier = ""]) => join(dirname(file), specifier))];
  }));
}

/** The sets of more than one file that reach each other (Tarjan). */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const own = order.size;
    order.set(file, own);
    let low = own;
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? own);
    }
    lowest.set(file, low);
    if (low === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) circles.push(circle);
    }
    return low;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}
