/**
 * Running this program in the background: in a process of its own that no terminal can end, and that writes to a file.
 *
 * @module
 */

/** How this program runs in the background. */
export interface Background {
  /**
   * Starts this program once more, in a session of its own: the end of our terminal is not its business.
   *
   * @param args the command line's arguments, without the program
   * @throws NetgraphError ENOTCAPABLE where the permission to start it is missing
   */
  start(args: readonly string[], options: StartOptions): Promise<BackgroundProcess>;
  /**
   * Opens a file that grows to `maxBytes`, then is renamed to `PATH.1` and begun anew; its mode is 0600.
   *
   * @throws NetgraphError when it cannot be written
   */
  openLog(path: string, options: { readonly maxBytes: number }): LogFile;
  /** Calls `handle` for an error that nothing catches, in place of the host's report on standard error. */
  onFatalError(handle: (error: unknown) => void): void;
}

/** How it is started. */
export interface StartOptions {
  /** Variables of the environment, beside our own. */
  readonly env: Readonly<Record<string, string>>;
  /** True where it needs to call the C library. */
  readonly ffi: boolean;
}

/** A process that we started, and that goes on without us. */
export interface BackgroundProcess {
  /** Its number. */
  readonly pid: number;
  /** Settles when it ends before we do, with what it said on standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** A file that is written to and never read. */
export interface LogFile {
  /** Appends a text. What the disk does not take is lost: a log must not end what it tells of. */
  write(text: string): void;
  /** Closes it. */
  close(): void;
}
