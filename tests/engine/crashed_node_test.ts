/**
 * A node whose code throws: it fails, and everything beside it goes on.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Command } from "../../src/graph/core/command.ts";
import type { Hook } from "../../src/graph/core/hook.ts";
import type { Item } from "../../src/graph/core/item.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../../src/graph/core/node_type.ts";
import type { NodeReport } from "../../src/graph/data/node_report.ts";
import { test } from "../harness.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import { wholeOctets } from "../conformance/recorder.ts";

const ECHO = "inet/10.0.0.9:7";
const BOOM = new TextEncoder().encode("boom");

interface FaultyCommands {
  readonly [name: string]: Command<unknown, unknown>;
  readonly now: Command<null, null>;
  readonly later: Command<null, null>;
  readonly reports: Command<null, null>;
}

const COMMAND = { args: null, reply: null, kind: "action", cost: "live" } as const;

const NO_REPORT: NodeReport = { local: null, peer: null, connections: null, reasons: {}, notes: [] };

function boom(): never {
  throw new TypeError("boom");
}

/** Returns what comes in; throws at what is as long as "boom", and at the other points that its messages name. */
const FAULTY: NodeType<FaultyCommands> = defineNodeType<FaultyCommands>({
  name: "faulty",
  summary: "Throws",
  cookie: 1,
  commands: {
    now: { id: 1, summary: "Throws", ...COMMAND },
    later: { id: 2, summary: "Throws later", ...COMMAND },
    reports: { id: 3, summary: "Throws when it is asked, and when it ends", ...COMMAND },
  },
  hooks: [{ pattern: "<any>", summary: "From others" }],
  parseHook: (name) => name,
  automaticHook: (taken) => `h${taken.size}`,
  create: ({ clock }): NodeBehaviour<FaultyCommands> => {
    let broken = false;
    return ({
      report: () => broken ? boom() : NO_REPORT,
      shutdown: () => broken ? boom() : undefined,
      hookRemoved: () => broken ? boom() : undefined,
      commands: {
        now: boom,
        reports: () => {
          broken = true;
          return null;
        },
        later: (): null => {
          clock.after(10, boom);
          return null;
        },
      },
      receive: (hook: Hook, item: Item): void | false => {
        if (item.length === BOOM.length) boom();
        return hook.send(item);
      },
    });
  },
});

const TOPOLOGY = `
nodes:
  plain: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/10.0.0.1:1", listen: 9, accept: { connect: "${ECHO}" }] }
  own: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/10.0.0.1:2", listen: 9, accept: { template: copy }] }
  shared: { type: ksocket, hook: inet/stream/tcp, messages: [bind: "inet/10.0.0.1:3", listen: 9, accept: { peer: bad }] }
  bad: { type: faulty }
templates:
  copy: { nodes: { bad: { type: faulty } } }
`;

async function start(): Promise<MemoryEngine> {
  const place = new MemoryEngine([FAULTY]);
  place.echo(ECHO);
  assert.equal((await place.apply(TOPOLOGY)).result, "applied");
  return place;
}

/** Sends what makes a node throw, and waits until the connection is reset. */
async function provoke(place: MemoryEngine, address: string): Promise<void> {
  const { socket, owner } = await place.connect(address);
  socket.send(wholeOctets(BOOM), null);
  await owner.until(() => owner.errors.length > 0);
  assert.deepEqual(owner.errors.map(({ code }) => code), ["ECONNRESET"]);
}

test("Node of a copy that throws ends its own connection, and no other", async () => {
  await using place = await start();
  const flows = [await place.flow("inet/10.0.0.1:1"), await place.flow("inet/10.0.0.1:2")];
  await provoke(place, "inet/10.0.0.1:2");
  for (const flow of flows) await flow.flows();
  const again = await place.flow("inet/10.0.0.1:2");
  const { state, connections, reasons } = await place.status("own");
  assert.deepEqual([state, connections?.active, reasons["error"]], ["ready", 2, 1]);
  for (const flow of [...flows, again]) await flow.stop();
});

test("Node that throws has failed, with its error in status, its connections are reset, and it is made again", async () => {
  await using place = await start();
  const plain = await place.flow("inet/10.0.0.1:1");
  await provoke(place, "inet/10.0.0.1:3");
  const { state, error } = await place.status("bad");
  assert.deepEqual([state, error?.code], ["degraded", "EIO"]);
  assert.match(error?.message ?? "", /"t\/bad" of type "faulty" threw TypeError: boom, at .*crashed_node_test\.ts:\d+/);
  await plain.flows();
  while ((await place.status("bad")).state !== "ready") place.memory.clock.advance(100);
  const shared = await place.flow("inet/10.0.0.1:3");
  await shared.stop();
  await plain.stop();
});

test("Message whose handler throws is answered by an error that names the node", async () => {
  await using place = await start();
  const thrown = { code: "EIO", message: /"t\/bad" of type "faulty" threw TypeError: boom/ };
  await assert.rejects(place.msg("bad", "now"), thrown);
  assert.equal((await place.status("bad")).state, "ready");
});

test("Timer of a node that throws fails that node alone", async () => {
  await using place = await start();
  const plain = await place.flow("inet/10.0.0.1:1");
  await place.msg("bad", "later");
  place.memory.clock.advance(10);
  assert.match((await place.status("bad")).error?.message ?? "", /threw TypeError: boom/);
  await plain.flows();
  await plain.stop();
});

test("Node that throws when it is asked or ended keeps neither status nor a change from being done", async () => {
  await using place = await start();
  await place.msg("bad", "reports");
  await place.status("bad"); // It throws here, and that is known from now on.
  assert.match((await place.status("bad")).error?.message ?? "", /threw TypeError: boom/);
  assert.equal((await place.apply(TOPOLOGY.replace("bad: { type: faulty }", "bad: { type: echo }"))).result, "applied");
  assert.equal((await place.status("bad")).state, "ready");
});
