/**
 * Programs of the system that are run to their end, such as git.
 *
 * @module
 */

/** How a program ended. */
export interface CommandResult {
  /** What it ended with. */
  readonly code: number;
  /** What it printed. */
  readonly stdout: Uint8Array;
  /** What it complained of. */
  readonly stderr: string;
}

/** How a program is run. It has no terminal, so it cannot ask for anything. */
export interface CommandOptions {
  /** Variables of its environment besides our own. */
  readonly env: Readonly<Record<string, string>>;
  /** It is ended when it takes longer. */
  readonly timeoutMs: number;
  /** It is ended when it says more on its standard output. */
  readonly maxBytes: number;
  /** What it reads from its standard input; nothing where this is absent. */
  readonly input?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Runs programs. */
export interface CommandRunner {
  /**
   * Runs a program to its end.
   *
   * @throws NetgraphError ENOENT where it is not installed, ENOTCAPABLE without the permission to run it, ETIMEDOUT,
   * E2BIG and ECANCELED when it was ended for one of these reasons
   */
  run(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult>;
}
