/**
 * Files of nodes, on both hosts.
 *
 * One task at a time runs for a file, in the order of the calls. Pieces that wait are written together.
 *
 * @module
 */

import { constants } from "node:fs";
import { stat } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { FileOwner, FileSpec, FileStream, FileStreams } from "../../socket/file_stream.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { factsOf, type HostFile, openHostFile } from "./host_file.ts";

/** The size of one read. */
const READ_BYTES = 64 * 1024;
/** How often a file that is written is compared with the one at its path. */
const CHECK_MS = 500;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Files of this machine. */
export class NodeFileStreams implements FileStreams {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(spec: FileSpec, owner: FileOwner): FileStream {
    return new NodeFile(spec, owner, this.#clock);
  }
}

class NodeFile implements FileStream {
  readonly #spec: FileSpec;
  readonly #owner: FileOwner;
  readonly #clock: Clock;
  #file: HostFile | null = null;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #checkedAt: number;
  #isClosed = false;
  #tasks: Promise<void>;

  constructor(spec: FileSpec, owner: FileOwner, clock: Clock) {
    this.#spec = spec;
    this.#owner = owner;
    this.#clock = clock;
    this.#checkedAt = clock.now();
    this.#tasks = this.#open();
  }

  more(): void {
    this.#do(() => this.#read());
  }

  write(octets: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(octets);
    // Others wait for the same task.
    if (this.#waiting.length === 1) this.#do(() => this.#writeWaiting());
  }

  close(released: () => void): void {
    this.#isClosed = true;
    this.#do(async () => {
      await this.#file?.close();
      this.#file = null;
    });
    this.#tasks = this.#tasks.then(released);
  }

  #do(task: () => Promise<void>): void {
    // A file that was not opened, or cannot be closed, was reported.
    this.#tasks = this.#tasks.then(task).catch(() => {});
  }

  async #open(): Promise<void> {
    const { path, use } = this.#spec;
    const action = `Cannot open "${path}"`;
    try {
      this.#file = await this.#openAt();
      // Deno 2.9.6 ignores O_TRUNC together with O_APPEND.
      if (use === "truncate") await this.#file.empty();
      if (!this.#isClosed) this.#owner.opened();
    } catch (error) {
      if (!this.#isClosed) this.#owner.openFailed(error instanceof NetgraphError ? error : systemError(error, action));
    }
  }

  /** A directory, a socket or a pipe is refused: reading and writing one does not end, or is not possible. */
  async #openAt(): Promise<HostFile> {
    const { path, use, permissions } = this.#spec;
    const file = await openHostFile(path, use === "read" ? READ : APPEND, permissions);
    const found = await file.stat();
    if (found.isFile || found.isCharacterDevice) return file;
    await file.close();
    throw new NetgraphError("EINVAL", `Cannot open "${path}": it is not a file`);
  }

  async #read(): Promise<void> {
    if (this.#isClosed || this.#file === null) return;
    try {
      const octets = new Uint8Array(READ_BYTES);
      const bytesRead = await this.#file.read(octets);
      if (this.#isClosed) return;
      if (bytesRead === 0) this.#owner.ended(null);
      else this.#owner.received(octets.subarray(0, bytesRead));
    } catch (error) {
      if (!this.#isClosed) this.#owner.ended(systemError(error, `Cannot read "${this.#spec.path}"`));
    }
  }

  async #writeWaiting(): Promise<void> {
    const octets = joined(this.#waiting);
    this.#waiting = [];
    let bytes = 0;
    let error: NetgraphError | null = null;
    try {
      await this.#checkRotated();
      const file = this.#file ??= await this.#openAt();
      const before = (await file.stat()).size;
      try {
        while (bytes < octets.length) bytes += await file.write(octets.subarray(bytes));
      } catch (failure) {
        // A host may write a piece by several calls of the system, and report only that one has failed.
        bytes = Math.min(octets.length, Math.max(bytes, (await file.stat()).size - before));
        throw failure;
      }
      if (this.#spec.fsync) await file.datasync();
    } catch (failure) {
      error = failure instanceof NetgraphError ? failure : systemError(failure, `Cannot write "${this.#spec.path}"`);
    }
    if (!this.#isClosed) this.#owner.wrote({ bytes, lostBytes: octets.length - bytes, error });
  }

  /** Opens the file again if another one, or none, is at its path. */
  async #checkRotated(): Promise<void> {
    const now = this.#clock.now();
    if (this.#file === null || now - this.#checkedAt < CHECK_MS) return;
    this.#checkedAt = now;
    if (await isAt(this.#file, this.#spec.path)) return;
    const next = await this.#openAt();
    await this.#file.close();
    this.#file = next;
  }
}

async function isAt(file: HostFile, path: string): Promise<boolean> {
  try {
    const [here, there] = await Promise.all([file.stat(), stat(path)]);
    return here.identity === factsOf(there).identity;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
