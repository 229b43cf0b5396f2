/**
 * pipe: a line with limited bandwidth, delay and loss, for tests.
 *
 * Hooks: `upper` and `lower`; downstream is from upper to lower.
 * Messages: `setcfg`, `getcfg`, `getrun`, `getstats`, `clrstats`, `getclrstats`.
 *
 * Bandwidth and delay keep the order, and an end of file follows the data. If too many items wait, datagrams are
 * dropped and a stream is pushed back. Loss and duplication are chosen by a generator whose seed is the node's ID: they
 * are the same in each run. A manually created pipe connects its peers when it is shut down.
 *
 * @example A line of 1 Mbit/s with a delay of 100 ms, which loses every hundredth datagram
 * ```yaml
 * nodes:
 *   line: { type: pipe, messages: [{ setcfg: { bandwidth: 1000000, delay: 50000, downstream: { loss: 1 } } }] }
 * links: [[in, line:upper], [line:lower, out]]
 * ```
 *
 * @module
 */

import type { CloseReason } from "../graph/data/close_reason.ts";
import type { Graph } from "../graph/core/graph.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import type { Node } from "../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeContext, type NodeType } from "../graph/core/node_type.ts";
import {
  type BothWays,
  checkLosses,
  kernelConfig,
  type LaneStats,
  PIPE_COMMANDS,
  type PipeCommands,
} from "./pipe_commands.ts";
import { DEFAULT_CONFIG, type LaneConfig, overheadOf, patchConfig, type PipeConfig, replyOf } from "./pipe_config.ts";
import { Lane } from "./pipe_lane.ts";
import { statsHandlers } from "./stats.ts";
import { oneOfHooks } from "./fixed_hooks.ts";

const HOOKS = ["upper", "lower"] as const;

class Pipe implements NodeBehaviour<PipeCommands> {
  readonly #graph: Graph;
  readonly #node: Node;
  readonly #down: Lane;
  readonly #up: Lane;
  #upper: Hook | null = null;
  #lower: Hook | null = null;
  #config: PipeConfig = DEFAULT_CONFIG;

  readonly commands: Handlers<PipeCommands> = {
    ...statsHandlers({ read: () => this.#stats(), clear: () => this.#clear() }),
    getrun: () => ({ downstream: this.#down.run(), upstream: this.#up.run() }),
    getcfg: () => replyOf(this.#config),
    setcfg: (patch) => {
      this.#config = patchConfig(this.#config, patch);
      this.#configure(this.#down, this.#config.downstream);
      this.#configure(this.#up, this.#config.upstream);
      return null;
    },
  };

  constructor({ graph, node, clock }: NodeContext, random: () => number) {
    this.#graph = graph;
    this.#node = node;
    this.#down = new Lane(clock, { config: DEFAULT_CONFIG.downstream, random });
    this.#up = new Lane(clock, { config: DEFAULT_CONFIG.upstream, random });
  }

  addHook(hook: Hook): void {
    this.#set(hook.name, hook);
  }

  hookRemoved(hook: Hook): void {
    this.#set(hook.name, null);
  }

  receive(hook: Hook, item: Item): void | false {
    return (hook === this.#upper ? this.#down : this.#up).receive(hook, item);
  }

  resumed(hook: Hook): void {
    (hook === this.#upper ? this.#up : this.#down).resumed();
  }

  held(): number {
    return this.#down.held + this.#up.held;
  }

  discard(reason: CloseReason): void {
    this.#down.discard(reason);
    this.#up.discard(reason);
  }

  closing(): void {
    if (this.#node.origin.declared) return this.discard("shutdown");
    this.#down.flush();
    this.#up.flush();
    if (this.#upper !== null && this.#lower !== null) this.#graph.bypass(this.#upper, this.#lower);
  }

  #set(name: string, hook: Hook | null): void {
    const [out, back] = name === "upper" ? [this.#down, this.#up] : [this.#up, this.#down];
    if (name === "upper") this.#upper = hook;
    else this.#lower = hook;
    out.from = hook;
    back.to = hook;
  }

  #configure(lane: Lane, config: LaneConfig): void {
    const { bandwidth, delay } = this.#config;
    lane.config = { ...config, bandwidth: config.bandwidth || bandwidth, delay: config.delay || delay };
    lane.overhead = overheadOf(this.#config);
  }

  #stats(): BothWays<LaneStats> {
    return { downstream: this.#down.stats(), upstream: this.#up.stats() };
  }

  #clear(): void {
    this.#down.clearStats();
    this.#up.clearStats();
  }
}

/** The type of pipe nodes, with random numbers of `random`: from 0 to below 1. */
export function pipeTypeWith(random: (node: Node) => () => number): NodeType<PipeCommands> {
  return defineNodeType({
    name: "pipe",
    kernel: kernelForm({ convert: { setcfg: kernelConfig } }),
    summary: "A line with limited bandwidth, delay and loss",
    cookie: 200_708_191,
    commands: PIPE_COMMANDS,
    hooks: [
      { pattern: "upper", summary: "One end of the line" },
      { pattern: "lower", summary: "The other end of the line" },
    ],
    passes: true,
    check: ({ messages }) => checkLosses(messages),
    parseHook: oneOfHooks("pipe", HOOKS),
    create: (context) => new Pipe(context, random(context.node)),
  });
}

/** The type of pipe nodes. */
export const pipeType: NodeType<PipeCommands> = pipeTypeWith((node) => seededRandom(node.id));

/** Pseudo-random numbers, equal for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
