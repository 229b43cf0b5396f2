/**
 * Scripted programs of a network in memory, for tests: no process is started.
 *
 * @module
 */

import { SharedBuffer } from "../../buffer.ts";
import { errorText, NetgraphError } from "../../errors.ts";
import type { ProgramExit, ProgramOwner, Programs, ProgramSpec, RunningProgram } from "../../socket/program.ts";
import type { Octets } from "../../socket/socket.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import type { TurnQueue } from "./turns.ts";

/** What a scripted program can do. */
export interface ProgramIo {
  /** What it was started with. */
  readonly spec: ProgramSpec;
  /** Writes to its standard output. */
  write(text: string): void;
  /** Closes its standard output. */
  endOutput(): void;
  /** Writes a line to its standard error. */
  complain(line: string): void;
  /** Ends with a status, or by a signal; its output ends too. */
  exit(how: number | string): void;
  /** Reads no more. */
  closeInput(): void;
  /** Reads nothing until it is called again with false. */
  holdInput(hold: boolean): void;
}

/** What a scripted program does with what happens to it. */
export interface ProgramScript {
  /** Its standard input. */
  input?(text: string): void;
  /** The end of its standard input. */
  inputEnded?(): void;
  /** It was asked to end; without this it ends by the signal. */
  terminated?(): void;
}

/** Starts a scripted program. */
export type StartScript = (io: ProgramIo) => ProgramScript;

/** The programs of a network, by their paths. */
export class MemoryPrograms implements Programs {
  readonly #turns: TurnQueue;
  readonly #scripts: ReadonlyMap<string, StartScript>;
  readonly #running = new Set<MemoryProgram>();
  #lastPid = 100;

  constructor(turns: TurnQueue, scripts: ReadonlyMap<string, StartScript>) {
    this.#turns = turns;
    this.#scripts = scripts;
  }

  start(spec: ProgramSpec, owner: ProgramOwner): RunningProgram {
    const script = this.#scripts.get(spec.path);
    if (script === undefined) {
      throw new NetgraphError("ENOENT", `Cannot start "${spec.path}": ${errorText("ENOENT")}`);
    }
    const program = new MemoryProgram(owner, this.#turns, (ended) => this.#running.delete(ended));
    this.#running.add(program);
    program.begin(spec, script, ++this.#lastPid);
    return program;
  }

  close(): Promise<void> {
    for (const program of [...this.#running]) program.stop();
    return Promise.resolve();
  }
}

class MemoryProgram implements RunningProgram {
  readonly #owner: ProgramOwner;
  readonly #turns: TurnQueue;
  readonly #gone: (program: MemoryProgram) => void;
  readonly #output: (string | null)[] = [];
  readonly #input: string[] = [];
  #script: ProgramScript = {};
  #isReading = false;
  #isHolding = false;
  #inputEnding = false;
  #isFull = false;
  #isInputClosed = false;
  #isStopped = false;
  #exit: ProgramExit | null = null;
  queuedBytes = 0;

  constructor(owner: ProgramOwner, turns: TurnQueue, gone: (program: MemoryProgram) => void) {
    this.#owner = owner;
    this.#turns = turns;
    this.#gone = gone;
  }

  /** Starts the script. */
  begin(spec: ProgramSpec, script: StartScript, pid: number): void {
    this.#post(() => this.#owner.started(pid));
    this.#script = script({
      spec,
      write: (text) => this.#put(text),
      endOutput: () => this.#put(null),
      complain: (line) => this.#post(() => this.#owner.complained(line)),
      exit: (how) => this.#end(how),
      closeInput: () => this.#closeInput(),
      holdInput: (hold) => {
        this.#isHolding = hold;
        if (!hold) this.#post(() => this.#feed());
      },
    });
  }

  send({ buffer, offset, length }: Octets): void | false {
    if (this.#isInputClosed || this.#inputEnding) return;
    this.#input.push(new TextDecoder().decode(buffer.bytes.subarray(offset, offset + length)));
    this.queuedBytes += length;
    this.#post(() => this.#feed());
    if (this.queuedBytes < HIGH_WATER_BYTES) return;
    this.#isFull = true;
    return false;
  }

  endInput(): void {
    if (this.#inputEnding) return;
    this.#inputEnding = true;
    this.#post(() => this.#feed());
  }

  resume(): void {
    this.#isReading = true;
    this.#post(() => this.#deliver());
  }

  stop(released?: () => void): void {
    if (!this.#isStopped && this.#exit === null) {
      this.#isStopped = true;
      if (this.#script.terminated === undefined) this.#end("SIGTERM");
      else this.#script.terminated();
      this.#gone(this);
    }
    this.#isStopped = true;
    if (released !== undefined) this.#turns.post(released);
  }

  #post(call: () => void): void {
    this.#turns.post(() => this.#isStopped || call());
  }

  #put(text: string | null): void {
    this.#output.push(text);
    this.#post(() => this.#deliver());
  }

  #deliver(): void {
    while (this.#isReading && this.#output.length > 0) {
      const text = this.#output.shift();
      if (text === null) this.#owner.ended();
      if (typeof text !== "string") continue;
      const bytes = new TextEncoder().encode(text);
      const taken = this.#owner.arrived({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length });
      if (taken === false) this.#isReading = false;
    }
  }

  #feed(): void {
    while (!this.#isHolding && this.#input.length > 0) {
      const text = this.#input.shift() ?? "";
      this.queuedBytes -= new TextEncoder().encode(text).length;
      this.#script.input?.(text);
    }
    if (this.#isHolding) return;
    if (this.#isFull) {
      this.#isFull = false;
      this.#owner.drained();
    }
    if (!this.#inputEnding || this.#isInputClosed) return;
    this.#isInputClosed = true;
    this.#script.inputEnded?.();
  }

  #closeInput(): void {
    if (this.#isInputClosed) return;
    this.#isInputClosed = true;
    const lost = this.queuedBytes;
    this.queuedBytes = 0;
    this.#input.length = 0;
    this.#post(() => this.#owner.inputClosed(lost));
  }

  #end(how: number | string): void {
    if (this.#exit !== null) return;
    const exit: ProgramExit = typeof how === "number"
      ? { kind: "status", status: how }
      : { kind: "signal", signal: how };
    this.#exit = exit;
    this.#gone(this);
    if (!this.#output.includes(null)) this.#put(null);
    this.#closeInput();
    this.#post(() => this.#owner.exited(exit));
  }
}
