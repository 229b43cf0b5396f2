/**
 * The path of a local socket: its permission bits, which can be set before there is a file, and the file that binding
 * created.
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

  /** The requested permission bits; null: the umask of the process applies. */
  get mode(): number | null {
    return this.#mode;
  }

  /**
   * Sets the permission bits: now if there is a file, otherwise on the file that binding creates.
   *
   * @throws NetgraphError with the errno's name
   */
  setMode(mode: number): void {
    this.#mode = mode;
    this.#bound?.setMode(mode);
  }

  /** Records that binding to `address` created a file, unless the address has none. Only the first bind counts. */
  made(address: SocketAddress): void {
    if (this.#isMade) return;
    this.#isMade = true;
    this.#bound = BoundPath.of(address, this.#watch);
    if (this.#mode !== null) this.#bound?.setMode(this.#mode);
  }

  /** Watches the file; `lost` is called once, on a later turn, when the path no longer leads to the socket. */
  watch(lost: (error: NetgraphError) => void): void {
    this.#bound?.watch(lost);
  }

  /** Removes the file if it is still the one that was created. Must be called before the socket is closed. */
  remove(): void {
    this.#bound?.remove();
  }

  /** Closes a socket on a host that then removes any file at the path; a file of another program is kept. */
  closeBy(close: () => Promise<void>): Promise<void> {
    return this.#bound === null ? close() : this.#bound.closeBy(close);
  }
}
