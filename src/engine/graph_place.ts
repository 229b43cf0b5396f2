/**
 * Where a graph is: in this thread over a socket runtime, in a thread of its own over `posix`, or nowhere, for those who
 * only plan.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { Graph } from "../graph/graph.ts";
import type { GraphPort } from "../graph/port.ts";
import { localPort } from "../graph/port_local.ts";
import { builtinTypes, describeBuiltinTypes } from "../nodes/builtin.ts";
import { sessionEnd } from "../nodes/session_end.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Capabilities, RuntimeName } from "../socket/capability.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import { capabilitiesOf } from "./types.ts";
import { SupervisedPort } from "./supervised_port.ts";
import { startWorkerPort, type WorkerPort } from "./worker_port.ts";

/** A graph, by the way into it. */
export interface PlacedGraph {
  readonly port: GraphPort;
  /** What its sockets can do. */
  readonly capabilities: Capabilities;
  /** The port again, where the graph may break off and is started anew. */
  readonly supervised?: SupervisedPort;
}

/** A graph in this thread. Closing its port closes the sockets. */
export function graphHere(sockets: SocketRuntime, clock: Clock): PlacedGraph {
  const graph = new Graph({ types: builtinTypes(sockets), clock });
  const port = localPort(graph, { sessionEnd, release: () => sockets.close() });
  return { port, capabilities: sockets.capabilities };
}

/**
 * A graph over the named socket runtime, where that runtime wants it.
 *
 * @throws NetgraphError ENOSYS for a runtime that this host does not offer, ENOTCAPABLE without its permission
 */
export async function openGraph(runtime: Runtime, name: RuntimeName): Promise<PlacedGraph> {
  if (name === "posix") return await superviseGraph(runtime.clock);
  return graphHere(runtime.openSockets(name), runtime.clock);
}

/** A graph in a thread of its own, which is started again when it fails. */
async function superviseGraph(clock: Clock): Promise<PlacedGraph> {
  const start = (): Promise<WorkerPort> => startWorkerPort({ clock });
  const first = await start();
  const supervised = new SupervisedPort(first, { clock, random: Math.random, start });
  return { port: supervised, capabilities: first.capabilities, supervised };
}

/** A graph without nodes that can have none, for plans against nothing: it opens no socket and needs no permission. */
export async function emptyGraph(runtime: Runtime, name: RuntimeName): Promise<PlacedGraph> {
  const capabilities = await capabilitiesOf(runtime, name);
  const graph = new Graph({ types: describeBuiltinTypes(capabilities), clock: runtime.clock });
  return { port: localPort(graph, { sessionEnd }), capabilities };
}
