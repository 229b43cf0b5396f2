/**
 * The machine, as an interface for the rest of the program. All side effects are behind it, so that all other code can
 * run in memory.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { NetgraphError } from "../errors.ts";
import type { RuntimeName } from "../socket/capability.ts";
import type { StandardIo } from "../socket/standard_io.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import type { AddressUsers } from "./address_users.ts";
import type { Background } from "./background.ts";
import type { CommandRunner } from "./command_runner.ts";
import type { Downloads } from "./downloads.ts";

/** The machine: Deno, Bun, or a simulated one. */
export interface Runtime {
  /** The engine that runs this program: `deno` or `bun`; for `version` and `doctor`. */
  readonly host: { readonly name: "deno" | "bun"; readonly version: string };
  /** The clock. */
  readonly clock: Clock;
  /** Its files. */
  readonly files: Files;
  /** This process. */
  readonly process: HostProcess;
  /** Server and client of control sockets. */
  readonly control: ControlTransport;
  /** Standard input and output, for the one node that uses them; absent if there are none. */
  readonly stdio?: StandardIo;
  /** The rights of this process. */
  readonly rights: HostRights;
  /** The processes that use an address. */
  readonly addresses: AddressUsers;
  /** The service manager that started this program. */
  readonly service: ServiceManager;
  /** Running in the background. */
  readonly background: Background;
  /** Downloads over HTTP. */
  readonly downloads: Downloads;
  /** Running programs of the system. */
  readonly commands: CommandRunner;
  /** The socket runtimes that this host offers, starting with the default. */
  readonly socketRuntimes: readonly RuntimeName[];
  /**
   * Opens a socket runtime; its modules are loaded only then, because the graph is usually in another thread.
   *
   * @throws NetgraphError ENOSYS if this host does not offer it
   */
  openSockets(name: RuntimeName): Promise<SocketRuntime>;
}

/** The kind of a file. */
export interface FileFact {
  /** Its kind. */
  readonly kind: "file" | "directory" | "socket" | "special file";
  /** Its size. */
  readonly bytes: number;
  /** The user ID of the owner, null if the system has none. */
  readonly uid: number | null;
  /** The permission bits, null if the system has none. */
  readonly mode: number | null;
}

/** Files. Failures are NetgraphError with the errno's name; `ENOTCAPABLE` if the runtime's permission is missing. */
export interface Files {
  /**
   * Reads a whole file.
   *
   * @param options.writerWithinMs how long to wait for a writer of a pipe; no limit if absent
   * @throws NetgraphError E2BIG if it is longer than `maxBytes`; ETIMEDOUT for a pipe without a writer
   */
  read(path: string, options: { maxBytes: number; writerWithinMs?: number }): Promise<Uint8Array>;
  /** The names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** The kind of the file at a path, following links; null if there is none. */
  stat(path: string): Promise<FileFact | null>;
  /** A text that changes when the file at a path may have changed, following links; null if there is none. */
  stamp(path: string): Promise<string | null>;
  /** The stamps of several files, at the same time: for some of the many in a folder that was just read. */
  stamps(paths: readonly string[]): readonly (string | null)[];
  /** Writes a temporary file, then renames it; the file has `mode`. */
  write(path: string, text: string, options: { mode: number }): Promise<void>;
  /** Opens a file to append to it; created with mode 0600. A symbolic link is refused. */
  openAppend(path: string): Promise<AppendFile>;
  /** Creates a directory and its parents; the last one has `mode`. */
  makeDirectory(path: string, options: { mode: number }): Promise<void>;
  /** Creates a private folder (0700) among the temporary ones. */
  makeTemporary(prefix: string): Promise<string>;
  /** Removes a folder with its content. */
  removeAll(path: string): Promise<void>;
  /** Removes a file or socket; a missing one is not an error. */
  remove(path: string): Promise<void>;
  /** Reads standard input to its end. */
  readStdin(options: { maxBytes: number }): Promise<Uint8Array>;
  /** The folder for temporary files. */
  readonly temporaryDirectory: string;
}

/** Lines could not be written to a file. */
export interface AppendFailure {
  /** The number of lines that were written. */
  readonly written: number;
  /** Why the others were not. */
  readonly error: NetgraphError;
}

/** A file that grows, and that others may move away or shorten. */
export interface AppendFile {
  /**
   * Appends lines, each with its end. A line that fits only in part is completed before the next ones.
   *
   * @returns null if all were written, otherwise how many, and why the others were not
   */
  write(lines: Uint8Array<ArrayBuffer>): Promise<AppendFailure | null>;
  /** Opens the file again if another one is at its path, or none. */
  reopen(): Promise<void>;
  /** Closes it. */
  close(): Promise<void>;
}

/** A signal that the program handles. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGWINCH";

/** This process and its terminal. */
export interface HostProcess {
  /** The process ID. */
  readonly pid: number;
  /** The user ID, null if the system has none. */
  readonly uid: number | null;
  /** The command line's arguments, without the program. */
  readonly args: readonly string[];
  /** The working folder. */
  readonly cwd: string;
  /** An environment variable; undefined if it is unset, or if the permission to read it is missing. */
  env(name: string): string | undefined;
  /** Writes all of a text to a standard stream. If its reader has closed it (EPIPE), the process ends silently. */
  write(stream: "stdout" | "stderr", text: string): void;
  /** Writes all of these bytes in the same way, but without blocking: settles when they are written. */
  writeOctets(stream: "stdout" | "stderr", octets: Uint8Array): Promise<void>;
  /** The terminal's width in columns if the stream is a terminal, otherwise null. */
  columns(stream: "stdout" | "stderr"): number | null;
  /** The terminal's height in rows if the stream is a terminal, otherwise null. SIGWINCH reports a change of either. */
  rows(stream: "stdout" | "stderr"): number | null;
  /** The user at the terminal; null unless standard input and output are both terminals. Absent if no user can type. */
  openTerminal?(): Terminal | null;
  /**
   * Calls `press` for each key of the user at the terminal: a character, or `enter`, `escape`, `up`, `down`,
   * `interrupt` (Ctrl-C, which then sends no signal). Null unless standard input and output are both terminals.
   *
   * @returns a function that ends it
   */
  openKeys?(press: (key: string) => void): (() => void) | null;
  /** Calls `handle` for every signal of that name; the returned function stops that. */
  onSignal(name: SignalName, handle: () => void): () => void;
  /** The resources that the process uses. */
  usage(): ProcessUsage;
  /** Ends the process. */
  exit(code: number): never;
}

/** The resources that a process uses. */
export interface ProcessUsage {
  /** Memory in bytes. */
  readonly residentBytes: number;
  /** Seconds of processor time, in user and in system mode. */
  readonly cpuSeconds: number;
}

/** The completions of a word. */
export interface Completion {
  /** The whole words. */
  readonly candidates: readonly string[];
  /** The completed part: the end of the line. */
  readonly word: string;
}

/** A user who types. The caller that opens it closes it. */
export interface Terminal {
  /** Sets the completion of lines: `find` is called on Tab, with the text before the cursor. */
  completes(find: (line: string) => Promise<Completion>): void;
  /** The next line, without its end; null if the user has ended the input: by ^D, or by ^C on an empty line. */
  ask(prompt: string): Promise<string | null>;
  /** Resolves when the user presses ^C while no line is being read. */
  interrupted(): Promise<void>;
  /** Shows lines, without the last newline; the prompt moves below them. */
  print(text: string): void;
  /** Restores the terminal. */
  close(): void;
}

/**
 * What the system allows this process to do; null if the system does not report it, or if the permission to ask is
 * missing.
 */
export interface ProcessRights {
  /** Ports below this one need a privilege. */
  readonly firstFreePort: number | null;
  /** Whether this process has that privilege. */
  readonly privilegedPorts: boolean | null;
  /** How many files and sockets may be open; Infinity if there is no limit. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | null;
}

/** A permission that the host grants or denies. */
export interface HostPermission {
  /** As in Deno's flags: `net` for `--allow-net`. */
  readonly name: string;
  /** `limited`: for some names only, or not at all. */
  readonly state: "granted" | "limited";
}

/** The rights of this process; for `doctor`. */
export interface HostRights {
  /** The operating system and the processor, such as `linux x64`. */
  readonly system: string;
  /** The limits of the system; unknown ones are null, never an error. */
  read(): Promise<ProcessRights>;
  /** The host's own permissions; null if it has none. */
  permissions(): readonly HostPermission[] | null;
  /** Whether a thread can be started from a module. */
  mayLoad(module: URL): boolean;
  /** Whether the host may start a program, an absolute path. */
  mayRun(path: string): boolean;
}

/** The service manager that started this program and waits for notifications, such as systemd. */
export interface ServiceManager {
  /**
   * Sends assignments such as `READY=1`.
   *
   * @returns false if no notifications are requested, by `NOTIFY_SOCKET`
   * @throws NetgraphError if they are requested and the socket cannot be reached
   */
  notify(assignments: readonly string[]): Promise<boolean>;
}

/** An exclusive lock that this process holds. */
export interface FileLock {
  /** Releases it. */
  release(): Promise<void>;
}

/** Where HTTP is served over TCP. */
export interface HttpPlace {
  /** An address, or a name. */
  readonly hostname: string;
  /** 0: the system selects one. */
  readonly port: number;
}

/** HTTP that is served over TCP. */
export interface HttpListening extends HttpPlace {
  /** Ends it, and drops open exchanges. */
  close(): Promise<void>;
}

/** The control socket's transport: HTTP/1.1 over a unix stream socket. */
export interface ControlTransport {
  /**
   * Serves requests on a socket , which is created with mode 0600. The path must be free.
   *
   * @returns an object whose `close` ends it, drops open exchanges and removes the path
   * @throws NetgraphError EADDRINUSE, EACCES, ENAMETOOLONG, ENOTCAPABLE
   */
  serve(path: string, handle: (request: Request) => Promise<Response>): Promise<{ close(): Promise<void> }>;
  /**
   * Serves requests over TCP.
   *
   * @param report is called with the reason once it cannot serve any more, and with null when it serves again
   * @returns the address it has, and `close`, which ends it and drops open exchanges
   * @throws NetgraphError EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTCAPABLE
   */
  serveTcp(
    place: HttpPlace,
    handle: (request: Request) => Promise<Response>,
    report: (error: NetgraphError | null) => void,
  ): Promise<HttpListening>;
  /**
   * Sends a request over the socket at `path`.
   *
   * @throws NetgraphError ENOENT or ECONNREFUSED if no process serves it, EACCES if it belongs to another user
   */
  fetch(
    path: string,
    request: {
      method: string;
      target: string;
      headers?: Readonly<Record<string, string>>;
      body?: string;
      signal?: AbortSignal;
    },
  ): Promise<Response>;
  /**
   * Takes the exclusive lock at `path`, which is created if it is missing; null if another process holds it. The lock
   * of an ended process is free, even after kill -9.
   */
  lock(path: string): Promise<FileLock | null>;
}
