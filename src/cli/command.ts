/**
 * The contract of a command: a function of the parsed arguments and a context, which returns the exit code; and its
 * expected errors.
 *
 * @module
 */

import type { EarlyWorker } from "../engine/worker/start_worker.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Output } from "./output.ts";
import type { ShutdownSignal } from "./verbs/apply/shutdown_signal.ts";

/** A socket runtime by name. */
export type RuntimeName = Runtime["socketRuntimes"][number];

/** The context of every command. */
export interface CommandContext {
  readonly runtime: Runtime;
  readonly output: Output;
  /** SIGINT and SIGTERM. */
  readonly stop: ShutdownSignal;
  /** A thread for the graph of an engine, which was started before the verb's own modules were loaded. */
  readonly early?: EarlyWorker | null;
}

/** Thrown if a verb cannot continue, for a reason that the user can remove. */
export class CommandFailure extends Error {
  override readonly name: string = "CommandFailure";
  readonly exitCode: ExitCode;

  /**
   * @param message for people: sentence case, no full stop, values quoted
   */
  constructor(exitCode: ExitCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
