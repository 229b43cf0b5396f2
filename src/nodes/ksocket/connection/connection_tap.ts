/**
 * Copies of what passes through one connection, for the clients that tap it. A connection without taps has none.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import type { Tap } from "../../../graph/core/taps.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { TapDirection } from "../../../graph/data/tap.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { cidr } from "../../../socket/cidr.ts";
import { CidrSet } from "../../../socket/cidr_set.ts";
import type { Octets, Socket } from "../../../socket/socket.ts";

/** The connection, as a tap sees it. */
export interface TappedConnection {
  readonly node: Node;
  readonly socket: Socket;
  /** True if it begins now. */
  readonly isNew: boolean;
}

/** A connection that can be tapped. */
export interface Tappable {
  readonly socket: Socket | null;
  readonly host: { readonly node: Node };
  tap: ConnectionTap | null;
}

/** One tap of the connection. */
interface Reader {
  readonly tap: Tap;
  /** True once the connection was reported to the reader. */
  isOpen: boolean;
  readonly lost: { in: number; out: number };
}

const NOTHING = new Uint8Array(0);
const DIRECTIONS: readonly TapDirection[] = ["in", "out"];

/** The taps of one connection. */
export class ConnectionTap {
  readonly #connection: TappedConnection;
  readonly #addresses: { readonly peer: string; readonly local: string };
  #readers: Reader[] = [];
  #isNew: boolean;
  readonly #ended = new Set<TapDirection>();

  constructor(connection: TappedConnection) {
    const { socket: { peer, local }, isNew } = connection;
    this.#connection = connection;
    this.#isNew = isNew;
    this.#addresses = { peer: textOf(peer), local: textOf(local) };
  }

  /** Copies to a tap from now on. */
  add(tap: Tap): void {
    const reader = { tap, isOpen: false, lost: { in: 0, out: 0 } };
    this.#readers.push(reader);
    if (tap.hasRoom(0)) this.#open(reader);
  }

  /** True while there is a tap that has not closed. */
  get isRead(): boolean {
    this.#forgetClosed();
    return this.#readers.length > 0;
  }

  /** Bytes, or a datagram, have passed. */
  passed(direction: TapDirection, { buffer, offset, length }: Octets): void {
    this.#isNew = false;
    this.#forgetClosed();
    for (const reader of this.#readers) {
      const { tap, lost } = reader;
      if (!wants(tap, direction)) continue;
      const bytes = tap.request.payload ? length : 0;
      if (!tap.hasRoom(bytes + (reader.isOpen ? 0 : OPEN_BYTES))) {
        lost[direction] += length;
        tap.lose(length);
        continue;
      }
      if (!reader.isOpen) this.#open(reader);
      tap.add({
        kind: "data",
        time: tap.now(),
        connection: this.#connection.node.id,
        direction,
        octets: bytes === 0 ? NOTHING : buffer.bytes.slice(offset, offset + length),
        length,
        lostBytes: lost[direction],
      });
      lost[direction] = 0;
    }
  }

  /** A direction has ended. */
  ended(direction: TapDirection, how: "eof" | "reset"): void {
    if (this.#ended.has(direction)) return;
    for (const one of how === "reset" ? DIRECTIONS : [direction]) this.#ended.add(one);
    this.#forgetClosed();
    for (const { tap, isOpen } of this.#readers) {
      if (!isOpen) continue;
      if (tap.hasRoom(0)) {
        tap.add({ kind: "end", time: tap.now(), connection: this.#connection.node.id, direction, how });
      } else tap.lose(0);
    }
  }

  #open(reader: Reader): void {
    const { node, socket } = this.#connection;
    reader.isOpen = true;
    reader.tap.add({
      kind: "open",
      time: reader.tap.now(),
      connection: node.id,
      transport: socket.endpoint.type === "dgram" ? "datagram" : "stream",
      ...this.#addresses,
      isNew: this.#isNew,
    });
  }

  #forgetClosed(): void {
    if (this.#readers.some(({ tap }) => tap.isClosed)) {
      this.#readers = this.#readers.filter(({ tap }) => !tap.isClosed);
    }
  }
}

/** About what the record of an opened connection needs. */
const OPEN_BYTES = 256;

/** Taps a connection by what observes it. */
export function tapConnection(connection: Tappable, taps: Iterable<Tap>, isNew: boolean): void {
  const { socket, host: { node } } = connection;
  if (socket === null) return;
  for (const tap of taps) {
    const tapped = { node, socket, isNew };
    if (!observes(tap, tapped)) continue;
    connection.tap ??= new ConnectionTap(tapped);
    connection.tap.add(tap);
  }
}

/** True if a tap observes a connection. */
function observes(tap: Tap, { node, socket, isNew }: TappedConnection): boolean {
  const { topology, node: name, connection, client, newOnly } = tap.request;
  if (newOnly && !isNew) return false;
  const { scope, owner, template } = node.origin;
  const named = template === null && node.name === null ? owner : node;
  if (scope !== topology || named?.name !== name) return false;
  if (connection !== null && connection !== node.id) return false;
  return client === null || (socket.peer !== null && blockOf(tap, client).has(socket.peer));
}

/** The block of a tap: parsed once. */
const blocks = new WeakMap<Tap, CidrSet>();

function blockOf(tap: Tap, client: string): CidrSet {
  const known = blocks.get(tap) ?? new CidrSet([parseText(cidr, client)]);
  blocks.set(tap, known);
  return known;
}

function wants({ request: { direction } }: Tap, one: TapDirection): boolean {
  return direction === "both" || direction === one;
}

function textOf(address: SocketAddress | null): string {
  return address === null ? "" : sockaddr.format(address);
}
