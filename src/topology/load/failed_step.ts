/**
 * Where in a text the step stands that failed: the message, or the node where it is not one of the file's messages.
 *
 * @module
 */

import type { Diagnostic } from "../parse/diagnostic.ts";
import type { Origins } from "../resolve/build_state.ts";
import type { SourceFile, Span } from "../parse/source.ts";

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
  /** The variables of the environment that the text read, by name; null for one that is not set. */
  readonly variables?: ReadonlyMap<string, string | null>;
}

/** A value that is one word to a shell as it stands. */
const SHELL_WORD = /^[\w./:@%+,=\[\]-]+$/;
/** More or longer variables than these do not fit into a hint. */
const MAX_VARIABLES_SHOWN = 8;
const MAX_VALUE_SHOWN = 100;

/** The failure as a problem of the text; null where it has no place in that. */
export function diagnosticOfStep(topology: Places, { code, message, at }: FailedStep): Diagnostic | null {
  const span = spanOf(topology, at);
  if (span === null) return null;
  const place = { file: topology.source, span, hint: hintOf(topology, { code, message }), related: [] };
  return { code: code ?? "failed", severity: "error", message, ...place };
}

/** Where the engine may not see who has an address, doctor may. */
function hintOf(
  { source, variables = new Map() }: Places,
  { code, message }: Pick<FailedStep, "code" | "message">,
): string | null {
  if (code !== "EADDRINUSE" || / in use by /.test(message) || source.name.startsWith("<")) return null;
  return `"${assignmentsOf(variables)}sockgraph doctor ${source.name}" shows which process has it`;
}

/** What a shell needs before the call, so that doctor reads the same addresses; nothing where that is no short line. */
function assignmentsOf(variables: ReadonlyMap<string, string | null>): string {
  const set = [...variables].flatMap(([name, value]) => value === null || value === "" ? [] : [{ name, value }]);
  const shown = set.length <= MAX_VARIABLES_SHOWN &&
    set.every(({ value }) => SHELL_WORD.test(value) && value.length <= MAX_VALUE_SHOWN);
  return shown ? set.map(({ name, value }) => `${name}=${value} `).join("") : "";
}

function spanOf({ origins }: Places, at: FailedStep["at"]): Span | null {
  const node = at === null ? undefined : origins.nodes.get(at.node);
  if (node === undefined) return null;
  return node.messages[at?.messageIndex ?? -1] ?? node.span;
}
