/**
 * An nginx configuration → a topology: each `server` of `stream` is a listener, each `upstream` a pool.
 *
 * @module
 */

import type { GraphState } from "../../../../graph/data/state.ts";
import { ForwardDraft } from "../forward.ts";
import { type ImportContext, noteHalfClose, refuse } from "../reading.ts";
import { RelayDraft } from "../relay.ts";
import { parseNginx } from "./parse.ts";
import { addServer } from "./server.ts";
import { note, readStream } from "./stream_block.ts";

/** Reads a configuration, or a file that belongs into `stream`. */
export function importNginx(context: ImportContext): readonly GraphState[] {
  const [main] = context.included("");
  const all = parseNginx(context, main ?? { start: 0, end: context.file.text.length });
  const isInner = !all.some(({ name }) => name.text === "stream") &&
    all.some(({ name }) => ["server", "upstream", "map"].includes(name.text));
  const blocks = isInner ? all : all.flatMap((one) => {
    note("main", one, context);
    return one.name.text === "stream" ? one.block ?? [] : [];
  });
  const draft = new RelayDraft(context);
  const forwards = new ForwardDraft(draft);
  const stream = readStream(blocks, context);
  for (const server of blocks) {
    if (server.name.text !== "server") continue;
    forwards.attempt("server", (inner) => {
      if (server.block === null) return refuse(inner, server.span, '"server" needs a block');
      addServer({ ...server, block: server.block }, { stream, forwards, context: inner });
    });
  }
  const state = draft.state(context.name);
  const first = state.nodes.find(({ hook }) => hook !== null && !hook.includes("dgram"));
  const at = first === undefined ? undefined : context.places.get(first.name);
  if (at !== undefined) noteHalfClose(context, at, "nginx closes both directions without proxy_half_close");
  return state.nodes.length === 0 ? [] : [state];
}
