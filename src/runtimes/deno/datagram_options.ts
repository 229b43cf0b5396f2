/**
 * Socket options of datagrams on Deno: the arguments of `Deno.listenDatagram`, and multicast groups.
 *
 * Joining a group is a promise on Deno: if the system rejects it, the socket fails with that error, because otherwise
 * it would seem to receive from the group.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import { optionKey, type SocketOption } from "../../socket/option.ts";
import { hasGroup, joinOf, type OptionRules, type SocketOptions } from "../core/socket_options.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import { systemError } from "../system_error.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";

/** The defaults of the system; Deno's own for IP_MULTICAST_LOOP is 0. */
export const DATAGRAM_RULES: OptionRules = {
  capabilities: DENO_CAPABILITIES,
  defaults: { SO_BROADCAST: 1, IP_MULTICAST_LOOP: 1, IPV6_MULTICAST_LOOP: 1, IP_MULTICAST_TTL: 1 },
  alwaysOn: ["SO_BROADCAST"],
  early: ["SO_REUSEADDR"],
  madeBy: "bind",
};

type Membership = Deno.MulticastV4Membership | Deno.MulticastV6Membership;

/** The options of one datagram socket. */
export class DenoDatagramOptions implements OptionStore {
  readonly #options: SocketOptions;
  readonly #failed: (error: NetgraphError) => void;
  readonly #memberships = new Map<string, Promise<Membership | null>>();
  /** The system's socket, once there is one that can receive. */
  #conn: Deno.DatagramConn | null = null;

  /** @param failed is called when the system rejects an earlier request */
  constructor(options: SocketOptions, failed: (error: NetgraphError) => void) {
    this.#options = options;
    this.#failed = failed;
  }

  /** The arguments of listenDatagram. */
  get atBind(): { reuseAddress: boolean; loopback: boolean } {
    return { reuseAddress: this.#options.isOn("SO_REUSEADDR"), loopback: this.#loopback };
  }

  set(option: SocketOption, made: boolean): void {
    this.#options.set(option, made);
    const join = joinOf(option);
    if (join !== null) this.#leave(join);
    else if (this.#conn !== null) this.#apply(option, this.#conn);
  }

  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /** Sets the options of a new socket. */
  applyTo(conn: Deno.DatagramConn): void {
    this.#conn = conn;
    for (const option of this.#options.all) this.#apply(option, conn);
  }

  /** Resolves when nothing is in progress. */
  async idle(): Promise<void> {
    await Promise.all(this.#memberships.values());
  }

  get #loopback(): boolean {
    return this.#options.isOn("IP_MULTICAST_LOOP") && this.#options.isOn("IPV6_MULTICAST_LOOP");
  }

  #apply(option: SocketOption, conn: Deno.DatagramConn): void {
    const { option: name, value } = option;
    if (name === "IP_ADD_MEMBERSHIP" && hasGroup(value) && typeof value.interface === "string") {
      this.#note(option, conn.joinMulticastV4(value.group, value.interface));
    }
    if (name === "IPV6_JOIN_GROUP" && hasGroup(value) && typeof value.interface === "number") {
      this.#note(option, conn.joinMulticastV6(value.group, value.interface));
    }
    if (name === "IP_MULTICAST_LOOP" || name === "IPV6_MULTICAST_LOOP" || name === "IP_MULTICAST_TTL") {
      for (const [key, membership] of this.#memberships) this.#memberships.set(key, this.#tune(membership));
    }
  }

  #note(option: SocketOption, joined: Promise<Membership>): void {
    const key = optionKey(option);
    const membership: Promise<Membership | null> = joined.catch((error) => {
      this.#failed(systemError(error, `Cannot join ${key}`));
      return null;
    });
    this.#memberships.set(key, this.#tune(membership));
  }

  /** Deno sets options of sending to groups through a membership only. */
  async #tune(waiting: Promise<Membership | null>): Promise<Membership | null> {
    const membership = await waiting;
    if (membership === null) return null;
    try {
      await membership.setLoopback(this.#loopback);
      if ("setTTL" in membership) await membership.setTTL(this.#options.number("IP_MULTICAST_TTL"));
    } catch (error) {
      this.#failed(systemError(error, "Cannot set an option of multicast"));
    }
    return membership;
  }

  #leave(option: SocketOption): void {
    const key = optionKey(option);
    const membership = this.#memberships.get(key);
    if (membership === undefined || this.#conn === null) return;
    const left = membership.then(async (joined) => {
      await joined?.leave();
      return null;
    }).catch((error) => {
      this.#failed(systemError(error, `Cannot leave ${key}`));
      return null;
    });
    this.#memberships.set(key, left);
  }
}
