/**
 * What docs/tour.md shows of the program, as far as it does not depend on the machine: printed again and compared.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { withCommandName } from "../../src/cli/command_name.ts";
import { Engine } from "../../src/engine/engine.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { type LoadResult, loadTopology } from "../../src/topology/load/load.ts";
import { diagnosticOfStep } from "../../src/topology/load/failed_step.ts";
import { renderDiagnostic, renderDiagnostics } from "../../src/topology/parse/render.ts";
import { test } from "../harness.ts";

const ROOT = new URL("../../", import.meta.url);
const TOUR = read("docs/tour.md");
const FORWARD = "tcp-forward/front:";

test("docs/tour.md shows the plans that apply makes", async () => {
  await using tour = new Tour();
  assertShown(await tour.apply("echo"));
  assertShown(await tour.apply("echo", { PORT: "7070" }));
  assertShown(await tour.apply("tcp-forward", { TARGET: "127.0.0.1:6400" }));
  const moved = await tour.apply("tcp-forward", { TARGET: "127.0.0.1:6401" });
  assertShown(moved.split("\n").find((line) => line.includes(FORWARD))?.replace(/new-connections.*/, "") ?? moved);
});

test("docs/tour.md shows the export after a manual message", async () => {
  await using tour = new Tour();
  await tour.apply("echo", { PORT: "7070" });
  const getname = { path: "echo/server:", command: "getname", argument: null };
  assertShown(`getname\n${(await tour.engine.msg(getname)).text}\n`);
  await tour.engine.msg({ path: "echo/server:", command: "setconfig", argument: "{ idleTimeout=10m }" });
  assertShown(await tour.engine.export("echo"));
});

test("docs/tour.md shows the diagnostics of a mistyped file", () => {
  const text = read("topologies/echo.yaml").replace("accept:", "acept:").replace(":-7007", ":-70070");
  assertShown(renderDiagnostics(load("web.yaml", text).diagnostics));
});

test("docs/tour.md ends with every topology that it applies", () => {
  const names = new Set([...TOUR.matchAll(/apply topologies\/([\w-]+)\.yaml/g)].map(([, name = ""]) => name));
  assert.ok(names.size > 2);
  const [, end = ""] = TOUR.split("$ ./sockgraph export | ./sockgraph apply -");
  for (const name of names) {
    assert.match(end, new RegExp(`^${name}: nothing changed, generation \\d is Ready$`, "m"));
    assert.match(end, new RegExp(`^${name}: stopped`, "m"));
  }
});

test("docs/tour.md and the README show what the program prints beside plans", () => {
  const [engine] = /(?<=Engine in the foreground: pid )\d+/.exec(TOUR) ?? ["?"];
  const commands = TOUR.match(/^\$ .*sockgraph apply (topologies\/|-$)/gm) ?? [];
  // All but the first go to the engine, which that one is.
  const using = `Using the running engine (pid ${engine})\n`;
  assert.equal(TOUR.split(using).length - 1, commands.length - 1);
  const apply = read("src/cli/verbs/apply/run.ts");
  assert.ok(apply.includes("`Using the running engine (pid ${engine.pid})`"));
  const foreground = new RegExp(`Engine in the foreground: pid ${engine}, control socket`);
  for (const text of [TOUR, read("README.md")]) assert.match(text, foreground);
});

test("docs/tour.md shows the hint of an address that is in use as the program prints it", () => {
  const { topologies: [topology] } = load("topologies/echo.yaml", read("topologies/echo.yaml"), { PORT: "7071" });
  assert.ok(topology !== undefined);
  const message = 'Cannot listen on "echo/server" at inet/127.0.0.1:7071: address is already in use';
  const at = { node: "server", messageIndex: 0 };
  const places = { ...topology, variables: new Map([["PORT", "7071"]]) };
  const diagnostic = diagnosticOfStep(places, { code: "EADDRINUSE", message, at });
  assert.ok(diagnostic !== null);
  assertShown(withCommandName(renderDiagnostic(diagnostic), "./sockgraph"));
});

/** An engine in memory, which the tour's commands are given to. */
class Tour implements AsyncDisposable {
  readonly #network = new MemoryNetwork();
  readonly engine: Engine = new Engine({ sockets: this.#network.openSockets(), clock: this.#network.clock, pid: 1 });

  /** Applies a shipped topology; its plan as it is printed. */
  async apply(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { topologies, diagnostics } = load(`topologies/${name}.yaml`, read(`topologies/${name}.yaml`), env);
    assert.equal(renderDiagnostics(diagnostics), "");
    const source = { kind: "file", location: name, revision: null };
    const plans: string[] = [];
    const request = { topologies: topologies.map(({ state }) => ({ state, source })), replace: [], rollback: true };
    const outcomes = await this.engine.apply({ ...request, waitMs: 0 }, (event) => {
      if (event.kind === "plan") plans.push(event.text);
    });
    assert.deepEqual(outcomes.map(({ result }) => result), ["applied"]);
    return plans.join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

function load(name: string, text: string, env: Readonly<Record<string, string>> = {}): LoadResult {
  return loadTopology({
    source: { name, text },
    types: builtinTypes(new MemoryNetwork().openSockets()),
    env: (variable) => env[variable] ?? null,
    defaultName: null,
    baseDirectory: null,
  });
}

function assertShown(text: string): void {
  assert.ok(text !== "" && TOUR.includes(text), `docs/tour.md does not show\n${text}`);
}

function read(name: string): string {
  return readFileSync(new URL(name, ROOT), "utf8");
}
