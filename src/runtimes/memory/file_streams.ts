/**
 * Files of a network in memory.
 *
 * @module
 */

import { errorText, NetgraphError } from "../../errors.ts";
import type { FileOwner, FileSpec, FileStream, FileStreams } from "../../socket/file_stream.ts";
import type { Faults } from "./faults.ts";
import type { TurnQueue } from "./turns.ts";

const READ_BYTES = 64 * 1024;

/** The files of a network, by their paths; the fault `write PATH` is that of a full disk. */
export class MemoryFileStreams implements FileStreams {
  readonly #turns: TurnQueue;
  readonly #faults: Faults;
  readonly #files: Map<string, Uint8Array<ArrayBuffer>>;

  constructor(turns: TurnQueue, faults: Faults, files: Map<string, Uint8Array<ArrayBuffer>>) {
    this.#turns = turns;
    this.#faults = faults;
    this.#files = files;
  }

  open(spec: FileSpec, owner: FileOwner): FileStream {
    const { path, use } = spec;
    const files = this.#files;
    let offset = 0;
    let isClosed = false;
    const post = (call: () => void): void => this.#turns.post(() => isClosed || call());
    post(() => {
      if (use === "read" && !files.has(path)) {
        return owner.openFailed(new NetgraphError("ENOENT", `Cannot open "${path}": ${errorText("ENOENT")}`));
      }
      if (use === "truncate") files.set(path, new Uint8Array());
      owner.opened();
    });
    return {
      more: () =>
        post(() => {
          const piece = (files.get(path) ?? new Uint8Array()).slice(offset, offset + READ_BYTES);
          offset += piece.length;
          if (piece.length === 0) owner.ended(null);
          else owner.received(piece);
        }),
      write: (octets) =>
        post(() => {
          const error = this.#faults.hit("write", path);
          if (error !== null) return owner.wrote({ bytes: 0, lostBytes: octets.length, error });
          files.set(path, Uint8Array.of(...files.get(path) ?? [], ...octets));
          owner.wrote({ bytes: octets.length, lostBytes: 0, error: null });
        }),
      close: (released) =>
        this.#turns.post(() => {
          isClosed = true;
          released();
        }),
    };
  }
}
