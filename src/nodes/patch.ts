/**
 * patch: changes octets of the items that pass.
 *
 * Hooks: items from `in` are changed and sent by `out`, or back by `in` if `out` is not joined. Items from `out` are
 * sent by `in` unchanged. As in netgraph only the beginning of a name counts: `in0` is `in`. Messages: `setconfig`,
 * `getconfig`; `setdlt`, `getdlt`; `getstats`, `clrstats`, `getclrstats`.
 *
 * Each operation changes one integer of 1, 2, 4 or 8 octets in network order; one that would reach beyond the item's
 * end is skipped. With `relative_offset=1` and `setdlt 1` offsets start after the Ethernet header and its VLAN tags.
 * Ends of file follow the data.
 *
 * @example DNS queries without recursion: the bit is in the third octet
 * ```yaml
 * nodes:
 *   flags: { type: patch, messages: [{ setconfig: { ops: [{ offset: 2, length: 1, mode: and, value: 0xfe }] } }] }
 * links: [[clients, flags:in], [flags:out, server]]
 * ```
 *
 * @module
 */

import { SharedBuffer } from "../buffer.ts";
import { NetgraphError } from "../errors.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item } from "../graph/core/item.ts";
import { kernelForm } from "../graph/core/freebsd_form.ts";
import type { Handlers } from "../graph/core/message.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { etherHeaderLength } from "./ether.ts";
import {
  checkPatch,
  configProblem,
  counted,
  DEFAULT_CONFIG,
  DLT,
  dltProblem,
  kernelConfig,
  PATCH_COMMANDS,
  type PatchCommands,
  type PatchConfig,
  type PatchStats,
} from "./patch_commands.ts";
import { applyOperation } from "./patch_operation.ts";
import { statsHandlers } from "./stats.ts";
import { unknownHook } from "./fixed_hooks.ts";

const HOOKS = ["in", "out"] as const;

class Patch implements NodeBehaviour<PatchCommands> {
  #in: Hook | null = null;
  #out: Hook | null = null;
  #config: PatchConfig = DEFAULT_CONFIG;
  #dlt: number = DLT.raw;
  #received = 0;
  #patched = 0;
  #dropped = 0;
  /** Carries the changed bytes: a received item must not be modified. */
  readonly #item = new Item();
  /** Reused unless its content is retained. */
  #buffer = new SharedBuffer(new Uint8Array(0));
  /** True while `#item` is in use: an item that returns here meanwhile needs another one. */
  #lent = false;
  readonly #pressure = new BackPressure();

  readonly commands: Handlers<PatchCommands> = {
    setconfig: (config) => {
      refuse(configProblem(config));
      this.#config = counted(config);
      return null;
    },
    getconfig: () => this.#config,
    ...statsHandlers({ read: () => this.#stats(), clear: () => this.#clear() }),
    getdlt: () => this.#dlt,
    setdlt: (dlt) => {
      refuse(dltProblem(dlt));
      this.#dlt = dlt;
      return null;
    },
  };

  addHook(hook: Hook): void {
    if (hook.name === "in") this.#in = hook;
    else this.#out = hook;
    // The sender at the same hook continues.
    this.#pressure.resume(this.#in);
  }

  hookRemoved(hook: Hook): void {
    this.#pressure.forget(hook);
    if (hook === this.#in) this.#in = null;
    else this.#out = null;
    // Senders that waited for the removed side are resumed.
    this.#pressure.resume(this.#in ?? this.#out);
  }

  receive(hook: Hook, item: Item): void | false {
    const target = hook === this.#in ? this.#out ?? hook : this.#in;
    if (item.kind !== "data") {
      // A sender that was reset receives nothing back.
      if (target === hook && item.kind === "abort") return;
    } else {
      this.#received++;
      if (target === null) return this.#drop(hook, item, "no_destination");
    }
    const sent = hook === this.#in && item.kind === "data" ? this.#changed(item) : item;
    if (sent === null) return this.#drop(hook, item, "error");
    const wasLent = this.#lent;
    this.#lent = true;
    const taken = target?.send(sent);
    this.#lent = wasLent;
    item.refusal = sent.refusal;
    return taken === false ? this.#pressure.stop(hook) : undefined;
  }

  resumed(hook: Hook): void {
    this.#pressure.resume(hook === this.#out || this.#out === null ? this.#in : this.#out);
  }

  /** The item after all operations, the same object if none changes it; null for one without the required header. */
  #changed(item: Item): Item | null {
    const { ops, relative_offset: relative } = this.#config;
    const start = relative === 0 || this.#dlt === DLT.raw ? 0 : etherHeaderLength(item);
    if (start === null) return null;
    if (!ops.some(({ offset, length }) => start + offset + length <= item.length)) return item;
    const copy = this.#copy(item);
    const { bytes } = copy.buffer;
    const view = new DataView(bytes.buffer, bytes.byteOffset, item.length);
    for (const operation of ops) {
      const { offset, length } = operation;
      if (start + offset + length <= item.length) applyOperation(view, start + offset, operation);
    }
    this.#patched++;
    return copy;
  }

  /** A copy of the received item, with its own bytes. */
  #copy(item: Item): Item {
    const { length } = item;
    const buffer = this.#lent ? new SharedBuffer(new Uint8Array(length)) : this.#room(length);
    buffer.bytes.set(item.buffer.bytes.subarray(item.offset, item.offset + length));
    const copy = (this.#lent ? new Item() : this.#item).carry(buffer, 0, length);
    copy.whole = item.whole;
    copy.tag = item.tag;
    copy.deliveries = item.deliveries;
    return copy;
  }

  #room(length: number): SharedBuffer {
    if (!this.#buffer.exclusive || this.#buffer.bytes.length < length) {
      this.#buffer.release();
      this.#buffer = new SharedBuffer(new Uint8Array(length));
    }
    return this.#buffer;
  }

  #drop(hook: Hook, item: Item, reason: "no_destination" | "error"): void {
    this.#dropped++;
    hook.drop(reason, item.length);
  }

  #stats(): PatchStats {
    return { Received: BigInt(this.#received), Patched: BigInt(this.#patched), Dropped: BigInt(this.#dropped) };
  }

  #clear(): void {
    this.#received = 0;
    this.#patched = 0;
    this.#dropped = 0;
  }
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new NetgraphError("EINVAL", problem);
}

/** The type of patch nodes. */
export const patchType: NodeType<PatchCommands> = defineNodeType({
  name: "patch",
  kernel: kernelForm({ convert: { setconfig: kernelConfig } }),
  summary: "Changes bytes of the data that passes",
  cookie: 1_262_445_509,
  commands: PATCH_COMMANDS,
  hooks: [
    { pattern: "in", summary: "Items from here are changed and sent by out" },
    { pattern: "out", summary: "Items from here are sent by in unchanged" },
  ],
  passes: true,
  check: ({ messages }) => checkPatch(messages),
  parseHook(name) {
    const canonical = HOOKS.find((one) => name.startsWith(one));
    if (canonical !== undefined) return canonical;
    throw unknownHook("patch", name, HOOKS);
  },
  create: () => new Patch(),
});
