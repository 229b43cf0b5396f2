/**
 * A topology file as it is written: every key in its place, words with their environment put in, nothing looked up yet.
 *
 * @module
 */

import type { RestartPolicy } from "../../graph/data/state.ts";
import type { Span } from "./source.ts";
import type { Interpolated } from "./interpolation.ts";

/** A name that is a key, and where it stands. */
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

/** A node as it is written; null stands for what is missing or was wrong and has been told. */
export interface NodeDeclaration {
  readonly name: Named;
  readonly type: Interpolated | null;
  readonly hook: Interpolated | null;
  readonly restart: RestartPolicy;
  readonly messages: readonly MessageDeclaration[];
  /** True when a part was wrong and is left out: what depends on the whole is not checked then. */
  readonly broken: boolean;
}

/** A message. */
export interface MessageDeclaration {
  readonly command: Named;
  readonly argument: Argument;
  readonly span: Span;
}

/** `literal`: a YAML value; `ascii`: what follows the command in the string form; `broken`: wrong, and told. */
export type Argument =
  | { readonly kind: "none" }
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "ascii"; readonly word: Interpolated }
  | { readonly kind: "broken" };

/** A YAML value with its words read. */
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
  /** Where the hook's name stands; the node's where there is none. */
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
  /** True when its parameters could not be read, which is told: nobody knows which it has. */
  readonly parametersBroken: boolean;
  readonly entry: EndDeclaration | null;
  readonly nodes: readonly NodeDeclaration[];
  readonly links: readonly LinkDeclaration[];
}
