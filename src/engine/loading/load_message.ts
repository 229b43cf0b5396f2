/**
 * What a thread that loads texts and the thread that asks it say to each other: one question at a time.
 *
 * @module
 */

import type { GraphState, LinkState, NodeState, TemplateState } from "../../graph/data/state.ts";
import type { RuntimeName } from "../../socket/capability.ts";
import type { SourceText } from "../../sources/source.ts";
import type { TextDiagnostic } from "../../sources/text_loader.ts";
import type { Listener } from "../../topology/check/addresses.ts";

/** To the thread that loads. */
export type ToLoader =
  | {
    readonly kind: "load";
    /** The socket runtime that decides what node types can do. */
    readonly runtime: RuntimeName;
    readonly text: Omit<SourceText, "revision">;
    /** Digests of topologies that the asking thread has already, by name. */
    readonly known: ReadonlyMap<string, string>;
  }
  /** Variables that the thread has asked for; null for one that is not set. */
  | { readonly kind: "variables"; readonly values: ReadonlyMap<string, string | null> }
  /** Asks for a part of a topology of the text that was loaded last. */
  | { readonly kind: "part"; readonly topology: number; readonly part: number };

/** From the thread that loads. */
export type FromLoader =
  | { readonly kind: "ready" }
  /** It needs variables of the environment to go on. */
  | { readonly kind: "variables"; readonly names: readonly string[] }
  | {
    readonly kind: "loaded";
    readonly diagnostics: readonly TextDiagnostic[];
    readonly topologies: readonly LoadedHead[];
  }
  | { readonly kind: "part"; readonly part: StatePart }
  /** An error of our own. */
  | { readonly kind: "bug"; readonly message: string };

/** A topology without its lists, which follow in parts: none is so large that reading it stops the thread. */
export interface LoadedHead extends Pick<GraphState, "name" | "description"> {
  readonly digest: string;
  readonly places: Int32Array;
  readonly listeners: readonly Listener[];
  /** How many parts follow; null for a topology that the asking thread has already. */
  readonly parts: number | null;
}

/** A part of a topology. */
export interface StatePart {
  readonly nodes: readonly NodeState[];
  readonly links: readonly LinkState[];
  readonly templates: readonly TemplateState[];
}

/** More listeners than that of one topology are not compared with those of other texts. */
const MAX_LISTENERS = 1_000;
const PART_NODES = 200;
const PART_LINKS = 400;
const PART_TEMPLATES = 20;

/** The listeners that a message carries: few enough that reading them stops no thread. */
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
