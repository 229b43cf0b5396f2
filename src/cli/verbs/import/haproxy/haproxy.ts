/**
 * An HAProxy configuration → a topology: frontends and listen sections of mode tcp are listeners, their backends pools.
 *
 * @module
 */

import type { GraphState } from "../../../../graph/data/state.ts";
import { ForwardDraft } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, noteHalfClose, noteLoss } from "../reading.ts";
import { positionAt } from "../../../../topology/parse/source.ts";
import { RelayDraft } from "../relay.ts";
import { addFrontend } from "./frontend.ts";
import { HAPROXY_KEYWORDS } from "./keywords.ts";
import { parseHaproxy, type Section } from "./parse.ts";
import { noteLine, Proxy } from "./proxy.ts";

/** Reads a configuration. */
export function importHaproxy(context: ImportContext): readonly GraphState[] {
  const sections = parseHaproxy(context);
  const proxies = sections.filter(({ kind }) => ["frontend", "backend", "listen"].includes(kind)).map((one) =>
    new Proxy(one)
  );
  const backends = new Map(
    proxies.filter(({ section: { kind } }) => kind !== "frontend").map((one) => [one.name, one]),
  );
  for (const section of sections) noteSection(section, context);
  const draft = new RelayDraft(context);
  const forwards = new ForwardDraft(draft);
  const used = usedBackends(proxies);
  for (const proxy of proxies) {
    const { kind } = proxy.section;
    if (proxy.mode !== "tcp") {
      noteLoss(
        context,
        proxy.section.heading.span,
        `The ${kind} "${proxy.name}" is left out as a whole: its mode is ${proxy.mode}`,
      );
    } else if (kind === "backend") {
      proxy.note(context);
      if (!used.has(proxy.name)) {
        noteLoss(context, proxy.section.heading.span, `The backend "${proxy.name}" is left out: no section uses it`);
      }
    } else {forwards.attempt(titleOf(proxy, context), (inner) =>
        addFrontend(proxy, { backends, forwards, context: inner }));}
  }
  const state = draft.state(context.name);
  const [first] = state.nodes;
  const at = first === undefined ? undefined : context.places.get(first.name);
  if (at !== undefined) {
    noteHalfClose(context, at, "HAProxy uses timeout client-fin and server-fin, otherwise those of client and server");
  }
  return state.nodes.length === 0 ? [] : [state];
}

/** Kind, name and line: what is left out is often caused by a line of another section. */
function titleOf({ name, section }: Proxy, { file }: ImportContext): string {
  return `${section.kind} "${name}" of line ${positionAt(file, section.heading.span.start).line}`;
}

function noteSection({ kind, heading, lines }: Section, context: ImportContext): void {
  const row = noteKeyword(HAPROXY_KEYWORDS, { place: "a file", word: kind, span: heading.span }, context);
  if (row?.effect === "left-out") return;
  if (kind === "defaults") { for (const line of lines) noteLine(line, context); }
  if (kind !== "global") return;
  for (const { words: [first] } of lines) {
    if (first !== undefined) {
      noteKeyword(HAPROXY_KEYWORDS, { place: "global", word: first.text, span: first.span }, context);
    }
  }
}

/** The names of backends that sections of mode tcp use. */
function usedBackends(proxies: readonly Proxy[]): ReadonlySet<string> {
  return new Set(
    proxies.filter(({ mode }) => mode === "tcp").flatMap((proxy) =>
      proxy.all("use_backend", "default_backend").flatMap(({ words: [, name] }) =>
        name === undefined ? [] : [name.text]
      )
    ),
  );
}
