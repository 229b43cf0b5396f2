/**
 * Sessions by their source. Hosts and ports are looked up one after the other, so that no key is made for a datagram.
 *
 * @module
 */

import { ChurnMap } from "../../churn.ts";
import { sockaddr } from "../../socket/address_text.ts";
import type { SocketAddress } from "../../socket/address.ts";

/** Things by the address of their peer. */
export class SessionTable<T extends { readonly peer: SocketAddress }> {
  readonly #hosts = new ChurnMap<string, ChurnMap<number, T>>();

  find(peer: SocketAddress): T | null {
    return this.#hosts.get(hostOf(peer))?.get(portOf(peer)) ?? null;
  }

  add(one: T): void {
    const host = hostOf(one.peer);
    let ports = this.#hosts.get(host);
    if (ports === undefined) this.#hosts.set(host, ports = new ChurnMap());
    ports.set(portOf(one.peer), one);
  }

  /** Removes it, unless another one has taken its place. */
  delete(one: T): void {
    const host = hostOf(one.peer);
    const port = portOf(one.peer);
    const ports = this.#hosts.get(host);
    if (ports?.get(port) !== one) return;
    ports.delete(port);
    if (ports.size === 0) this.#hosts.delete(host);
  }
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
