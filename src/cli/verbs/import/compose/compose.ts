/**
 * The `ports` of a docker compose file → listeners that lead to the services by their names.
 *
 * @module
 */

import type { GraphState } from "../../../../graph/data/state.ts";
import { parseDocuments } from "../../../../topology/parse/document.ts";
import type { Entry, Mapping, Tree } from "../../../../topology/parse/tree.ts";
import { addressText, familyOption, ForwardDraft } from "../forward.ts";
import { findKeyword, noteKeyword } from "../keyword.ts";
import { type ImportContext, judgedWhole, noteChange, noteLoss, refuse } from "../reading.ts";
import { RelayDraft } from "../relay.ts";
import { COMPOSE_KEYWORDS } from "./keywords.ts";

/** The backlog of docker's own proxy is that of the system. */
const BACKLOG = 4_096;
const MAX_PORTS = 2_000;

/** Reads a file. */
export function importCompose(context: ImportContext): readonly GraphState[] {
  const [document] = parseDocuments(context.whole);
  if (document?.kind !== "mapping") return [];
  const draft = new RelayDraft(context);
  const forwards = new ForwardDraft(draft);
  for (const { key, value } of document.entries) {
    if (key.value.startsWith("x-")) continue;
    noteKeyword(COMPOSE_KEYWORDS, { place: "a file", word: key.value, span: key.span }, context);
    if (key.value !== "services" || value.kind !== "mapping") continue;
    for (const service of value.entries) readService(service, forwards, context);
  }
  const state = draft.state(context.name);
  return state.nodes.length === 0 ? [] : [state];
}

function readService({ key, value }: Entry, forwards: ForwardDraft, context: ImportContext): void {
  if (value.kind !== "mapping") return;
  const others: string[] = [];
  const rows = value.entries.filter((one) => !one.key.value.startsWith("x-"));
  for (const { key: { value: word, span } } of rows) {
    if (findKeyword(COMPOSE_KEYWORDS, "a service", word)?.effect === "left-out") others.push(word);
    else if (word !== "network_mode") {
      noteKeyword(COMPOSE_KEYWORDS, { place: "a service", word, span }, context);
    }
  }
  const ports = value.entries.find((one) => one.key.value === "ports")?.value;
  const items = ports?.kind === "sequence" ? ports.items : [];
  if (others.length > 0) {
    const list = others.map((word) => `"${word}"`).join(", ");
    noteLoss(
      context,
      key.span,
      `${list} of service "${key.value}" ${others.length === 1 ? "is" : "are"} left out: only ports are imported`,
    );
  }
  if (items.length === 0) return;
  const mode = value.entries.find((one) => one.key.value === "network_mode");
  if (mode !== undefined && scalarOf(value, "network_mode") === "host") {
    forwards.attempt(`service "${key.value}"`, (inner) => {
      noteKeyword(COMPOSE_KEYWORDS, { place: "a service", word: "network_mode", span: mode.key.span }, inner);
    });
    return;
  }
  noteChange(
    context,
    key.span,
    `Connections go to the name "${key.value}": it must be known to the engine, as it is in the network of the containers`,
  );
  for (const item of items) {
    forwards.attempt(
      "service",
      (inner) => judgedWhole(inner, item.span, () => addPort(item, key.value, forwards, inner)),
    );
  }
}

/** Ports of the host and of the container. */
interface Published {
  /** Null: all addresses of both families. */
  readonly host: string | null;
  /** True if a variable was replaced by its default. */
  readonly isVariable: boolean;
  /** Null: docker chooses one. */
  readonly published: readonly [from: number, to: number] | null;
  readonly target: readonly [from: number, to: number];
  readonly protocol: string;
}

function addPort(item: Tree, service: string, forwards: ForwardDraft, context: ImportContext): void {
  const port = item.kind === "mapping"
    ? longPort(item, context)
    : item.kind === "scalar"
    ? shortPort(item.value)
    : null;
  if (port === null) {
    return refuse(
      context,
      item.span,
      "Expected ports such as 8080:80, 127.0.0.1:8080:80/udp, or { published: 8080, target: 80 }; variables need a default",
    );
  }
  const { host, published, target, protocol } = port;
  if (port.isVariable) {
    noteChange(context, item.span, "Variables have their defaults: the environment and .env are not read");
  }
  if (protocol !== "tcp" && protocol !== "udp") {
    return refuse(context, item.span, `Protocol "${protocol}" is not imported`);
  }
  const [from, to] = published ?? [0, 0];
  const [first, last] = target;
  const count = Math.max(to - from, last - first) + 1;
  if (count > MAX_PORTS || (published !== null && to - from !== last - first && first !== last)) {
    // A range of host ports for one container port: docker takes one of them.
    return refuse(
      context,
      item.span,
      count > MAX_PORTS ? `More than ${MAX_PORTS} ports` : "The ranges have different lengths",
    );
  }
  if (published === null) noteChange(context, item.span, "The port of the host is chosen by the system");
  if (published !== null && first === last && from !== to) {
    noteChange(context, item.span, "Every port of the range is published; docker chooses one of them");
  }
  for (let index = 0; index < count; index++) {
    const to = addressText({ host: service, port: String(first === last ? first : first + index) });
    const destination = forwards.backend({
      name: service,
      targets: [{ to }],
      balance: null,
      health: null,
      tls: null,
      span: item.span,
    }, {});
    for (const one of host === null ? ["0.0.0.0", "::"] : [host]) {
      const bind = addressText({ host: one, port: String(published === null ? 0 : from + index) });
      forwards.listener(
        {
          protocol,
          bind,
          backlog: BACKLOG,
          options: { ...protocol === "tcp" ? { SO_REUSEADDR: "1" } : {}, ...familyOption(bind, true) },
          tls: null,
          accept: {},
          span: item.span,
        },
        destination,
        protocol === "tcp" ? { idleTimeout: "0s" } : {},
      );
    }
  }
}

/** `[HOST:]CONTAINER[/PROTOCOL]` with ranges. */
function shortPort(written: string): Published | null {
  const text = withDefaults(written);
  const [, place, ports, container = "", protocol = "tcp"] =
    /^(?:(?:(\[[\da-fA-F:]+\]|[\d.]+):)?([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(text) ?? [];
  const target = rangeOf(container);
  const published = ports === undefined || ports === "" ? null : rangeOf(ports);
  if (target === null || (ports !== undefined && ports !== "" && published === null)) return null;
  return { host: place ?? null, published, target, protocol, isVariable: text !== written };
}

function longPort(item: Mapping, context: ImportContext): Published | null {
  for (const { key } of item.entries) {
    if (!key.value.startsWith("x-")) {
      noteKeyword(COMPOSE_KEYWORDS, { place: "a port", word: key.value, span: key.span }, context);
    }
  }
  const target = rangeOf(withDefaults(scalarOf(item, "target") ?? ""));
  const written = withDefaults(scalarOf(item, "published") ?? "");
  const published = written === "" ? null : rangeOf(written);
  if (target === null || (written !== "" && published === null)) return null;
  return {
    host: scalarOf(item, "host_ip"),
    isVariable: [scalarOf(item, "target"), scalarOf(item, "published")].some((one) => one?.includes("$") === true),
    published,
    target,
    protocol: scalarOf(item, "protocol") ?? "tcp",
  };
}

function scalarOf(mapping: Mapping, name: string): string | null {
  const value = mapping.entries.find(({ key }) => key.value === name)?.value;
  return value?.kind === "scalar" ? value.value : null;
}

/** `${NAME:-8080}` is its default; a variable without one stays. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?-([^}]*)\}/g, "$1");
}

function rangeOf(text: string): readonly [from: number, to: number] | null {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return first === undefined || to < from || to > 65_535 || from < 1 ? null : [from, to];
}
