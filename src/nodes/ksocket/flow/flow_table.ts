/**
 * Flows by their source. Hosts and ports are looked up one after the other, so that no key is made for a datagram.
 *
 * @module
 */

import { CompactingMap } from "../../../compacting_map.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { SocketAddress } from "../../../socket/address.ts";

type Hosts<T> = CompactingMap<string, CompactingMap<number, T>>;

/** Things by the address of their peer, and by the own address that it asked. */
export class FlowTable<T extends { readonly peer: SocketAddress }> {
  readonly #byAsked = new Map<string, Hosts<T>>();

  find(peer: SocketAddress): T | null {
    return this.#byAsked.get(askedOf(peer))?.get(hostOf(peer))?.get(portOf(peer)) ?? null;
  }

  add(one: T): void {
    const asked = askedOf(one.peer);
    const host = hostOf(one.peer);
    let hosts = this.#byAsked.get(asked);
    if (hosts === undefined) this.#byAsked.set(asked, hosts = new CompactingMap());
    let ports = hosts.get(host);
    if (ports === undefined) hosts.set(host, ports = new CompactingMap());
    ports.set(portOf(one.peer), one);
  }

  /** Removes it, unless another one has taken its place. */
  delete(one: T): void {
    const asked = askedOf(one.peer);
    const host = hostOf(one.peer);
    const port = portOf(one.peer);
    const hosts = this.#byAsked.get(asked);
    const ports = hosts?.get(host);
    if (ports?.get(port) !== one) return;
    ports.delete(port);
    if (ports.size > 0) return;
    hosts?.delete(host);
    if (hosts?.size === 0) this.#byAsked.delete(asked);
  }
}

/** The own address that was asked; the same for all where the socket has one, or the runtime does not tell. */
function askedOf(peer: SocketAddress): string {
  return "asked" in peer ? peer.asked ?? "" : "";
}

/** What no host is called, so that a path is none. */
const PATH = "local ";

function hostOf(peer: SocketAddress): string {
  switch (peer.family) {
    case "inet":
      return peer.host;
    case "inet6":
      return peer.zone === null ? peer.host : `${peer.host}%${peer.zone}`;
    case "local":
      return PATH + peer.path;
    default:
      return sockaddr.format(peer);
  }
}

function portOf(peer: SocketAddress): number {
  return peer.family === "inet" || peer.family === "inet6" ? peer.port : 0;
}
