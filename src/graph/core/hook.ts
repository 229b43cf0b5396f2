/**
 * A hook: one of a node's connections to others. It has the counters that all nodes have.
 *
 * `in` counts data that arrived at the node, `out` data that left it and was accepted. For a node at the edge of the
 * graph (a socket, standard input and output), both are seen from outside: `in` is the data that it read, `out` is the
 * data that its socket accepted. Data that a node drops is in its `in` and in its `dropped`, and in no `out`.
 *
 * @module
 */

import type { CloseReason } from "../data/close_reason.ts";
import { type HookRow, type HookSnapshot, type Tally, UNCOUNTED } from "../data/counts.ts";
import { type Item, MAX_DELIVERIES } from "./item.ts";
import type { Node } from "./node.ts";
import { rowFor } from "./hook_rows.ts";

/** The drops for one reason; counted in place, because drops can occur at the rate of the data. */
interface Dropped {
  items: number;
  bytes: number;
}

/** One end of a link. Data is sent by `send`, and received by the node's `receive`. */
export class Hook {
  /** Its node. */
  readonly node: Node;
  /** Its name, unique within its node. */
  name: string;
  /** True when the node's type chose the name. */
  readonly automatic: boolean;
  /** The other end; null before the link is complete and after it is removed. */
  peer: Hook | null = null;
  /** Items of data that arrived; for a node at the edge of the graph, those that it sent outside. */
  inItems = 0;
  /** Their bytes. */
  inBytes = 0;
  /** Items of data that the other end accepted; for a node at the edge of the graph, all that came from outside. */
  outItems = 0;
  /** Their bytes. */
  outBytes = 0;
  #dropped: Map<CloseReason, Dropped> | null = null;
  /** True if data that arrives at it leaves the graph. */
  readonly #outside: boolean;
  #row: HookRow = UNCOUNTED;
  /** The row's counters of received and of sent data. */
  #received: Tally = UNCOUNTED.in;
  #sent: Tally = UNCOUNTED.out;
  /** True while its node checks whether everything is dropped here. */
  watched = false;
  /** The length of the item that its node is receiving; -1 while there is none. */
  #arriving = -1;

  /** Only {@linkcode Graph} creates hooks. */
  constructor(node: Node, name: string, automatic: boolean) {
    this.node = node;
    this.name = name;
    this.automatic = automatic;
    this.#outside = node.type.outside;
  }

  /** Renames it at its place in the order. */
  rename(name: string): void {
    this.node.hooks.rename(this.name, name);
    this.name = name;
  }

  /** The row of its node's counts to which it adds. */
  get row(): HookRow {
    return this.#row;
  }

  /** Counts for its node from now on, by its destination. Only {@linkcode Graph} calls it. */
  count(): void {
    const row = rowFor(this);
    row.live++;
    this.#row.live--;
    this.#row = row;
    this.#received = this.#outside ? row.out : row.in;
    this.#sent = this.#outside ? row.in : row.out;
    if (!row.stays) this.node.linked();
  }

  /** Stops counting. */
  uncount(): void {
    if (this.watched) this.node.passesAt(this);
    this.node.counts.leave(this.#row);
  }

  /**
   * Delivers an item to the node at the other end. Without one it is dropped.
   *
   * @returns false if it was accepted and the other node is now full: no more until `resumed` is called
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
    peer.#receive(1, length);
    // Data that is sent within a receive may come back by the same hook.
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

  /** Counts an item that has passed to the node at the other end without being sent. */
  pass(length: number): void {
    const { peer } = this;
    if (peer === null) return;
    this.#send(1, length);
    peer.#receive(1, length);
  }

  /** Resumes the node at the other end, which received false and may send again. */
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
   * Counts a dropped item of this many bytes. An item that its node is receiving by this hook was not accepted by it.
   */
  drop(reason: CloseReason, bytes: number): void {
    this.dropKept(reason, bytes);
    const length = this.#arriving;
    if (length < 0) return;
    this.#arriving = -1;
    if (this.#outside) this.#receive(-1, -length);
    const peer = this.peer;
    if (peer !== null && !peer.#outside) peer.#send(-1, -length);
  }

  /** Counts an item, or several, that are dropped after the node had accepted or created them. */
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

  /** Counts items that were lost before they arrived; only their number is known. */
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

  /** An item that has arrived waits to leave the graph: it is counted at `release`. */
  hold({ length }: Item): void {
    if (this.#outside) this.#receive(-1, -length);
  }

  /** A waiting item has left the graph. */
  release({ length }: Item): void {
    if (this.#outside) this.#receive(1, length);
  }

  /** Counts an item that its node created and sent outside: seen from there it is like data of this hook. */
  sentOutside(bytes: number): void {
    if (this.#outside) this.#receive(1, bytes);
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

  /** The counts that it has carried, as its node sees them. */
  carried(): Omit<HookSnapshot, "peer"> {
    const received = { bytes: this.inBytes, items: this.inItems };
    const sent = { bytes: this.outBytes, items: this.outItems };
    const { name, automatic } = this;
    const ways = this.#outside ? { in: sent, out: received } : { in: received, out: sent };
    return { name, automatic, ...ways, dropped: this.dropped(), droppedBytes: this.droppedBytes() };
  }

  #send(items: number, bytes: number): void {
    this.outItems += items;
    this.outBytes += bytes;
    const sent = this.#sent;
    sent.items += items;
    sent.bytes += bytes;
  }

  #receive(items: number, bytes: number): void {
    this.inItems += items;
    this.inBytes += bytes;
    const received = this.#received;
    received.items += items;
    received.bytes += bytes;
  }

  /** Drops data that was to be sent. Data from outside has arrived, although it is dropped. */
  #lose(item: Item, reason: CloseReason): void {
    this.drop(reason, item.length);
    if (this.#outside && item.kind === "data") this.#send(1, item.length);
  }
}
