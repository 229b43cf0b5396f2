/**
 * The dependencies of an engine, and the events that it reports.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { ApplyEvent } from "../api/apply_event.ts";
import type { SocketPath } from "../api/socket_path.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import type { EngineEvent } from "../reconcile/loop/event.ts";
import type { AddressUsers } from "../runtimes/address_users.ts";
import type { ProcessUsage, Runtime } from "../runtimes/runtime.ts";
import type { RuntimeName } from "../socket/capability.ts";
import type { OwnAddress } from "../reconcile/status/lost_address.ts";
import { knownOwnAddress } from "../runtimes/own_address.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import type { TextLoader } from "../sources/text_loader.ts";
import type { SourceMachine } from "./following/source_machine.ts";
import type { AccessLog } from "./access_log.ts";
import type { EarlyWorker } from "./worker/start_worker.ts";
import type { MonitoringPlace } from "./monitoring.ts";
import type { PlacedGraph } from "./open_graph.ts";
import type { StateStore } from "./following/state_store.ts";

/** The events that an engine reports: its own, and those of applying a source that it follows. */
export type ReportedEvent = EngineEvent | FollowedEvent;

/** A followed source has changed, and this is the effect. */
export interface FollowedEvent {
  /** The kind of event. */
  readonly kind: "followed";
  /** The effect. */
  readonly event: ApplyEvent;
}

/** The base of an engine: a graph, or sockets for one in this thread. */
export type EngineOptions = EngineBase & (EngineSockets | { readonly graph: PlacedGraph });

/** Sockets for a graph in this thread, and its other parts. */
export interface EngineSockets {
  readonly sockets: SocketRuntime;
  /** Additional node types, beside the built-in ones. */
  readonly types?: readonly NodeType[];
}

/** The dependencies of every engine. */
export interface EngineBase {
  readonly clock: Clock;
  /** The process, for status. */
  readonly pid: number;
  /** A random number from 0 up to 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Lets the rest of this thread run for a turn, while a large plan is computed or executed. */
  readonly yieldToLoop?: () => Promise<void>;
  readonly onEvent?: (event: ReportedEvent) => void;
  /** Reads followed sources; without it none can be followed. */
  readonly sources?: SourceMachine;
  /** Loads texts; by default in this thread. */
  readonly loader?: TextLoader;
  /** Keeps the last good generation of each topology; by default none is kept. */
  readonly state?: StateStore;
  /** Receives internal errors that would otherwise not be reported. */
  readonly onBug?: (error: unknown) => void;
  /** Asks the system which process has an address; without it, no process is named. */
  readonly addresses?: AddressUsers;
  /** Returns which addresses belong to this machine; without it, a listener with a missing address seems to work. */
  readonly ownAddress?: OwnAddress;
  /** The resources of the process, for metrics; without it they are omitted. */
  readonly usage?: () => ProcessUsage;
  /** The log of its connections; closed with the engine. */
  readonly accessLog?: AccessLog;
  /** The programs, as absolute paths, that sources may start that are followed or come from the network; none without it. */
  readonly allowExec?: readonly string[];
  /** Whether the host may start a program; without it, it may start all. */
  readonly mayRun?: (path: string) => boolean;
  /** Ends an engine in the background, when everything was removed; without it the engine continues, empty. */
  readonly leave?: () => void;
}

/** The options of an engine with a control socket. */
export interface StartOptions {
  readonly runtime: Runtime;
  readonly socketRuntime: RuntimeName;
  /** The number of threads serve connections; 1 over `memory`. */
  readonly threads?: number;
  /** A thread that was started before this program's own modules were loaded. */
  readonly early?: EarlyWorker | null;
  readonly place: SocketPath;
  readonly onEvent?: (event: ReportedEvent) => void;
  /** Receives internal errors. */
  readonly onBug: (error: unknown) => void;
  /** For an engine in the background: called when everything was removed. */
  readonly leave?: () => void;
  readonly signal?: AbortSignal;
  /** The address at which it serves metrics and liveness over TCP; absent: none. */
  readonly http?: MonitoringPlace;
  /** Opens the log of its connections; called when no other engine has the control socket. */
  readonly openAccessLog?: () => Promise<AccessLog>;
  /** The sources of the first request: until they are read, the engine is not ready. */
  readonly expects?: readonly string[];
  /** The programs, as absolute paths, that sources may start that are followed or come from the network; none without it. */
  readonly allowExec?: readonly string[];
  /** The folder, an absolute path, in which the last good generation of each topology is kept. */
  readonly stateFolder?: string;
}

/** The part of the machine that an engine uses. */
export function baseOn({ addresses, clock, process, files, commands, downloads }: Runtime): EngineBase {
  return {
    clock,
    pid: process.pid,
    sources: { files, commands, downloads, env: (name) => process.env(name) },
    usage: () => process.usage(),
    addresses,
    ownAddress: knownOwnAddress,
    // A turn of the real clock, for waiting work.
    yieldToLoop: () => sleep(clock, 0),
  };
}
