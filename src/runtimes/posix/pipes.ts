/**
 * Pipes through which the system moves the bytes of bulk streams from one socket to another without a copy (splice(2)).
 *
 * A pipe is taken for one step, and given back when it is empty: a stream keeps one only while its receiver is full.
 * Whatever the system refuses (descriptors, room for pipes, the call itself) means that bytes are copied for a while.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { Libc } from "./library.ts";
import type { System } from "./system.ts";

/** The number of empty pipes that are kept. */
const MAX_SPARE = 16;

/** The number of pipes of one thread; the streams of further full receivers are copied. */
const MAX_PIPES = 128;

/**
 * The room of a pipe, in bytes: it has a place for each page, and a piece of a page that arrived in one packet needs a
 * place too. With 64 KiB moving costs more than copying.
 */
const PIPE_BYTES = 1024 * 1024;

/** The number of bytes that one step moves. */
const STEP_BYTES = 256 * 1024;

/** How long bytes are copied after the system has refused, in milliseconds. */
const PAUSE_MS = 1_000;

/** At least `struct sigaction`, which begins with the address of the handler. */
const ACTION_BYTES = 256;

/** The parts of a thread that pipes use. */
export interface PipesOptions {
  readonly libc: Libc;
  readonly system: System;
  readonly clock: Pick<Clock, "now">;
  /** Closes a descriptor. */
  readonly close: (fd: number) => void;
}

/** A pipe, and the number of bytes in it. */
export class Pipe {
  readonly output: number;
  readonly input: number;
  bytes = 0;
  readonly #libc: Libc;
  readonly #flags: number;

  constructor({ output, input, libc, flags }: { output: number; input: number; libc: Libc; flags: number }) {
    this.output = output;
    this.input = input;
    this.#libc = libc;
    this.#flags = flags;
  }

  /** Moves bytes from a socket into the empty pipe; returns their number, 0 at the end, or -1 with errno set. */
  fillFrom(fd: number): number {
    const moved = this.#libc.splice(fd, null, this.input, null, STEP_BYTES, this.#flags);
    if (moved > 0) this.bytes = moved;
    return moved;
  }

  /**
   * Moves its bytes to a socket, until the system takes no more: only then an event follows.
   *
   * @returns false, with errno set, if some are left
   */
  emptyInto(fd: number): boolean {
    while (this.bytes > 0) {
      const moved = this.#libc.splice(this.output, null, fd, null, this.bytes, this.#flags);
      if (moved <= 0) return false;
      this.bytes -= moved;
    }
    return true;
  }
}

/** The pipes of one thread. */
export class Pipes {
  readonly #options: PipesOptions;
  readonly #spare: Pipe[] = [];
  readonly #open = new Set<Pipe>();
  /** Bytes are copied until then; 0 if nothing was refused. */
  #pausedUntil = 0;
  /** False if writing to a closed socket would end the process; null: not known yet. */
  #isSignalSafe: boolean | null = null;

  constructor(options: PipesOptions) {
    this.#options = options;
  }

  /** The number of pipes, empty ones included. */
  get size(): number {
    return this.#open.size;
  }

  /** An empty pipe; null if bytes have to be copied. */
  take(): Pipe | null {
    if (this.#pausedUntil > 0 && this.#isPaused()) return null;
    return this.#spare.pop() ?? this.#make();
  }

  /** Takes a pipe back; one with bytes is closed, which drops them. */
  give(pipe: Pipe): void {
    if (pipe.bytes === 0 && this.#spare.length < MAX_SPARE) this.#spare.push(pipe);
    else this.#close(pipe);
  }

  /** The system refuses to move bytes: they are copied for a while. */
  pause(): void {
    this.#pausedUntil = this.#options.clock.now() + PAUSE_MS;
  }

  /** Closes all of them. */
  close(): void {
    this.#spare.length = 0;
    for (const pipe of this.#open) this.#close(pipe);
  }

  #isPaused(): boolean {
    if (this.#options.clock.now() < this.#pausedUntil) return true;
    this.#pausedUntil = 0;
    return false;
  }

  #make(): Pipe | null {
    if (this.#open.size >= MAX_PIPES) return null;
    this.#isSignalSafe ??= this.#ignoresSignal();
    const { libc, system: { constants } } = this.#options;
    const ends = new Int32Array(2);
    const made = this.#isSignalSafe &&
      libc.pipe(new Uint8Array(ends.buffer), constants.SOCK_NONBLOCK | constants.SOCK_CLOEXEC) === 0;
    if (!made) {
      this.pause();
      return null;
    }
    const [output = -1, input = -1] = ends;
    const pipe = new Pipe({ output, input, libc, flags: constants.SPLICE_F_NONBLOCK });
    this.#open.add(pipe);
    if (libc.control(input, constants.F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES) return pipe;
    this.#close(pipe);
    this.pause();
    return null;
  }

  #close(pipe: Pipe): void {
    this.#open.delete(pipe);
    this.#options.close(pipe.output);
    this.#options.close(pipe.input);
  }

  /** Deno and Bun ignore SIGPIPE. A program that does not would end, because moving bytes has no MSG_NOSIGNAL. */
  #ignoresSignal(): boolean {
    const { libc, system: { constants } } = this.#options;
    const action = new BigUint64Array(ACTION_BYTES / 8);
    if (libc.signalAction(constants.SIGPIPE, null, new Uint8Array(action.buffer)) !== 0) return false;
    return action[0] !== 0n;
  }
}
