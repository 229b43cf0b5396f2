/**
 * frame: items out of a stream, and a stream out of items.
 *
 * Hooks: `stream` and `items`.
 * Messages: `setconfig`, `getconfig`; the forms of framing are in `framing.ts`.
 *
 * Data that arrives at `stream` is sent by `items`, one item for each that the framing finds, however the stream was
 * divided into pieces. Items that arrive at `items` are sent by `stream`, with the separator or length of the framing;
 * an item that ends with a newline gets no second one. If an item is longer than `maxSize`, the first `maxSize` bytes
 * are sent and the rest is dropped, counted as `too_big`; with `oversize=drop` all of it is dropped, with
 * `oversize=close` it breaks the framing. A stream that breaks the framing resets both sides with reason `framing`. At
 * the end of a stream a last line without newline is an item, any other remainder breaks the framing.
 *
 * The CR of a line that ends with CR LF is removed if the first line of the stream ends with CR LF (`stripCR`); a frame
 * that converts such items to lines again restores it. An empty line is an empty item unless `emptyLines=false`. Line
 * ends after an octet-counted item are skipped, as in rsyslog.
 *
 * While `items` is full, data waits here, and `stream` is pushed back.
 *
 * @example Lines that arrive by TCP are sent as datagrams
 * ```yaml
 * nodes:
 *   lines: { type: frame, messages: [{ setconfig: { framing: newline, maxSize: 8KiB } }] }
 * links: [[lines:items, collector]]
 * ```
 *
 * @module
 */

import { SharedBuffer } from "../buffer.ts";
import type { CloseReason } from "../graph/data/close_reason.ts";
import { BackPressure } from "../graph/core/back_pressure.ts";
import type { Hook } from "../graph/core/hook.ts";
import { Item, keepItem, type Tag } from "../graph/core/item.ts";
import type { Handlers } from "../graph/core/message.ts";
import { defineNodeType, type NodeBehaviour, type NodeType } from "../graph/core/node_type.ts";
import { DEFAULT_CONFIG, FRAME_COMMANDS, type FrameCommands, type FrameConfig } from "./frame_commands.ts";
import { enclosed, type FoundItem, FRAMINGS, type LongItem, type StreamPart } from "./framing.ts";
import { OctetQueue } from "./octet_queue.ts";
import { oneOfHooks } from "./fixed_hooks.ts";

const COOKIE = 1_790_000_001;
/** Marks an item that was a line with CR LF, for the frame that converts it to a line again. */
const CRLF_TAG: Tag = { cookie: COOKIE };
const HOOKS = ["stream", "items"] as const;
const CR = 13;
const LF = 10;
/** The limit of waiting bytes beyond an incomplete item: more than any socket reads at once. */
const QUEUE_BYTES = 1024 * 1024;

class Frame implements NodeBehaviour<FrameCommands> {
  #config: FrameConfig = DEFAULT_CONFIG;
  #stream: Hook | null = null;
  #items: Hook | null = null;
  readonly #queue = new OctetQueue();
  /** The number of bytes of the queue that were scanned and contain no whole item. */
  #known = 0;
  readonly #item = new Item();
  /** True if the first line of the stream ended with CR LF; null before the first line. */
  #crlf: boolean | null = null;
  /** `items` is full. */
  #full = false;
  readonly #pressure = new BackPressure();
  /**
   * Items are being sent; data that arrives at `stream` meanwhile waits in `#late`, because otherwise it would overtake
   * them.
   */
  #sending = false;
  #late: Item[] = [];
  /**
   * The rest of an item that is too long, which is dropped: a number of bytes, or everything up to the end of the line.
   */
  #skip: number | "line" | null = null;
  /** `ended`: an end of file waits after the queue; `broken`: the rest of this stream is unusable. */
  #phase: "open" | "ended" | "broken" = "open";

  readonly commands: Handlers<FrameCommands> = {
    setconfig: (patch) => {
      this.#config = { ...this.#config, ...patch };
      this.#known = 0;
      this.#skip = null;
      return null;
    },
    getconfig: () => this.#config,
  };

  addHook(hook: Hook): void {
    if (hook.name === "items") this.#items = hook;
    else this.#stream = hook;
  }

  hookRemoved(hook: Hook): void {
    this.#pressure.forget(hook);
    if (hook.name === "items") {
      this.#items = null;
      this.#resumedItems();
    } else {
      // Further data belongs to another stream: waiting data of this one is sent although its receiver is full.
      this.#flush();
      this.#drop(hook, "framing");
      this.#stream = null;
      this.#forget("open");
      this.#pressure.resume(this.#items);
    }
  }

  receive(hook: Hook, item: Item): void | false {
    if (item.kind === "abort") return this.#abort(hook, item);
    return hook === this.#stream ? this.#receiveStream(hook, item) : this.#receiveItem(hook, item);
  }

  resumed(hook: Hook): void {
    if (hook === this.#items) this.#resumedItems();
    else this.#pressure.resume(this.#items);
  }

  held(): number {
    if (this.#items === null || !(this.#full || this.#phase === "ended")) return 0;
    return this.#queue.length + (this.#phase === "ended" ? 1 : 0);
  }

  discard(reason: CloseReason): void {
    if (this.#queue.length === 0) return;
    if (this.#stream !== null) this.#drop(this.#stream, reason);
    this.#forget("broken");
    this.#items?.send(new Item().signal("abort", reason));
  }

  closing(): void {
    this.#flush();
    this.discard("shutdown");
  }

  // From the stream to items

  #receiveStream(hook: Hook, item: Item): void | false {
    if (this.#sending) return void this.#late.push(keepItem(item));
    this.#take(hook, item);
    for (let late = this.#late.shift(); late !== undefined; late = this.#late.shift()) {
      this.#take(hook, late);
      late.buffer.release();
    }
    return this.#full && this.#stream === hook ? this.#pressure.stop(hook) : undefined;
  }

  #take(hook: Hook, item: Item): void {
    if (item.kind === "eof") return this.#takeEnd(item);
    if (this.#phase !== "open") return hook.drop("framing", item.length);
    const end = item.offset + item.length;
    let start = item.offset;
    const direct = this.#queue.length === 0 && !this.#full;
    // Whole items are sent from the read buffer; only the remainder is copied.
    if (direct) start = this.#sendAll({ buffer: item.buffer, start, end }, item.deliveries);
    if (this.#isBroken() || this.#stream !== hook) return start < end ? hook.drop("framing", end - start) : undefined;
    if (this.#queue.length + end - start > this.#config.maxSize + QUEUE_BYTES) {
      hook.drop("queue_full", end - start);
      return this.#break("queue_full");
    }
    this.#queue.push(item.buffer.bytes, { start, end });
    if (direct) this.#known = this.#full ? 0 : end - start;
    else this.#drain(item.deliveries);
  }

  #takeEnd(item: Item): void {
    // A broken stream was already reset on both sides.
    if (this.#phase === "broken") return this.#forget("open");
    this.#phase = "ended";
    this.#drain(item.deliveries);
  }

  /** Sends the whole items of the queue, and the end of file after them. */
  #drain(deliveries: number): void {
    if (this.#sending) return;
    if (this.#queue.length > 0 && !this.#full) {
      const { buffer, start, end } = this.#queue;
      // The memory must stay even if the queue is dropped meanwhile.
      buffer.retain();
      const next = this.#sendAll({ buffer, start, end }, deliveries);
      buffer.release();
      if (this.#queue.buffer === buffer) this.#queue.consume(next - start);
      this.#known = this.#full ? 0 : this.#queue.length;
    }
    if (this.#phase === "ended" && !this.#full) this.#end(deliveries);
  }

  /** Sends the whole items of a part; returns the offset of the remainder. */
  #sendAll({ buffer, start, end }: { buffer: SharedBuffer; start: number; end: number }, deliveries: number): number {
    const { framing, maxSize } = this.#config;
    const { bytes } = buffer;
    let at = start;
    this.#sending = true;
    try {
      while (at < end && !this.#full && !this.#isBroken()) {
        if (this.#skip !== null) {
          at = this.#skipOn({ bytes, start: at, end }, this.#skip);
          continue;
        }
        const found = FRAMINGS[framing].scan({ bytes, start: at, end }, { maxSize, known: this.#known });
        if (found.kind === "partial") break;
        if (found.kind === "broken" || (found.kind === "long" && this.#config.oversize === "close")) {
          this.#stream?.drop("framing", end - at);
          // The remainder of the part is counted: it is not in the queue, or no longer there.
          if (buffer === this.#queue.buffer) this.#queue.clear();
          this.#break("framing");
          at = end;
          break;
        }
        if (found.kind === "between") at = found.next;
        else if (found.kind === "long") {
          const next = this.#takeLong({ buffer, end }, found, deliveries);
          if (next === null) break;
          at = next;
        } else {
          at = found.next;
          this.#sendFound(buffer, found, deliveries);
        }
        this.#known = 0;
      }
    } finally {
      this.#sending = false;
    }
    return at;
  }

  #sendFound(buffer: SharedBuffer, { start, length, crlf }: FoundItem, deliveries: number): void {
    const { emptyLines, framing } = this.#config;
    const isEmpty = framing === "newline" && length - (crlf ? 1 : 0) === 0;
    const strips = crlf && this.#stripsCr(crlf);
    this.#crlf ??= crlf;
    if (isEmpty && !emptyLines) return;
    this.#sendItem({ buffer, start, end: start + length - (strips ? 1 : 0) }, {
      deliveries,
      tag: strips ? CRLF_TAG : null,
    });
  }

  /** True if lines of this stream end with CR LF; the first line decides if it is not configured. */
  #stripsCr(crlf: boolean): boolean {
    const { stripCR } = this.#config;
    return stripCR === "auto" ? this.#crlf ?? crlf : stripCR === "always";
  }

  /** Sends the beginning of an item that is too long, or nothing of it; null: more data is needed for that. */
  #takeLong(
    { buffer, end }: { buffer: SharedBuffer; end: number },
    { start, length }: LongItem,
    deliveries: number,
  ): number | null {
    const { maxSize, oversize } = this.#config;
    const taken = oversize === "cut" ? maxSize : 0;
    if (end - start < taken) return null;
    // Counted once; its bytes are counted as they are skipped.
    this.#stream?.drop("too_big", 0);
    this.#skip = length === null ? "line" : length - taken;
    if (taken > 0) this.#sendItem({ buffer, start, end: start + taken }, { deliveries, tag: null });
    return start + taken;
  }

  #skipOn({ bytes, start, end }: StreamPart, skip: number | "line"): number {
    let next = end;
    if (skip === "line") {
      const found = bytes.indexOf(LF, start);
      if (found >= 0 && found < end) {
        next = found + 1;
        this.#skip = null;
      }
    } else {
      next = Math.min(end, start + skip);
      this.#skip = skip > next - start ? skip - (next - start) : null;
    }
    this.#stream?.dropMore("too_big", next - start - (skip === "line" && this.#skip === null ? 1 : 0));
    return next;
  }

  #isBroken(): boolean {
    return this.#phase === "broken";
  }

  #sendItem(
    { buffer, start, end }: { buffer: SharedBuffer; start: number; end: number },
    { deliveries, tag }: { deliveries: number; tag: Tag | null },
  ): void {
    if (this.#items === null) return this.#stream?.dropKept("no_destination", end - start);
    const item = this.#item.carry(buffer, start, end - start);
    item.whole = true;
    item.tag = tag;
    // Loops are detected by the number of deliveries.
    item.deliveries = deliveries;
    if (this.#items.send(item) === false) this.#full = true;
  }

  /** The stream has ended, and all whole items are sent. */
  #end(deliveries: number): void {
    const { buffer, start, end } = this.#queue;
    if (start < end || typeof this.#skip === "number") {
      if (!FRAMINGS[this.#config.framing].endsWithStream) {
        this.#break("framing");
        return this.#forget("open");
      }
      buffer.retain();
      this.#queue.clear();
      const ends = buffer.bytes[end - 1] === CR;
      // In a stream without line ends, this cannot be the CR of one.
      const cr = ends && this.#stripsCr(false);
      this.#sendFound(buffer, { kind: "item", start, length: end - start, next: end, crlf: cr }, deliveries);
      buffer.release();
      // The end of file waits for room as well.
      if (this.#full) return;
    }
    this.#forget("open");
    this.#items?.send(this.#item.signal("eof"));
  }

  /** The start of the next item is unknown. */
  #break(reason: CloseReason): void {
    if (this.#stream !== null) this.#drop(this.#stream, reason);
    this.#forget("broken");
    this.#items?.send(new Item().signal("abort", reason));
    this.#stream?.send(new Item().signal("abort", reason));
  }

  /** Counts the queue as dropped. */
  #drop(stream: Hook, reason: CloseReason): void {
    if (this.#queue.length > 0) stream.drop(reason, this.#queue.length);
  }

  /** Sends all whole items, and the end after them, although `items` is full. */
  #flush(): void {
    while (this.held() > 0) {
      this.#full = false;
      const before = this.#queue.length;
      const phase = this.#phase;
      this.#drain(0);
      if (this.#queue.length === before && phase === this.#phase) return;
    }
  }

  #resumedItems(): void {
    this.#full = false;
    this.#drain(0);
    if (!this.#full) this.#pressure.resume(this.#stream);
  }

  // From items to the stream

  #receiveItem(hook: Hook, item: Item): void | false {
    if (this.#stream === null) return item.kind === "data" ? hook.drop("no_destination", item.length) : undefined;
    if (item.kind === "eof") return this.#stream.send(item);
    const length = this.#lengthOut(hook, item);
    if (length === null) return;
    const part: StreamPart = { bytes: item.buffer.bytes, start: item.offset, end: item.offset + length };
    const octets = enclosed(part, { framing: this.#config.framing, crlf: item.tag === CRLF_TAG });
    if (octets === null) return hook.drop("framing", item.length);
    const piece = new Item().carry(new SharedBuffer(octets), 0, octets.length);
    piece.deliveries = item.deliveries;
    return this.#pressure.forward(piece, { from: hook, to: this.#stream });
  }

  /** The length of an item that is written to the stream; null for nothing. Excess is counted. */
  #lengthOut(hook: Hook, item: Item): number | null {
    const { maxSize, oversize } = this.#config;
    if (item.length <= maxSize) return item.length;
    hook.drop("too_big", oversize === "cut" ? item.length - maxSize : item.length);
    if (oversize === "cut") return maxSize;
    if (oversize === "close") this.#break("framing");
    return null;
  }

  #abort(from: Hook, item: Item): void {
    if (from === this.#stream) {
      this.#drop(from, item.reason);
      this.#forget("open");
    }
    (from === this.#stream ? this.#items : this.#stream)?.send(item);
  }

  #forget(phase: "open" | "broken"): void {
    this.#queue.clear();
    this.#known = 0;
    this.#skip = null;
    this.#crlf = null;
    this.#phase = phase;
  }
}

/** The type of frame nodes. */
export const frameType: NodeType<FrameCommands> = defineNodeType({
  name: "frame",
  summary: "Splits a stream into items, and joins items to a stream",
  // Not a cookie of netgraph.
  cookie: COOKIE,
  commands: FRAME_COMMANDS,
  hooks: [
    { pattern: "stream", summary: "A stream of framed items" },
    { pattern: "items", summary: "Items, one by one" },
  ],
  flow: (hook) => hook === "stream" ? "stream" : "datagram",
  parseHook: oneOfHooks("frame", HOOKS),
  create: () => new Frame(),
});
