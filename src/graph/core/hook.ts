/**
 * A hook: one of a node's connections to others. What all nodes count is counted here.
 *
 * `in` is what came to the node, `out` is what left it and was taken. For a node whose data comes from outside of the
 * graph and goes there (a socket, standard input and output), both are seen from outside: `in` is what it read, `out` is
 * what its socket took. What a node drops is in its `in` and in its `dropped`, and in nobody's `out`.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import { type HookRow, type Tally, UNCOUNTED } from "../data/counts.ts";
import { type Item, MAX_DELIVERIES } from "./item.ts";
import type { Node } from "./node.ts";
import { rowFor } from "./hook_rows.ts";
import type { HookSnapshot } from "../data/snapshot.ts";

/** What was dropped for one reason; counted in place, since drops come at the rate of the data. */
interface Dropped {
  items: number;
  bytes: number;
}

/** One end of a link. Data goes out by `send`, and comes in by the node's `receive`. */
export class Hook {
  /** Whose it is. */
  readonly node: Node;
  /** Its name, unique within its node. */
  name: string;
  /** True when the node's type picked the name. */
  readonly automatic: boolean;
  /** The other end; null before the link is complete and after it is gone. */
  peer: Hook | null = null;
  /** Items of data that came in; of a node that leads outside those that went out there. */
  inItems = 0;
  /** The bytes of these. */
  inBytes = 0;
  /** Items of data that the other end took; of a node that leads outside all that came from there. */
  outItems = 0;
  /** The bytes of these. */
  outBytes = 0;
  #dropped: Map<CloseReason, Dropped> | null = null;
  /** True when what comes in by it leaves the graph. */
  readonly #outside: boolean;
  #row: HookRow = UNCOUNTED;
  /** Where the row counts what comes in, and what goes out, by this hook. */
  #came: Tally = UNCOUNTED.in;
  #went: Tally = UNCOUNTED.out;
  /** True while its node looks at whether all is dropped here. */
  watched = false;
  /** The length of the item that its node receives at this moment; -1 while there is none. */
  #arriving = -1;

  /** Only {@linkcode Graph} makes hooks. */
  constructor(node: Node, name: string, automatic: boolean) {
    this.node = node;
    this.name = name;
    this.automatic = automatic;
    this.#outside = node.type.outside;
  }

  /** Gives it another name, in its old place. */
  rename(name: string): void {
    this.node.hooks.rename(this.name, name);
    this.name = name;
  }

  /** The row of its node's counts that it adds to. */
  get row(): HookRow {
    return this.#row;
  }

  /** Counts for its node from now on, by where it leads. Only {@linkcode Graph} calls it. */
  count(): void {
    const row = rowFor(this);
    row.live++;
    this.#row.live--;
    this.#row = row;
    this.#came = this.#outside ? row.out : row.in;
    this.#went = this.#outside ? row.in : row.out;
  }

  /** Counts no more. */
  uncount(): void {
    if (this.watched) this.node.passesAt(this);
    this.node.counts.leave(this.#row);
  }

  /**
   * Delivers an item to the node at the other end. Without one it is dropped.
   *
   * @returns false when it was taken and the other node is now full: nothing more until `resumed` is called
   */
  send(item: Item): void | false {
    const peer = this.peer;
    const isData = item.kind === "data";
    if (peer === null) return isData ? this.#lose(item, "no_destination") : undefined;
    if (++item.deliveries > MAX_DELIVERIES) return this.#lose(item, "loop");
    const { node } = peer;
    if (node.crashed) return isData ? this.#lose(item, "error") : undefined;
    if (!isData) return peer.#sign(item);
    const { length } = item;
    this.#send(1, length);
    peer.#take(1, length);
    // What is sent within a receive may come back by the same hook.
    const outer = peer.#arriving;
    peer.#arriving = length;
    let taken: void | false = undefined;
    try {
      taken = node.behaviour.receive(peer, item);
    } catch (error) {
      if (peer.#arriving >= 0) peer.drop("error", length);
      node.crash(error);
    }
    peer.#arriving = outer;
    return taken;
  }

  #sign(item: Item): void | false {
    const { node } = this;
    try {
      return node.behaviour.receive(this, item);
    } catch (error) {
      node.crash(error);
    }
  }

  /** Tells the node at the other end, which was answered false, that it may send again. */
  resume(): void {
    const peer = this.peer;
    if (peer === null || peer.node.crashed) return;
    try {
      peer.node.behaviour.resumed?.(peer);
    } catch (error) {
      peer.node.crash(error);
    }
  }

  /**
   * Counts an item of so many bytes that goes no further. One that its node receives at this moment, by this hook, was
   * not taken by it.
   */
  drop(reason: CloseReason, bytes: number): void {
    this.dropKept(reason, bytes);
    const length = this.#arriving;
    if (length < 0) return;
    this.#arriving = -1;
    if (this.#outside) this.#take(-1, -length);
    const peer = this.peer;
    if (peer !== null && !peer.#outside) peer.#send(-1, -length);
  }

  /** Counts an item, or several, that goes no further, and that the node had taken before, or made. */
  dropKept(reason: CloseReason, bytes: number, items = 1): void {
    this.#dropped ??= new Map();
    const before = this.#dropped.get(reason);
    if (before === undefined) this.#dropped.set(reason, { items, bytes });
    else {
      before.items += items;
      before.bytes += bytes;
    }
    this.#row.drop(reason, { items, bytes });
    if (!this.watched) this.watched = this.node.dropsAt(this, reason);
  }

  /** Counts items that were lost before they came, so that only their number is known. */
  dropUnseen(reason: CloseReason, items: number): void {
    const before = this.#dropped?.get(reason);
    if (before === undefined) (this.#dropped ??= new Map()).set(reason, { items, bytes: 0 });
    else before.items += items;
    this.#row.drop(reason, { items, bytes: 0 });
  }

  /** Counts more bytes of an item that was counted before. */
  dropMore(reason: CloseReason, bytes: number): void {
    const before = this.#dropped?.get(reason);
    if (before === undefined) return;
    before.bytes += bytes;
    this.#row.drop(reason, { items: 0, bytes });
  }

  /** An item that has just come in waits for the outside: it is not counted before `release`. */
  hold({ length }: Item): void {
    if (this.#outside) this.#take(-1, -length);
  }

  /** An item that waited has gone outside. */
  release({ length }: Item): void {
    if (this.#outside) this.#take(1, length);
  }

  /** Counts an item that its node made itself and sent outside: it is seen there like what came by this hook. */
  sentOutside(bytes: number): void {
    if (this.#outside) this.#take(1, bytes);
  }

  /** True when items were dropped here. */
  get hasDropped(): boolean {
    return this.#dropped !== null;
  }

  /** Items dropped here, by reason. */
  dropped(): Readonly<Record<string, number>> {
    return this.#dropped === null
      ? {}
      : Object.fromEntries(this.#dropped.entries().map(([why, { items }]) => [why, items]));
  }

  /** Bytes of the items dropped here, by reason. */
  droppedBytes(): Readonly<Record<string, number>> {
    return this.#dropped === null
      ? {}
      : Object.fromEntries(this.#dropped.entries().map(([why, { bytes }]) => [why, bytes]));
  }

  /** What it has carried itself, as its node sees it. */
  carried(): Omit<HookSnapshot, "peer"> {
    const came = { bytes: this.inBytes, items: this.inItems };
    const went = { bytes: this.outBytes, items: this.outItems };
    const { name, automatic } = this;
    const ways = this.#outside ? { in: went, out: came } : { in: came, out: went };
    return { name, automatic, ...ways, dropped: this.dropped(), droppedBytes: this.droppedBytes() };
  }

  #send(items: number, bytes: number): void {
    this.outItems += items;
    this.outBytes += bytes;
    const went = this.#went;
    went.items += items;
    went.bytes += bytes;
  }

  #take(items: number, bytes: number): void {
    this.inItems += items;
    this.inBytes += bytes;
    const came = this.#came;
    came.items += items;
    came.bytes += bytes;
  }

  /** Drops what was to be sent. What came from outside has come, though it goes no further. */
  #lose(item: Item, reason: CloseReason): void {
    this.drop(reason, item.length);
    if (this.#outside && item.kind === "data") this.#send(1, item.length);
  }
}
