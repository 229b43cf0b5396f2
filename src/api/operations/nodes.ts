/**
 * Requests to the running graph: control messages, and the graph itself as a topology.
 *
 * @module
 */

import { body, type Operation, optionalText, query, textual, value } from "../operation.ts";
import { looseRecord, named, optional, otherwise, record, type Shape, text, textOrNull } from "../shape.ts";

/** A control message. */
export interface MsgRequest {
  /** The node: `web/front:`, `[1f]:`. */
  readonly path: string;
  /** The message's command. */
  readonly command: string;
  /** In ASCII form; null for none. */
  readonly argument: string | null;
  /** The client's folder, for relative paths in the argument; without it they are relative to the engine's. */
  readonly folder?: string;
}

/** Its reply. */
export interface MsgResult {
  /** The sender: `[1f]`. */
  readonly from: string;
  /** The command that is answered. */
  readonly command: string;
  /** In ASCII form; null for a command without reply. */
  readonly text: string | null;
}

const MESSAGE_REQUEST: Shape<MsgRequest> = named(
  "MessageRequest",
  record<MsgRequest>({
    path: text("`web/front:`, `[1f]:`"),
    command: text("As `types` lists them"),
    argument: otherwise(textOrNull("In ASCII form"), null),
    folder: optional(text("For relative paths in the argument; without it the engine's working directory")),
  }),
);

const MESSAGE_ANSWER = named(
  "MessageAnswer",
  looseRecord({ from: text("`[1f]`"), command: text("Its name"), text: textOrNull("In ASCII form") }),
);

const MSG: Operation<MsgRequest, MsgResult, "value"> = value({
  name: "msg",
  method: "POST",
  path: "/v1/msg",
  summary: "Sends a control message",
  request: body(MESSAGE_REQUEST),
  response: MESSAGE_ANSWER,
});

const EXPORT: Operation<{ readonly name: string | null }, string, "text"> = textual("application/yaml; charset=utf-8", {
  name: "export",
  method: "GET",
  path: "/v1/export",
  summary: "What runs as YAML",
  request: query({ name: optionalText("name") }),
});

/** The running graph. */
export const NODES = { msg: MSG, export: EXPORT };

/** Splits a message as typed, `bind inet/127.0.0.1:80`, into its command and its argument. */
export function splitMessage(text: string): { readonly command: string; readonly argument: string | null } {
  const [, command = "", argument = ""] = /^\s*(\S*)\s*([^]*?)\s*$/.exec(text) ?? [];
  return { command, argument: argument === "" ? null : argument };
}
