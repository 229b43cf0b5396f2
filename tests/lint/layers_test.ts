/**
 * Plants what the layers plugin forbids, and what it must let through.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "../harness.ts";
import plugin from "./layers.ts";
import { SOURCE_ROOT } from "./place.ts";

/** A file under `src/`, its text, and the rules that must object to it, once each. */
type Case = readonly [file: string, source: string, rules: readonly string[]];

const skip = "Deno" in globalThis ? null : "Deno.lint is not on Bun";

const IMPORTS: readonly Case[] = [
  ["graph/core/hook.ts", `import { a } from "../../ascii/type.ts";`, []],
  ["graph/core/hook.ts", `import { a } from "./node.ts";`, []],
  ["graph/core/hook.ts", `import { a } from "../../errors.ts"; import { b } from "../../clock.ts";`, []],
  ["graph/core/hook.ts", `import { a } from "../../nodes/hub.ts";`, ["imports"]],
  ["graph/core/hook.ts", `import type { A } from "../../nodes/hub.ts";`, ["imports"]],
  ["graph/core/hook.ts", `export { a } from "../../nodes/hub.ts";`, ["imports"]],
  ["graph/core/hook.ts", `export * from "../../nodes/hub.ts";`, ["imports"]],
  ["graph/core/hook.ts", `await import("../../nodes/hub.ts");`, ["imports"]],
  ["graph/core/hook.ts", `let a: import("../../nodes/hub.ts").Hub;`, ["imports"]],
  ["graph/core/hook.ts", `import { a } from "../data/name.ts";`, []],
  ["graph/core/hook.ts", `import { a } from "../message/path.ts";`, ["imports"]],
  ["graph/loose.ts", `import { a } from "./core/hook.ts";`, ["imports"]],
  ["ascii/type.ts", `import { a } from "../graph/data/name.ts";`, ["imports"]],
  ["socket/address.ts", `import { a } from "../graph/data/name.ts";`, ["imports"]],
  ["nodes/ksocket/ksocket.ts", `import { a } from "../../socket/socket.ts";`, []],
  ["nodes/ksocket/ksocket.ts", `import { a } from "../../runtimes/deno.ts";`, ["imports"]],
  ["topology/load/load.ts", `import { a } from "../../reconcile/plan/plan.ts";`, ["imports"]],
  ["reconcile/plan/plan.ts", `import { a } from "../../topology/load.ts";`, ["imports"]],
  ["telemetry/metrics.ts", `import { a } from "../ascii/type.ts";`, ["imports"]],
  ["api/handler.ts", `import { a } from "../nodes/hub.ts";`, ["imports"]],
  ["runtimes/posix/poller.ts", `import { a } from "../../socket/socket.ts"; import { b } from "../deno.ts";`, []],
  ["runtimes/posix/poller.ts", `import { a } from "../../graph/core/item.ts";`, ["imports"]],
  ["engine/engine.ts", `import { a } from "../nodes/builtin.ts"; import { b } from "../runtimes/detect.ts";`, []],
  ["engine/engine.ts", `import { a } from "../cli/main.ts";`, ["imports"]],
  ["cli/verbs/apply.ts", `import { a } from "../../engine/engine.ts"; import { b } from "../output.ts";`, []],
  ["cli/verbs/apply.ts", `import { a } from "../../nodes/hub.ts";`, ["imports"]],
  ["cli/verbs/apply.ts", `import { a } from "../../socket/socket.ts";`, ["imports"]],
  ["errors.ts", `import { a } from "./graph/data/name.ts";`, ["imports"]],
  ["graph/core/hook.ts", `import { a } from "../../../mod.ts";`, ["imports"]],
  ["elsewhere/a.ts", `import { a } from "../graph/data/name.ts";`, ["imports"]],
];

const PACKAGES: readonly Case[] = [
  ["topology/parse/document.ts", `import { a } from "yaml";`, []],
  ["topology/print/dump.ts", `import { a } from "yaml";`, ["packages"]],
  ["api/protocol.ts", `import { z } from "zod";`, ["packages"]],
  ["cli/args.ts", `import { a } from "@optique/core/parser";`, []],
  ["cli/args/parts.ts", `import { a } from "@optique/core/parser";`, []],
  ["cli/args/grammar.ts", `import { a } from "@optique/core/parser";`, []],
  ["cli/main.ts", `import { a } from "@optique/core";`, ["packages"]],
  ["graph/core/hook.ts", `import { a } from "left-pad";`, ["packages"]],
  ["graph/core/hook.ts", `import { a } from "jsr:@std/path";`, ["packages"]],
  ["graph/core/hook.ts", `import { a } from "node:fs";`, ["packages"]],
  ["cli/main.ts", `await import("node:fs");`, ["packages"]],
  ["runtimes/bun.ts", `import { a } from "node:net"; import { b } from "bun:ffi";`, []],
];

const GLOBALS: readonly Case[] = [
  ["graph/core/hook.ts", `Deno.exit();`, ["globals"]],
  ["graph/core/hook.ts", `let connection: Deno.Conn;`, ["globals"]],
  ["graph/core/hook.ts", `Bun.serve();`, ["globals"]],
  ["graph/core/hook.ts", `process.exit();`, ["globals"]],
  ["graph/core/hook.ts", `globalThis.Deno;`, ["globals"]],
  ["graph/core/hook.ts", `globalThis["process"];`, ["globals"]],
  ["graph/core/hook.ts", `const tools = { setTimeout };`, ["globals"]],
  ["graph/core/hook.ts", `setTimeout(f, 1);`, ["globals"]],
  ["cli/main.ts", `setInterval(f, 1);`, ["globals"]],
  ["engine/engine.ts", `performance.now();`, ["globals"]],
  ["engine/engine.ts", `Date.now();`, ["globals"]],
  ["engine/engine.ts", `new Date();`, ["globals"]],
  ["engine/engine.ts", `Date();`, ["globals"]],
  ["engine/engine.ts", `new Date(0); Date.parse("2020");`, []],
  ["engine/engine.ts", `socket.setTimeout(1); runtime.process.exit(); const a = { process: 1 };`, []],
  ["engine/engine.ts", `interface Runtime { readonly process: unknown }`, []],
  ["engine/engine.ts", `function run({ process }) { process.exit(); }`, []],
  ["clock.ts", `performance.now();`, ["globals"]],
  ["runtimes/deno.ts", `Deno.exit(); setTimeout(f, 1); Date.now(); new Date(); performance.now();`, []],
];

const EXPORTS: readonly Case[] = [
  ["graph/core/hook.ts", `export default function hook() {}`, ["no-default-export"]],
  ["graph/core/hook.ts", `const hook = 1; export { hook as default };`, ["no-default-export"]],
  ["graph/core/hook.ts", `export const hook = 1;`, []],
];

for (
  const [name, cases] of Object.entries({ imports: IMPORTS, packages: PACKAGES, globals: GLOBALS, exports: EXPORTS })
) {
  test(`layers plugin judges ${name}`, { skip }, () => {
    const found = cases.map(([file, source]) => [file, source, rulesOn(`${SOURCE_ROOT}${file}`, source)]);
    assert.deepEqual(found, cases.map((row) => [...row]));
  });
}

test("layers plugin leaves files outside src/ alone", { skip }, () => {
  const source = `import { a } from "../src/nodes/hub.ts"; import "node:fs"; Deno.exit(); export default a;`;
  const checkout = dirname(SOURCE_ROOT);
  assert.deepEqual(rulesOn(join(checkout, "mod.ts"), source), []);
  assert.deepEqual(rulesOn(join(checkout, "tests", "src", "hook_test.ts"), source), []);
});

/** The rules that object, without the plugin's name, in the order of the text. */
function rulesOn(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((diagnostic) => diagnostic.id.replace("layers/", ""));
}
