/**
 * Where in a text the step stands that failed: the message, or the node where it is not one of the file's messages.
 *
 * @module
 */

import type { Diagnostic } from "./diagnostic.ts";
import type { Origins } from "./build_state.ts";
import type { SourceFile, Span } from "./source.ts";

/** A step that failed, as an engine tells of it. */
export interface FailedStep {
  /** The failure's code; null where it has none. */
  readonly code: string | null;
  /** Why, for people. */
  readonly message: string;
  /** Which part of the topology the step was for; null for none of it. */
  readonly at: { readonly node: string; readonly messageIndex: number | null } | null;
}

/** Where the nodes of a topology stand. */
interface Places {
  readonly source: SourceFile;
  readonly origins: Pick<Origins, "nodes">;
}

/** The failure as a problem of the text; null where it has no place in that. */
export function diagnosticOfStep(topology: Places, { code, message, at }: FailedStep): Diagnostic | null {
  const span = spanOf(topology, at);
  if (span === null) return null;
  const place = { file: topology.source, span, hint: hintOf(topology, { code, message }), related: [] };
  return { code: code ?? "failed", severity: "error", message, ...place };
}

/** Where the engine may not see who has an address, doctor may. */
function hintOf({ source }: Places, { code, message }: Pick<FailedStep, "code" | "message">): string | null {
  if (code !== "EADDRINUSE" || / in use by /.test(message) || source.name.startsWith("<")) return null;
  return `"sockgraph doctor ${source.name}" shows which process has it`;
}

function spanOf({ origins }: Places, at: FailedStep["at"]): Span | null {
  const node = at === null ? undefined : origins.nodes.get(at.node);
  if (node === undefined) return null;
  return node.messages[at?.messageIndex ?? -1] ?? node.span;
}
