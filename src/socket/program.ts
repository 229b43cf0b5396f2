/**
 * The contract between a program that a node has started and its node, which every runtime implements.
 *
 * A program pushes as a socket does (`socket.ts`): it calls its owner with its output, and the owner returns `false`
 * when it is full. It calls its owner only on its own turn of the event loop, never from within a call of the owner.
 *
 * @module
 */

import type { NetgraphError } from "../errors.ts";
import type { Octets } from "./octets.ts";

/** Where the standard error of a program goes: to the log, line by line, or to the same place as its output. */
export type ProgramStderr = "log" | "io";

/** A program to start. */
export interface ProgramSpec {
  /** The absolute path of its file. */
  readonly path: string;
  /** Its arguments, without its name. */
  readonly args: readonly string[];
  /** Its environment: it has these variables only. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working folder, as an absolute path; null: that of the engine. */
  readonly cwd: string | null;
  /** Where its standard error goes. */
  readonly stderr: ProgramStderr;
  /** The user whose rights it has; null: the user of the engine. */
  readonly user: string | null;
  /** How long it may take to end after SIGTERM, in milliseconds, before it receives SIGKILL. */
  readonly killAfterMs: number;
}

/** The end of a program. */
export type ProgramExit =
  | { readonly kind: "status"; readonly status: number }
  /** A signal has ended it, such as `SIGKILL`. */
  | { readonly kind: "signal"; readonly signal: string };

/** The owner of a program. */
export interface ProgramOwner {
  /** It was started, with this process ID. */
  started(pid: number): void;
  /** It could not be started; no call follows. */
  startFailed(error: NetgraphError): void;
  /**
   * It has written to its standard output.
   *
   * @returns nothing if accepted; false if accepted and the owner is now full: no more data follows until `resume()`
   */
  arrived(octets: Octets): void | false;
  /** Its standard output has ended. Called once, after all its data. */
  ended(): void;
  /** After a `send` that returned false, the next one can follow. */
  drained(): void;
  /** It reads no more: its standard input is closed. What was sent and not read is lost. */
  inputClosed(lostBytes: number): void;
  /** It has written a line to its standard error. */
  complained(line: string): void;
  /** It has ended, and the system has removed it; its output may still be open in a program that it has started. */
  exited(exit: ProgramExit): void;
}

/** A program that was started. */
export interface RunningProgram {
  /** Bytes that `send` accepted and the program's standard input has not. */
  readonly queuedBytes: number;
  /**
   * Accepts bytes for its standard input.
   *
   * @returns nothing if accepted; false if accepted and it is now full: `owner.drained()` follows
   */
  send(octets: Octets): void | false;
  /** Closes its standard input after the queue. A second call does nothing. */
  endInput(): void;
  /** Reads its output: at first, and after the owner returned false. A second call does nothing. */
  resume(): void;
  /**
   * Ends it: closes its input and output at once, and sends SIGTERM to it and to the programs of its process group, and
   * later SIGKILL. No call of the owner follows.
   *
   * @param released is called on a later turn, when the system has removed it
   */
  stop(released?: () => void): void;
}

/** Starts programs. */
export interface Programs {
  /**
   * Starts a program. The result is known at the call of `owner.started` or `owner.startFailed`, on a later turn.
   *
   * @throws NetgraphError ENOENT, EACCES, EMFILE … if that is known at once
   */
  start(spec: ProgramSpec, owner: ProgramOwner): RunningProgram;
  /** Ends every program, and waits until the system has removed them. */
  close(): Promise<void>;
}
