/**
 * Where a graph is: in threads of its own, where an engine serves; in this thread, for programs that use the library and
 * over `memory`; or nowhere, for those who only plan.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import { NetgraphError } from "../errors.ts";
import { Graph } from "../graph/core/graph.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { GraphPort } from "../graph/port/port.ts";
import { localPort } from "../graph/port/port_local.ts";
import { builtinTypes, describeBuiltinTypes } from "../nodes/builtin.ts";
import { sessionEnd } from "../nodes/session_end.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Capabilities, RuntimeName } from "../socket/capability.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import type { StandardIo } from "../socket/standard_io.ts";
import { type ExtraTypes, NO_EXTRA_TYPES, withExtraTypes } from "./worker/node_modules.ts";
import { capabilitiesOf, hasThreads } from "./node_catalog.ts";
import { SupervisedPort } from "./worker/supervised_port.ts";
import { startThreads } from "./threads/threads.ts";
import { type EarlyWorker, workerModule } from "./worker/start_worker.ts";
import type { ThreadedRuntime } from "./worker/thread_kind.ts";
import type { WorkerPort } from "./worker/worker_port.ts";

/** A graph, by the way into it. */
export interface PlacedGraph {
  readonly port: GraphPort;
  /** What its sockets can do. */
  readonly capabilities: Capabilities;
  /** How many threads it is in. */
  readonly threads: number;
  /** The types of node, as facts. */
  readonly types: readonly NodeType[];
  /** The port again, where the graph may break off and is started anew. */
  readonly supervised?: SupervisedPort;
}

/** How a graph is placed. */
export interface PlaceOptions {
  /** How many threads; one. */
  readonly threads?: number;
  /** Node types beside the built-in ones. */
  readonly extra?: ExtraTypes;
  /** A thread that was started before; it is taken where it is of that runtime. */
  readonly early?: EarlyWorker | null;
  /** Keeps the graph in this thread, where the runtime's sockets can be. */
  readonly here?: boolean;
}

/** A graph in this thread. Closing its port closes the sockets. */
export function graphHere(
  sockets: SocketRuntime,
  clock: Clock,
  { extra = [], yieldToLoop, stdio = null }: {
    readonly extra?: readonly NodeType[] | undefined;
    /** Standard input and output, where it may have them. */
    readonly stdio?: StandardIo | null | undefined;
    /** Lets everything else in this thread go on for a turn. */
    readonly yieldToLoop?: (() => Promise<void>) | undefined;
  } = {},
): PlacedGraph {
  const { capabilities } = sockets;
  const graph = new Graph({ types: withExtraTypes(builtinTypes(sockets, stdio), extra), clock });
  const port = localPort(graph, { sessionEnd, release: () => sockets.close(), yieldToLoop });
  return { port, capabilities, threads: 1, types: withExtraTypes(describeBuiltinTypes(capabilities), extra) };
}

/**
 * A graph over the named socket runtime, in threads of its own where that can be.
 *
 * On Deno a thread needs the permission to read its module: without it, one graph runs in this thread.
 *
 * @throws NetgraphError ENOSYS for a runtime that this host does not offer, ENOTCAPABLE without its permission,
 * EOPNOTSUPP for several threads where the runtime has one
 */
export async function openGraph(
  runtime: Runtime,
  name: RuntimeName,
  { threads = 1, extra = NO_EXTRA_TYPES, early = null, here = false }: PlaceOptions = {},
): Promise<PlacedGraph> {
  if (name === "posix") return await superviseGraph(runtime, { name, threads, extra, early });
  if (threads > 1 && !hasThreads(runtime, name)) {
    throw new NetgraphError("EOPNOTSUPP", `Cannot run in ${threads} threads: runtime "${name}" has one`);
  }
  if (name !== runtime.host.name) return await openHere(runtime, name, extra);
  const own = !here && extra.local === null && runtime.rights.mayLoad(workerModule(name));
  if (own) return await superviseGraph(runtime, { name, threads, extra, early });
  if (threads === 1) return await openHere(runtime, name, extra);
  const { pathname } = workerModule(name);
  throw new NetgraphError(
    "ENOTCAPABLE",
    `Cannot run in ${threads} threads: Deno requires read access to "${pathname}"`,
  );
}

/** A graph in this thread, over a socket runtime of this host. */
async function openHere(runtime: Runtime, name: RuntimeName, { types }: ExtraTypes): Promise<PlacedGraph> {
  const { clock, stdio } = runtime;
  return graphHere(await runtime.openSockets(name), clock, { extra: types, stdio, yieldToLoop: () => sleep(clock, 0) });
}

/** How a graph in threads of its own is made. */
interface Supervised extends Required<Omit<PlaceOptions, "here">> {
  readonly name: ThreadedRuntime;
}

/** A graph in threads of its own, which are started again when they fail. */
async function superviseGraph(
  runtime: Runtime,
  { name, threads, extra, early }: Supervised,
): Promise<PlacedGraph> {
  if (extra.local !== null) {
    const why = "it is no module, and the graph is in another thread; give the URL of a module that exports it";
    throw new NetgraphError("EOPNOTSUPP", `Cannot add node type "${extra.local}": ${why}`);
  }
  const { clock, stdio = null } = runtime;
  const options = { clock, random: Math.random, modules: extra.urls, stdio, runtime: name };
  const start = (): Promise<WorkerPort> =>
    startThreads({ ...options, threads, worker: () => early?.take(name) ?? null });
  const first = await start();
  const supervised = new SupervisedPort(first, { ...options, start });
  const { capabilities } = first;
  const types = withExtraTypes(describeBuiltinTypes(capabilities), extra.types);
  return { port: supervised, capabilities, threads, types, supervised };
}

/** A graph without nodes that can have none, for plans against nothing: it opens no socket and needs no permission. */
export async function emptyGraph(runtime: Runtime, name: RuntimeName): Promise<PlacedGraph> {
  const capabilities = await capabilitiesOf(runtime, name);
  const types = describeBuiltinTypes(capabilities);
  const graph = new Graph({ types, clock: runtime.clock });
  return { port: localPort(graph, { sessionEnd }), capabilities, threads: 1, types };
}
