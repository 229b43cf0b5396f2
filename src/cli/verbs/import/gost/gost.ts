/**
 * gost's command lines and its configuration (YAML or JSON) → listeners.
 *
 * @module
 */

import type { GraphState } from "../../../../graph/data/state.ts";
import { parseDocuments } from "../../../../topology/parse/document.ts";
import type { Mapping, Tree } from "../../../../topology/parse/tree.ts";
import { ForwardDraft } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, judgedWhole, noteHalfClose, refuse } from "../reading.ts";
import { RelayDraft } from "../relay.ts";
import { addAddress, protocolOf, readCommands } from "./command.ts";
import { addForward, type GostForward, type GostTarget } from "./forward.ts";
import { GOST_KEYWORDS } from "./keywords.ts";

/** Reads a file. */
export function importGost(context: ImportContext): readonly GraphState[] {
  const draft = new RelayDraft(context);
  const forwards = new ForwardDraft(draft);
  if (
    /^\s*\{/.test(context.file.text) ||
    /^(services|chains|hops|admissions|log|api|metrics)\s*:/m.test(context.file.text)
  ) {
    readConfiguration(forwards, context);
  } else readCommands(forwards, context);
  const state = draft.state(context.name);
  const first = state.nodes.find(({ hook }) => hook !== null && !hook.includes("dgram"));
  const at = context.places.get(first?.name ?? "");
  if (at !== undefined) noteHalfClose(context, at, "gost waits without a limit");
  return state.nodes.length === 0 ? [] : [state];
}

function readConfiguration(forwards: ForwardDraft, context: ImportContext): void {
  const [document] = parseDocuments(context.whole);
  if (document?.kind !== "mapping") return;
  noteKeys(document, "a configuration", context);
  const admissions = listOf(document, "admissions");
  for (const item of listOf(document, "services")) {
    if (item.kind !== "mapping") continue;
    forwards.attempt(
      "service",
      (inner) => judgedWhole(inner, item.span, () => addService(item, admissions, forwards, inner)),
    );
  }
  for (const item of listOf(document, "ServeNodes")) {
    if (item.kind !== "scalar") continue;
    forwards.attempt(
      "service",
      (inner) =>
        judgedWhole(inner, item.span, () => addAddress({ text: item.value, span: item.span }, forwards, inner)),
    );
  }
}

function addService(service: Mapping, known: readonly Tree[], forwards: ForwardDraft, context: ImportContext): void {
  noteKeys(service, "a service", context);
  const [handler, listener, forwarder] = [
    mapOf(service, "handler"),
    mapOf(service, "listener"),
    mapOf(service, "forwarder"),
  ];
  for (const [place, part] of [["a handler", handler], ["a listener", listener], ["a forwarder", forwarder]] as const) {
    if (part !== null) noteKeys(part, place, context);
  }
  const types = [textOf(handler, "type") ?? "auto", textOf(listener, "type") ?? "tcp"];
  const protocol = protocolOf([...new Set(types)], service.span, context);
  const targets = listOf(forwarder, "nodes", "targets").flatMap((node): readonly GostTarget[] => {
    if (node.kind !== "mapping") return [];
    noteKeys(node, "a target", context);
    return [{ name: textOf(node, "name"), addr: textOf(node, "addr") ?? "", span: node.span }];
  });
  const parameters = new Map<string, string>();
  const tls = mapOf(listener, "tls");
  const metadata = mapOf(listener, "metadata");
  if (metadata !== null) noteKeys(metadata, "a parameter", context);
  for (const part of [metadata, mapOf(forwarder, "selector"), tls]) {
    for (const { key, value } of part?.entries ?? []) {
      if (value.kind === "scalar") parameters.set(key.value, value.value);
    }
  }
  const names = [
    textOf(service, "admission"),
    ...listOf(service, "admissions").map((one) => one.kind === "scalar" ? one.value : null),
  ].filter((one) => one !== null);
  const admissions = names.map((name) => admissionOf(name, known));
  const missing = names[admissions.indexOf(null)];
  if (missing !== undefined) refuse(context, service.span, `Admission "${missing}" has no list of addresses`);
  if (protocol === null || context.collector.errors > 0) return;
  const forward: GostForward = {
    protocol,
    addr: textOf(service, "addr") ?? "",
    targets,
    parameters,
    admissions: admissions.flatMap((one) => one === null ? [] : [one]),
    span: service.span,
  };
  addForward(forward, forwards, context);
}

function admissionOf(name: string, known: readonly Tree[]): GostForward["admissions"][number] | null {
  const found = known.find((one) => one.kind === "mapping" && textOf(one, "name") === name);
  if (
    found?.kind !== "mapping" || ["file", "redis", "http", "plugin", "reload"].some((key) => mapOf(found, key) !== null)
  ) return null;
  const isTrue = textOf(found, "whitelist") === "true" || textOf(found, "reverse") === "true";
  const blocks = listOf(found, "matchers").flatMap((one) => one.kind === "scalar" ? [one.value] : []);
  return blocks.length === 0 ? null : { permits: isTrue, blocks };
}

function noteKeys(mapping: Mapping, place: string, context: ImportContext): void {
  for (const { key } of mapping.entries) {
    noteKeyword(GOST_KEYWORDS, { place, word: key.value, span: key.span }, context);
  }
}

function valueOf(mapping: Mapping | null, name: string): Tree | null {
  return mapping?.entries.find(({ key }) => key.value === name)?.value ?? null;
}

function textOf(mapping: Mapping | null, name: string): string | null {
  const value = valueOf(mapping, name);
  return value?.kind === "scalar" ? value.value : null;
}

function mapOf(mapping: Mapping | null, name: string): Mapping | null {
  const value = valueOf(mapping, name);
  return value?.kind === "mapping" ? value : null;
}

function listOf(mapping: Mapping | null, ...names: readonly string[]): readonly Tree[] {
  return names.flatMap((name) => {
    const value = valueOf(mapping, name);
    return value?.kind === "sequence" ? value.items : [];
  });
}
