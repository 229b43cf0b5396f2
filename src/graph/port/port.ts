/**
 * The only interface to the graph from above. It can cross a thread, over {@link ./port_message.ts}: all arguments are
 * structured-clonable, and one conformance suite tests both implementations. Data crosses it only in sessions, copied
 * and bounded.
 *
 * @module
 */

import type { ConnectionRecording } from "../data/connection_record.ts";
import type { CountsSnapshot } from "../data/counts.ts";
import type { Reply } from "../core/message.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../data/snapshot.ts";
import type { TapAct } from "../data/tap.ts";
import type { GraphEvent } from "../data/event.ts";
import type { Session, SessionListener } from "../session/session.ts";

/** The options of sending a message. */
export interface SendOptions {
  /** True if it belongs to a topology: then it is part of the node's declaration, and differences from it are drift. */
  readonly declared?: boolean;
  /** True for a reset of a setting: its argument is the reset value, so the node does not record it. */
  readonly reset?: boolean;
  /** The folder for relative paths of its argument; null or absent: they stay as they are. */
  readonly folder?: string | null;
}

/** The graph, from above. */
export interface GraphPort {
  /**
   * Sends a control message in ASCII form and waits for its reply; `${…}` in the argument is resolved in the scope of
   * the path.
   *
   * The anchor of a scope (`web/:`) receives the messages that create and change it; see `anchor.ts`.
   *
   * @throws NetgraphError the error of the node; ENOENT, ENXIO, EINVAL for the path; ENOSYS for an unknown command
   */
  send(path: string, command: string, argument: string | null, options?: SendOptions): Promise<Reply>;
  /** The running scope; null if there is none of that name. */
  snapshot(scope: string, options?: SnapshotOptions): Promise<ScopeSnapshot | null>;
  /** The names of all scopes, in the order of their creation. */
  scopes(): Promise<readonly string[]>;
  /**
   * Creates an empty scope. EEXIST if it exists.
   *
   * @param counts the counts of an earlier graph; ignored if this one has already counted
   */
  openScope(name: string, counts?: readonly CountsSnapshot[]): Promise<void>;
  /** Shuts down everything in a scope and removes it. ENOENT if there is none. */
  closeScope(name: string): Promise<void>;
  /**
   * Opens a session: a node of the caller, for as long as the caller listens.
   *
   * @param name the name of its node; null for none
   * @throws NetgraphError EADDRINUSE if the name is in use; EINVAL for one that no node can have
   */
  openSession(name: string | null, listener: SessionListener): Promise<Session>;
  /** Emits records or lines of connections from now on, or no longer. */
  recordConnections(recording: ConnectionRecording): Promise<void>;
  /** Opens or closes a tap, or takes note that its reader has read. */
  tap(act: TapAct): Promise<void>;
  /** Calls `listen` for every event from now on; the returned function ends that. */
  subscribe(listen: (event: GraphEvent) => void): () => void;
  /** Shuts down the whole graph and waits until its sockets are closed. A second call does nothing. */
  close(): Promise<void>;
}
