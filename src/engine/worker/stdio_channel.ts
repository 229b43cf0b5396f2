/**
 * Standard input and output for a graph in another thread: the engine's thread has them, and both directions are
 * limited by acknowledgements of the other side.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { StandardIo, StandardIoOwner, StandardStream } from "../../socket/standard_io.ts";

/** The limit of data in transit in one direction. */
const WINDOW_BYTES = 256 * 1024;

/** A request of the graph's thread. */
export type StdioRequest =
  | { readonly kind: "open" | "close" }
  | { readonly kind: "write"; readonly octets: Uint8Array<ArrayBuffer> }
  /** There is room for this many more bytes. */
  | { readonly kind: "room"; readonly bytes: number };

/** A message to it. */
export type StdioEvent =
  | { readonly kind: "data"; readonly octets: Uint8Array<ArrayBuffer> }
  /** This many bytes were written. */
  | { readonly kind: "written"; readonly bytes: number }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** The graph's side. */
export class RemoteStdio implements StandardIo {
  readonly #emit: (request: StdioRequest) => void;
  #owner: StandardIoOwner | null = null;
  #unwritten = 0;
  /** Received bytes that were not acknowledged yet. */
  #owed = 0;
  #full = false;

  constructor(emit: (request: StdioRequest) => void) {
    this.#emit = emit;
  }

  open(owner: StandardIoOwner): StandardStream {
    if (this.#owner !== null) throw new NetgraphError("EBUSY", "Cannot open standard input: another node uses it");
    this.#owner = owner;
    this.#emit({ kind: "open" });
    this.#owed = WINDOW_BYTES;
    return {
      resume: () => this.#acknowledge(),
      write: (octets) => this.#write(octets),
      close: () => {
        if (this.#owner !== owner) return;
        this.#owner = null;
        this.#emit({ kind: "close" });
      },
    };
  }

  /** Receives messages of the other side. */
  take(event: StdioEvent): void {
    switch (event.kind) {
      case "data":
        this.#owed += event.octets.length;
        if (this.#owner?.received(event.octets) !== false) this.#acknowledge();
        return;
      case "ended":
        return this.#owner?.ended();
      case "failed":
        return this.#owner?.failed(NetgraphError.from(event.error));
      case "written":
        this.#unwritten -= event.bytes;
        if (!this.#full || this.#unwritten >= WINDOW_BYTES) return;
        this.#full = false;
        return this.#owner?.drained();
    }
  }

  #acknowledge(): void {
    if (this.#owed === 0) return;
    this.#emit({ kind: "room", bytes: this.#owed });
    this.#owed = 0;
  }

  #write(octets: Uint8Array<ArrayBuffer>): void | false {
    this.#unwritten += octets.length;
    this.#emit({ kind: "write", octets });
    this.#full = this.#unwritten >= WINDOW_BYTES;
    return this.#full ? false : undefined;
  }
}

/** The engine's side: executes the requests with the real ones. */
export class StdioServer implements StandardIoOwner {
  readonly #io: StandardIo;
  readonly #emit: (event: StdioEvent) => void;
  #stream: StandardStream | null = null;
  #room = 0;
  /** Written bytes that were not reported yet. */
  #written = 0;
  #full = false;

  constructor(io: StandardIo, emit: (event: StdioEvent) => void) {
    this.#io = io;
    this.#emit = emit;
  }

  /** Executes one request. */
  perform(request: StdioRequest): void {
    switch (request.kind) {
      case "open":
        return this.#open();
      case "close":
        return this.close();
      case "room":
        this.#room += request.bytes;
        return this.#stream?.resume();
      case "write":
        this.#written += request.octets.length;
        this.#full = this.#stream?.write(request.octets) === false;
        if (!this.#full) this.#reportWritten();
        return;
    }
  }

  /** Closes them. */
  close(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#room = 0;
  }

  received(octets: Uint8Array<ArrayBuffer>): void | false {
    this.#room -= octets.length;
    this.#emit({ kind: "data", octets });
    return this.#room > 0 ? undefined : false;
  }

  ended(): void {
    this.#emit({ kind: "ended" });
  }

  drained(): void {
    this.#full = false;
    this.#reportWritten();
  }

  failed(error: NetgraphError): void {
    this.#emit({ kind: "failed", error: error.toData() });
  }

  #open(): void {
    try {
      this.#stream = this.#io.open(this);
    } catch (error) {
      if (!(error instanceof NetgraphError)) throw error;
      this.failed(error);
    }
  }

  #reportWritten(): void {
    const bytes = this.#written;
    this.#written = 0;
    this.#emit({ kind: "written", bytes });
  }
}
