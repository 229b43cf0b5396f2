/**
 * tee: a path between `left` and `right`, and copies of its items.
 *
 * Hooks: `left`, `right`; `left2right` and `right2left` receive copies. Items from `left2right` are sent by `left`,
 * items from `right2left` by `right`, unless `setconfig { inject=false }`. Messages: `getstats`, `clrstats`,
 * `getclrstats`, `setconfig`, `getconfig`; `setpolicy`, `getpolicy` for the taps.
 *
 * The path pushes back; a copy does not, unless `setpolicy` says so (see `graph/fan_out/fan_out.ts`). If only one side
 * and its tap are joined, the tap is the path. Ends of file pass, and are copied; messages about the state of a link
 * pass, and are not copied. A manually created tee connects its peers when it is shut down.
 *
 * In a template, a node that is reached only by a tap never ends or delays the connection, even if it fails. A
 * collector that all connections share is joined to a hub of the topology, and the taps to that hub: a ksocket has one
 * hook (`topologies/tcp-tap.yaml`). When a connection ends, its copied data is sent first; data that cannot be sent is
 * counted as dropped, and the collector receives a reset.
 *
 * @example A mirror of all datagrams
 * ```yaml
 * links: [[in, tap:left], [tap:right, out], [tap:left2right, sensor]]
 * ```
 *
 * @module
 */

import { boolean, uint64 } from "../ascii/scalar.ts";
import { optional, struct } from "../ascii/struct.ts";
import { AsciiError } from "../ascii/error.ts";
import type { AsciiType } from "../ascii/type.ts";
import { nearHint } from "../ascii/near.ts";
import { BranchPolicies, checkPolicies, POLICY_COMMANDS, type PolicyCommands } from "../graph/fan_out/branch_policy.ts";
import { Branch, discardAll, heldIn } from "../graph/fan_out/fan_out.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { ArrivedMessage } from "../graph/core/message.ts";
import { forwardMessage } from "../graph/message/peer_message.ts";
import type { Graph } from "../graph/core/graph.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { ConfigCommands } from "../graph/core/command.ts";
import type { Handlers } from "../graph/core/message.ts";
import type { Node } from "../graph/core/node.ts";
import { type CheckedMessage, defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { type StatsCommands, statsCommands, statsHandlers } from "./stats.ts";
import { oneOfHooks } from "./fixed_hooks.ts";

/** The counts of one hook. */
export interface TeeHookStats {
  readonly inOctets: bigint;
  readonly inFrames: bigint;
  readonly outOctets: bigint;
  readonly outFrames: bigint;
}

/** The counts of a tee. */
export interface TeeStats {
  readonly right: TeeHookStats;
  readonly left: TeeHookStats;
  readonly right2left: TeeHookStats;
  readonly left2right: TeeHookStats;
}

/** The configuration of a tee. */
export interface TeeConfig {
  /** True if items from a tap are passed on; the shipped mirrors set false. */
  readonly inject?: boolean;
}

/** tee's commands, by name. */
export type TeeCommands = StatsCommands<null, TeeStats> & ConfigCommands<TeeConfig> & PolicyCommands;

const hookStats: AsciiType<TeeHookStats> = struct({
  inOctets: uint64,
  inFrames: uint64,
  outOctets: uint64,
  outFrames: uint64,
});
const stats: AsciiType<TeeStats> = struct({
  right: hookStats,
  left: hookStats,
  right2left: hookStats,
  left2right: hookStats,
});

/** The default for items from a tap. */
const DEFAULT_INJECT = true;

const config: AsciiType<TeeConfig> = struct({
  inject: optional(boolean, "Whether input of the taps is forwarded", { default: DEFAULT_INJECT }),
});

/** tee's commands. */
export const TEE_COMMANDS: TeeCommands = {
  ...statsCommands({ firstId: 1, args: null, reply: stats }),
  setconfig: {
    id: 1000,
    summary: "Whether input of the taps is forwarded",
    args: config,
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (config) => config === null ? [] : [{ key: "inject", args: config }],
    reset: () => ({ inject: DEFAULT_INJECT }),
    readBack: {
      query: "getconfig",
      matches: ({ inject }, found) =>
        inject === undefined || (isConfig(found) && found.inject === inject) ? true : null,
    },
  },
  getconfig: {
    id: 1003,
    summary: "Whether input of the taps is forwarded",
    args: null,
    reply: config,
    kind: "query",
    cost: "live",
  },
  ...POLICY_COMMANDS,
};

const TAPS = ["left2right", "right2left"] as const;
const HOOKS = ["left", "right", ...TAPS] as const;
type HookKey = (typeof HOOKS)[number];

interface Counts {
  inOctets: number;
  inFrames: number;
  outOctets: number;
  outFrames: number;
}

class Tee implements NodeBehaviour<TeeCommands> {
  readonly #graph: Graph;
  readonly #node: Node;
  readonly #taps = new Map<Hook, Branch>();
  #left: Hook | null = null;
  #right: Hook | null = null;
  #left2right: Branch | null = null;
  #right2left: Branch | null = null;
  #inject = DEFAULT_INJECT;
  readonly #policies = new BranchPolicies(() => {
    for (const [hook, tap] of this.#taps) tap.policy = this.#policies.of(hook.name);
    this.#resumeSenders();
  });
  /** The sides, left or right, that are full. */
  readonly #full = new Set<Hook>();
  readonly #pressure = new BackPressure();
  /** The counts of the hooks when the counts were cleared. */
  #cleared = new Map<string, Counts>();

  readonly commands: Handlers<TeeCommands> = {
    ...statsHandlers({ read: () => this.#stats(), clear: () => this.#clear() }),
    setconfig: ({ inject }) => {
      this.#inject = inject ?? this.#inject;
      return null;
    },
    getconfig: () => ({ inject: this.#inject }),
    ...this.#policies.handlers(parseTap),
  };

  constructor(graph: Graph, node: Node) {
    this.#graph = graph;
    this.#node = node;
  }

  addHook(hook: Hook): void {
    if (hook.name === "left") this.#left = hook;
    else if (hook.name === "right") this.#right = hook;
    else this.#setTap(hook, new Branch(hook, this.#policies.of(hook.name)));
  }

  hookRemoved(hook: Hook): void {
    this.#cleared.delete(hook.name);
    this.#pressure.forget(hook);
    this.#full.delete(hook);
    if (hook === this.#left) this.#left = null;
    else if (hook === this.#right) this.#right = null;
    else this.#setTap(hook, null);
    // Senders may be stopped because of the removed side.
    this.#resumeSenders();
  }

  receive(hook: Hook, item: Item): void | false {
    if (hook === this.#left) this.#pass(item, { hook, tap: this.#left2right, to: this.#right });
    else if (hook === this.#right) this.#pass(item, { hook, tap: this.#right2left, to: this.#left });
    else this.#receiveTap(hook, item);
    return this.#mustWait(hook) ? this.#pressure.stop(hook) : undefined;
  }

  #pass(item: Item, { hook, tap, to }: { hook: Hook; tap: Branch | null; to: Hook | null }): void {
    tap?.send(item);
    if (to !== null) this.#sendTo(to, item);
    else if (tap === null && item.kind === "data") hook.drop("no_destination", item.length);
  }

  #receiveTap(hook: Hook, item: Item): void {
    // A tap that ends does not end the path.
    if (item.kind !== "data") return;
    if (!this.#inject) return hook.drop("no_destination", item.length);
    const side = hook.name === "left2right" ? this.#left : this.#right;
    if (side === null) hook.drop("no_destination", item.length);
    else this.#sendTo(side, item);
  }

  #sendTo(side: Hook, item: Item): void {
    if (side.send(item) === false) this.#full.add(side);
  }

  /** The state of a link is passed to the other end of the path. */
  onPeerMessage(message: ArrivedMessage): boolean {
    const { hook } = message;
    const to = hook === null ? null : hook === this.#left ? this.#right : hook === this.#right ? this.#left : null;
    return to !== null && message.number !== 0 && forwardMessage(to, message);
  }

  resumed(hook: Hook): void {
    const tap = this.#taps.get(hook);
    if (tap === undefined) this.#full.delete(hook);
    else tap.resumed();
    this.#resumeSenders();
  }

  /** True if the path, or a tap that blocks it, is full for items from `hook`. */
  #mustWait(hook: Hook): boolean {
    if (hook === this.#left) return this.#isFull(this.#right) || stops(this.#left2right, this.#right);
    if (hook === this.#right) return this.#isFull(this.#left) || stops(this.#right2left, this.#left);
    return this.#inject && this.#isFull(hook.name === "left2right" ? this.#left : this.#right);
  }

  #isFull(side: Hook | null): boolean {
    return side !== null && this.#full.has(side);
  }

  #resumeSenders(): void {
    this.#pressure.resumeAll((hook) => this.#mustWait(hook));
  }

  held(): number {
    return heldIn(this.#taps.values());
  }

  discard(reason: CloseReason): void {
    discardAll(this.#taps.values(), reason);
  }

  closing(): void {
    this.discard("shutdown");
    if (this.#node.origin.declared || this.#left === null || this.#right === null) return;
    this.#graph.bypass(this.#left, this.#right);
  }

  #setTap(hook: Hook, branch: Branch | null): void {
    this.#taps.get(hook)?.close();
    if (branch === null) this.#taps.delete(hook);
    else this.#taps.set(hook, branch);
    if (hook.name === "left2right") this.#left2right = branch;
    else this.#right2left = branch;
  }

  #stats(): TeeStats {
    return {
      right: this.#statsOf("right"),
      left: this.#statsOf("left"),
      right2left: this.#statsOf("right2left"),
      left2right: this.#statsOf("left2right"),
    };
  }

  #statsOf(key: HookKey): TeeHookStats {
    const now = countsOf(this.#node.hooks.get(key));
    const then = this.#cleared.get(key) ?? countsOf(undefined);
    return {
      inOctets: BigInt(now.inOctets - then.inOctets),
      inFrames: BigInt(now.inFrames - then.inFrames),
      outOctets: BigInt(now.outOctets - then.outOctets),
      outFrames: BigInt(now.outFrames - then.outFrames),
    };
  }

  #clear(): void {
    this.#cleared = new Map([...this.#node.hooks].map(([name, hook]) => [name, countsOf(hook)]));
  }
}

/** If the other side is not joined, the tap is the path. */
function stops(tap: Branch | null, side: Hook | null): boolean {
  return tap !== null && tap.stops(side === null);
}

/** The name of a tap; the path always pushes back, so there is nothing to choose. */
function parseTap(name: string): string {
  if (TAPS.some((one) => one === name)) return name;
  const hint = nearHint(name, TAPS) ?? `wanted ${TAPS.join(", ")} or *`;
  throw new AsciiError("EINVAL", `A tee has no tap "${name}"`, { length: name.length, hint });
}

function countsOf(hook: Hook | undefined): Counts {
  return {
    inOctets: hook?.inBytes ?? 0,
    inFrames: hook?.inItems ?? 0,
    outOctets: hook?.outBytes ?? 0,
    outFrames: hook?.outItems ?? 0,
  };
}

/** The type of tee nodes. */
export const teeType: NodeType<TeeCommands> = defineNodeType({
  name: "tee",
  kernel: kernelForm(),
  summary: "Connects left and right, and sends copies of the data to taps",
  cookie: 916_107_047,
  commands: TEE_COMMANDS,
  hooks: [
    { pattern: "left", summary: "One end of the path" },
    { pattern: "right", summary: "The other end of the path" },
    { pattern: "left2right", summary: "A copy of items from left" },
    { pattern: "right2left", summary: "A copy of items from right" },
  ],
  fansOut: true,
  isTap,
  onlyGives: (hook, messages) => isTap(hook) && !injects(messages),
  check: ({ messages }) => checkPolicies(messages, parseTap),
  parseHook: oneOfHooks("tee", HOOKS),
  create: ({ graph, node }) => new Tee(graph, node),
});

function isTap(hook: string): boolean {
  return TAPS.some((tap) => tap === hook);
}

function isConfig(value: unknown): value is TeeConfig {
  return typeof value === "object" && value !== null;
}

/** False if the last `setconfig` with this field switches it off. */
function injects(messages: readonly CheckedMessage[]): boolean {
  const said = messages.filter(({ command }) => command === "setconfig").map(({ args }) => {
    return typeof args === "object" && args !== null && "inject" in args ? args.inject : undefined;
  });
  return said.findLast((inject) => inject !== undefined) !== false;
}
