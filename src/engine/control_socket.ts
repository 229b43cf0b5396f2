/**
 * Who serves the control socket: at most one engine a path, however many start at the same moment.
 *
 * The engine holds the lock on `PATH.lock` for as long as it lives, so that the system frees it even after kill -9.
 * Only its holder removes a stale socket and listens. Everybody else finds an engine that answers and becomes its
 * client. The lock file stays: removing it would let two hold "the" lock.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { SocketPath } from "../api/socket_path.ts";
import { NetgraphError } from "../errors.ts";
import type { ControlTransport, FileFact, FileLock, Files } from "../runtimes/runtime.ts";
import { ControlPath } from "./control_path.ts";

/** What of the machine is needed. */
export interface ControlMachine {
  readonly clock: Clock;
  readonly files: Pick<Files, "stat" | "makeDirectory" | "remove">;
  readonly control: ControlTransport;
  readonly process: { readonly uid: number | null };
}

/** How the race for the control socket ended. */
export type Claim =
  /** An engine answers there. */
  | { readonly kind: "taken" }
  /** It is ours: nobody else may serve until it is released. */
  | { readonly kind: "ours"; readonly seat: ControlSocketLease };

const RETRY_MS = 25;
/** How long one that holds the lock may take until it answers, or an ending one until it lets go. */
const PATIENCE_MS = 10_000;
/** How long a killed engine may take from its lock to its socket: who answers after that is no engine. */
const STRANGER_MS = 1_000;

/**
 * Finds out whether an engine serves the control socket; if none does, becomes the one that may.
 *
 * @throws NetgraphError EBUSY when someone holds the lock and does not answer; EACCES when the place is another user's
 */
export async function claimControlSocket(
  machine: ControlMachine,
  place: SocketPath,
  options: { signal?: AbortSignal } = {},
): Promise<Claim> {
  await prepareDirectory(machine, place);
  const begun = machine.clock.now();
  for (;;) {
    const lock = await machine.control.lock(lockPathOf(place.path));
    let ours = false;
    try {
      const answer = await answerOf(machine, place.path, options);
      if (answer === "engine") return { kind: "taken" };
      ours = lock !== null && answer === "nobody";
      if (answer === "stranger" && lock !== null && machine.clock.now() >= begun + STRANGER_MS) {
        throw stranger(place.path);
      }
    } finally {
      if (!ours) await lock?.release();
    }
    if (lock !== null && ours) return { kind: "ours", seat: new ControlSocketLease(machine, place, lock) };
    if (machine.clock.now() >= begun + PATIENCE_MS) {
      throw new NetgraphError("EBUSY", `An engine holds "${place.path}.lock" but does not answer`);
    }
    await sleep(machine.clock, RETRY_MS, options);
  }
}

/** The right to serve the control socket. */
export class ControlSocketLease implements AsyncDisposable {
  readonly #machine: ControlMachine;
  readonly #place: SocketPath;
  readonly #locks: FileLock[];
  /** The last of them is at the path; those before it have exchanges under way, and a path that somebody removed. */
  #servers: readonly { close(): Promise<void> }[] = [];
  #kept: ControlPath | null = null;
  #released = false;

  constructor(machine: ControlMachine, place: SocketPath, lock: FileLock) {
    this.#machine = machine;
    this.#place = place;
    this.#locks = [lock];
  }

  /**
   * Removes what a dead engine left behind, then listens, and listens anew when the path is removed.
   *
   * @param tell is told when that was done, and why it could not be
   */
  async serve(
    handle: (request: Request) => Promise<Response>,
    emit: (error: NetgraphError | null) => void = () => {},
  ): Promise<void> {
    const { files, clock } = this.#machine;
    const { path } = this.#place;
    const left = await files.stat(path);
    if (left !== null && left.kind !== "socket") {
      throw new NetgraphError("EEXIST", `Cannot serve on "${path}": there is a ${left.kind}, not a socket`);
    }
    if (left !== null) await files.remove(path);
    await this.#listen(handle);
    this.#kept = new ControlPath({ clock, files, path, serveAgain: () => this.#serveAgain(handle), emit });
  }

  /** Stops serving; the path is gone, the right is kept. */
  async close(): Promise<void> {
    await this.#kept?.close();
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => server.close()));
  }

  /** Stops serving and lets others try. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.close();
    for (const lock of this.#locks) await lock.release();
  }

  async #serveAgain(handle: (request: Request) => Promise<Response>): Promise<void> {
    const { files, control } = this.#machine;
    await prepareDirectory(this.#machine, this.#place);
    const lockPath = lockPathOf(this.#place.path);
    if (await files.stat(lockPath) === null) {
      // Whoever cleared the path took the lock's file too: without one another engine would think the place free.
      const lock = await control.lock(lockPath);
      if (lock === null) throw new NetgraphError("EBUSY", `Another engine holds "${lockPath}"`);
      this.#locks.push(lock);
    }
    await this.#listen(handle);
  }

  async #listen(handle: (request: Request) => Promise<Response>): Promise<void> {
    this.#servers = [...this.#servers, await this.#machine.control.serve(this.#place.path, handle)];
  }
}

function lockPathOf(path: string): string {
  return `${path}.lock`;
}

/** True when an engine answers; false when nobody does or nothing is there. */
export async function answers(machine: Pick<ControlMachine, "control">, path: string): Promise<boolean> {
  return await answerOf(machine, path) === "engine";
}

/** Who answers: `stranger` is somebody who breaks off, an engine that ends just now or another program. */
async function answerOf(
  machine: Pick<ControlMachine, "control">,
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<"engine" | "stranger" | "nobody"> {
  try {
    const response = await machine.control.fetch(path, { method: "GET", target: "/livez", ...options });
    await response.body?.cancel();
    return "engine";
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    if (NOBODY.includes(error.code)) return "nobody";
    if (BROKEN_OFF.includes(error.code)) return "stranger";
    throw error;
  }
}

/** What connecting to a socket that nobody serves says. */
const NOBODY: readonly NetgraphError["code"][] = ["ENOENT", "ECONNREFUSED"];
const BROKEN_OFF: readonly NetgraphError["code"][] = ["ECONNRESET", "EPIPE"];

function stranger(path: string): NetgraphError {
  const message = `A process other than an engine answers on "${path}": name another control socket with --control`;
  return new NetgraphError("EEXIST", message);
}

/** Makes the user's own folder, and trusts an existing one only if nobody else could have put a socket there. */
async function prepareDirectory({ files, process }: ControlMachine, { ownDirectory }: SocketPath): Promise<void> {
  if (ownDirectory === null) return;
  if (await files.stat(ownDirectory) === null) await files.makeDirectory(ownDirectory, { mode: 0o700 });
  if (!isOwnDirectory(await files.stat(ownDirectory), process.uid)) {
    throw new NetgraphError("EACCES", `Folder "${ownDirectory}" must be yours alone, with mode 0700`);
  }
}

/** True when it is a folder into which nobody but `uid` could have put anything. */
export function isOwnDirectory(fact: FileFact | null, uid: number | null): boolean {
  if (fact?.kind !== "directory") return false;
  const foreign = fact.uid !== uid && fact.uid !== null && uid !== null;
  return !foreign && (fact.mode === null || (fact.mode & 0o077) === 0);
}
