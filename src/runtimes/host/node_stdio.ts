/**
 * Standard input and output. Input is read by its descriptor's number; how output is written depends on the host:
 * `process.stdout` and `write()` of `node:fs` block the thread of Deno 2.9.6 while a pipe is full.
 *
 * @module
 */

import { read } from "node:fs";
import { NetgraphError } from "../../errors.ts";
import type { StandardIo, StandardIoOwner, StandardStream } from "../../socket/standard_io.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import type { WriteSome } from "./node_process.ts";

const INPUT = 0;
const READ_BYTES = 64 * 1024;
/** The limit of bytes that wait to be written. */
const QUEUE_BYTES = 256 * 1024;
/** How long to wait for a descriptor that another process has set to non-blocking mode. */
const AGAIN_MS = 2;

/** The one of this process. */
export class NodeStdio implements StandardIo {
  readonly #writeSome: WriteSome;
  #taken = false;
  /** A read that no owner waits for: its data goes to the next owner. */
  readonly #input = new Input();

  /** @param writeSome writes without blocking the thread */
  constructor(writeSome: WriteSome) {
    this.#writeSome = writeSome;
  }

  open(owner: StandardIoOwner): StandardStream {
    if (this.#taken) throw new NetgraphError("EBUSY", "Cannot open standard input: another node uses it");
    this.#taken = true;
    const output = new OutputQueue(owner, this.#writeSome);
    this.#input.owner = owner;
    return {
      resume: () => this.#input.resume(),
      write: (octets) => output.write(octets),
      close: () => {
        if (this.#input.owner !== owner) return;
        this.#input.owner = null;
        this.#taken = false;
      },
    };
  }
}

/** Reads one piece at a time: a read cannot be canceled, so data without an owner waits for the next one. */
class Input {
  owner: StandardIoOwner | null = null;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #kept: Uint8Array<ArrayBuffer> | null = null;
  #reading = false;
  #wanted = false;
  #over = false;

  resume(): void {
    this.#wanted = true;
    if (this.#reading) return;
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null) return this.#deliver(kept);
    if (this.#over) return;
    this.#reading = true;
    read(INPUT, this.#buffer, 0, READ_BYTES, null, (error, bytes) => {
      this.#reading = false;
      if (error !== null) return this.#failed(error);
      if (bytes > 0) return this.#deliver(this.#buffer.slice(0, bytes));
      this.#over = true;
      this.owner?.ended();
    });
  }

  #deliver(octets: Uint8Array<ArrayBuffer>): void {
    if (this.owner === null || !this.#wanted) {
      this.#kept = octets;
      return;
    }
    this.#wanted = this.owner.received(octets) !== false;
    if (this.#wanted) this.resume();
  }

  #failed(error: unknown): void {
    if (systemErrorCode(error) === "EAGAIN") {
      setTimeout(() => this.resume(), AGAIN_MS);
      return;
    }
    this.#over = true;
    this.owner?.failed(systemError(error, "Cannot read standard input"));
  }
}

/** Writes one piece at a time, in order. */
class OutputQueue {
  readonly #owner: StandardIoOwner;
  readonly #writeSome: WriteSome;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #writing = false;
  #full = false;
  #broken = false;

  constructor(owner: StandardIoOwner, writeSome: WriteSome) {
    this.#owner = owner;
    this.#writeSome = writeSome;
  }

  write(octets: Uint8Array<ArrayBuffer>): void | false {
    if (this.#broken) return;
    this.#queue.push(octets);
    this.#bytes += octets.length;
    this.#next();
    this.#full = this.#bytes >= QUEUE_BYTES;
    return this.#full ? false : undefined;
  }

  #next(): void {
    const octets = this.#queue[0];
    if (octets === undefined || this.#writing) return;
    this.#writing = true;
    this.#writeSome("stdout", octets).then((bytes) => {
      this.#writing = false;
      this.#queue[0] = octets.subarray(bytes);
      if (bytes === octets.length) this.#queue.shift();
      this.#bytes -= bytes;
      this.#next();
      if (!this.#full || this.#bytes > QUEUE_BYTES / 2) return;
      this.#full = false;
      this.#owner.drained();
    }, (error) => {
      this.#writing = false;
      this.#failed(error);
    });
  }

  #failed(error: unknown): void {
    if (systemErrorCode(error) === "EAGAIN") {
      setTimeout(() => this.#next(), AGAIN_MS);
      return;
    }
    this.#broken = true;
    this.#queue = [];
    this.#owner.failed(systemError(error, "Cannot write to standard output"));
  }
}
