/**
 * The messages between a thread that loads texts and its client thread: one request at a time.
 *
 * @module
 */

import type { GraphState, LinkState, NodeState, TemplateState } from "../../graph/data/state.ts";
import type { RuntimeName } from "../../socket/capability.ts";
import type { SourceText } from "../../sources/source.ts";
import type { TextDiagnostic } from "../../sources/text_loader.ts";
import type { GivenValues } from "../../topology/parse/parameters.ts";
import type { Listener } from "../../topology/check/addresses.ts";

/** To the loading thread. */
export type ToLoader =
  | {
    readonly kind: "load";
    /** The socket runtime that determines the capabilities of node types. */
    readonly runtime: RuntimeName;
    readonly text: Omit<SourceText, "revision">;
    /** The places of values of parameters. */
    readonly given?: GivenValues;
    /** Digests of topologies that the client thread already has, by name. */
    readonly known: ReadonlyMap<string, string>;
  }
  /** Variables that the thread has requested; null for one that is not set. */
  | { readonly kind: "variables"; readonly values: ReadonlyMap<string, string | null> }
  /** Requests a part of a topology of the text that was loaded last. */
  | { readonly kind: "part"; readonly topology: number; readonly part: number };

/** From the loading thread. */
export type FromLoader =
  | { readonly kind: "ready" }
  /** It needs variables of the environment to continue. */
  | { readonly kind: "variables"; readonly names: readonly string[] }
  | {
    readonly kind: "loaded";
    readonly diagnostics: readonly TextDiagnostic[];
    readonly topologies: readonly LoadedHead[];
  }
  | { readonly kind: "part"; readonly part: StatePart }
  /** An internal error. */
  | { readonly kind: "bug"; readonly message: string };

/** A topology without its lists, which follow in parts: each is small enough not to block the thread. */
export interface LoadedHead extends Pick<GraphState, "name" | "description"> {
  readonly digest: string;
  readonly places: Int32Array;
  readonly listeners: readonly Listener[];
  /** The number of parts that follow; null for a topology that the client thread already has. */
  readonly parts: number | null;
}

/** A part of a topology. */
export interface StatePart {
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
  readonly templates: readonly TemplateState[];
}

/** The limit of listeners of one topology that are compared with those of other texts. */
const MAX_LISTENERS = 1_000;
const PART_NODES = 200;
const PART_LINKS = 400;
const PART_TEMPLATES = 20;

/** The listeners that a message carries: few enough not to block the thread. */
export function sentListeners(listeners: readonly Listener[] | undefined): readonly Listener[] {
  return listeners === undefined || listeners.length > MAX_LISTENERS ? [] : listeners;
}

/** A topology's parts, in order. */
export function partsOf({ nodes, links, templates }: GraphState): readonly StatePart[] {
  return [
    ...slices(nodes, PART_NODES).map((nodes) => ({ nodes, links: [], templates: [] })),
    ...slices(links, PART_LINKS).map((links) => ({ nodes: [], links, templates: [] })),
    ...slices(templates, PART_TEMPLATES).map((templates) => ({ nodes: [], links: [], templates })),
  ];
}

function slices<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, index) => items.slice(index * size, (index + 1) * size),
  );
}
