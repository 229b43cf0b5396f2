/**
 * A topology file as written: every key in its place, variables replaced, nothing looked up yet.
 *
 * @module
 */

import type { RestartPolicy } from "../../graph/data/state.ts";
import type { Span } from "./source.ts";
import type { Interpolated } from "./interpolation.ts";

/** A name that is a key, with its place. */
export interface Named {
  readonly text: string;
  readonly span: Span;
}

/** One document. */
export interface Declaration {
  readonly name: Interpolated | null;
  readonly description: string | null;
  readonly nodes: readonly NodeDeclaration[];
  readonly links: readonly LinkDeclaration[];
  readonly templates: readonly TemplateDeclaration[];
  readonly span: Span;
}

/** A node as written; null for parts that are missing, or wrong and reported. */
export interface NodeDeclaration {
  readonly name: Named;
  readonly type: Interpolated | null;
  readonly hook: Interpolated | null;
  readonly restart: RestartPolicy;
  /** Nodes that it follows. */
  readonly depends: readonly Named[];
  readonly messages: readonly MessageDeclaration[];
  /** The name of all nodes of its `each`, such as `game-*`; null without one. */
  readonly group: string | null;
  /** True if a wrong part is omitted: checks that depend on the whole are skipped then. */
  readonly broken: boolean;
}

/** A message. */
export interface MessageDeclaration {
  readonly command: Named;
  readonly argument: Argument;
  readonly span: Span;
}

/** `literal`: a YAML value; `ascii`: the text after the command in the string form; `broken`: wrong, and reported. */
export type Argument =
  | { readonly kind: "none" }
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "ascii"; readonly word: Interpolated }
  | { readonly kind: "broken" };

/** A YAML value with its words parsed. */
export type Value =
  | { readonly kind: "none"; readonly span: Span }
  | { readonly kind: "word"; readonly word: Interpolated; readonly span: Span }
  | { readonly kind: "struct"; readonly fields: readonly ValueField[]; readonly span: Span }
  | { readonly kind: "array"; readonly elements: readonly Value[]; readonly span: Span };

/** A field of a struct. */
export interface ValueField {
  readonly name: Named;
  readonly value: Value;
}

/** One end of a link: `node` or `node:hook`. */
export interface EndDeclaration {
  readonly node: string;
  readonly hook: string | null;
  readonly span: Span;
  /** The place of the hook's name; that of the node if there is none. */
  readonly hookSpan: Span;
}

/** Two hooks to be joined. */
export interface LinkDeclaration {
  readonly ends: readonly [EndDeclaration, EndDeclaration];
  readonly span: Span;
}

/** A template's parameter. */
export interface ParameterDeclaration {
  readonly name: Named;
  readonly value: string | null;
}

/** A template. */
export interface TemplateDeclaration {
  readonly name: Named;
  readonly parameters: readonly ParameterDeclaration[];
  /** True if its parameters could not be parsed, which is reported: they are unknown. */
  readonly parametersBroken: boolean;
  readonly entry: EndDeclaration | null;
  readonly nodes: readonly NodeDeclaration[];
  readonly links: readonly LinkDeclaration[];
}
