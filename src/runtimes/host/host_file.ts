/**
 * An open file whose operations never block the thread: on Deno 2.9.6 `write()` and `read()` of `node:fs` do while a
 * disk stalls, therefore its own API transfers the data there.
 *
 * @module
 */

import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { NetgraphError } from "../../errors.ts";

/** An open file. */
export interface HostFile {
  /** Reads the next bytes; 0 at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Writes some of the bytes; returns how many. */
  write(octets: Uint8Array): Promise<number>;
  stat(): Promise<FileFacts>;
  /** Removes its content. */
  empty(): Promise<void>;
  /** Waits until the disk has its data. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** What is known of a file. */
export interface FileFacts {
  /** In bytes. */
  readonly size: number;
  readonly isFile: boolean;
  readonly isCharacterDevice: boolean;
  /** The same for the same file, under each of its names. */
  readonly identity: string;
}

/**
 * Opens a file.
 *
 * @param flags of open(2): those of `node:fs`
 */
export async function openHostFile(path: string, flags: number, mode?: number): Promise<HostFile> {
  const handle = await open(path, flags, mode);
  if (!("Deno" in globalThis)) return new NodeFile(handle);
  try {
    return await openSame(path, flags, handle);
  } finally {
    await handle.close();
  }
}

/** Compares files: the facts of one as `node:fs` returns them. */
export function factsOf(stats: Stats): FileFacts {
  const { size, dev, ino } = stats;
  return { size, isFile: stats.isFile(), isCharacterDevice: stats.isCharacterDevice(), identity: `${dev}:${ino}` };
}

/** The file of a handle, by Deno's own API. */
async function openSame(path: string, flags: number, handle: FileHandle): Promise<HostFile> {
  const isRead = (flags & (constants.O_WRONLY | constants.O_RDWR)) === 0;
  const file = new DenoFile(await Deno.open(path, isRead ? { read: true } : { append: true }));
  const [desired, found] = [factsOf(await handle.stat()), await file.stat()];
  if (desired.identity === found.identity) return file;
  await file.close();
  throw new NetgraphError("EAGAIN", `Cannot open "${path}": another file replaced it at the same time`);
}

class NodeFile implements HostFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    return (await this.#handle.read(into, 0, into.length)).bytesRead;
  }

  async write(octets: Uint8Array): Promise<number> {
    return (await this.#handle.write(octets)).bytesWritten;
  }

  async stat(): Promise<FileFacts> {
    return factsOf(await this.#handle.stat());
  }

  empty(): Promise<void> {
    return this.#handle.truncate(0);
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

class DenoFile implements HostFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    return await this.#file.read(into) ?? 0;
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#file.write(octets);
  }

  async stat(): Promise<FileFacts> {
    const { size, isFile, isCharDevice, dev, ino } = await this.#file.stat();
    return { size, isFile, isCharacterDevice: isCharDevice === true, identity: `${dev}:${ino}` };
  }

  empty(): Promise<void> {
    return this.#file.truncate(0);
  }

  datasync(): Promise<void> {
    return this.#file.syncData();
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}
