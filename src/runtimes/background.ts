/**
 * Running this program in the background: in a separate process that no terminal can end, with its output in a file.
 *
 * @module
 */

/** How this program is started in the background. */
export interface Background {
  /**
   * Starts this program again, in its own session: it continues when our terminal closes.
   *
   * @param args the command line's arguments, without the program
   * @throws NetgraphError ENOTCAPABLE if the permission to start it is missing
   */
  start(args: readonly string[], options: StartOptions): Promise<BackgroundProcess>;
  /**
   * Opens a file that grows to `maxBytes`, then is renamed to `PATH.1` and created again; its mode is 0600.
   *
   * @throws NetgraphError if it cannot be written
   */
  openLog(path: string, options: { readonly maxBytes: number }): LogFile;
  /** Calls `handle` for an error that is not caught, in place of the host's report on standard error. */
  onFatalError(handle: (error: unknown) => void): void;
}

/** How it is started. */
export interface StartOptions {
  /** Environment variables, in addition to our own. */
  readonly env: Readonly<Record<string, string>>;
  /** True if it needs to call the C library. */
  readonly ffi: boolean;
}

/** A process that we started, and that continues without us. */
export interface BackgroundProcess {
  /** Its process ID. */
  readonly pid: number;
  /** Resolves if it ends before we do, with its standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** A file that is written to and never read. */
export interface LogFile {
  /** Appends a text. Text that cannot be written is lost: a full disk must not end the program. */
  write(text: string): void;
  /** Closes it. */
  close(): void;
}
