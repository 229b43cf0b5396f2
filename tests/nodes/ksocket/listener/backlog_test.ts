import assert from "node:assert/strict";
import { Engine } from "../../../../src/engine/engine.ts";
import { detectRuntime } from "../../../../src/runtimes/detect.ts";
import type { GraphState, NodeState } from "../../../../src/graph/data/state.ts";
import { test } from "../../../harness.ts";
import { realRuntimes } from "../../../support/real_runtimes.ts";

const { host } = await detectRuntime();

function listener(backlog: number): GraphState {
  const messages = [{ command: "bind", argument: "inet/127.0.0.1" }, { command: "listen", argument: `${backlog}` }];
  const node: NodeState = { name: "s", type: "ksocket", hook: "inet/stream/tcp", restart: "always", messages };
  return { name: "t", description: null, nodes: [node], links: [], templates: [] };
}

async function reported(engine: Engine, backlog: number): Promise<{ state: string | undefined; noted: boolean }> {
  const source = { kind: "library", location: "", revision: null };
  const request = { topologies: [{ state: listener(backlog), source }], replace: [], rollback: true, waitMs: 5_000 };
  const [outcome] = await engine.apply(request, () => {});
  assert.equal(outcome?.ready, true);
  const node = (await engine.status()).topologies[0]?.nodes[0];
  const state = node?.messages.find(({ message }) => message.startsWith("listen"))?.state;
  return { state, noted: (node?.notes.length ?? 0) > 0 };
}

const DONE = { state: "done", noted: false };
const OTHER = { state: "unverified", noted: true };
const EXPECTED: Readonly<Record<string, readonly unknown[]>> = {
  deno: [DONE, OTHER, DONE],
  bun: [OTHER, OTHER, OTHER],
  posix: [DONE, DONE, DONE],
};

for (const { name, skip } of realRuntimes) {
  test(`listen on ${name} is done only where the system has that backlog`, { skip }, async () => {
    await using engine = await Engine.open({ runtime: name });
    const all = [];
    for (const backlog of [7, 300, 7]) all.push(await reported(engine, backlog));
    assert.deepEqual(all, EXPECTED[name]);
  });
}

test(
  "listen with the backlog that Bun has is done",
  { skip: host.name === "bun" ? null : "it is of Bun" },
  async () => {
    await using engine = await Engine.open({ runtime: "bun" });
    assert.deepEqual(await reported(engine, 512), DONE);
  },
);
