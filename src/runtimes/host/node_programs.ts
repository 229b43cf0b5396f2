/**
 * Programs by `node:child_process`, on both hosts: Deno runs them as `Deno.Command`, Bun as `Bun.spawn`.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { SharedBuffer } from "../../buffer.ts";
import type { Clock, Timer } from "../../clock.ts";
import { errorText, NetgraphError } from "../../errors.ts";
import type { ProgramExit, ProgramOwner, Programs, ProgramSpec, RunningProgram } from "../../socket/program.ts";
import type { Octets } from "../../socket/socket.ts";
import { OpenPrograms } from "../core/open_programs.ts";
import { ProgramLines } from "../core/program_lines.ts";
import { commandOf } from "../core/program_user.ts";
import { HIGH_WATER_BYTES } from "../core/send_queue.ts";
import { systemErrorCode } from "../system_error.ts";

/** Programs of a host. */
export class NodePrograms implements Programs {
  readonly #clock: Clock;
  readonly #open = new OpenPrograms(queueMicrotask);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(spec: ProgramSpec, owner: ProgramOwner): RunningProgram {
    return new NodeProgram({ spec, owner, clock: this.#clock, open: this.#open });
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}

class NodeProgram implements RunningProgram {
  readonly #owner: ProgramOwner;
  readonly #spec: ProgramSpec;
  readonly #clock: Clock;
  readonly #open: OpenPrograms;
  readonly #child: ChildProcess;
  readonly #lines: ProgramLines;
  readonly #released: (() => void)[] = [];
  #queuedBytes = 0;
  #isFull = false;
  #inputEnded = false;
  #isInputClosed = false;
  #isReading = false;
  #isStopped = false;
  #isExited = false;
  #killTimer: Timer | null = null;

  constructor(
    { spec, owner, clock, open }: { spec: ProgramSpec; owner: ProgramOwner; clock: Clock; open: OpenPrograms },
  ) {
    const { path, args } = commandOf(spec);
    this.#owner = owner;
    this.#spec = spec;
    this.#clock = clock;
    this.#open = open;
    this.#lines = new ProgramLines(() => clock.now(), (line) => this.#isStopped || owner.complained(line));
    try {
      this.#child = spawn(path, [...args], {
        env: spec.env,
        ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
        stdio: ["pipe", "pipe", "pipe"],
        // It leads a process group of its own, which is ended as a whole.
        detached: true,
      });
    } catch (error) {
      throw this.#startError(error);
    }
    open.add(this);
    this.#watch();
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  send({ buffer, offset, length }: Octets): void | false {
    const { stdin } = this.#child;
    if (stdin === null || stdin === undefined || this.#isInputClosed || this.#inputEnded || length === 0) return;
    this.#queuedBytes += length;
    stdin.write(buffer.bytes.slice(offset, offset + length), () => {
      this.#queuedBytes -= length;
      if (!this.#isFull || this.#queuedBytes > 0) return;
      this.#isFull = false;
      if (!this.#isStopped && !this.#isInputClosed) this.#owner.drained();
    });
    if (this.#queuedBytes < HIGH_WATER_BYTES) return;
    this.#isFull = true;
    return false;
  }

  endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#child.stdin?.end();
  }

  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#child.stdout?.resume();
    if (this.#spec.stderr === "io") this.#child.stderr?.resume();
  }

  stop(released?: () => void): void {
    if (this.#isExited) {
      this.#close();
      if (released !== undefined) queueMicrotask(released);
      return;
    }
    if (released !== undefined) this.#released.push(released);
    if (this.#isStopped) return;
    this.#close();
    this.#signal("SIGTERM");
    this.#killTimer = this.#clock.after(this.#spec.killAfterMs, () => this.#signal("SIGKILL"));
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #watch(): void {
    const { stdin, stdout, stderr } = this.#child;
    this.#child.on("spawn", () => this.#isStopped || this.#owner.started(this.#child.pid ?? 0));
    this.#child.on("error", (error) => this.#failed(error));
    this.#child.on("exit", (status, signal) => this.#exited(exitOf(status, signal)));
    // A program that reads no more is seen by what cannot be written.
    stdin?.on("error", () => this.#closeInput());
    let open = 0;
    const watch = (
      stream: Readable | null,
      receive: (bytes: Uint8Array<ArrayBuffer>) => void,
      end: () => void,
    ): void => {
      if (stream === null || stream === undefined) return; // Bun has none where it could not start the program.
      stream.on("data", (bytes: Uint8Array<ArrayBuffer>) => this.#isStopped || receive(bytes));
      stream.on("error", () => stream.destroy());
      stream.on("close", end);
    };
    const receive = (bytes: Uint8Array<ArrayBuffer>): void => {
      if (this.#owner.arrived({ buffer: new SharedBuffer(bytes), offset: 0, length: bytes.length }) !== false) return;
      this.#isReading = false;
      stdout?.pause();
      if (this.#spec.stderr === "io") stderr?.pause();
    };
    const ended = (): void => {
      open -= 1;
      if (open === 0 && !this.#isStopped) this.#owner.ended();
    };
    open = this.#spec.stderr === "io" ? 2 : 1;
    watch(stdout, receive, ended);
    if (this.#spec.stderr === "io") watch(stderr, receive, ended);
    else watch(stderr, (bytes) => this.#lines.take(bytes), () => this.#lines.end());
    // A listener of data makes a stream flow: it waits for `resume`.
    if (!this.#isReading) stdout?.pause();
    if (this.#spec.stderr === "io") stderr?.pause();
  }

  #failed(error: unknown): void {
    if (this.#child.pid !== undefined) return;
    this.#isExited = true;
    this.#finish();
    if (!this.#isStopped) this.#owner.startFailed(this.#startError(error));
    this.#isStopped = true;
  }

  #exited(exit: ProgramExit): void {
    this.#isExited = true;
    if (this.#isStopped) this.#signal("SIGKILL");
    this.#finish();
    if (this.#isStopped) return;
    this.#closeInput();
    this.#owner.exited(exit);
  }

  #finish(): void {
    this.#killTimer?.cancel();
    this.#open.remove(this);
    for (const released of this.#released) queueMicrotask(released);
  }

  #closeInput(): void {
    if (this.#isInputClosed) return;
    this.#isInputClosed = true;
    const lost = this.#queuedBytes;
    this.#child.stdin?.destroy();
    if (!this.#isStopped && (!this.#inputEnded || lost > 0)) this.#owner.inputClosed(lost);
  }

  /** Its process group; Deno signals that only with the permission to run everything, and otherwise the program alone. */
  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has ended, or may not be signalled.
      if (!this.#isExited) this.#child.kill(signal);
    }
  }

  #close(): void {
    this.#isStopped = true;
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }

  #startError(error: unknown): NetgraphError {
    const { path, cwd } = this.#spec;
    const code = systemErrorCode(error);
    const why = code === "ENOTCAPABLE" ? `Deno was started without --allow-run=${path}` : errorText(code);
    const where = cwd === null ? "" : ` in "${cwd}"`;
    return new NetgraphError(code, `Cannot start "${path}"${where}: ${why}`, { cause: error });
  }
}

function exitOf(status: number | null, signal: string | null): ProgramExit {
  return signal === null ? { kind: "status", status: status ?? 0 } : { kind: "signal", signal };
}
