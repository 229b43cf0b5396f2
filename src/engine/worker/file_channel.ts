/**
 * Files for a graph over runtime `posix`: its thread blocks in epoll and must not wait for a disk, so the engine's
 * thread opens, reads and writes them.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { FileOwner, FileSpec, FileStream, FileStreams } from "../../socket/file_stream.ts";

/** A request of the graph's thread, about the file of this number. */
export type FileRequest =
  & { readonly id: number }
  & (
    | { readonly kind: "open"; readonly spec: FileSpec }
    | { readonly kind: "more" | "close" }
    | { readonly kind: "write"; readonly octets: Uint8Array<ArrayBuffer> }
  );

/** A message to it. */
export type FileEvent =
  & { readonly id: number }
  & (
    | { readonly kind: "opened" | "closed" }
    | { readonly kind: "open-failed"; readonly error: ErrorData }
    | { readonly kind: "received"; readonly octets: Uint8Array<ArrayBuffer> }
    | { readonly kind: "ended"; readonly error: ErrorData | null }
    | { readonly kind: "wrote"; readonly bytes: number; readonly lostBytes: number; readonly error: ErrorData | null }
  );

interface RemoteFile {
  readonly owner: FileOwner;
  released: (() => void) | null;
}

/** The graph's side. */
export class RemoteFiles implements FileStreams {
  readonly #emit: (request: FileRequest) => void;
  readonly #files = new Map<number, RemoteFile>();
  #lastId = 0;

  constructor(emit: (request: FileRequest) => void) {
    this.#emit = emit;
  }

  open(spec: FileSpec, owner: FileOwner): FileStream {
    const id = ++this.#lastId;
    const file: RemoteFile = { owner, released: null };
    this.#files.set(id, file);
    this.#emit({ id, kind: "open", spec });
    return {
      more: () => this.#emit({ id, kind: "more" }),
      write: (octets) => this.#emit({ id, kind: "write", octets }),
      close: (released) => {
        file.released = released;
        this.#emit({ id, kind: "close" });
      },
    };
  }

  /** Receives messages of the other side. */
  take(event: FileEvent): void {
    const file = this.#files.get(event.id);
    if (file === undefined) return;
    if (event.kind === "closed") {
      this.#files.delete(event.id);
      return file.released?.();
    }
    if (file.released !== null) return;
    switch (event.kind) {
      case "opened":
        return file.owner.opened();
      case "open-failed":
        return file.owner.openFailed(NetgraphError.from(event.error));
      case "received":
        return file.owner.received(event.octets);
      case "ended":
        return file.owner.ended(errorOf(event.error));
      case "wrote":
        return file.owner.wrote({ bytes: event.bytes, lostBytes: event.lostBytes, error: errorOf(event.error) });
    }
  }
}

/** The engine's side: executes the requests with the files of the machine. */
export class FileServer {
  readonly #streams: FileStreams;
  readonly #emit: (event: FileEvent) => void;
  readonly #open = new Map<number, FileStream>();

  constructor(streams: FileStreams, emit: (event: FileEvent) => void) {
    this.#streams = streams;
    this.#emit = emit;
  }

  /** Executes one request. */
  perform(request: FileRequest): void {
    const { id } = request;
    const file = this.#open.get(id);
    switch (request.kind) {
      case "open":
        this.#open.set(id, this.#streams.open(request.spec, this.#owner(id)));
        return;
      case "more":
        return file?.more();
      case "write":
        return file?.write(request.octets);
      case "close":
        this.#open.delete(id);
        return file?.close(() => this.#emit({ id, kind: "closed" }));
    }
  }

  /** Closes all, after what was written. */
  close(): void {
    for (const file of this.#open.values()) file.close(() => {});
    this.#open.clear();
  }

  #owner(id: number): FileOwner {
    const emit = this.#emit;
    return {
      opened: () => emit({ id, kind: "opened" }),
      openFailed: (error) => emit({ id, kind: "open-failed", error: error.toData() }),
      received: (octets) => emit({ id, kind: "received", octets: octets.slice() }),
      ended: (error) => emit({ id, kind: "ended", error: error?.toData() ?? null }),
      wrote: ({ bytes, lostBytes, error }) =>
        emit({ id, kind: "wrote", bytes, lostBytes, error: error?.toData() ?? null }),
    };
  }
}

function errorOf(error: ErrorData | null): NetgraphError | null {
  return error === null ? null : NetgraphError.from(error);
}
