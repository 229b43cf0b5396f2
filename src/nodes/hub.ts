/**
 * hub: what comes in by one hook goes out by all others.
 *
 * Hooks: any names, as many as wanted; an automatic one is `hub<n>`.
 * Messages: `setpersistent` keeps the hub when its last hook goes.
 *
 * With one receiver the path pushes back; with several each gets copies, and one that does not keep up is cut off
 * (a stream) or loses items (datagrams), so that it stops nobody else. An end of file ends its own branch only.
 *
 * @example A chat
 * ```yaml
 * nodes:
 *   door: { type: ksocket, hook: inet/stream/tcp, messages: [bind: inet/127.0.0.1:7010, listen: 128, accept: { peer: room }] }
 *   room: { type: hub }
 * ```
 *
 * @module
 */

import { firstFree } from "../graph/automatic_hook.ts";
import { Branch } from "../graph/fan_out.ts";
import type { Hook } from "../graph/hook.ts";
import type { Item } from "../graph/item.ts";
import type { Command, Handlers } from "../graph/message.ts";
import { parseHookName } from "../graph/name.ts";
import type { Node } from "../graph/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/node_type.ts";

/** hub's commands, by name. */
export type HubCommands = { readonly setpersistent: Command<null, null> };

/** hub's commands. */
export const HUB_COMMANDS: HubCommands = {
  setpersistent: {
    id: 1,
    summary: "Keeps the hub when its last hook goes",
    args: null,
    reply: null,
    kind: "setting",
    cost: "live",
  },
};

class Hub implements NodeBehaviour<HubCommands> {
  readonly #branches = new Map<Hook, Branch>();
  readonly #node: Node;
  /** Senders that were pushed back while there were just two hooks: each waits for the other one's branch. */
  readonly #pushedBack = new Set<Hook>();

  readonly commands: Handlers<HubCommands> = {
    setpersistent: () => {
      this.#node.persistent = true;
      return null;
    },
  };

  constructor(node: Node) {
    this.#node = node;
  }

  addHook(hook: Hook): void {
    this.#branches.set(hook, new Branch(hook));
    this.#letGo();
  }

  hookRemoved(hook: Hook): void {
    this.#branches.get(hook)?.close();
    this.#branches.delete(hook);
    this.#pushedBack.delete(hook);
    this.#letGo();
  }

  receive(hook: Hook, item: Item): void | false {
    // The branch ends; those who stay do not.
    if (item.kind !== "data") return;
    if (this.#branches.size === 2) return this.#receivePath(hook, item);
    for (const [other, branch] of this.#branches) if (other !== hook) branch.send(item);
  }

  resumed(hook: Hook): void {
    this.#branches.get(hook)?.resumed();
    this.#letGo();
  }

  #receivePath(hook: Hook, item: Item): void | false {
    for (const [other, branch] of this.#branches) {
      if (other === hook) continue;
      branch.send(item);
      if (!branch.full) return;
      this.#pushedBack.add(hook);
      return false;
    }
  }

  /** Who was pushed back may go on where its receiver has room, is gone, or is one of many now. */
  #letGo(): void {
    for (const hook of [...this.#pushedBack]) {
      if (this.#branches.size === 2 && this.#isOtherFull(hook)) continue;
      this.#pushedBack.delete(hook);
      hook.resume();
    }
  }

  #isOtherFull(hook: Hook): boolean {
    for (const [other, branch] of this.#branches) if (other !== hook) return branch.full;
    return false;
  }
}

/** The type of hub nodes. */
export const hubType: NodeType<HubCommands> = defineNodeType({
  name: "hub",
  summary: "Sends what comes in by one hook out by all others",
  cookie: 1_082_189_597,
  commands: HUB_COMMANDS,
  hooks: [{ pattern: "<any>", summary: "What comes in goes out by all others" }],
  fansOut: true,
  parseHook: parseHookName,
  automaticHook: (taken: ReadonlySet<string>): string => firstFree("hub", taken),
  create: ({ node }) => new Hub(node),
});
