/**
 * A declaration whose words have found what they mean: types, hooks, commands. The checks read this.
 *
 * @module
 */

import type { Command } from "../../graph/core/command.ts";
import type { Use } from "../../graph/core/command.ts";
import type { CheckedMessage, NodeType } from "../../graph/core/node_type.ts";
import type { MessageState } from "../../graph/data/state.ts";
import type { EndDeclaration, LinkDeclaration, MessageDeclaration, NodeDeclaration } from "../parse/declaration.ts";
import type { TemplateDeclaration } from "../parse/declaration.ts";
import type { PlacedReference } from "../parse/interpolation.ts";

/** A message and what it means. */
export interface ResolvedMessage {
  readonly declaration: MessageDeclaration;
  /** Null for an unknown one, which is told. */
  readonly command: Command<unknown, unknown> | null;
  readonly state: MessageState;
  readonly checked: CheckedMessage;
  readonly uses: readonly Use[];
  readonly references: readonly PlacedReference[];
  /** True when something about it was wrong and is told. */
  readonly broken: boolean;
}

/** A node and what it means. */
export interface ResolvedNode {
  readonly declaration: NodeDeclaration;
  readonly name: string;
  /** Null for an unknown one, which is told. */
  readonly type: NodeType | null;
  /** Canonical; null for types without a deciding hook, and where it was wrong. */
  readonly hook: string | null;
  readonly messages: readonly ResolvedMessage[];
}

/** One end of a link. */
export interface ResolvedEnd {
  readonly declaration: EndDeclaration;
  readonly node: ResolvedNode;
  /** Canonical; null where the type picks it. */
  readonly hook: string | null;
}

/** A link between two nodes that exist. */
export interface ResolvedLink {
  readonly declaration: LinkDeclaration;
  readonly ends: readonly [ResolvedEnd, ResolvedEnd];
}

/** Nodes and links of a topology or of a template. */
export interface ResolvedGraph {
  /** Null for the topology itself. */
  readonly template: TemplateDeclaration | null;
  readonly nodes: ReadonlyMap<string, ResolvedNode>;
  readonly links: readonly ResolvedLink[];
  /** Null for the topology itself, and where it was wrong. */
  readonly entry: ResolvedEnd | null;
}

/** A topology and its templates. */
export interface ResolvedTopology {
  readonly graph: ResolvedGraph;
  readonly templates: ReadonlyMap<string, ResolvedGraph>;
}
