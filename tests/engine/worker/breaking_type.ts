/**
 * A node type whose nodes end the thread that they are in: an error that nothing in the graph can catch.
 *
 * @module
 */

import type { Command } from "../../../src/graph/core/command.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../../../src/graph/core/node_type.ts";

interface BreakingCommands {
  readonly [name: string]: Command<unknown, unknown>;
  readonly break: Command<null, null>;
}

/** Its message `break` throws outside all handlers. */
export const breaking: NodeType<BreakingCommands> = defineNodeType<BreakingCommands>({
  name: "breaking",
  summary: "Ends its thread",
  cookie: 1,
  commands: { break: { id: 1, summary: "Ends the thread", args: null, reply: null, kind: "action", cost: "live" } },
  hooks: [{ pattern: "<any>", summary: "From others" }],
  parseHook: (name) => name,
  automaticHook: (taken) => `h${taken.size}`,
  create: (): NodeBehaviour<BreakingCommands> => ({
    commands: {
      break: () => {
        setTimeout(() => {
          throw new TypeError("the thread breaks");
        }, 0);
        return null;
      },
    },
    receive: () => {},
  }),
});
