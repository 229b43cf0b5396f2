/**
 * What an engine is put together from, and what it tells of its own accord.
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
import type { EarlyWorker } from "./worker/start_worker.ts";
import type { PlacedGraph } from "./open_graph.ts";
import type { StateStore } from "./following/state_store.ts";

/** What an engine reports of its own accord: its events, and those of applying a source that it follows. */
export type ReportedEvent = EngineEvent | FollowedEvent;

/** A source that is followed has changed, and this happens because of it. */
export interface FollowedEvent {
  /** Tells it from other events. */
  readonly kind: "followed";
  /** What happens. */
  readonly event: ApplyEvent;
}

/** What an engine stands on: a graph, or sockets for one in this thread. */
export type EngineOptions = EngineBase & (EngineSockets | { readonly graph: PlacedGraph });

/** Sockets for a graph in this thread, and what else it is made of. */
export interface EngineSockets {
  readonly sockets: SocketRuntime;
  /** Node types of one's own, beside the built-in ones. */
  readonly types?: readonly NodeType[];
}

/** What every engine stands on. */
export interface EngineBase {
  readonly clock: Clock;
  /** The process, for status. */
  readonly pid: number;
  /** A number from 0 up to 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Lets everything else in this thread go on for a turn, while a large plan is made or carried out. */
  readonly yieldToLoop?: () => Promise<void>;
  readonly onEvent?: (event: ReportedEvent) => void;
  /** Where it reads sources that it is to follow; without it none can be followed. */
  readonly sources?: SourceMachine;
  /** Loads what it reads; without it this thread does. */
  readonly loader?: TextLoader;
  /** Where the last good generation of each topology is kept; without it none is. */
  readonly state?: StateStore;
  /** Is told of errors that are nobody's fault but ours, where nobody else would hear of them. */
  readonly onBug?: (error: unknown) => void;
  /** Asks the system which process has an address; without it, no process is named. */
  readonly addresses?: AddressUsers;
  /** Says which addresses are this machine's; without it, a listener whose address has gone looks well. */
  readonly ownAddress?: OwnAddress;
  /** What the process uses, for metrics; without it they say nothing of that. */
  readonly usage?: () => ProcessUsage;
  /** Ends an engine in the background, when everything is taken down; without it the engine runs on, empty. */
  readonly leave?: () => void;
}

/** How an engine that serves a control socket is started. */
export interface StartOptions {
  readonly runtime: Runtime;
  readonly socketRuntime: RuntimeName;
  /** How many threads serve connections; 1 over `memory`. */
  readonly threads?: number;
  /** A thread that was started before this program's own modules were loaded. */
  readonly early?: EarlyWorker | null;
  readonly place: SocketPath;
  readonly onEvent?: (event: ReportedEvent) => void;
  /** Is told of errors that are nobody's fault but ours. */
  readonly onBug: (error: unknown) => void;
  /** Makes it an engine in the background: it is called when everything was taken down. */
  readonly leave?: () => void;
  readonly signal?: AbortSignal;
  /** Sources that the first request will be about: until they are read, the engine is not ready. */
  readonly expects?: readonly string[];
  /** The folder, an absolute path, in which the last good generation of each topology is kept. */
  readonly stateFolder?: string;
}

/** What an engine takes from the machine. */
export function baseOn({ addresses, clock, process, files, commands, downloads }: Runtime): EngineBase {
  return {
    clock,
    pid: process.pid,
    sources: { files, commands, downloads, env: (name) => process.env(name) },
    usage: () => process.usage(),
    addresses,
    ownAddress: knownOwnAddress,
    // A turn of the real clock, for all that waits meanwhile.
    yieldToLoop: () => sleep(clock, 0),
  };
}
