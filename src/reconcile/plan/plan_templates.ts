/**
 * The templates of a plan, and the connections that use them.
 *
 * @module
 */

import type { GraphState, NodeState } from "../../graph/data/state.ts";
import type { GraphDiff, TemplateChange } from "../diff/diff.ts";
import { commandOf, tryParseArgument, type TypeTable } from "../diff/facts.ts";
import type { ConnectionEffects } from "./connections.ts";
import * as steps from "./step.ts";
import type { Step } from "./step.ts";

/** The input of the steps. */
export interface TemplateOptions {
  readonly scope: string;
  readonly observed: GraphState;
  readonly diff: GraphDiff;
  readonly types: TypeTable;
  readonly effects: ConnectionEffects;
}

/** The steps for templates that are added, changed or removed. */
export function planTemplates(draft: TemplateOptions, kinds: readonly TemplateChange["kind"][]): readonly Step[] {
  return draft.diff.templates.filter((change) => kinds.includes(change.kind)).map(({ kind, template }) => {
    switch (kind) {
      case "add":
        return steps.setTemplate(draft.scope, template, { kind, cause: "added" });
      case "change": {
        const connections = draft.effects.ofUsers(usersOf(draft, template.name));
        return steps.setTemplate(draft.scope, template, {
          kind,
          cause: "changed",
          cost: "new-connections",
          connections,
        });
      }
      case "remove":
        return steps.deleteTemplate(draft.scope, template.name, { kind, cause: "removed from the file" });
    }
  });
}

/** The nodes whose messages use a template as observed, by their future names. */
function usersOf({ observed, diff, types }: TemplateOptions, template: string): readonly string[] {
  const users = observed.nodes.filter((node) => usesTemplate(types, node, template));
  const renamed = new Map(diff.nodes.flatMap((change) => {
    return change.kind === "rename" ? [[change.from, change.node.name] as const] : [];
  }));
  return users.map(({ name }) => renamed.get(name) ?? name);
}

function usesTemplate(types: TypeTable, node: NodeState, template: string): boolean {
  return node.messages.some((message) => {
    const command = commandOf(types, node.type, message.command);
    if (command?.uses === undefined) return false;
    const args = tryParseArgument(command, message);
    return args !== undefined &&
      command.uses(args).some((use) => use.kind === "template" && use.name === template);
  });
}
