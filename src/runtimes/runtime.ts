/**
 * What the rest of the program needs of the machine below it. Everything with an effect comes in through here, so that
 * all else runs in memory.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { RuntimeName } from "../socket/capability.ts";
import type { StandardIo } from "../socket/standard_io.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import type { AddressUsers } from "./address_users.ts";
import type { Background } from "./background.ts";
import type { CommandRunner } from "./command_runner.ts";
import type { Downloads } from "./downloads.ts";

/** The machine: Deno, Bun, or a simulation. */
export interface Runtime {
  /** The engine that runs this program: `deno` or `bun`; for `version` and `doctor`. */
  readonly host: { readonly name: "deno" | "bun"; readonly version: string };
  /** The machine's time. */
  readonly clock: Clock;
  /** Its files. */
  readonly files: Files;
  /** This process. */
  readonly process: HostProcess;
  /** How control sockets are served and asked. */
  readonly control: ControlTransport;
  /** Standard input and output, for the one node that has them; absent where there are none. */
  readonly stdio?: StandardIo;
  /** What this process may do. */
  readonly rights: HostRights;
  /** Who has an address. */
  readonly addresses: AddressUsers;
  /** Who started this program. */
  readonly service: ServiceManager;
  /** How it runs with nobody looking on. */
  readonly background: Background;
  /** How the web is read. */
  readonly downloads: Downloads;
  /** How programs of the system are run. */
  readonly commands: CommandRunner;
  /** The socket runtimes that this host offers, its default first. */
  readonly socketRuntimes: readonly RuntimeName[];
  /**
   * Makes a socket runtime; its modules are loaded then, as the graph is in another thread most of the time.
   *
   * @throws NetgraphError ENOSYS for one that this host does not offer
   */
  openSockets(name: RuntimeName): Promise<SocketRuntime>;
}

/** What a path is. */
export interface FileFact {
  /** What is there. */
  readonly kind: "file" | "directory" | "socket" | "special file";
  /** Its size. */
  readonly bytes: number;
  /** The owner's number, null where the system has none. */
  readonly uid: number | null;
  /** The permission bits, null where the system has none. */
  readonly mode: number | null;
}

/** Files. Failures are NetgraphError with the errno's name; `ENOTCAPABLE` where the runtime's permission is missing. */
export interface Files {
  /**
   * Reads a whole file.
   *
   * @param options.writerWithinMs how long a pipe without a writer is waited for; without a limit where it is left out
   * @throws NetgraphError E2BIG when it is longer than `maxBytes`; ETIMEDOUT for a pipe without a writer
   */
  read(path: string, options: { maxBytes: number; writerWithinMs?: number }): Promise<Uint8Array>;
  /** The names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** What a path is, following links; null when nothing is there. */
  stat(path: string): Promise<FileFact | null>;
  /** A text that differs whenever what is at a path may differ, following links; null when nothing is there. */
  stamp(path: string): Promise<string | null>;
  /** The stamps of several, at once: for some of the many in a folder that has just answered. */
  stamps(paths: readonly string[]): readonly (string | null)[];
  /** Writes aside, then renames; the file has `mode`. */
  write(path: string, text: string, options: { mode: number }): Promise<void>;
  /** Makes a directory and its parents; the last one has `mode`. */
  makeDirectory(path: string, options: { mode: number }): Promise<void>;
  /** Makes a folder of our own (0700) among the temporary ones. */
  makeTemporary(prefix: string): Promise<string>;
  /** Removes a folder with all that is in it. */
  removeAll(path: string): Promise<void>;
  /** Removes a file or socket; one that is not there is no failure. */
  remove(path: string): Promise<void>;
  /** Reads standard input to its end. */
  readStdin(options: { maxBytes: number }): Promise<Uint8Array>;
  /** The folder for temporary files. */
  readonly temporaryDirectory: string;
}

/** A signal that we react to. */
export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGWINCH";

/** This process and its terminal. */
export interface HostProcess {
  /** This process's number. */
  readonly pid: number;
  /** The user's number, null where the system has none. */
  readonly uid: number | null;
  /** The command line's arguments, without the program. */
  readonly args: readonly string[];
  /** The working folder. */
  readonly cwd: string;
  /** An environment variable; undefined when unset, or when the permission to read it is missing. */
  env(name: string): string | undefined;
  /** Writes text to a standard stream whole. A reader that has gone away (EPIPE) ends the process quietly. */
  write(stream: "stdout" | "stderr", text: string): void;
  /** The terminal's width in columns when the stream is a terminal, else null. */
  columns(stream: "stdout" | "stderr"): number | null;
  /** The terminal's height in rows when the stream is a terminal, else null. SIGWINCH says that either changed. */
  rows(stream: "stdout" | "stderr"): number | null;
  /** The person at the terminal; null unless standard input and output both are one. Absent where nobody can type. */
  openTerminal?(): Terminal | null;
  /** Calls `handle` for every signal of that name; the returned function stops that. */
  onSignal(name: SignalName, handle: () => void): () => void;
  /** What the process uses. */
  usage(): ProcessUsage;
  /** Ends the process. */
  exit(code: number): never;
}

/** What a process uses. */
export interface ProcessUsage {
  /** Octets of memory. */
  readonly residentBytes: number;
  /** Seconds of processor time, its own and the system's for it. */
  readonly cpuSeconds: number;
}

/** How a word that is not finished may go on. */
export interface Completion {
  /** The whole words. */
  readonly candidates: readonly string[];
  /** What is there of them: the end of the line. */
  readonly word: string;
}

/** A person who types. Whoever opens it closes it. */
export interface Terminal {
  /** Says how lines go on: `find` is called when the person asks (Tab), with what stands before the cursor. */
  completes(find: (line: string) => Promise<Completion>): void;
  /** The next line, without its end; null when the person has ended it: by ^D, or by ^C where nothing was typed. */
  ask(prompt: string): Promise<string | null>;
  /** Settles when the person interrupts (^C) while nothing is asked. */
  interrupted(): Promise<void>;
  /** Shows lines, without the last newline; a question that is being answered moves below them. */
  tell(text: string): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** What the system lets this process do; null where it does not say, or where nobody may ask it. */
export interface ProcessRights {
  /** Ports below this one take a privilege. */
  readonly firstFreePort: number | null;
  /** Whether this process has that privilege. */
  readonly privilegedPorts: boolean | null;
  /** How many files and sockets may be open; Infinity for as many as one likes. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | null;
}

/** A permission that the host gives or withholds. */
export interface HostPermission {
  /** As in Deno's flag: `net` for `--allow-net`. */
  readonly name: string;
  /** `limited`: for some names only, or not at all. */
  readonly state: "granted" | "limited";
}

/** What this process may do; for `doctor`. */
export interface HostRights {
  /** The operating system and the processor: `linux x64`. */
  readonly system: string;
  /** What the system says; unknown is null, never a failure. */
  read(): Promise<ProcessRights>;
  /** The host's own permissions; null where it has none. */
  permissions(): readonly HostPermission[] | null;
  /** Whether a thread can be started from a module. */
  mayLoad(module: URL): boolean;
}

/** Who started this program and waits for news of it, such as systemd. */
export interface ServiceManager {
  /**
   * Sends assignments such as `READY=1`.
   *
   * @returns false when nobody asked to be told, by `NOTIFY_SOCKET`
   * @throws NetgraphError when somebody did and cannot be reached
   */
  notify(assignments: readonly string[]): Promise<boolean>;
}

/** An exclusive lock that this process holds. */
export interface FileLock {
  /** Gives it back. */
  release(): Promise<void>;
}

/** The control socket's transport: HTTP/1.1 over a unix stream socket. */
export interface ControlTransport {
  /**
   * Serves requests on a socket that is made with mode 0600. The path must be free.
   *
   * @returns whose `close` ends it, drops open exchanges and removes the path
   * @throws NetgraphError EADDRINUSE, EACCES, ENAMETOOLONG, ENOTCAPABLE
   */
  serve(path: string, handle: (request: Request) => Promise<Response>): Promise<{ close(): Promise<void> }>;
  /**
   * Asks over the socket at `path`.
   *
   * @throws NetgraphError ENOENT or ECONNREFUSED when nobody answers, EACCES when it belongs to another user
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
   * Takes the exclusive lock at `path`, which is made where it is missing; null when another process holds it. A lock
   * whose process has died, even by kill -9, is free.
   */
  lock(path: string): Promise<FileLock | null>;
}
