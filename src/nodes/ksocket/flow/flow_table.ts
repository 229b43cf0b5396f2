/**
 * Flows by their source. Hosts and ports are looked up separately, so that no key is allocated for a datagram.
 *
 * @module
 */

import { CompactingMap } from "../../../compacting_map.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import type { SocketAddress } from "../../../socket/address.ts";

type Hosts<T> = CompactingMap<string, CompactingMap<number, T>>;

/** Values by the address of their source, and by the own address to which it sent. */
export class FlowTable<T extends { readonly source: SocketAddress }> {
  readonly #byAsked = new Map<string, Hosts<T>>();

  find(source: SocketAddress): T | null {
    return this.#byAsked.get(askedOf(source))?.get(hostOf(source))?.get(portOf(source)) ?? null;
  }

  add(one: T): void {
    const asked = askedOf(one.source);
    const host = hostOf(one.source);
    let hosts = this.#byAsked.get(asked);
    if (hosts === undefined) this.#byAsked.set(asked, hosts = new CompactingMap());
    let ports = hosts.get(host);
    if (ports === undefined) hosts.set(host, ports = new CompactingMap());
    ports.set(portOf(one.source), one);
  }

  /** Removes it, unless another one has replaced it. */
  delete(one: T): void {
    const asked = askedOf(one.source);
    const host = hostOf(one.source);
    const port = portOf(one.source);
    const hosts = this.#byAsked.get(asked);
    const ports = hosts?.get(host);
    if (ports?.get(port) !== one) return;
    ports.delete(port);
    if (ports.size > 0) return;
    hosts?.delete(host);
    if (hosts?.size === 0) this.#byAsked.delete(asked);
  }
}

/** The own address that was used; the same for all if the socket has one, or if the runtime does not report it. */
function askedOf(peer: SocketAddress): string {
  return "asked" in peer ? peer.asked ?? "" : "";
}

/** Not a valid host, so that paths are distinct from hosts. */
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
