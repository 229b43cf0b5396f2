/**
 * A session: a client outside the graph with its own node in it, like a process with ng_socket(4).
 *
 * The node lives in the scope without a name, and exists as long as the session. Messages are sent from it, so that `.`
 * and relative paths have a meaning; later answers and received data are events. ngctl and programs have the same
 * sessions, in whichever thread the graph is: everything is plain data.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";

/** A message to send. */
export interface SessionMessage {
  /** The destination; relative paths begin at the session's node. */
  readonly path: string;
  /** The command's name. */
  readonly command: string;
  /** The argument in ASCII form; null for none. */
  readonly argument: string | null;
  /** The client's folder, for relative paths in the argument; without it they are relative to the engine's. */
  readonly folder?: string;
  /** True for the command that all nodes have, even if the node has its own command of that name (`connect`). */
  readonly generic: boolean;
}

/** A reply. */
export interface SessionReply {
  /** The sender: `[1f]`. */
  readonly from: string;
  /** The command of the message. */
  readonly command: string;
  /** The command's number. */
  readonly number: number;
  /** The value in ASCII form; null for a command without reply. */
  readonly text: string | null;
}

/** The result of sending a message: the reply, or the number of the later reply. */
export type SessionAnswer =
  | { readonly kind: "reply"; readonly reply: SessionReply }
  | { readonly kind: "pending"; readonly token: number };

/** The source or the destination of a datagram. */
export interface DataAddress {
  /** The address in ASCII form: `inet/127.0.0.1:53`. */
  readonly address: string;
  /** The ksocket that received it; a sent datagram is accepted by that ksocket, or by any if it is 0. */
  readonly id: number;
}

/** Received data. */
export interface SessionData {
  /** The kind of event. */
  readonly kind: "data";
  /** The hook of the session's node. */
  readonly hook: string;
  /** The data, which belongs to the listener. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** True for a self-contained item, such as a datagram; false for a piece of a stream. */
  readonly whole: boolean;
  /** Null if it is not from a datagram socket. */
  readonly from: DataAddress | null;
}

/**
 * A message that another node sent to the session's: `linkisdown` of the one at a hook, or a private message between
 * programs.
 */
export interface SessionCommand {
  /** The kind of event. */
  readonly kind: "command";
  /** The sender: `[1f]`; `[0]` for a sender outside the graph. */
  readonly from: string;
  /** The hook of the session's node at which it arrived; null if its path named the node itself. */
  readonly hook: string | null;
  /** The command's name. */
  readonly command: string;
  /** Netgraph's number of it; 0 for one that only programs know. */
  readonly number: number;
  /** Its argument; null for none. */
  readonly text: string | null;
}

/** An event of a session. */
export type SessionEvent =
  | SessionData
  | SessionCommand
  /** The direction into a hook has ended. */
  | { readonly kind: "eof"; readonly hook: string }
  /** The sender behind a hook has failed, and data may be missing. */
  | { readonly kind: "abort"; readonly hook: string; readonly reason: CloseReason }
  /** A hook of the session's node was removed. */
  | { readonly kind: "unhooked"; readonly hook: string }
  /** The reply to a message that was pending. */
  | { readonly kind: "reply"; readonly token: number; readonly reply: SessionReply }
  /** Its failure. */
  | {
    readonly kind: "failure";
    readonly token: number;
    readonly from: string;
    readonly command: string;
    readonly number: number;
    readonly code: ErrorCode;
    readonly message: string;
  };

/** The bytes that an item counts in addition to its data: empty datagrams are bounded too. */
const ITEM_BYTES = 64;

/**
 * The weight of a waiting event, in bytes. Only data and messages count: all other events are limited by the requests.
 */
export function costOfEvent(event: SessionEvent): number {
  if (event.kind === "data") return event.octets.length + ITEM_BYTES;
  return event.kind === "command" ? event.command.length + (event.text?.length ?? 0) + ITEM_BYTES : 0;
}

/** A node in listings. */
export interface SessionNode {
  /** Its ID. */
  readonly id: number;
  /** `web/front`, `web/` for the anchor of a topology; null for a node without a name. */
  readonly name: string | null;
  /** Its type's name. */
  readonly type: string;
  /** The newest first. */
  readonly hooks: readonly SessionHook[];
}

/** A hook in listings. */
export interface SessionHook {
  /** Its name. */
  readonly name: string;
  /** The node at the other end; null if there is none. */
  readonly peer: {
    readonly hook: string;
    readonly id: number;
    readonly name: string | null;
    readonly type: string;
  } | null;
}

/** The listener of a session. */
export interface SessionListener {
  /**
   * Receives an event.
   *
   * @returns false if it was accepted and no more data may follow until {@linkcode Session.resume}
   */
  emit(event: SessionEvent): boolean;
  /** The session has ended. */
  ended(): void;
}

/** The options of sending bytes. */
export interface WriteOptions {
  /** The destination, for a ksocket that is not connected. */
  readonly to?: DataAddress;
  /** False: they are a piece of a stream, and not a self-contained item. */
  readonly whole?: boolean;
}

/** A type of node, and the number of its nodes. */
export interface TypeCount {
  /** The type's name. */
  readonly name: string;
  /** The number of its nodes. */
  readonly nodes: number;
}

/** A session; a graph's port opens them. */
export interface Session {
  /** The node's number in hexadecimal: also the ID of the session. */
  readonly id: string;
  /**
   * Sends a message from the session's node.
   *
   * @throws NetgraphError the error of the node, or of the path or command
   */
  send(message: SessionMessage): Promise<SessionAnswer>;
  /**
   * Sends bytes by a hook of the session's node; resolves when there is room for more.
   *
   * @throws NetgraphError EHOSTUNREACH for a hook that does not exist; ENOBUFS while the previous write waits for room;
   * the error of the node behind the hook, such as ENOTCONN of a ksocket that is not connected
   */
  write(hook: string, octets: Uint8Array<ArrayBuffer>, options?: WriteOptions): Promise<void>;
  /** Ends the direction out of a hook. */
  end(hook: string): Promise<void>;
  /** The node at a path, or all of them, the newest first. */
  nodes(path: string | null): Promise<readonly SessionNode[]>;
  /** The types of node, and the number of nodes of each. */
  types(): Promise<readonly TypeCount[]>;
  /** Resumes data after `emit` has returned false. */
  resume(): void;
  /** Ends the session and its node. A second call does nothing. */
  close(): Promise<void>;
}
