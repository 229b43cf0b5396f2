/**
 * frame: items out of a stream, and a stream out of items.
 *
 * Hooks: `stream` and `items`.
 * Messages: `setconfig`, `getconfig`; the forms of framing are in `framing.ts`.
 *
 * What comes in by `stream` goes out by `items`, one item for each that the framing tells, however the stream was cut.
 * What comes in by `items` goes out by `stream`, with what tells it from the next one; an item that ends with a newline
 * gets no second one. A stream that breaks the framing, or an item that is longer than `maxSize`, resets both sides
 * with reason `framing`. At the end of a stream a last line without newline is an item, any other rest breaks the framing.
 *
 * While `items` takes no more, what was read waits here, and `stream` is pushed back.
 *
 * @example Lines that come by TCP go on as datagrams
 * ```yaml
 * nodes:
 *   lines: { type: frame, messages: [{ setconfig: { framing: newline, maxSize: 8KiB } }] }
 * links: [[lines:items, collector]]
 * ```
 *
 * @module
 */

import { enumeration } from "../ascii/scalar.ts";
import { size } from "../ascii/size.ts";
import { optional, required, struct } from "../ascii/struct.ts";
import { SharedBuffer } from "../buffer.ts";
import type { Hook } from "../graph/hook.ts";
import { Item, keepItem } from "../graph/item.ts";
import type { Command } from "../graph/command.ts";
import type { Handlers } from "../graph/message.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/node_type.ts";
import { type FramingName, FRAMINGS, type StreamPart } from "./framing.ts";
import { OctetQueue } from "./octet_queue.ts";
import { oneOfHooks } from "./fixed_hooks.ts";

/** What a frame is configured to. */
export interface FrameConfig {
  /** How items are told in the stream. */
  readonly framing: FramingName;
  /** The longest item, in octets. */
  readonly maxSize: number;
}

/** frame's commands, by name. */
export type FrameCommands = {
  readonly setconfig: Command<Partial<FrameConfig>, null>;
  readonly getconfig: Command<null, FrameConfig>;
};

const DEFAULT_CONFIG: FrameConfig = { framing: "newline", maxSize: 64 * 1024 };
const framing = enumeration<FramingName>({ newline: 1, "octet-counted": 2, length16: 3, length32: 4 });

/** frame's commands. */
export const FRAME_COMMANDS: FrameCommands = {
  setconfig: {
    id: 1,
    summary: "How items are told in the stream, and how long they may be",
    args: struct({
      framing: optional(framing, "How items are told in the stream"),
      maxSize: optional(size, "The longest item"),
    }),
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (config) => Object.entries(config ?? {}).map(([key, value]) => ({ key, args: { [key]: value } })),
    reset: (key) => key === "maxSize" ? { maxSize: DEFAULT_CONFIG.maxSize } : { framing: DEFAULT_CONFIG.framing },
    readBack: { query: "getconfig", matches: (wanted, reply) => matchesConfig(wanted, reply) },
  },
  getconfig: {
    id: 2,
    summary: "How items are told in the stream, and how long they may be",
    args: null,
    reply: struct({ framing: required(framing), maxSize: required(size) }),
    kind: "query",
    cost: "live",
  },
};

const HOOKS = ["stream", "items"] as const;
/** How many octets may wait beyond an item that is under way: more than any socket reads at once. */
const QUEUE_BYTES = 1024 * 1024;

class Frame implements NodeBehaviour<FrameCommands> {
  #config: FrameConfig = DEFAULT_CONFIG;
  #stream: Hook | null = null;
  #items: Hook | null = null;
  readonly #queue = new OctetQueue();
  /** How many octets of the queue have been looked at and hold no whole item. */
  #known = 0;
  readonly #item = new Item();
  /** `items` takes no more. */
  #full = false;
  /** `stream` waits for `items`. */
  #streamWaits = false;
  /** `items` waits for `stream`. */
  #itemsWait = false;
  /** Items are going out; what comes in by `stream` meanwhile waits in `#late`, or it would overtake the rest. */
  #sending = false;
  #late: Item[] = [];
  /** `ended`: an end of file waits behind the queue; `broken`: the rest of this stream is worth nothing. */
  #phase: "open" | "ended" | "broken" = "open";

  readonly commands: Handlers<FrameCommands> = {
    setconfig: (patch) => {
      this.#config = { ...this.#config, ...patch };
      this.#known = 0;
      return null;
    },
    getconfig: () => this.#config,
  };

  addHook(hook: Hook): void {
    if (hook.name === "items") this.#items = hook;
    else this.#stream = hook;
  }

  hookRemoved(hook: Hook): void {
    if (hook.name === "items") {
      this.#items = null;
      this.#itemsWait = false;
      this.#resumedItems();
    } else {
      // What comes next is another stream.
      this.#stream = null;
      this.#streamWaits = false;
      this.#forget("open");
      this.#letItemsGo();
    }
  }

  receive(hook: Hook, item: Item): void | false {
    if (item.kind === "abort") return this.#abort(hook, item);
    return hook === this.#stream ? this.#receiveStream(hook, item) : this.#receiveItem(hook, item);
  }

  resumed(hook: Hook): void {
    if (hook === this.#items) this.#resumedItems();
    else this.#letItemsGo();
  }

  // From the stream to items

  #receiveStream(hook: Hook, item: Item): void | false {
    if (this.#sending) return void this.#late.push(keepItem(item));
    this.#take(hook, item);
    for (let late = this.#late.shift(); late !== undefined; late = this.#late.shift()) {
      this.#take(hook, late);
      late.buffer.release();
    }
    if (!this.#full || this.#stream !== hook) return;
    this.#streamWaits = true;
    return false;
  }

  #take(hook: Hook, item: Item): void {
    if (item.kind === "eof") return this.#takeEnd(item);
    if (this.#phase !== "open") return hook.drop("framing");
    const end = item.offset + item.length;
    let start = item.offset;
    const direct = this.#queue.length === 0 && !this.#full;
    // What is whole goes on from where it was read to; only the rest is copied.
    if (direct) start = this.#sendWhole({ buffer: item.buffer, start, end }, item.deliveries);
    if (this.#isBroken() || this.#stream !== hook) return;
    if (this.#queue.length + end - start > this.#config.maxSize + QUEUE_BYTES) return this.#break();
    this.#queue.push(item.buffer.bytes, { start, end });
    if (direct) this.#known = this.#full ? 0 : end - start;
    else this.#drain(item.deliveries);
  }

  #takeEnd(item: Item): void {
    // Both sides have heard already that a broken stream is over.
    if (this.#phase === "broken") return this.#forget("open");
    this.#phase = "ended";
    this.#drain(item.deliveries);
  }

  /** Sends what is whole in the queue, and the end of file behind it. */
  #drain(deliveries: number): void {
    if (this.#sending) return;
    if (this.#queue.length > 0 && !this.#full) {
      const { buffer, start, end } = this.#queue;
      // The memory must stay though the queue is given up meanwhile.
      buffer.retain();
      const next = this.#sendWhole({ buffer, start, end }, deliveries);
      buffer.release();
      if (this.#queue.buffer === buffer) this.#queue.consume(next - start);
      this.#known = this.#full ? 0 : this.#queue.length;
    }
    if (this.#phase === "ended" && !this.#full) this.#end(deliveries);
  }

  /** Sends the whole items of a part; the answer is where the rest begins. */
  #sendWhole({ buffer, start, end }: { buffer: SharedBuffer; start: number; end: number }, deliveries: number): number {
    const { framing, maxSize } = this.#config;
    const { bytes } = buffer;
    let at = start;
    this.#sending = true;
    try {
      while (at < end && !this.#full && !this.#isBroken()) {
        const found = FRAMINGS[framing].scan({ bytes, start: at, end }, { maxSize, known: this.#known });
        if (found.kind === "broken") this.#break();
        if (found.kind !== "item") break;
        this.#known = 0;
        at = found.next;
        this.#sendItem({ buffer, start: found.start, end: found.start + found.length }, deliveries);
      }
    } finally {
      this.#sending = false;
    }
    return at;
  }

  #isBroken(): boolean {
    return this.#phase === "broken";
  }

  #sendItem({ buffer, start, end }: { buffer: SharedBuffer; start: number; end: number }, deliveries: number): void {
    if (this.#items === null) return this.#stream?.drop("no_destination");
    const item = this.#item.carry(buffer, start, end - start);
    item.whole = true;
    // What goes round is found out by how often it was delivered.
    item.deliveries = deliveries;
    if (this.#items.send(item) === false) this.#full = true;
  }

  /** The stream has ended, and all whole items are out. */
  #end(deliveries: number): void {
    const { buffer, start, end } = this.#queue;
    if (start < end) {
      if (!FRAMINGS[this.#config.framing].endsWithStream) {
        this.#break();
        return this.#forget("open");
      }
      buffer.retain();
      this.#queue.clear();
      this.#sendItem({ buffer, start, end }, deliveries);
      buffer.release();
      // The end of file waits for room as well.
      if (this.#full) return;
    }
    this.#forget("open");
    this.#items?.send(this.#item.signal("eof"));
  }

  /** There is no telling where the next item begins. */
  #break(): void {
    this.#stream?.drop("framing");
    this.#forget("broken");
    this.#items?.send(new Item().signal("abort", "framing"));
    this.#stream?.send(new Item().signal("abort", "framing"));
  }

  #resumedItems(): void {
    this.#full = false;
    this.#drain(0);
    if (this.#full || !this.#streamWaits) return;
    this.#streamWaits = false;
    this.#stream?.resume();
  }

  // From items to the stream

  #receiveItem(hook: Hook, item: Item): void | false {
    if (this.#stream === null) return item.kind === "data" ? hook.drop("no_destination") : undefined;
    if (item.kind === "eof") return this.#stream.send(item);
    if (item.length > this.#config.maxSize) return hook.drop("too_big");
    const { bytes } = item.buffer;
    const part: StreamPart = { bytes, start: item.offset, end: item.offset + item.length };
    const around = FRAMINGS[this.#config.framing].enclose(part);
    if (around === null) return hook.drop("framing");
    const { before, behind } = around;
    const octets = new Uint8Array(before.length + item.length + behind.length);
    octets.set(before);
    octets.set(bytes.subarray(part.start, part.end), before.length);
    octets.set(behind, before.length + item.length);
    const piece = new Item().carry(new SharedBuffer(octets), 0, octets.length);
    piece.deliveries = item.deliveries;
    if (this.#stream.send(piece) !== false) return;
    this.#itemsWait = true;
    return false;
  }

  #letItemsGo(): void {
    if (!this.#itemsWait) return;
    this.#itemsWait = false;
    this.#items?.resume();
  }

  #abort(from: Hook, item: Item): void {
    if (from === this.#stream) this.#forget("open");
    (from === this.#stream ? this.#items : this.#stream)?.send(item);
  }

  #forget(phase: "open" | "broken"): void {
    this.#queue.clear();
    this.#known = 0;
    this.#phase = phase;
  }
}

function matchesConfig(wanted: Partial<FrameConfig>, reply: unknown): boolean {
  if (typeof reply !== "object" || reply === null) return false;
  const found = new Map(Object.entries(reply));
  return Object.entries(wanted).every(([key, value]) => found.get(key) === value);
}

/** The type of frame nodes. */
export const frameType: NodeType<FrameCommands> = defineNodeType({
  name: "frame",
  summary: "Makes items out of a stream, and a stream out of items",
  // None of netgraph's.
  cookie: 1_790_000_001,
  commands: FRAME_COMMANDS,
  hooks: [
    { pattern: "stream", summary: "A stream: items with what tells them apart" },
    { pattern: "items", summary: "One item after the other" },
  ],
  flow: (hook) => hook === "stream" ? "stream" : "datagram",
  parseHook: oneOfHooks("frame", HOOKS),
  create: () => new Frame(),
});
