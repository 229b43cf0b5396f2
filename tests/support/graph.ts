/**
 * Graphs for tests: node types without sockets, and a node that keeps what comes to it.
 *
 * @module
 */

import type { Clock } from "../../src/clock.ts";
import { Graph } from "../../src/graph/core/graph.ts";
import type { Node } from "../../src/graph/core/node.ts";
import type { Item } from "../../src/graph/core/item.ts";
import { localPort } from "../../src/graph/port/port_local.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import { PLAIN_TYPES } from "../../src/nodes/builtin.ts";
import { sessionEnd } from "../../src/nodes/session_end.ts";
import { type SocketEnd, socketTypeFor } from "../../src/nodes/socket.ts";

/** A clock that stands still. */
export const STILL: Clock = { now: () => 0, wall: () => new Date(0), after: () => ({ cancel: () => {} }) };

/** A graph of all types that need no socket, with one scope `t`. */
export function makeGraph(clock: Clock = STILL): { graph: Graph; port: GraphPort } {
  const graph = new Graph({
    types: PLAIN_TYPES,
    clock,
  });
  const port = localPort(graph, { sessionEnd });
  return { graph, port };
}

/** The test's own end in a graph. */
export interface Probe {
  readonly node: Node;
  readonly end: SocketEnd;
  /** What came in: hook and text, or the kind of a sign. */
  readonly got: string[];
  /** Hooks that may be sent by again. */
  readonly resumed: string[];
  /** Messages that other nodes sent: hook and command. */
  readonly reported: string[];
  /** When true, every item is answered with "full". */
  full: boolean;
  /** Called from within every receive. */
  onReceive: (hook: string) => void;
}

/** Makes the test's own end in scope `t`. */
export function makeProbe(graph: Graph): Probe {
  const got: string[] = [];
  const resumed: string[] = [];
  const reported: string[] = [];
  const ends: SocketEnd[] = [];
  const state = { full: false, onReceive: (_hook: string): void => {} };
  const type = socketTypeFor({
    receive: (hook, item) => {
      got.push(`${hook.name} ${textOf(item)}`);
      state.onReceive(hook.name);
      return state.full ? false : undefined;
    },
    resumed: (hook) => {
      resumed.push(hook.name);
    },
    onMessage: ({ hook, command }) => {
      reported.push(`${hook?.name ?? "-"} ${command}`);
      return true;
    },
  }, (end) => ends.push(end));
  const node = graph.makeInternal(type, { scope: "t" });
  const [end] = ends;
  if (end === undefined) throw new RangeError("Socket node has no behaviour");
  return {
    node,
    end,
    got,
    resumed,
    reported,
    get full() {
      return state.full;
    },
    set full(full) {
      state.full = full;
    },
    get onReceive() {
      return state.onReceive;
    },
    set onReceive(call) {
      state.onReceive = call;
    },
  };
}

/** Octets of a text, in a buffer of their own. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** What an item carries, as text. */
export function textOf(item: Item): string {
  if (item.kind !== "data") return item.kind;
  return new TextDecoder().decode(item.buffer.bytes.subarray(item.offset, item.offset + item.length));
}

/** A node with a probe at each of its hooks, in scope `t`. */
export interface Probed {
  readonly graph: Graph;
  readonly port: GraphPort;
  readonly node: Node;
  /** The probe at that hook. */
  at(hook: string): Probe;
  /** Joins one more probe. */
  join(hook: string): Probe;
  /** The probe takes items again, and says so. */
  makeRoom(hook: string): void;
  /** Sends a message; its reply's text. */
  msg(command: string, argument?: string): Promise<string | null>;
}

/** Makes a node of a type and joins a probe to each of `hooks`, in that order. */
export async function probeNode(type: string, hooks: readonly string[], clock: Clock = STILL): Promise<Probed> {
  const { graph, port } = makeGraph(clock);
  await port.openScope("t");
  await port.send("t/:", "mkpeer", `{ type="${type}" ourhook="it" }`, { declared: true });
  const node = graph.scope("t").node("it");
  const probes = new Map<string, Probe>();
  const join = (hook: string): Probe => {
    const probe = makeProbe(graph);
    probes.set(hook, probe);
    graph.connect({ node: probe.node, hook: "x" }, { node, hook });
    return probe;
  };
  for (const hook of hooks) join(hook);
  const at = (hook: string): Probe => {
    const probe = probes.get(hook);
    if (probe === undefined) throw new RangeError(`No probe at "${hook}"`);
    return probe;
  };
  const makeRoom = (hook: string): void => {
    at(hook).full = false;
    at(hook).node.hooks.get("x")?.resume();
  };
  const msg = async (command: string, argument?: string): Promise<string | null> =>
    (await port.send("t/it:", command, argument ?? null)).text;
  return { graph, port, node, at, join, makeRoom, msg };
}
