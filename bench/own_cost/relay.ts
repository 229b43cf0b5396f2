/**
 * The relays of the rows: the real graph and the real runtime `posix` over a scripted C library.
 *
 * @module
 */

import { Graph } from "../../src/graph/core/graph.ts";
import type { Node } from "../../src/graph/core/node.ts";
import { anchorType } from "../../src/graph/message/anchor.ts";
import { dispatch } from "../../src/graph/message/dispatch.ts";
import { builtinTypes } from "../../src/nodes/builtin.ts";
import { PosixSockets } from "../../src/runtimes/posix/sockets.ts";
import { thisSystem } from "../../src/runtimes/posix/this_system.ts";
import { type Script, ScriptedLibc } from "./scripted_libc.ts";

/** The connections that are open at the same time. */
const PARALLEL = 8;
/** The datagrams that wait at the same time. */
const DATAGRAMS = 64;

/** A relay that can be made to work. */
export interface Relay {
  readonly kernel: ScriptedLibc;
  /** Relays so many units: connections, requests or datagrams. */
  run(units: number): void;
}

/** A relay of connections that end after one request. */
export function connectionRelay(connect: string): Relay {
  const { kernel, sockets } = openStreams({ keepAlive: false, requestBytes: 60, responseBytes: 180 }, connect);
  return {
    kernel,
    run: (units) => {
      const until = kernel.accepted + units;
      while (kernel.closed < 2 * until) {
        const live = kernel.accepted - Math.floor(kernel.closed / 2);
        const wanted = Math.min(PARALLEL - live, until - kernel.accepted);
        if (wanted > 0) kernel.connectClients(wanted);
        sockets.poll(0);
      }
    },
  };
}

/** A relay of requests on open connections. */
export function requestRelay(): Relay {
  const script = { keepAlive: true, requestBytes: 60, responseBytes: 180 };
  const { kernel, sockets } = openStreams(script, "inet/127.0.0.1:7001");
  return {
    kernel,
    run: (units) => {
      if (kernel.accepted === 0) kernel.connectClients(PARALLEL);
      const until = kernel.requests + units;
      while (kernel.requests < until) sockets.poll(0);
    },
  };
}

/** A relay of connections that were used once, and stay open. */
export function idleRelay(): Relay {
  const script = { keepAlive: true, requestBytes: 60, responseBytes: 180 };
  const { kernel, sockets } = openStreams(script, "inet/127.0.0.1:7001");
  kernel.isQuiet = true;
  return {
    kernel,
    run: (units) => {
      const until = kernel.requests + units;
      while (kernel.requests < until) {
        kernel.connectClients(Math.min(50, until - kernel.accepted));
        for (let turn = 0; turn < 10; turn++) sockets.poll(0);
      }
    },
  };
}

/** A relay of datagrams from one socket to another. */
export function datagramRelay(): Relay {
  const { kernel, sockets, graph, send } = open({ keepAlive: true, requestBytes: 64, responseBytes: 64 });
  const [inside, outside] = [0, 1].map(() => graph.make("ksocket", { scope: "bench", declared: true }));
  if (inside === undefined || outside === undefined) throw new RangeError("A node is missing");
  graph.connect({ node: inside, hook: "inet/dgram/udp" }, { node: outside, hook: "inet/dgram/udp" });
  send(inside, "bind", "inet/127.0.0.1:7000");
  send(outside, "connect", "inet/127.0.0.1:7001");
  send(null, "release", null);
  sockets.poll(0);
  return {
    kernel,
    run: (units) => {
      const until = kernel.sentDatagrams + units;
      while (kernel.sentDatagrams < until) {
        kernel.sendDatagrams(DATAGRAMS);
        sockets.poll(0);
      }
    },
  };
}

interface Opened {
  readonly kernel: ScriptedLibc;
  readonly sockets: PosixSockets;
  readonly graph: Graph;
  readonly node: (name: string) => Node;
  /** Sends a message of the topology to a node, or to the anchor. */
  readonly send: (node: Node | null, command: string, argument: string | null) => void;
}

function open(script: Script): Opened {
  const system = thisSystem();
  const kernel = new ScriptedLibc(script, system);
  const sockets = new PosixSockets({ libc: kernel.libc, system, resolve: () => {} });
  const graph = new Graph({ types: builtinTypes(sockets), clock: sockets.clock });
  graph.subscribe((event) => {
    if (event.kind !== "changed") throw new Error(`The relay reports ${JSON.stringify(event)}`);
  });
  const scope = graph.openScope("bench", anchorType);
  return {
    kernel,
    sockets,
    graph,
    node: (name) => scope.node(name),
    send: (node, command, argument) => {
      dispatch(graph, node ?? scope.anchor, { command, argument }, { from: null, declared: true });
    },
  };
}

function openStreams(script: Script, connect: string): Opened {
  const opened = open(script);
  const { sockets, send, node } = opened;
  send(null, "mkpeer", '{ type="ksocket" ourhook="front" peerhook="inet/stream/tcp" }');
  const front = node("front");
  send(front, "bind", "inet/127.0.0.1:7000");
  send(front, "listen", "4096");
  send(front, "accept", `{ connect=${connect} }`);
  send(null, "release", null);
  sockets.poll(0);
  return opened;
}
