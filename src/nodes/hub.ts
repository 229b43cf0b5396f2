/**
 * hub: items that arrive at one hook are sent by all others.
 *
 * Hooks: any names, in any number; an automatic one is `hub<n>`. Messages: `setpersistent` keeps the hub after its last
 * hook is removed; `setpolicy`, `getpolicy`.
 *
 * With one receiver the path pushes back; with several each receives copies, and one that does not keep up is
 * disconnected (a stream) or loses items (datagrams), so that it does not stop the others, unless `setpolicy` says
 * otherwise. An end of file ends its own branch only. In the copy of a template, where all hooks are one connection's,
 * a hook receives an end after all others have ended.
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

import { firstFree } from "../graph/message/automatic_hook.ts";
import { BranchPolicies, checkPolicies, POLICY_COMMANDS, type PolicyCommands } from "../graph/fan_out/branch_policy.ts";
import { BranchEnds } from "../graph/fan_out/branch_ends.ts";
import { Branch, discardAll, heldIn } from "../graph/fan_out/fan_out.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Command } from "../graph/core/command.ts";
import type { Handlers } from "../graph/core/message.ts";
import { parseHookName } from "../graph/data/name.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";

/** hub's commands, by name. */
export type HubCommands = { readonly setpersistent: Command<null, null> } & PolicyCommands;

/** hub's commands. */
export const HUB_COMMANDS: HubCommands = {
  setpersistent: {
    id: 1,
    summary: "Keeps the hub when its last hook is removed",
    args: null,
    reply: null,
    kind: "setting",
    cost: "live",
    // A declared node stays after its last hook is removed.
    impliedWhenDeclared: true,
  },
  ...POLICY_COMMANDS,
};

class Hub implements NodeBehaviour<HubCommands> {
  readonly #branches = new Map<Hook, Branch>();
  readonly #node: Node;
  readonly #policies = new BranchPolicies(() => {
    for (const branch of this.#branches.values()) branch.policy = this.#policies.of(branch.hook.name);
    this.#resumeSenders();
  });
  readonly #ends: BranchEnds;
  readonly #pressure = new BackPressure();

  readonly commands: Handlers<HubCommands> = {
    setpersistent: () => {
      this.#node.persistent = true;
      return null;
    },
    ...this.#policies.handlers(parseHookName),
  };

  constructor(node: Node) {
    this.#node = node;
    this.#ends = new BranchEnds(node);
  }

  addHook(hook: Hook): void {
    this.#branches.set(hook, new Branch(hook, this.#policies.of(hook.name)));
    this.#resumeSenders();
  }

  hookRemoved(hook: Hook): void {
    this.#branches.get(hook)?.close();
    this.#branches.delete(hook);
    this.#pressure.forget(hook);
    if (this.#ends.forget(hook)) this.#ends.endBranches(this.#branches.values());
    this.#resumeSenders();
  }

  receive(hook: Hook, item: Item): void | false {
    // The branch ends; the others do not.
    if (item.kind !== "data") {
      return this.#ends.note(hook, item) ? this.#ends.endBranches(this.#branches.values()) : undefined;
    }
    const isPath = this.#branches.size === 2;
    let stopped = false;
    for (const [other, branch] of this.#branches) {
      if (other === hook) continue;
      branch.send(item);
      if (branch.stops(isPath)) stopped = true;
    }
    return stopped ? this.#pressure.stop(hook) : undefined;
  }

  resumed(hook: Hook): void {
    this.#branches.get(hook)?.resumed();
    this.#resumeSenders();
  }

  held(): number {
    return heldIn(this.#branches.values());
  }

  discard(reason: CloseReason): void {
    discardAll(this.#branches.values(), reason);
  }

  closing(): void {
    this.discard("shutdown");
  }

  /** Resumes the senders whose receivers all have room, were removed, or no longer stop them. */
  #resumeSenders(): void {
    this.#pressure.resumeAll((hook) => this.#mustWait(hook));
  }

  #mustWait(hook: Hook): boolean {
    const isPath = this.#branches.size === 2;
    for (const [other, branch] of this.#branches) if (other !== hook && branch.stops(isPath)) return true;
    return false;
  }
}

/** The type of hub nodes. */
export const hubType: NodeType<HubCommands> = defineNodeType({
  name: "hub",
  kernel: kernelForm(),
  summary: "Sends items from one hook to all others",
  cookie: 1_082_189_597,
  commands: HUB_COMMANDS,
  hooks: [{ pattern: "<any>", summary: "Items are sent to all others" }],
  fansOut: true,
  parseHook: parseHookName,
  check: ({ messages }) => checkPolicies(messages, parseHookName),
  automaticHook: (taken: ReadonlySet<string>): string => firstFree("hub", taken),
  create: ({ node }) => new Hub(node),
});
