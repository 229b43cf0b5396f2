/**
 * Links and their ends: the hook and the node.
 *
 * @module
 */

import { nearHint } from "../../ascii/near.ts";
import { AsciiError } from "../../ascii/error.ts";
import { NetgraphError } from "../../errors.ts";
import type { EndDeclaration, LinkDeclaration } from "../parse/declaration.ts";
import type { DiagnosticCollector } from "../parse/diagnostic.ts";
import { IGNORED_PREFIX } from "../parse/format.ts";
import type { ResolvedEnd, ResolvedLink, ResolvedNode } from "./resolved.ts";

/** The input of resolving an end. */
export interface EndContext {
  readonly collector: DiagnosticCollector;
  readonly lookUp: (name: string) => ResolvedNode | null;
  /** The names that {@linkcode EndContext.lookUp} finds, for advice: collected only if a name is unknown. */
  readonly known: () => readonly string[];
}

/** The links whose two ends exist; the others are reported. */
export function resolveLinks(links: readonly LinkDeclaration[], context: EndContext): readonly ResolvedLink[] {
  return links.flatMap((declaration) => {
    const [one, other] = declaration.ends.map((end) => resolveEnd(end, context));
    if (one === undefined || other === undefined || one === null || other === null) return [];
    return [{ declaration, ends: [one, other] }];
  });
}

/** The hook of an end; null if there is none, which is reported. */
export function resolveEnd(end: EndDeclaration, context: EndContext): ResolvedEnd | null {
  const node = context.lookUp(end.node);
  if (node === null) {
    reportUnknownNode(context, end);
    return null;
  }
  if (node.type === null) return null;
  const hook = end.hook === null ? obviousHook(node, end, context) : namedHook(node, end.hook, { end, context });
  return hook === undefined ? null : { declaration: end, node, hook };
}

/** Reports that a name is not a node. */
export function reportUnknownNode(
  { collector, known }: Pick<EndContext, "collector" | "known">,
  { node, span }: Pick<EndDeclaration, "node" | "span">,
): void {
  // Suggestions need all names: they are skipped if not all problems of the text are shown.
  const names = collector.full ? [] : known();
  const ignored = node.startsWith(IGNORED_PREFIX) ? `keys that begin with "${IGNORED_PREFIX}" are not nodes` : null;
  collector.error("unknown-node", {
    message: `Unknown node "${node}"`,
    span,
    hint: ignored ?? nearHint(node, names) ??
      (names.length > 0 && names.length <= 8 ? `known nodes: ${names.join(", ")}` : null),
  });
}

/** The hook of an end without one; undefined if there is none. */
function obviousHook(node: ResolvedNode, end: EndDeclaration, { collector }: EndContext): string | null | undefined {
  const { type } = node;
  if (type === null) return undefined;
  if (type.hookDecides) return node.hook ?? undefined;
  if (type.automaticHook(new Set()) !== null) return null;
  collector.error("bad-end", {
    message: `Node "${node.name}" of type "${type.name}" has no obvious hook`,
    span: end.span,
    hint: `name one of ${type.hooks.map((rule) => `${node.name}:${rule.pattern}`).join(", ")}`,
  });
  return undefined;
}

interface HookContext {
  readonly end: EndDeclaration;
  readonly context: EndContext;
}

function namedHook(node: ResolvedNode, hook: string, { end, context: { collector } }: HookContext): string | undefined {
  const { type } = node;
  if (type === null) return undefined;
  try {
    const canonical = type.parseHook(hook);
    if (!type.hookDecides || canonical === node.hook) return canonical;
    if (node.hook === null) return undefined;
    const message = `Node "${node.name}" has the one hook "${node.hook}" and no "${hook}"`;
    collector.error("unknown-hook", { message, span: end.hookSpan, hint: `write "${node.name}" alone` });
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    const patterns = type.hooks.map((rule) => rule.pattern);
    const hint = (error instanceof AsciiError ? error.hint : null) ?? nearHint(hook, patterns) ??
      (patterns.length === 0 ? null : `it has ${patterns.join(", ")}`);
    collector.error("unknown-hook", {
      message: `Node "${node.name}" of type "${type.name}" has no hook "${hook}"`,
      span: end.hookSpan,
      hint,
    });
  }
  return undefined;
}
