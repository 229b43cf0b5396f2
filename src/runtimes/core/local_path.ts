/**
 * The path of a local socket: its permission bits, which may be set before there is a file, and the file that binding
 * made.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { BoundPath } from "../host/bound_path.ts";
import type { PathWatch } from "../host/path_watch.ts";

/** The path of one socket of family local. */
export class LocalPath {
  readonly #watch: PathWatch;
  #mode: number | null = null;
  #isMade = false;
  #bound: BoundPath | null = null;

  constructor(watch: PathWatch) {
    this.#watch = watch;
  }

  /** The permission bits that were asked for; null: as the process's umask says. */
  get mode(): number | null {
    return this.#mode;
  }

  /**
   * Sets the permission bits: now where there is a file, otherwise of the file that binding makes.
   *
   * @throws NetgraphError with the errno's name
   */
  setMode(mode: number): void {
    this.#mode = mode;
    this.#bound?.setMode(mode);
  }

  /** Binding to `address` has just made a file, unless the address has none. Only the first bind counts. */
  made(address: SocketAddress): void {
    if (this.#isMade) return;
    this.#isMade = true;
    this.#bound = BoundPath.of(address, this.#watch);
    if (this.#mode !== null) this.#bound?.setMode(this.#mode);
  }

  /** Watches the file; `lost` is called once, on a later turn, when it leads to the socket no more. */
  watch(lost: (error: NetgraphError) => void): void {
    this.#bound?.watch(lost);
  }

  /** Removes the file, if it is still the one that was made. To be called before the socket is closed. */
  remove(): void {
    this.#bound?.remove();
  }

  /** Closes a socket by a host that removes whatever is at the path then; a file of another program stays. */
  closeBy(close: () => Promise<void>): Promise<void> {
    return this.#bound === null ? close() : this.#bound.closeBy(close);
  }
}
