/**
 * The file that binding a local socket created. Device and inode distinguish it from later files at its path: while the
 * socket is open, the system gives its inode to no other file.
 *
 * A file of another program is kept, also on hosts that remove any file at the path.
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

  /** The file that binding to `address` has just created; null if there is none: no path, or an abstract name. */
  static of(address: SocketAddress, watch: PathWatch): BoundPath | null {
    if (address.family !== "local" || address.path === "" || address.path.startsWith("\0")) return null;
    const made = fileAt(address.path);
    return made === "none" || made === "unknown" ? null : new BoundPath(address.path, made, watch);
  }

  /**
   * Watches the path until the result is closed.
   *
   * @param lost is called once, on a later turn, when the path no longer leads to the socket
   */
  watch(lost: (error: NetgraphError) => void): void {
    this.#watch.add(this, lost);
  }

  /** The state of the path; null while it leads to the socket, or if that is unknown. */
  loss(): NetgraphError | null {
    const found = this.#owner();
    if (found === "own" || found === "unknown") return null;
    return new NetgraphError("EADDRNOTAVAIL", `Path "${this.#path}" was ${found === "none" ? "removed" : "replaced"}`);
  }

  /**
   * Sets its permission bits, if it is still the one that was created.
   *
   * @throws NetgraphError with the errno's name
   */
  setMode(mode: number): void {
    if (this.#owner() === "own") setPathMode(this.#path, mode);
  }

  /**
   * Removes the file, if it is still the one that was created. Must be called before the socket is closed; a second
   * call does nothing.
   */
  remove(): void {
    if (this.#givenBack) return;
    this.#givenBack = true;
    this.#watch.delete(this);
    try {
      if (this.#owner() === "own") unlinkSync(this.#path);
    } catch (error) {
      // Without the permission to remove it, it stays: the next bind finds and reports a stale socket.
      if (!UNREMOVABLE.has(systemErrorCode(error))) throw error;
    }
  }

  /**
   * Closes a socket on a host that then removes any file at the path. A file of another program is renamed meanwhile,
   * so it is missing for a moment.
   *
   * @param close closes the socket immediately, and resolves when the host has finished
   */
  async closeBy(close: () => Promise<void>): Promise<void> {
    this.#watch.delete(this);
    const aside = this.#owner() === "other" ? moveAside(this.#path) : null;
    await close();
    if (aside !== null && fileAt(this.#path) === "none") renameSync(aside, this.#path);
  }

  #owner(): "own" | "other" | "none" | "unknown" {
    const found = fileAt(this.#path);
    if (found === "none" || found === "unknown") return found;
    return found.dev === this.#made.dev && found.ino === this.#made.ino ? "own" : "other";
  }
}

/** The file was removed by another process, or we may not remove it. */
const UNREMOVABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ENOENT", "EACCES", "EPERM", "ENOTCAPABLE"]);

/** The file at a path; null if its folder is missing. It is unknown if the folder may not be entered. */
function fileAt(path: string): FileIdentity | "none" | "unknown" {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    return code === "ENOENT" || code === "ENOTDIR" ? "none" : "unknown";
  }
}

/** The name of the file meanwhile; null if it may not be renamed, and therefore not be removed either. */
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
