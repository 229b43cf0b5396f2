/**
 * The file that a local socket's bind made, told from whatever else may come to be at its path by device and inode: as
 * long as the socket is open the system gives its inode to no other file.
 *
 * What is somebody else's stays where it is, also on hosts that remove whatever they find.
 *
 * @module
 */

import { lstatSync, renameSync, unlinkSync } from "node:fs";
import { type ErrorCode, NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { systemErrorCode } from "../system_error.ts";
import { setPathMode } from "./path_mode.ts";
import type { PathWatch, WatchedPath } from "./path_watch.ts";

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** A path that a socket of ours is bound to. */
export class BoundPath implements WatchedPath {
  readonly #path: string;
  readonly #made: FileIdentity;
  readonly #watch: PathWatch;
  #givenBack = false;

  private constructor(path: string, made: FileIdentity, watch: PathWatch) {
    this.#path = path;
    this.#made = made;
    this.#watch = watch;
  }

  /** The file that binding to `address` has just made; null where there is none: no path, or an abstract name. */
  static of(address: SocketAddress, watch: PathWatch): BoundPath | null {
    if (address.family !== "local" || address.path === "" || address.path.startsWith("\0")) return null;
    const made = fileAt(address.path);
    return made === "none" || made === "unknown" ? null : new BoundPath(address.path, made, watch);
  }

  /**
   * Looks after the path until it is given back.
   *
   * @param lost is told once, on a later turn, that the path leads to the socket no more
   */
  watch(lost: (error: NetgraphError) => void): void {
    this.#watch.add(this, lost);
  }

  /** What became of the path; null while it leads to the socket, or nobody can tell. */
  loss(): NetgraphError | null {
    const found = this.#look();
    if (found === "own" || found === "unknown") return null;
    return new NetgraphError("EADDRNOTAVAIL", `Path "${this.#path}" was ${found === "none" ? "removed" : "replaced"}`);
  }

  /**
   * Sets its permission bits, if it is still the one that was made.
   *
   * @throws NetgraphError with the errno's name
   */
  setMode(mode: number): void {
    if (this.#look() === "own") setPathMode(this.#path, mode);
  }

  /** Removes the file, if it is still the one that was made. To be called before the socket is closed; twice is once. */
  remove(): void {
    if (this.#givenBack) return;
    this.#givenBack = true;
    this.#watch.delete(this);
    try {
      if (this.#look() === "own") unlinkSync(this.#path);
    } catch (error) {
      // Who may not remove it leaves it: the next bind meets a stale socket, and says so.
      if (!UNREMOVABLE.has(systemErrorCode(error))) throw error;
    }
  }

  /**
   * Closes a socket by a host that removes whatever is at the path then. What is somebody else's stands under another
   * name meanwhile: a moment, in which nobody finds it.
   *
   * @param close ends the socket at once, and settles when the host has done all that it does
   */
  async closeBy(close: () => Promise<void>): Promise<void> {
    this.#watch.delete(this);
    const aside = this.#look() === "other" ? moveAside(this.#path) : null;
    await close();
    if (aside !== null && fileAt(this.#path) === "none") renameSync(aside, this.#path);
  }

  #look(): "own" | "other" | "none" | "unknown" {
    const found = fileAt(this.#path);
    if (found === "none" || found === "unknown") return found;
    return found.dev === this.#made.dev && found.ino === this.#made.ino ? "own" : "other";
  }
}

/** The file went away by itself, or may not be removed by us. */
const UNREMOVABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ENOENT", "EACCES", "EPERM", "ENOTCAPABLE"]);

/** What is at a path; without its folder nothing is, and where the folder may not be entered nobody can tell. */
function fileAt(path: string): FileIdentity | "none" | "unknown" {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    return code === "ENOENT" || code === "ENOTDIR" ? "none" : "unknown";
  }
}

/** The name under which the file stands now; null where it may not be moved, and so not be removed either. */
function moveAside(path: string): string | null {
  const aside = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    renameSync(path, aside);
    return aside;
  } catch (error) {
    if (UNREMOVABLE.has(systemErrorCode(error))) return null;
    throw error;
  }
}
