/**
 * A session: somebody outside the graph with a node of his own in it, as a process has one by ng_socket(4).
 *
 * The node lives in the scope without a name, and as long as the session. Messages go out from it, so that `.` and
 * relative paths mean something; answers that come later and data that comes in are told as events. ngctl and programs
 * have the same sessions, whichever thread the graph is in: all of it is plain data.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";

/** A message to send. */
export interface SessionMessage {
  /** Where to; relative paths begin at the session's node. */
  readonly path: string;
  /** The command's name. */
  readonly command: string;
  /** In ASCII form; null for none. */
  readonly argument: string | null;
  /** True for the command that all nodes have, also where the node has one of its own by that name (`connect`). */
  readonly generic: boolean;
}

/** A reply. */
export interface SessionReply {
  /** Who answers: `[1f]`. */
  readonly from: string;
  /** The command that is answered. */
  readonly command: string;
  /** The command's number. */
  readonly number: number;
  /** In ASCII form; null for a command without reply. */
  readonly text: string | null;
}

/** What sending a message gives at once: the reply, or the number that it will come under. */
export type SessionAnswer =
  | { readonly kind: "reply"; readonly reply: SessionReply }
  | { readonly kind: "pending"; readonly token: number };

/** Whom a datagram is from, or whom it is for. */
export interface DataAddress {
  /** In ASCII form: `inet/127.0.0.1:53`. */
  readonly address: string;
  /** The ksocket that it came in by; one that is sent is taken by that ksocket, or by any where it is 0. */
  readonly id: number;
}

/** Data that came in. */
export interface SessionData {
  /** Which event it is. */
  readonly kind: "data";
  /** The hook of the session's node. */
  readonly hook: string;
  /** What came; the listener's own. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** True for what is something by itself, as a datagram is; false for a piece of a stream. */
  readonly whole: boolean;
  /** Null where it came from no datagram socket. */
  readonly from: DataAddress | null;
}

/** A message that another node sent to the session's: `linkisdown` of the one at a hook, or what two programs agreed on. */
export interface SessionCommand {
  /** Which event it is. */
  readonly kind: "command";
  /** Who sent it: `[1f]`; `[0]` for somebody outside the graph. */
  readonly from: string;
  /** The hook of the session's node that it came in by; null where its path named the node itself. */
  readonly hook: string | null;
  /** The command's name. */
  readonly command: string;
  /** Netgraph's number of it; 0 for one that only programs know. */
  readonly number: number;
  /** Its argument; null for none. */
  readonly text: string | null;
}

/** What comes by itself. */
export type SessionEvent =
  | SessionData
  | SessionCommand
  /** The direction into a hook has ended. */
  | { readonly kind: "eof"; readonly hook: string }
  /** The sender behind a hook is gone, and data may be missing. */
  | { readonly kind: "abort"; readonly hook: string; readonly reason: CloseReason }
  /** A hook of the session's node is gone. */
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

/** A node as listings have it. */
export interface SessionNode {
  /** Its number. */
  readonly id: number;
  /** `web/front`, `web/` for what stands for a topology; null for a node without a name. */
  readonly name: string | null;
  /** Its type's name. */
  readonly type: string;
  /** The newest first. */
  readonly hooks: readonly SessionHook[];
}

/** A hook as listings have it. */
export interface SessionHook {
  /** Its name. */
  readonly name: string;
  /** Who is at the other end; null for nobody. */
  readonly peer: {
    readonly hook: string;
    readonly id: number;
    readonly name: string | null;
    readonly type: string;
  } | null;
}

/** Who hears of a session. */
export interface SessionListener {
  /**
   * Something has come.
   *
   * @returns false when it was taken and no more data shall come until {@linkcode Session.resume}
   */
  emit(event: SessionEvent): boolean;
  /** The session is over. */
  ended(): void;
}

/** How octets go out. */
export interface WriteOptions {
  /** Whom they are for, by a ksocket that is not connected. */
  readonly to?: DataAddress;
  /** False: they are a piece of a stream, and not an item by itself. */
  readonly whole?: boolean;
}

/** A type of node, and how many of it live. */
export interface TypeCount {
  /** The type's name. */
  readonly name: string;
  /** How many. */
  readonly nodes: number;
}

/** A session; a graph's port opens them. */
export interface Session {
  /** The node's number in hexadecimal: also what the session goes by. */
  readonly id: string;
  /**
   * Sends a message from the session's node.
   *
   * @throws NetgraphError what the node answers, or what is wrong with path or command
   */
  send(message: SessionMessage): Promise<SessionAnswer>;
  /**
   * Sends octets by a hook of the session's node; done when there is room for more.
   *
   * @throws NetgraphError EHOSTUNREACH for a hook that is not there; ENOBUFS while the write before waits for room; what
   * the node behind the hook has against them, such as ENOTCONN of a ksocket that is not connected
   */
  write(hook: string, octets: Uint8Array<ArrayBuffer>, options?: WriteOptions): Promise<void>;
  /** Ends the direction out of a hook. */
  end(hook: string): Promise<void>;
  /** The node at a path, or all of them, the newest first. */
  nodes(path: string | null): Promise<readonly SessionNode[]>;
  /** The types of node, and how many of each live. */
  types(): Promise<readonly TypeCount[]>;
  /** Data can come again, after `tell` has answered false. */
  resume(): void;
  /** Ends the session and its node. Doing it twice does nothing. */
  close(): Promise<void>;
}
