/**
 * Running programs of the system to their end, such as git.
 *
 * @module
 */

/** The result of a program. */
export interface CommandResult {
  /** Its exit code. */
  readonly code: number;
  /** Its standard output. */
  readonly stdout: Uint8Array;
  /** Its standard error. */
  readonly stderr: string;
}

/** How a program is run. It has no terminal, so it cannot prompt. */
export interface CommandOptions {
  /** Variables of its environment in addition to our own. */
  readonly env: Readonly<Record<string, string>>;
  /** The time limit, after which it is ended. */
  readonly timeoutMs: number;
  /** The limit of its standard output, after which it is ended. */
  readonly maxBytes: number;
  /** Its standard input; empty if absent. */
  readonly input?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Runs programs. */
export interface CommandRunner {
  /**
   * Runs a program to its end.
   *
   * @throws NetgraphError ENOENT if it is not installed, ENOTCAPABLE without the permission to run it, ETIMEDOUT, E2BIG
   * and ECANCELED if it was ended for one of these reasons
   */
  run(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult>;
}
