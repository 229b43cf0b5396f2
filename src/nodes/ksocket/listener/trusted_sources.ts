/**
 * The sources whose PROXY headers are trusted.
 *
 * @module
 */

import type { SocketAddress } from "../../../socket/address.ts";
import { CidrSet } from "../../../socket/cidr_set.ts";
import type { AcceptTarget } from "../accept_target.ts";

/** Whether a source is trusted, by the `trusted` of the current target. */
export class TrustedSources {
  #known: { readonly target: AcceptTarget; readonly set: CidrSet } | null = null;

  /** The path of a local socket has permissions: those who may connect are trusted. */
  has(peer: SocketAddress | null, target: AcceptTarget): boolean {
    if (peer === null || peer.family === "local") return true;
    if (this.#known?.target !== target) this.#known = { target, set: new CidrSet(target.trusted ?? []) };
    return this.#known.set.has(peer);
  }
}
