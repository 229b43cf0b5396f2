/**
 * Who is let in by a listener: by address, by how many there are already, and how many from the same host.
 *
 * @module
 */

import type { SocketAddress } from "../../../socket/address.ts";
import { type Cidr, cidrCovers } from "../../../socket/cidr.ts";
import { CidrSet } from "../../../socket/cidr_set.ts";
import type { Socket } from "../../../socket/socket.ts";
import type { AcceptTarget } from "./accept_target.ts";
import type { Clone } from "./clone.ts";
import { NOWHERE, SourceCounts, sourceOf } from "./source_counts.ts";

/** What is so when somebody comes. */
export interface AdmissionContext {
  readonly target: AcceptTarget;
  /** True while nobody new is taken. */
  readonly draining: boolean;
  /** Those who are in. */
  clones(): readonly Clone[];
  /** Whether there is no room; asked last, since looking may make some. */
  isFull(): boolean;
}

/** Why a client may not come in. */
export interface Refusal {
  readonly reason: "drain" | "denied" | "limit";
  /** The same for people, with the name of a limit as `accept` has it. */
  readonly message: string;
}

type Lists = Pick<AcceptTarget, "allow" | "deny">;

/** Says who may come, and counts who is in by host once a limit asks. */
export class Admission {
  #sources: SourceCounts | null = null;
  #lists: AccessLists | null = null;
  /** A host with as many connections as one may have, and how many more it was refused. */
  #crowded: { readonly peer: SocketAddress; readonly refused: number } | null = null;

  /** Why a client is refused, or null. */
  refusalOf(child: Socket, { target, draining, clones, isFull }: AdmissionContext): Refusal | null {
    const { max, maxPerSource } = target;
    if (draining) return { reason: "drain", message: "the listener is draining" };
    if (!this.#admits(child, target)) return { reason: "denied", message: "its address is denied by allow or deny" };
    if (maxPerSource !== undefined) {
      this.#sources ??= new SourceCounts(clones());
      const peer = peerOf(child);
      if (this.#sources.of(peer) >= maxPerSource) {
        const before = this.#crowded !== null && sourceOf(this.#crowded.peer) === sourceOf(peer) ? this.#crowded : null;
        this.#crowded = { peer, refused: (before?.refused ?? 0) + 1 };
        return { reason: "limit", message: `maxPerSource ${maxPerSource} is reached` };
      }
    }
    if (!isFull()) return null;
    return {
      reason: "limit",
      message: max === undefined ? "the limit of connections is reached" : `max ${max} is reached`,
    };
  }

  /** A host that has as many connections as `maxPerSource` allows, and was refused more; null where none has. */
  noteOf({ maxPerSource }: AcceptTarget): string | null {
    if (maxPerSource === undefined || this.#crowded === null) return null;
    const { peer, refused } = this.#crowded;
    if ((this.#sources?.of(peer) ?? 0) < maxPerSource) return null;
    const open = `${sourceOf(peer)} has ${maxPerSource === 1 ? "1 connection" : `${maxPerSource} connections`} open`;
    return `maxPerSource ${maxPerSource} is reached: ${open}, and ${refused} more ${
      refused === 1 ? "was" : "were"
    } refused`;
  }

  #admits(child: Socket, target: AcceptTarget): boolean {
    const { allow, deny } = target;
    if (allow === undefined && deny === undefined) return true;
    const { allowed, denied } = this.#listsOf(target);
    const peer = peerOf(child);
    return denied?.has(peer) !== true && allowed?.has(peer) !== false;
  }

  /**
   * False where the lists are known to deny every client that can come.
   *
   * @param local the address of the listener, which it keeps
   */
  mayAdmit(target: AcceptTarget, local: SocketAddress | null): boolean {
    const lists = this.#listsOf(target);
    return lists.mayAdmit ??= mayAdmit(target, local);
  }

  #listsOf(target: AcceptTarget): AccessLists {
    if (this.#lists?.target !== target) this.#lists = readLists(target);
    return this.#lists;
  }

  /** Somebody is in. */
  entered(clone: Clone): void {
    this.#sources?.add(clone);
  }

  /** Somebody who was in has left. */
  left(clone: Clone): void {
    this.#sources?.remove(clone);
  }
}

const LOOPBACK_V4: Cidr = { family: "inet", host: "127.0.0.0", prefix: 8 };
const LOOPBACK_V6: Cidr = { family: "inet6", host: "::1", prefix: 128 };

/**
 * To a socket on loopback only this machine comes; to others anybody may, and then one denied client says nothing of the
 * rest.
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
  /** Whether some client may be admitted; null as long as that was not asked. */
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

/** The peer of what was accepted. */
export function peerOf({ peer }: Socket): SocketAddress {
  return peer ?? NOWHERE;
}
