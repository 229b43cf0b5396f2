/**
 * hole: discards what it receives.
 *
 * Hooks: any names, in any number; an automatic one is `hole<n>`. Messages: `getstats`, `clrstats`, `getclrstats` have
 * a hook's name as argument and return its counts.
 *
 * @example A server that discards everything
 * ```yaml
 * nodes:
 *   server: { type: ksocket, hook: inet/stream/tcp, messages: [bind: inet/127.0.0.1:9, listen: 128, accept: { peer: hole }] }
 *   hole: { type: hole }
 * ```
 *
 * @module
 */

import { uint64 } from "../ascii/scalar.ts";
import { struct } from "../ascii/struct.ts";
import { string } from "../ascii/text.ts";
import type { AsciiType } from "../ascii/type.ts";
import { NetgraphError } from "../errors.ts";
import { firstFree } from "../graph/message/automatic_hook.ts";
import type { Hook } from "../graph/core/hook.ts";
import type { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import { parseHookName } from "../graph/data/name.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { type StatsCommands, statsCommands, statsHandlers } from "./stats.ts";

/** The counts of one hook. */
export interface HoleStats {
  readonly frames: bigint;
  readonly octets: bigint;
}

/** hole's commands, by name. */
export type HoleCommands = StatsCommands<string, HoleStats>;

const stats: AsciiType<HoleStats> = struct({ frames: uint64, octets: uint64 });

/** hole's commands. */
export const HOLE_COMMANDS: HoleCommands = statsCommands({
  firstId: 1,
  whose: "a hook",
  args: string,
  argument: { summary: "The hook's name" },
  reply: stats,
});

class Hole implements NodeBehaviour<HoleCommands> {
  readonly #stats = new Map<string, { frames: number; octets: number }>();

  readonly commands: Handlers<HoleCommands> = statsHandlers({
    read: (name) => this.#read(name),
    clear: (name) => this.#clear(name),
  });

  addHook(hook: Hook): void {
    this.#stats.set(hook.name, { frames: 0, octets: 0 });
  }

  hookRemoved(hook: Hook): void {
    this.#stats.delete(hook.name);
  }

  receive(hook: Hook, item: Item): void {
    if (item.kind === "data") {
      const counts = this.#stats.get(hook.name);
      if (counts === undefined) return;
      counts.frames++;
      counts.octets += item.length;
      return;
    }
    // Nothing is ever sent from here, so the sender's other direction ends too. The received item itself is returned,
    // so that two holes do not answer each other forever.
    if (item.kind === "eof") hook.send(item);
  }

  #read(name: string): HoleStats {
    const counts = this.#find(name);
    return { frames: BigInt(counts.frames), octets: BigInt(counts.octets) };
  }

  #clear(name: string): void {
    this.#find(name);
    this.#stats.set(name, { frames: 0, octets: 0 });
  }

  #find(name: string): { readonly frames: number; readonly octets: number } {
    const counts = this.#stats.get(name);
    if (counts === undefined) throw new NetgraphError("ENOENT", `Cannot count hook "${name}": there is no such hook`);
    return counts;
  }
}

/** The type of hole nodes. */
export const holeType: NodeType<HoleCommands> = defineNodeType({
  name: "hole",
  kernel: kernelForm(),
  summary: "Discards input and counts it",
  cookie: 915_433_206,
  commands: HOLE_COMMANDS,
  hooks: [{ pattern: "<any>", summary: "Input is discarded" }],
  parseHook: parseHookName,
  automaticHook: (taken: ReadonlySet<string>): string => firstFree("hole", taken),
  create: () => new Hole(),
});
