/**
 * Laws of the graph: with any links and messages, nothing but NetgraphErrors is thrown, an item is
 * delivered a bounded number of times, and closing leaves nothing behind.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { NetgraphError } from "../../src/errors.ts";
import type { Graph } from "../../src/graph/core/graph.ts";
import { MAX_DELIVERIES } from "../../src/graph/core/item.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import { test } from "../harness.ts";
import { makeGraph, makeProbe, octets, type Probe } from "../support/graph.ts";

const seed = (Date.now() ^ (Math.random() * 0x1_0000_0000)) | 0;
// deno-lint-ignore no-console -- a failure is found again by its seed only
console.log(`properties/graph: seed ${seed}`);

const NODES = ["a", "b", "c", "d", "e"] as const;
const HOOKS = ["left", "right", "left2right", "right2left", "x", ""] as const;

const node = fc.constantFrom(...NODES);
const hook = fc.constantFrom(...HOOKS);
const end = fc.record({ node, hook }, { noNullPrototype: true });
const message = fc.constantFrom(
  "shutdown",
  "getstats",
  'getstats "x"',
  'getclrstats "left"',
  "clrstats",
  "setpersistent",
  "setconfig { inject=false }",
  "listhooks",
  "nodeinfo",
  "listnames",
  "listtypes",
  'rmhook { hook="left" }',
  'rmhook { hook="x" }',
  'name { name="b" }',
  'name { name="new" }',
  'mkpeer { type="hub" ourhook="x" peerhook="x" }',
  'mkpeer { type="tee" ourhook="right" peerhook="left" }',
  'connect { path="t/a:" ourhook="x" peerhook="x" }',
  'connect { path=".:left" ourhook="right" peerhook="right" }',
  "frobnicate",
  "shutdown junk",
);
const step = fc.oneof(
  fc.record({ kind: fc.constant("make" as const), type: fc.constantFrom("hub", "tee", "echo", "hole"), node }),
  fc.record({ kind: fc.constant("link" as const), one: end, other: end }),
  fc.record({ kind: fc.constant("join" as const), end }),
  fc.record({ kind: fc.constant("message" as const), node, message }),
  fc.record({ kind: fc.constant("send" as const), text: fc.constantFrom("", "hello") }),
  fc.record({ kind: fc.constant("end" as const) }),
  fc.record({ kind: fc.constant("full" as const), full: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Run {
  readonly graph: Graph;
  readonly port: GraphPort;
  readonly probe: Probe;
  hooks: number;
}

async function perform(run: Run, step: Step): Promise<void> {
  const { graph, port, probe } = run;
  switch (step.kind) {
    case "make":
      await port.send("t/:", "mkpeer", `{ type="${step.type}" ourhook="${step.node}" }`);
      return;
    case "link":
      await port.send("t/:", "link", `{ ${formatEnd(step.one, "")} ${formatEnd(step.other, "peer")} }`);
      return;
    case "join": {
      const { node: name, hook } = step.end;
      const peer = { node: graph.scope("t").node(name), hook: hook === "" ? null : hook };
      graph.connect({ node: probe.node, hook: `p${run.hooks++}` }, peer);
      return;
    }
    case "message": {
      const [command = "", ...rest] = step.message.split(" ");
      await port.send(`t/${step.node}:`, command, rest.length === 0 ? null : rest.join(" "));
      return;
    }
    case "full":
      probe.full = step.full;
      if (!step.full) { for (const one of probe.node.hooks.values()) one.resume(); }
      return;
    default:
      return flow(run, step);
  }
}

/** Sends by every hook of the test's own, and counts what that delivers. */
function flow({ graph, probe }: Run, step: { kind: "end" } | { kind: "send"; text: string }): void {
  for (const name of [...probe.node.hooks.keys()]) {
    const before = delivered(graph);
    if (step.kind === "end") probe.end.end(name);
    else probe.end.send(name, octets(step.text));
    const count = delivered(graph) - before;
    assert.ok(count <= MAX_DELIVERIES, `${count} deliveries of one item`);
  }
}

function delivered(graph: Graph): number {
  const hooks = graph.allNodes().flatMap((one) => [...one.hooks.values()]);
  return hooks.reduce((sum, one) => sum + one.inItems, 0);
}

function formatEnd({ node, hook }: { node: string; hook: string }, prefix: "" | "peer"): string {
  const named = hook === "" ? "" : ` ${prefix}hook="${hook}"`;
  return `${prefix === "" ? "node" : "peer"}="${node}"${named}`;
}

test("Graph throws nothing but NetgraphErrors, delivers each item a bounded number of times, and leaves nothing", () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const { graph, port } = makeGraph();
      await port.openScope("t");
      const run: Run = { graph, port, probe: makeProbe(graph), hooks: 0 };
      for (const [at, type] of (["hub", "tee", "hub", "echo", "hole"] as const).entries()) {
        await port.send("t/:", "mkpeer", `{ type="${type}" ourhook="${NODES[at]}" }`);
      }
      for (const one of steps) {
        try {
          await perform(run, one);
        } catch (error) {
          if (!(error instanceof NetgraphError)) throw error;
        }
      }
      await port.close();
      assert.deepEqual(graph.allNodes(), []);
      assert.deepEqual(graph.scopes(), []);
    }),
    { numRuns: 200, seed },
  ));
