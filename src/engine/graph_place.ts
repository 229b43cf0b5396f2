/**
 * Where a graph is: in this thread over a socket runtime, in a thread of its own over `posix`, or nowhere, for those who
 * only plan.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
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
import { startThreads } from "./threads.ts";
import type { WorkerPort } from "./worker_port.ts";

/** A graph, by the way into it. */
export interface PlacedGraph {
  readonly port: GraphPort;
  /** What its sockets can do. */
  readonly capabilities: Capabilities;
  /** How many threads it is in. */
  readonly threads: number;
  /** The port again, where the graph may break off and is started anew. */
  readonly supervised?: SupervisedPort;
}

/** A graph in this thread. Closing its port closes the sockets. */
export function graphHere(sockets: SocketRuntime, clock: Clock): PlacedGraph {
  const graph = new Graph({ types: builtinTypes(sockets), clock });
  const port = localPort(graph, { sessionEnd, release: () => sockets.close() });
  return { port, capabilities: sockets.capabilities, threads: 1 };
}

/**
 * A graph over the named socket runtime, where that runtime wants it.
 *
 * @throws NetgraphError ENOSYS for a runtime that this host does not offer, ENOTCAPABLE without its permission,
 * EOPNOTSUPP for several threads where the runtime has one
 */
export async function openGraph(runtime: Runtime, name: RuntimeName, threads = 1): Promise<PlacedGraph> {
  if (name === "posix") return await superviseGraph(runtime.clock, threads);
  if (threads > 1) throw new NetgraphError("EOPNOTSUPP", `Cannot run in ${threads} threads: runtime "${name}" has one`);
  return graphHere(runtime.openSockets(name), runtime.clock);
}

/** A graph in threads of its own, which are started again when they fail. */
async function superviseGraph(clock: Clock, threads: number): Promise<PlacedGraph> {
  const options = { clock, random: Math.random };
  const start = (): Promise<WorkerPort> => startThreads({ ...options, threads });
  const first = await start();
  const supervised = new SupervisedPort(first, { ...options, start });
  return { port: supervised, capabilities: first.capabilities, threads, supervised };
}

/** A graph without nodes that can have none, for plans against nothing: it opens no socket and needs no permission. */
export async function emptyGraph(runtime: Runtime, name: RuntimeName): Promise<PlacedGraph> {
  const capabilities = await capabilitiesOf(runtime, name);
  const graph = new Graph({ types: describeBuiltinTypes(capabilities), clock: runtime.clock });
  return { port: localPort(graph, { sessionEnd }), capabilities, threads: 1 };
}
