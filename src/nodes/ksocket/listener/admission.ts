/**
 * Admission of clients to a listener: by address, by the number of connections, and by the number from the same host.
 *
 * @module
 */

import { partOfLimit, WHOLE } from "../../../graph/data/share.ts";
import { CompactingMap } from "../../../compacting_map.ts";
import type { LinkedList } from "../../../linked_list.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { type Cidr, cidrCovers } from "../../../socket/cidr.ts";
import { CidrSet } from "../../../socket/cidr_set.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { DatagramFlows } from "../flow/datagram_flows.ts";
import type { SocketNode } from "../role.ts";
import { type AcceptTarget, DEFAULT_MAX_SESSIONS } from "../accept_target.ts";
import type { AcceptedSocket } from "./accepted_socket.ts";
import { limitSource, peerOf, UNNAMED_ADDRESS } from "./client_source.ts";
import { ConnectRate, isRated } from "./connect_rate.ts";

/** The admitted clients of a listener. */
export interface AdmissionOptions {
  readonly clones: LinkedList<AcceptedSocket>;
  /** The connections on the listener's socket; null if each connection has its own. */
  readonly flows: DatagramFlows | null;
}

/** Why a client is not admitted. */
export interface Refusal {
  readonly reason: "drain" | "denied" | "limit" | "rate" | "proxy_protocol";
  /** The same as text, with the name of a limit as in `accept`. */
  readonly message: string;
  /** True for a limit of the client's own source, which does not concern others. */
  readonly perSource?: boolean;
  /** The number of bytes that were read of its PROXY header. */
  readonly headerBytes?: number;
}

type Lists = Pick<AcceptTarget, "allow" | "deny">;

/** Decides about admission, and counts connections by source if there is a limit. */
export class Admission {
  readonly #own: SocketNode;
  readonly #clones: LinkedList<AcceptedSocket>;
  readonly #flows: DatagramFlows | null;
  /** The rate of admissions. */
  readonly rate: ConnectRate;
  #sources: SourceCounts | null = null;
  #lists: AccessLists | null = null;
  /** A source at its limit of connections, and the number of its refused ones. */
  #sourceAtLimit: { readonly peer: SocketAddress; readonly refused: number } | null = null;

  constructor(own: SocketNode, { clones, flows }: AdmissionOptions) {
    this.#own = own;
    this.#clones = clones;
    this.#flows = flows;
    this.rate = new ConnectRate(own);
  }

  /** Why a client is refused, or null. */
  refusalOf(child: Socket, target: AcceptTarget): Refusal | null {
    const { max, maxPerSource } = target;
    if (!this.#admits(child, target)) return { reason: "denied", message: "the address is denied by allow or deny" };
    if (maxPerSource !== undefined) {
      this.#sources ??= new SourceCounts(this.#clones.list());
      const peer = peerOf(child);
      if (this.#sources.of(peer) >= maxPerSource) {
        const isSame = this.#sourceAtLimit !== null && limitSource(this.#sourceAtLimit.peer) === limitSource(peer);
        const before = isSame ? this.#sourceAtLimit : null;
        this.#sourceAtLimit = { peer, refused: (before?.refused ?? 0) + 1 };
        return { reason: "limit", message: `maxPerSource ${maxPerSource} is reached` };
      }
    }
    const tooOften = isRated(target) ? this.rate.refusalOf(peerOf(child), target) : null;
    if (tooOften !== null) return { reason: "rate", ...tooOften };
    // Checked last, because it may make room.
    if (!this.isFull(target)) return null;
    return {
      reason: "limit",
      message: max === undefined ? "the limit of connections is reached" : `max ${max} is reached`,
    };
  }

  /** Notes for operators about the limits. */
  notesOf(target: AcceptTarget): readonly string[] {
    return [this.#crowdNote(target), this.rate.note(target)].filter((note) => note !== null);
  }

  /** A source that has reached `maxPerSource`, and was refused more; null if there is none. */
  #crowdNote({ maxPerSource }: AcceptTarget): string | null {
    if (maxPerSource === undefined || this.#sourceAtLimit === null) return null;
    const { peer, refused } = this.#sourceAtLimit;
    if ((this.#sources?.of(peer) ?? 0) < maxPerSource) return null;
    const open = `${limitSource(peer)} has ${maxPerSource === 1 ? "1 connection" : `${maxPerSource} connections`} open`;
    return `maxPerSource ${maxPerSource} is reached: ${open}, and ${refused} more ${
      refused === 1 ? "was" : "were"
    } refused`;
  }

  /** True if there is no room. Flows make room, the longest idle first, unless new connections are refused. */
  isFull(target: AcceptTarget): boolean {
    if (this.#flows === null) return this.#hasAll(target.max);
    const max = target.max ?? DEFAULT_MAX_SESSIONS;
    while (target.overflow !== "refuse" && this.#hasAll(max) && this.#flows.evict());
    return this.#hasAll(max);
  }

  /** The same, without making room. */
  isAtLimit({ max }: AcceptTarget): boolean {
    return this.#hasAll(max ?? (this.#flows === null ? undefined : DEFAULT_MAX_SESSIONS));
  }

  /** True if this thread's part of the connections is reached. */
  #hasAll(max: number | undefined): boolean {
    if (max === undefined) return false;
    const { graph, node } = this.#own;
    const share = graph.scope(node.origin.scope).shares.get(node) ?? WHOLE;
    return this.#clones.size >= partOfLimit(max, share);
  }

  #admits(child: Socket, target: AcceptTarget): boolean {
    const { allow, deny } = target;
    if (allow === undefined && deny === undefined) return true;
    const { allowed, denied } = this.#listsOf(target);
    const peer = peerOf(child);
    return denied?.has(peer) !== true && allowed?.has(peer) !== false;
  }

  /** False if the lists are known to deny every possible client. */
  mayAdmit(target: AcceptTarget): boolean {
    // A proxy names clients of any address.
    if (target.proxyProtocol !== undefined) return true;
    const lists = this.#listsOf(target);
    return lists.mayAdmit ??= mayAdmit(target, this.#own.connection.socket?.local ?? null);
  }

  #listsOf(target: AcceptTarget): AccessLists {
    if (this.#lists?.target !== target) this.#lists = readLists(target);
    return this.#lists;
  }

  /** Counts an admitted client. */
  entered(clone: AcceptedSocket, target: AcceptTarget): void {
    if (isRated(target)) this.rate.accepted(clone.peer ?? UNNAMED_ADDRESS, target);
    this.#sources?.add(clone);
  }

  /** Removes an admitted client from the counts. */
  left(clone: AcceptedSocket): void {
    this.#sources?.remove(clone);
  }
}

const LOOPBACK_V4: Cidr = { family: "inet", host: "127.0.0.0", prefix: 8 };
const LOOPBACK_V6: Cidr = { family: "inet6", host: "::1", prefix: 128 };

/**
 * Only this machine can connect to a socket on loopback; others have many possible clients, and then one denied client
 * says nothing about the others.
 */
function mayAdmit({ allow, deny = [] }: Lists, local: SocketAddress | null): boolean {
  const near = [LOOPBACK_V4, LOOPBACK_V6].find((block) => local !== null && new CidrSet([block]).has(local));
  if (near === undefined) return true;
  const admitted = (allow ?? [near]).flatMap((block) => {
    if (cidrCovers(near, block)) return [block];
    return cidrCovers(block, near) ? [near] : [];
  });
  return admitted.some((block) => !deny.some((one) => cidrCovers(one, block)));
}

/** The lists of a target, read once for all its connections. */
interface AccessLists {
  readonly target: AcceptTarget;
  readonly allowed: CidrSet | null;
  readonly denied: CidrSet | null;
  /** True if any client can be admitted; null until it is computed. */
  mayAdmit: boolean | null;
}

function readLists(target: AcceptTarget): AccessLists {
  const { allow, deny } = target;
  return {
    target,
    allowed: allow === undefined ? null : new CidrSet(allow),
    denied: deny === undefined ? null : new CidrSet(deny),
    mayAdmit: null,
  };
}

/**
 * The number of connections of each host: counted only while there is a limit, so that other listeners need not know
 * the sources of connections.
 */
class SourceCounts {
  readonly #counts = new CompactingMap<string, number>();

  /** @param clones the existing ones */
  constructor(clones: readonly AcceptedSocket[]) {
    for (const clone of clones) this.add(clone);
  }

  /** The number of connections from the source of `peer`. */
  of(peer: SocketAddress): number {
    return this.#counts.get(limitSource(peer)) ?? 0;
  }

  /** Counts a connection. */
  add(clone: AcceptedSocket): void {
    const source = limitSource(clone.peer ?? UNNAMED_ADDRESS);
    clone.source = source;
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + 1);
  }

  /** Removes a connection that has ended. */
  remove({ source }: AcceptedSocket): void {
    if (source === null) return;
    const left = (this.#counts.get(source) ?? 1) - 1;
    if (left === 0) this.#counts.delete(source);
    else this.#counts.set(source, left);
  }
}
