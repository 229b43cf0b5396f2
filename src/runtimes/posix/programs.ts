/**
 * Programs of the runtime `posix`: their pipes and their ends are events of the thread's own loop.
 *
 * @module
 */

import type { Timer } from "../../clock.ts";
import type { ProgramExit, ProgramOwner, Programs, ProgramSpec, RunningProgram } from "../../socket/program.ts";
import type { Octets } from "../../socket/socket.ts";
import { OpenPrograms } from "../core/open_programs.ts";
import { ProgramLines } from "../core/program_lines.ts";
import { signalName } from "../core/signal_name.ts";
import { PipeReader } from "./pipe_reader.ts";
import { PipeWriter } from "./pipe_writer.ts";
import type { PosixHost } from "./host.ts";
import type { Watcher } from "./poller.ts";
import { spawnProgram } from "./spawn.ts";

const SIGTERM = 15;
const SIGKILL = 9;
const WNOHANG = 1;

/** The programs of one thread. */
export class PosixPrograms implements Programs {
  readonly #host: PosixHost;
  readonly #open: OpenPrograms;

  constructor(host: PosixHost) {
    this.#host = host;
    this.#open = new OpenPrograms((call) => host.later(call));
  }

  start(spec: ProgramSpec, owner: ProgramOwner): RunningProgram {
    return new PosixProgram({ spec, owner, host: this.#host, open: this.#open });
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  /** Kills every program: for a thread that ends. */
  destroy(): void {
    this.#open.kill();
  }
}

class PosixProgram implements RunningProgram, Watcher {
  readonly #owner: ProgramOwner;
  readonly #host: PosixHost;
  readonly #open: OpenPrograms;
  readonly #killAfterMs: number;
  readonly #pid: number;
  readonly #processFd: number;
  readonly #input: PipeWriter;
  readonly #output: PipeReader;
  readonly #errors: PipeReader | null;
  readonly #lines: ProgramLines;
  readonly #status = new Int32Array(1);
  #isExited = false;
  #isStopped = false;
  #killTimer: Timer | null = null;
  readonly #released: (() => void)[] = [];

  constructor(
    { spec, owner, host, open }: { spec: ProgramSpec; owner: ProgramOwner; host: PosixHost; open: OpenPrograms },
  ) {
    const { pid, processFd, inputFd, outputFd, errorFd } = spawnProgram(spec, host.libc);
    this.#owner = owner;
    this.#host = host;
    this.#open = open;
    this.#killAfterMs = spec.killAfterMs;
    this.#pid = pid;
    this.#processFd = processFd;
    this.#lines = new ProgramLines(() => host.poller.now(), (line) => this.#isStopped || owner.complained(line));
    this.#input = new PipeWriter(host, inputFd, {
      drained: () => owner.drained(),
      inputClosed: (lost) => this.#isStopped || owner.inputClosed(lost),
    });
    this.#output = new PipeReader(host, outputFd, {
      arrived: (octets) => owner.arrived(octets),
      ended: () => owner.ended(),
    });
    this.#errors = errorFd === null ? null : new PipeReader(host, errorFd, {
      arrived: ({ buffer, offset, length }) => this.#lines.take(buffer.bytes.subarray(offset, offset + length)),
      ended: () => this.#lines.end(),
    });
    this.#errors?.resume();
    host.poller.watch(processFd, host.system.constants.EPOLLIN, this);
    open.add(this);
    host.later(() => this.#isStopped || owner.started(pid));
  }

  get queuedBytes(): number {
    return this.#input.queuedBytes;
  }

  send(octets: Octets): void | false {
    return this.#input.send(octets);
  }

  endInput(): void {
    this.#input.end();
  }

  resume(): void {
    this.#output.resume();
  }

  stop(released?: () => void): void {
    if (this.#isExited) {
      this.#close();
      if (released !== undefined) this.#host.later(released);
      return;
    }
    if (released !== undefined) this.#released.push(released);
    if (this.#isStopped) return;
    this.#close();
    this.#signal(SIGTERM);
    this.#killTimer = this.#host.clock.after(this.#killAfterMs, () => this.#signal(SIGKILL));
  }

  kill(): void {
    this.#isStopped = true;
    if (!this.#isExited) this.#signal(SIGKILL);
    this.#host.libc.spawning?.().waitFor(this.#pid, this.#statusRoom, 0);
  }

  /** Its process has ended. */
  ready(): void {
    const functions = this.#host.libc.spawning?.();
    if (this.#isExited || functions === undefined) return;
    // What it has started ends with it where the connection has ended: while it is not removed, the number is its own.
    if (this.#isStopped) this.#signal(SIGKILL);
    if (functions.waitFor(this.#pid, this.#statusRoom, WNOHANG) !== this.#pid) return;
    this.#isExited = true;
    this.#killTimer?.cancel();
    this.#host.poller.closeLater(this.#processFd);
    const lost = this.#input.queuedBytes;
    this.#input.close();
    this.#open.remove(this);
    for (const released of this.#released) this.#host.later(released);
    if (this.#isStopped) return;
    if (lost > 0) this.#owner.inputClosed(lost);
    // What it wrote before its end is read first, if it can be delivered.
    this.#errors?.drain();
    this.#owner.exited(exitOf(this.#status[0] ?? 0));
  }

  get #statusRoom(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#status.buffer);
  }

  /** Its process group, which it leads. */
  #signal(signal: number): void {
    this.#host.libc.spawning?.().kill(-this.#pid, signal);
  }

  #close(): void {
    this.#isStopped = true;
    this.#input.close();
    this.#output.close();
    this.#errors?.close();
  }
}

/** The wait status of Linux. */
function exitOf(status: number): ProgramExit {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "status", status: status >> 8 & 0xff } : { kind: "signal", signal: signalName(signal) };
}
