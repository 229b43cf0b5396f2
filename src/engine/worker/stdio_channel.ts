/**
 * Standard input and output for a graph in another thread: the engine's thread has them, and both directions are
 * bounded by what the other side has taken.
 *
 * @module
 */

import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { StandardIo, StandardIoOwner, StandardStream } from "../../socket/standard_io.ts";

/** How much may be under way in one direction. */
const WINDOW_BYTES = 256 * 1024;

/** What the graph's thread wants. */
export type StdioAct =
  | { readonly kind: "open" | "close" }
  | { readonly kind: "write"; readonly octets: Uint8Array<ArrayBuffer> }
  /** There is room for so much more. */
  | { readonly kind: "room"; readonly bytes: number };

/** What it is told. */
export type StdioEvent =
  | { readonly kind: "data"; readonly octets: Uint8Array<ArrayBuffer> }
  /** So much has been written. */
  | { readonly kind: "written"; readonly bytes: number }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: ErrorData };

/** The graph's side. */
export class RemoteStdio implements StandardIo {
  readonly #emit: (act: StdioAct) => void;
  #owner: StandardIoOwner | null = null;
  #unwritten = 0;
  /** What came in and was not answered with room for as much. */
  #owed = 0;
  #full = false;

  constructor(emit: (act: StdioAct) => void) {
    this.#emit = emit;
  }

  open(owner: StandardIoOwner): StandardStream {
    if (this.#owner !== null) throw new NetgraphError("EBUSY", "Cannot open standard input: another node has it");
    this.#owner = owner;
    this.#emit({ kind: "open" });
    this.#owed = WINDOW_BYTES;
    return {
      resume: () => this.#giveRoom(),
      write: (octets) => this.#write(octets),
      close: () => {
        if (this.#owner !== owner) return;
        this.#owner = null;
        this.#emit({ kind: "close" });
      },
    };
  }

  /** Takes what the other side tells. */
  take(news: StdioEvent): void {
    switch (news.kind) {
      case "data":
        this.#owed += news.octets.length;
        if (this.#owner?.received(news.octets) !== false) this.#giveRoom();
        return;
      case "ended":
        return this.#owner?.ended();
      case "failed":
        return this.#owner?.failed(NetgraphError.from(news.error));
      case "written":
        this.#unwritten -= news.bytes;
        if (!this.#full || this.#unwritten >= WINDOW_BYTES) return;
        this.#full = false;
        return this.#owner?.drained();
    }
  }

  #giveRoom(): void {
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

/** The engine's side: does what the graph's thread wants with the real ones. */
export class StdioServer implements StandardIoOwner {
  readonly #io: StandardIo;
  readonly #emit: (news: StdioEvent) => void;
  #stream: StandardStream | null = null;
  #room = 0;
  /** Written, and not told yet. */
  #written = 0;
  #full = false;

  constructor(io: StandardIo, emit: (news: StdioEvent) => void) {
    this.#io = io;
    this.#emit = emit;
  }

  /** Does one thing. */
  perform(act: StdioAct): void {
    switch (act.kind) {
      case "open":
        return this.#open();
      case "close":
        return this.close();
      case "room":
        this.#room += act.bytes;
        return this.#stream?.resume();
      case "write":
        this.#written += act.octets.length;
        this.#full = this.#stream?.write(act.octets) === false;
        if (!this.#full) this.#tellWritten();
        return;
    }
  }

  /** Gives them back. */
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
    this.#tellWritten();
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

  #tellWritten(): void {
    const bytes = this.#written;
    this.#written = 0;
    this.#emit({ kind: "written", bytes });
  }
}
