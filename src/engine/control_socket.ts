/**
 * Decides which engine serves the control socket: at most one per path, even if several start at the same moment.
 *
 * The engine holds the lock on `PATH.lock` for as long as it runs; the system releases it even after kill -9. Only its
 * holder removes a stale socket and listens. All other processes find a running engine and become its clients. The lock
 * file stays: removing it would let two hold "the" lock.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { SocketPath } from "../api/socket_path.ts";
import { NetgraphError } from "../errors.ts";
import type { ControlTransport, FileFact, FileLock, Files } from "../runtimes/runtime.ts";
import { ControlPath } from "./control_path.ts";

/** The part of the machine that is needed. */
export interface ControlMachine {
  readonly clock: Clock;
  readonly files: Pick<Files, "stat" | "makeDirectory" | "remove">;
  readonly control: ControlTransport;
  readonly process: { readonly uid: number | null };
}

/** The result of the race for the control socket. */
export type Claim =
  /** An engine answers there. */
  | { readonly kind: "taken" }
  /** It is ours: no other engine may serve until it is released. */
  | { readonly kind: "ours"; readonly lease: ControlSocketLease };

const RETRY_MS = 25;
/** How long the holder of the lock may take to answer, or to release it when it ends. */
const LOCK_TIMEOUT_MS = 10_000;
/** How long a killed engine may take from its lock to its socket: a later answer is not from an engine. */
const OTHER_PROGRAM_MS = 1_000;

/**
 * Finds out whether an engine serves the control socket; if none does, acquires the right to serve it.
 *
 * @throws NetgraphError EBUSY if the holder of the lock does not answer; EACCES if the folder belongs to another user
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
      const answer = await probeSocket(machine, place.path, options);
      if (answer === "engine") return { kind: "taken" };
      ours = lock !== null && answer === "none";
      if (answer === "other-program" && lock !== null && machine.clock.now() >= begun + OTHER_PROGRAM_MS) {
        throw otherProgram(place.path);
      }
    } finally {
      if (!ours) await lock?.release();
    }
    if (lock !== null && ours) return { kind: "ours", lease: new ControlSocketLease(machine, place, lock) };
    if (machine.clock.now() >= begun + LOCK_TIMEOUT_MS) {
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
  /** The last one is at the path; earlier ones have exchanges in progress, and a removed path. */
  #servers: readonly { close(): Promise<void> }[] = [];
  #kept: ControlPath | null = null;
  #released = false;

  constructor(machine: ControlMachine, place: SocketPath, lock: FileLock) {
    this.#machine = machine;
    this.#place = place;
    this.#locks = [lock];
  }

  /**
   * Removes the socket of an ended engine, then listens, and listens again when the path is removed.
   *
   * @param emit is called when that was done, or with the reason if it failed
   */
  async serve(
    handle: (request: Request) => Promise<Response>,
    emit: (error: NetgraphError | null) => void = () => {},
  ): Promise<void> {
    const { files, clock } = this.#machine;
    const { path } = this.#place;
    const left = await files.stat(path);
    if (left !== null && left.kind !== "socket") {
      throw new NetgraphError("EEXIST", `Cannot serve on "${path}": the path is a ${left.kind}, not a socket`);
    }
    if (left !== null) await files.remove(path);
    await this.#listen(handle);
    this.#kept = new ControlPath({ clock, files, path, serveAgain: () => this.#serveAgain(handle), emit });
  }

  /** Stops serving; removes the path, keeps the right. */
  async close(): Promise<void> {
    await this.#kept?.close();
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => server.close()));
  }

  /** Stops serving and releases the right. */
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
      // The removal of the path may have included the lock's file: without it another engine would see no lock.
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

/** True if an engine answers; false if no process does or there is no socket. */
export async function answers(machine: Pick<ControlMachine, "control">, path: string): Promise<boolean> {
  return await probeSocket(machine, path) === "engine";
}

/** The process that answers: `other-program` closes the connection; it is an ending engine or another program. */
async function probeSocket(
  machine: Pick<ControlMachine, "control">,
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<"engine" | "other-program" | "none"> {
  try {
    const response = await machine.control.fetch(path, { method: "GET", target: "/livez", ...options });
    await response.body?.cancel();
    return "engine";
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    if (NOT_SERVED.includes(error.code)) return "none";
    if (CLOSED_EARLY.includes(error.code)) return "other-program";
    throw error;
  }
}

/** The errors of connecting to a socket that is not served. */
const NOT_SERVED: readonly NetgraphError["code"][] = ["ENOENT", "ECONNREFUSED"];
const CLOSED_EARLY: readonly NetgraphError["code"][] = ["ECONNRESET", "EPIPE"];

function otherProgram(path: string): NetgraphError {
  const message = `A process other than an engine answers on "${path}": name another control socket with --control`;
  return new NetgraphError("EEXIST", message);
}

/** Creates the user's own folder, and trusts an existing one only if no other user could have put a socket there. */
async function prepareDirectory({ files, process }: ControlMachine, { ownDirectory }: SocketPath): Promise<void> {
  if (ownDirectory === null) return;
  if (await files.stat(ownDirectory) === null) await files.makeDirectory(ownDirectory, { mode: 0o700 });
  if (!isOwnDirectory(await files.stat(ownDirectory), process.uid)) {
    throw new NetgraphError("EACCES", `Folder "${ownDirectory}" must belong to this user, with mode 0700`);
  }
}

/** True if only `uid` can create files in the folder. */
export function isOwnDirectory(fact: FileFact | null, uid: number | null): boolean {
  if (fact?.kind !== "directory") return false;
  const foreign = fact.uid !== uid && fact.uid !== null && uid !== null;
  return !foreign && (fact.mode === null || (fact.mode & 0o077) === 0);
}
