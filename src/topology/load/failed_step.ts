/**
 * The place of a failed step in a text: the message, or the node if it is not one of the file's messages.
 *
 * @module
 */

import type { Diagnostic } from "../parse/diagnostic.ts";
import type { Origins } from "../resolve/build_state.ts";
import { PARAMETER_PREFIX } from "../parse/parameters.ts";
import type { SourceFile, Span } from "../parse/source.ts";

/** A step that failed, as an engine reports it. */
export interface FailedStep {
  /** The failure's code; null if it has none. */
  readonly code: string | null;
  /** The reason, as text. */
  readonly message: string;
  /** The part of the topology that the step concerned; null for none. */
  readonly at: { readonly node: string; readonly messageIndex: number | null } | null;
}

/** The places of the nodes of a topology. */
interface Places {
  readonly source: SourceFile;
  readonly origins: Pick<Origins, "nodes">;
  /** The variables of the environment that the text read, by name; null for one that is not set. */
  readonly variables?: ReadonlyMap<string, string | null>;
}

/** A value that is one word for a shell without quoting. */
const SHELL_WORD = /^[\w./:@%+,=\[\]-]+$/;
/** More or longer variables than these do not fit into a hint. */
const MAX_VARIABLES_SHOWN = 8;
const MAX_VALUE_SHOWN = 100;

/** The failure as a problem of the text; null if it has no place there. */
export function diagnosticOfStep(topology: Places, { code, message, at }: FailedStep): Diagnostic | null {
  const span = spanOf(topology, at);
  if (span === null) return null;
  const place = { file: topology.source, span, hint: hintOf(topology, { code, message }), related: [] };
  return { code: code ?? "failed", severity: "error", message, ...place };
}

/** If the engine may not see which process uses an address, doctor may. */
function hintOf(
  { source, variables = new Map() }: Places,
  { code, message }: Pick<FailedStep, "code" | "message">,
): string | null {
  if (code !== "EADDRINUSE" || / in use by /.test(message) || source.name.startsWith("<")) return null;
  const [environment, parameters] = wordsOf(variables);
  return `"${environment}sockgraph doctor ${source.name}${parameters}" shows which process has it`;
}

/**
 * The variables that a shell needs before the command, and the values of parameters behind it, so that doctor reads the
 * same addresses; empty if that is not a short line.
 */
function wordsOf(variables: ReadonlyMap<string, string | null>): readonly [string, string] {
  const set = [...variables].flatMap(([name, value]) => value === null || value === "" ? [] : [{ name, value }]);
  const shown = set.length <= MAX_VARIABLES_SHOWN &&
    set.every(({ value }) => SHELL_WORD.test(value) && value.length <= MAX_VALUE_SHOWN);
  if (!shown) return ["", ""];
  const isParameter = ({ name }: { readonly name: string }): boolean => name.startsWith(PARAMETER_PREFIX);
  const parameters = set.filter(isParameter).map(({ name, value }) => {
    return ` --set ${name.slice(PARAMETER_PREFIX.length)}=${value}`;
  });
  return [
    set.filter((one) => !isParameter(one)).map(({ name, value }) => `${name}=${value} `).join(""),
    parameters.join(""),
  ];
}

function spanOf({ origins }: Places, at: FailedStep["at"]): Span | null {
  const node = at === null ? undefined : origins.nodes.get(at.node);
  if (node === undefined) return null;
  return node.messages[at?.messageIndex ?? -1] ?? node.span;
}
