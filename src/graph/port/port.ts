/**
 * The only way into the graph from above. It could cross a thread, and over {@link ./port_message.ts} it does: all
 * arguments are structured-clonable, and one conformance suite holds both implementations. Data crosses it only in
 * sessions, copied and bounded.
 *
 * @module
 */

import type { CountsSnapshot } from "../data/counts.ts";
import type { Reply } from "../core/message.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../data/snapshot.ts";
import type { GraphEvent } from "../data/event.ts";
import type { Session, SessionListener } from "../session/session.ts";

/** How a message is sent. */
export interface SendOptions {
  /** True when a topology sends it: then it is part of what the node is, and drift is told from it. */
  readonly declared?: boolean;
  /** True for a setting that is taken back: what it says is what held before, so that the node keeps no record of it. */
  readonly reset?: boolean;
}

/** The graph, from above. */
export interface GraphPort {
  /**
   * Sends a control message in ASCII form and waits for its reply; `${…}` in the argument is resolved in the scope of
   * the path.
   *
   * The anchor of a scope (`web/:`) takes the messages that make and change it; see `anchor.ts`.
   *
   * @throws NetgraphError what the node answers; ENOENT, ENXIO, EINVAL for the path; ENOSYS for an unknown command
   */
  send(path: string, command: string, argument: string | null, options?: SendOptions): Promise<Reply>;
  /** The scope as it runs; null when there is none of that name. */
  snapshot(scope: string, options?: SnapshotOptions): Promise<ScopeSnapshot | null>;
  /** The names of all scopes, in the order they were made. */
  scopes(): Promise<readonly string[]>;
  /**
   * Makes an empty scope. EEXIST when it is there.
   *
   * @param counts what an earlier graph counted there; ignored where this one has counted already
   */
  openScope(name: string, counts?: readonly CountsSnapshot[]): Promise<void>;
  /** Shuts everything in a scope down and removes it. ENOENT when it is not there. */
  closeScope(name: string): Promise<void>;
  /**
   * Begins a session: a node of the caller's own, for as long as he listens.
   *
   * @param name the name of its node; null for none
   * @throws NetgraphError EADDRINUSE when the name is in use; EINVAL for one that no node can have
   */
  openSession(name: string | null, listener: SessionListener): Promise<Session>;
  /** Calls `listen` for every event from now on; the returned function ends that. */
  subscribe(listen: (event: GraphEvent) => void): () => void;
  /** Shuts the whole graph down and waits until its sockets are closed. Twice is as good as once. */
  close(): Promise<void>;
}
