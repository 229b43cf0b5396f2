/**
 * echo: items that arrive at a hook are sent back by it.
 *
 * Hooks: any names, in any number; an automatic one is `echo<n>`. Messages: none of its own. netgraph's echo answers
 * every message with itself; ours rejects unknown ones.
 *
 * @example A server that sends everything back
 * ```yaml
 * nodes:
 *   server: { type: ksocket, hook: inet/stream/tcp, messages: [bind: inet/127.0.0.1:7, listen: 128, accept: { peer: echo }] }
 *   echo: { type: echo }
 * ```
 *
 * @module
 */

import { firstFree } from "../graph/message/automatic_hook.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import { parseHookName } from "../graph/data/name.ts";
import { defineNodeType, type NodeType } from "../graph/core/node_type.ts";

/** echo has no messages of its own. */
export type EchoCommands = Readonly<Record<never, never>>;

/** The type of echo nodes. */
export const echoType: NodeType<EchoCommands> = defineNodeType({
  name: "echo",
  kernel: kernelForm(),
  summary: "Sends received items back through the same hook",
  cookie: 884_298_942,
  commands: {},
  hooks: [{ pattern: "<any>", summary: "Received items are sent back" }],
  parseHook: parseHookName,
  automaticHook: (taken: ReadonlySet<string>): string => firstFree("echo", taken),
  create: () => {
    const pressure = new BackPressure();
    return {
      commands: {},
      receive(hook, item): void | false {
        // A sender that was reset receives no echo.
        if (item.kind !== "abort") return pressure.forward(item, { from: hook, to: hook });
      },
      // Source and destination are the same hook.
      resumed: (hook) => pressure.resume(hook),
      hookRemoved: (hook) => pressure.forget(hook),
    };
  },
});
