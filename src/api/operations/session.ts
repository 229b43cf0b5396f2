/**
 * Sessions over the control socket: a node of the client's own in the engine's graph, for as long as it reads. A client
 * that stops reading the stream ends the session, and its node.
 *
 * @module
 */

import type {
  SessionAnswer,
  SessionData,
  SessionEvent,
  SessionMessage,
  SessionNode,
  TypeCount,
} from "../../graph/session/session.ts";
import { MalformedError } from "../fields.ts";
import { body, bodyOf, lines, NOTHING, type Nothing, type Operation, value } from "../operation.ts";
import { anyObject, flag, named, optional, otherwise, record, type Shape, text, textOrNull } from "../shape.ts";

/** The start of a session. */
export interface OpenRequest {
  /** The name of its node. */
  readonly name: string;
}

/** Data to write to a hook of the session's node. */
export interface WriteRequest {
  readonly hook: string;
  readonly base64: string;
}

/** The selection of nodes to list. */
export interface NodesRequest {
  /** The one at this path; null: all of them. */
  readonly path: string | null;
}

/** The stream of a session. */
export type SessionLine =
  /** The session's number, and its node's: the same in hexadecimal. */
  | { readonly kind: "open"; readonly id: string; readonly node: string }
  | Omit<SessionData, "octets"> & { readonly base64: string }
  | Exclude<SessionEvent, { readonly kind: "data" }>;

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
    throw new MalformedError(`"base64" is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A request to one session. */
type In<Request> = Request & { readonly id: string };

const SUMMARY = "What `ngctl` works with";
const ANY = named("Session", anyObject());
/** Requests and answers of sessions are described as objects alone: `ngctl` is their only client. */
const plain = <T>(shape: Shape<T>): Shape<T> => ({ ...shape, schema: ANY.schema });

const OPEN: Operation<OpenRequest, SessionLine, "lines"> = lines({
  name: "openSession",
  method: "POST",
  path: "/v1/session",
  summary: SUMMARY,
  request: body(plain(record<OpenRequest>({ name: text("The name of its node") }))),
  response: ANY,
});

const MESSAGE: Operation<In<SessionMessage>, SessionAnswer, "value"> = value({
  name: "sendInSession",
  method: "POST",
  path: "/v1/session/{id}/msg",
  summary: SUMMARY,
  request: bodyOf(plain(record<SessionMessage>({
    path: text("A node"),
    command: text("Its command"),
    argument: otherwise(textOrNull("In ASCII form"), null),
    folder: optional(text("For relative paths in the argument")),
    generic: otherwise(flag("Also those that every node has"), false),
  }))),
  response: ANY,
});

const WRITE: Operation<In<WriteRequest>, Nothing, "value"> = value({
  name: "writeInSession",
  method: "POST",
  path: "/v1/session/{id}/write",
  summary: SUMMARY,
  request: bodyOf(plain(record<WriteRequest>({ hook: text("A hook of its node"), base64: text("The data") }))),
  response: ANY,
});

const LIST: Operation<In<NodesRequest>, { readonly nodes: readonly SessionNode[] }, "value"> = value({
  name: "listInSession",
  method: "POST",
  path: "/v1/session/{id}/nodes",
  summary: SUMMARY,
  request: bodyOf(plain(record<NodesRequest>({ path: otherwise(textOrNull("Null: all of them"), null) }))),
  response: ANY,
});

const TYPES: Operation<In<Nothing>, { readonly types: readonly TypeCount[] }, "value"> = value({
  name: "typesInSession",
  method: "POST",
  path: "/v1/session/{id}/types",
  summary: SUMMARY,
  request: bodyOf(plain(NOTHING)),
  response: ANY,
});

const CLOSE: Operation<In<Nothing>, Nothing, "value"> = value({
  name: "closeSession",
  method: "POST",
  path: "/v1/session/{id}/close",
  summary: SUMMARY,
  request: bodyOf(plain(NOTHING)),
  response: ANY,
});

/** Sessions. */
export const SESSION = { open: OPEN, send: MESSAGE, write: WRITE, nodes: LIST, types: TYPES, close: CLOSE };
