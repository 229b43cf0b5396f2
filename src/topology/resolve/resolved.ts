/**
 * A declaration with resolved names: types, hooks, commands. The checks use it.
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

/** A message with its command. */
export interface ResolvedMessage {
  readonly declaration: MessageDeclaration;
  /** Null for an unknown one, which is reported. */
  readonly command: Command<unknown, unknown> | null;
  readonly state: MessageState;
  readonly checked: CheckedMessage;
  readonly uses: readonly Use[];
  readonly references: readonly PlacedReference[];
  /** True if it had a problem, which was reported. */
  readonly broken: boolean;
}

/** A node with its type. */
export interface ResolvedNode {
  readonly declaration: NodeDeclaration;
  readonly name: string;
  /** Null for an unknown one, which is reported. */
  readonly type: NodeType | null;
  /** Canonical; null for types without an identity hook, and if it was wrong. */
  readonly hook: string | null;
  readonly messages: readonly ResolvedMessage[];
}

/** One end of a link. */
export interface ResolvedEnd {
  readonly declaration: EndDeclaration;
  readonly node: ResolvedNode;
  /** Canonical; null if the type chooses it. */
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
  /** Null for the topology itself, and if it was wrong. */
  readonly entry: ResolvedEnd | null;
}

/** A topology and its templates. */
export interface ResolvedTopology {
  readonly graph: ResolvedGraph;
  readonly templates: ReadonlyMap<string, ResolvedGraph>;
}
