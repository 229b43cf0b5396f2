/**
 * The contract between a file that a node reads or writes and its node, which every runtime implements. No call blocks:
 * the thread of the graph never waits for a disk.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";

/** - `read`: from its beginning to its end; `append`: at its end; `truncate`: emptied when it is opened, then as `append` */
export type FileUse = "read" | "append" | "truncate";

/** A file to open. */
export interface FileSpec {
  /** Its absolute path. */
  readonly path: string;
  /** The kind of access. */
  readonly use: FileUse;
  /** True: written data is on the disk before it counts as written. */
  readonly fsync: boolean;
  /** The permission bits of a file that is created. */
  readonly permissions: number;
}

/** The result of writing what was waiting. */
export interface FileWritten {
  /** Bytes that were written. */
  readonly bytes: number;
  /** Bytes that could not be written, and are lost. */
  readonly lostBytes: number;
  /** Why not; null if all were written. */
  readonly error: NetgraphError | null;
}

/** The owner of a file. It is called on a turn of its own, never from within a call. */
export interface FileOwner {
  /** It is open. */
  opened(): void;
  /** It could not be opened; no call follows. */
  openFailed(error: NetgraphError): void;
  /** A piece was read; the bytes belong to the owner. No other follows until `more`. */
  received(octets: Uint8Array<ArrayBuffer>): void;
  /** It was read to its end, or with an error. */
  ended(error: NetgraphError | null): void;
  /** The waiting data was written, or lost. */
  wrote(result: FileWritten): void;
}

/** A file that is open, or is being opened. */
export interface FileStream {
  /** Reads one more piece. */
  more(): void;
  /** Appends bytes, which belong to the file from then on. If another file, or none, is at its path, that one is opened. */
  write(octets: Uint8Array<ArrayBuffer>): void;
  /** Closes it after what was written. No call of the owner follows. */
  close(released: () => void): void;
}

/** Opens files. */
export interface FileStreams {
  /** Opens a file; the result is known at the call of `owner.opened` or `owner.openFailed`. */
  open(spec: FileSpec, owner: FileOwner): FileStream;
}
