/**
 * Sessions over the control socket: a node of the client's own in the engine's graph, for as long as it listens.
 *
 * | route | request | response |
 * | --- | --- | --- |
 * | `POST /v1/session` | {@linkcode OpenRequest} | NDJSON of {@linkcode SessionLine}, the first one `open` |
 * | `POST /v1/session/ID/msg` | `SessionMessage` | `SessionAnswer` |
 * | `POST /v1/session/ID/write` | {@linkcode WriteRequest} | `{}` |
 * | `POST /v1/session/ID/nodes` | {@linkcode NodesRequest} | `{ nodes: SessionNode[] }` |
 * | `POST /v1/session/ID/types` | `{}` | `{ types: TypeCount[] }` |
 * | `POST /v1/session/ID/close` | `{}` | `{}` |
 *
 * Whoever stops reading the stream ends the session, and its node goes.
 *
 * @module
 */

import type { SessionData, SessionEvent, SessionMessage } from "../graph/session/session.ts";
import { Fields, MalformedError } from "./fields.ts";

/** How a session begins. */
export interface OpenRequest {
  /** The name of its node. */
  readonly name: string;
}

/** What to write by a hook of the session's node. */
export interface WriteRequest {
  readonly hook: string;
  readonly base64: string;
}

/** Which nodes to list. */
export interface NodesRequest {
  /** The one at this path; null: all of them. */
  readonly path: string | null;
}

/** What the stream of a session says. */
export type SessionLine =
  /** The session's number, and its node's: the same in hexadecimal. */
  | { readonly kind: "open"; readonly id: string; readonly node: string }
  | Omit<SessionData, "octets"> & { readonly base64: string }
  | Exclude<SessionEvent, { readonly kind: "data" }>;

/** Reads an {@linkcode OpenRequest}. */
export function decodeOpenRequest(value: unknown): OpenRequest {
  return { name: new Fields(value, "", ["name"]).text("name") };
}

/** Reads a {@linkcode SessionMessage}. */
export function decodeSessionMessage(value: unknown): SessionMessage {
  const fields = new Fields(value, "", ["path", "command", "argument", "generic"]);
  return {
    path: fields.text("path"),
    command: fields.text("command"),
    argument: fields.textOrNull("argument"),
    generic: fields.flag("generic", false),
  };
}

/** Reads a {@linkcode WriteRequest}. */
export function decodeWriteRequest(value: unknown): WriteRequest {
  const fields = new Fields(value, "", ["hook", "base64"]);
  return { hook: fields.text("hook"), base64: fields.text("base64") };
}

/** Reads a {@linkcode NodesRequest}. */
export function decodeNodesRequest(value: unknown): NodesRequest {
  return { path: new Fields(value, "", ["path"]).textOrNull("path") };
}

/** Octets as JSON can carry them. */
export function encodeBase64(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}

/**
 * The octets again.
 *
 * @throws MalformedError for what is no base64
 */
export function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch (error) {
    throw new MalformedError(`"base64" is none: ${error instanceof Error ? error.message : String(error)}`);
  }
}
