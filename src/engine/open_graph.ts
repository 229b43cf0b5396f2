/**
 * The place of a graph: in separate threads, for an engine that serves; in this thread, for programs that use the
 * library and over `memory`; or nowhere, for plans only.
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
import { newTicketKeys } from "../runtimes/tls/ticket_keys.ts";
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

/** A graph with its port. */
export interface PlacedGraph {
  readonly port: GraphPort;
  /** The capabilities of its sockets. */
  readonly capabilities: Capabilities;
  /** The number of its threads. */
  readonly threads: number;
  /** The types of node, as facts. */
  readonly types: readonly NodeType[];
  /** The same port, if the graph may fail and be restarted. */
  readonly supervised?: SupervisedPort;
}

/** The options of a graph's place. */
export interface PlaceOptions {
  /** The number of threads; one by default. */
  readonly threads?: number;
  /** Node types beside the built-in ones. */
  readonly extra?: ExtraTypes;
  /** A thread that was started before; it is used if it is of that runtime. */
  readonly early?: EarlyWorker | null;
  /** Keeps the graph in this thread, if the runtime's sockets can be there. */
  readonly here?: boolean;
}

/** A graph in this thread. Closing its port closes the sockets. */
export function graphHere(
  sockets: SocketRuntime,
  clock: Clock,
  { extra = [], yieldToLoop, stdio = null }: {
    readonly extra?: readonly NodeType[] | undefined;
    /** Standard input and output, if it may have them. */
    readonly stdio?: StandardIo | null | undefined;
    /** Lets the rest of this thread run for a turn. */
    readonly yieldToLoop?: (() => Promise<void>) | undefined;
  } = {},
): PlacedGraph {
  const { capabilities } = sockets;
  const graph = new Graph({ types: withExtraTypes(builtinTypes(sockets, stdio), extra), clock });
  const port = localPort(graph, { sessionEnd, release: () => sockets.close(), yieldToLoop });
  return { port, capabilities, threads: 1, types: withExtraTypes(describeBuiltinTypes(capabilities), extra) };
}

/**
 * A graph over the named socket runtime, in separate threads if possible.
 *
 * On Deno a thread needs the permission to read its module: without it, one graph runs in this thread.
 *
 * @throws NetgraphError ENOSYS for a runtime that this host does not offer, ENOTCAPABLE without its permission,
 * EOPNOTSUPP for several threads if the runtime has one
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

/** The options of a graph in separate threads. */
interface Supervised extends Required<Omit<PlaceOptions, "here">> {
  readonly name: ThreadedRuntime;
}

/** A graph in separate threads, which are restarted when they fail. */
async function superviseGraph(
  runtime: Runtime,
  { name, threads, extra, early }: Supervised,
): Promise<PlacedGraph> {
  if (extra.local !== null) {
    const why = "it is not a module, and the graph is in another thread; give the URL of a module that exports it";
    throw new NetgraphError("EOPNOTSUPP", `Cannot add node type "${extra.local}": ${why}`);
  }
  const { clock, stdio = null } = runtime;
  const ticketKeys = newTicketKeys();
  const options = { clock, random: Math.random, modules: extra.urls, stdio, runtime: name, ticketKeys };
  const start = (): Promise<WorkerPort> =>
    startThreads({ ...options, threads, worker: () => early?.take(name) ?? null });
  const first = await start();
  const supervised = new SupervisedPort(first, { ...options, start });
  const { capabilities } = first;
  const types = withExtraTypes(describeBuiltinTypes(capabilities), extra.types);
  return { port: supervised, capabilities, threads, types, supervised };
}

/** An empty graph that cannot have nodes, for plans against nothing: it opens no socket and needs no permission. */
export async function emptyGraph(runtime: Runtime, name: RuntimeName): Promise<PlacedGraph> {
  const capabilities = await capabilitiesOf(runtime, name);
  const types = describeBuiltinTypes(capabilities);
  const graph = new Graph({ types, clock: runtime.clock });
  return { port: localPort(graph, { sessionEnd }), capabilities, threads: 1, types };
}
