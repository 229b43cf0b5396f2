/**
 * Socket options of datagrams on Deno: what `Deno.listenDatagram` takes, and multicast groups.
 *
 * Joining a group is a promise on Deno: where the system refuses it, the socket dies with that error, because nobody
 * may believe that it listens to a group when it does not.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { SocketKind } from "../../socket/capability.ts";
import { optionKey, type SocketOption } from "../../socket/option.ts";
import { DENO_CAPABILITIES } from "./capabilities.ts";
import { requireOn, SocketOptions } from "../socket_options.ts";
import { systemError } from "../system_error.ts";

/** The defaults of the system; Deno's own for IP_MULTICAST_LOOP is 0. */
const DEFAULTS = { SO_BROADCAST: 1, IP_MULTICAST_LOOP: 1, IPV6_MULTICAST_LOOP: 1, IP_MULTICAST_TTL: 1 } as const;

const JOIN_OF: Readonly<Record<string, string>> = {
  IP_DROP_MEMBERSHIP: "IP_ADD_MEMBERSHIP",
  IPV6_LEAVE_GROUP: "IPV6_JOIN_GROUP",
};

type Membership = Deno.MulticastV4Membership | Deno.MulticastV6Membership;

/** The system's socket, once there is one, and whom to tell that it refused. */
export interface DatagramTarget {
  readonly conn: Deno.DatagramConn;
  failed(error: NetgraphError): void;
}

/** The options of one datagram socket. */
export class DenoDatagramOptions {
  readonly #options: SocketOptions;
  readonly #memberships = new Map<string, Promise<Membership | null>>();

  constructor(kind: SocketKind) {
    this.#options = new SocketOptions(kind, DENO_CAPABILITIES, { defaults: DEFAULTS });
  }

  /** SO_REUSEADDR, as listenDatagram takes it. */
  get reuseAddress(): boolean {
    return this.#options.number("SO_REUSEADDR") !== 0;
  }

  /** IP_MULTICAST_LOOP, as listenDatagram takes it. */
  get loopback(): boolean {
    return this.#options.number("IP_MULTICAST_LOOP") !== 0 && this.#options.number("IPV6_MULTICAST_LOOP") !== 0;
  }

  /** Sets an option, now or once there is a socket. */
  set(option: SocketOption, target: DatagramTarget | null): void {
    this.#options.require(option, "set");
    requireOn(option, ["SO_BROADCAST"]);
    if (target !== null && option.option === "SO_REUSEADDR") {
      throw new NetgraphError("EINVAL", "Cannot set SO_REUSEADDR: it must come before bind");
    }
    const join = JOIN_OF[option.option ?? ""];
    if (join !== undefined) return this.#leave({ ...option, option: join }, target);
    this.#options.set(option);
    if (target !== null) this.#apply(option, target);
  }

  /** Reads an option. */
  get(asked: SocketOption): SocketOption {
    return this.#options.get(asked);
  }

  /** Gives a new socket its options. */
  apply(target: DatagramTarget): void {
    for (const option of this.#options.all) this.#apply(option, target);
  }

  /** Settles when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#memberships.values());
  }

  #apply(option: SocketOption, target: DatagramTarget): void {
    const { option: name, value } = option;
    if (name === "IP_ADD_MEMBERSHIP" && hasGroup(value) && typeof value.interface === "string") {
      this.#note(option, target, target.conn.joinMulticastV4(value.group, value.interface));
    }
    if (name === "IPV6_JOIN_GROUP" && hasGroup(value) && typeof value.interface === "number") {
      this.#note(option, target, target.conn.joinMulticastV6(value.group, value.interface));
    }
    if (name === "IP_MULTICAST_LOOP" || name === "IPV6_MULTICAST_LOOP" || name === "IP_MULTICAST_TTL") {
      for (const [key, membership] of this.#memberships) this.#memberships.set(key, this.#tune(membership, target));
    }
  }

  #note(option: SocketOption, target: DatagramTarget, joined: Promise<Membership>): void {
    const key = optionKey(option);
    const membership: Promise<Membership | null> = joined.catch((error) => {
      target.failed(systemError(error, `Cannot join ${key}`));
      return null;
    });
    this.#memberships.set(key, this.#tune(membership, target));
  }

  /** Deno sets what is sent to groups through a membership only. */
  async #tune(waiting: Promise<Membership | null>, target: DatagramTarget): Promise<Membership | null> {
    const membership = await waiting;
    if (membership === null) return null;
    try {
      await membership.setLoopback(this.loopback);
      if ("setTTL" in membership) await membership.setTTL(this.#options.number("IP_MULTICAST_TTL"));
    } catch (error) {
      target.failed(systemError(error, "Cannot set an option of multicast"));
    }
    return membership;
  }

  #leave(option: SocketOption, target: DatagramTarget | null): void {
    this.#options.leave(option);
    const key = optionKey(option);
    const membership = this.#memberships.get(key);
    if (membership === undefined || target === null) return;
    const left = membership.then(async (joined) => {
      await joined?.leave();
      return null;
    }).catch((error) => {
      target.failed(systemError(error, `Cannot leave ${key}`));
      return null;
    });
    this.#memberships.set(key, left);
  }
}

function hasGroup(value: unknown): value is { readonly group: string; readonly interface: unknown } {
  return typeof value === "object" && value !== null && "group" in value && "interface" in value;
}
