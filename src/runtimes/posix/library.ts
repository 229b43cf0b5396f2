/**
 * The C library by FFI, as typed functions: the common part of Deno's and Bun's foreign function interfaces.
 *
 * Sizes are 32-bit, because results above 2 GiB never occur and 64-bit ones would be bigints. A library belongs to the
 * thread that opened it, because the address of errno was read there.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import type { System } from "./system.ts";

/** The functions, each under our name; they return -1 if C's functions do, and errno has the reason. */
export interface LibcFunctions {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  /** For a socket that is not bound: the greatest permission bits of its future path. */
  changeMode(fd: number, mode: number): number;
  accept(fd: number, address: Uint8Array, length: Uint8Array, flags: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  getLocalName(fd: number, address: Uint8Array, length: Uint8Array): number;
  getPeerName(fd: number, address: Uint8Array, length: Uint8Array): number;
  setOption(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getOption(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array): number;
  receive(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  receiveMany(fd: number, messages: Uint8Array, count: number, flags: number, timeout: null): number;
  sendMany(fd: number, messages: Uint8Array, count: number, flags: number): number;
  /** 0 for an interface that does not exist. */
  interfaceNumber(name: Uint8Array): number;
  /** 0 for a number without interface. */
  interfaceName(number: number, name: Uint8Array): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epollWait(epoll: number, events: Uint8Array, count: number, timeoutMs: number): number;
  eventfd(count: number, flags: number): number;
  read(fd: number, bytes: Uint8Array, length: number): number;
  write(fd: number, bytes: Uint8Array, length: number): number;
  /** Makes a pipe, and writes the descriptors of its output and of its input to `ends`. */
  pipe(ends: Uint8Array, flags: number): number;
  control(fd: number, command: number, argument: number): number;
  /** Moves bytes into or out of a pipe. */
  splice(from: number, fromOffset: null, to: number, toOffset: null, length: number, flags: number): number;
  signalAction(signal: number, action: null, former: Uint8Array): number;
}

/** The functions that start programs; {@linkcode SPAWN_SYMBOLS}. */
export interface SpawnFunctions {
  /** posix_spawn: returns an errno, and not -1. */
  spawn(
    pid: Uint8Array,
    path: Uint8Array,
    actions: Uint8Array,
    attributes: Uint8Array,
    args: Uint8Array,
    env: Uint8Array,
  ): number;
  initActions(actions: Uint8Array): number;
  addDuplicate(actions: Uint8Array, fd: number, as: number): number;
  addFolder(actions: Uint8Array, path: Uint8Array): number;
  addCloseFrom(actions: Uint8Array, fd: number): number;
  destroyActions(actions: Uint8Array): number;
  initAttributes(attributes: Uint8Array): number;
  setFlags(attributes: Uint8Array, flags: number): number;
  setDefaultSignals(attributes: Uint8Array, signals: Uint8Array): number;
  setSignalMask(attributes: Uint8Array, signals: Uint8Array): number;
  pipe(ends: Uint8Array, flags: number): number;
  control(fd: number, command: number, value: number): number;
  openProcess(pid: number, flags: number): number;
  waitFor(pid: number, status: Uint8Array, flags: number): number;
  kill(pid: number, signal: number): number;
}

/** The C library in one thread. */
export interface Libc extends LibcFunctions {
  /**
   * The functions that start programs; opened on first use.
   *
   * @throws NetgraphError ENOSYS if the library is older than they are
   */
  spawning?(): SpawnFunctions;
  /** The reason why the last call failed. Valid only in the very next statement, with no allocation in between. */
  errno(): number;
  /** The address of an array's first byte in memory, for structs that point to it. The array must be kept alive. */
  addressOf(bytes: Uint8Array): number;
  /** Closes the library; its functions may no longer be called. */
  unload(): void;
}

/** How a parameter is passed: a 32-bit integer, signed or not, or the address of an array (or null). */
export type ParameterKind = "i32" | "u32" | "array";

/** One function of the C library. All of them return an i32. */
export interface Symbol {
  readonly name: string;
  readonly parameters: readonly ParameterKind[];
}

/** Our names, C's names, and their signatures. */
export const SYMBOLS: Readonly<Record<keyof LibcFunctions, Symbol>> = {
  socket: { name: "socket", parameters: ["i32", "i32", "i32"] },
  bind: { name: "bind", parameters: ["i32", "array", "u32"] },
  changeMode: { name: "fchmod", parameters: ["i32", "u32"] },
  listen: { name: "listen", parameters: ["i32", "i32"] },
  accept: { name: "accept4", parameters: ["i32", "array", "array", "i32"] },
  connect: { name: "connect", parameters: ["i32", "array", "u32"] },
  shutdown: { name: "shutdown", parameters: ["i32", "i32"] },
  close: { name: "close", parameters: ["i32"] },
  getLocalName: { name: "getsockname", parameters: ["i32", "array", "array"] },
  getPeerName: { name: "getpeername", parameters: ["i32", "array", "array"] },
  setOption: { name: "setsockopt", parameters: ["i32", "i32", "i32", "array", "u32"] },
  getOption: { name: "getsockopt", parameters: ["i32", "i32", "i32", "array", "array"] },
  receive: { name: "recv", parameters: ["i32", "array", "u32", "i32"] },
  send: { name: "send", parameters: ["i32", "array", "u32", "i32"] },
  receiveMany: { name: "recvmmsg", parameters: ["i32", "array", "u32", "i32", "array"] },
  sendMany: { name: "sendmmsg", parameters: ["i32", "array", "u32", "i32"] },
  interfaceNumber: { name: "if_nametoindex", parameters: ["array"] },
  // Its result is a pointer; only whether it is null matters.
  interfaceName: { name: "if_indextoname", parameters: ["u32", "array"] },
  epollCreate: { name: "epoll_create1", parameters: ["i32"] },
  epollControl: { name: "epoll_ctl", parameters: ["i32", "i32", "i32", "array"] },
  epollWait: { name: "epoll_wait", parameters: ["i32", "array", "i32", "i32"] },
  eventfd: { name: "eventfd", parameters: ["u32", "i32"] },
  read: { name: "read", parameters: ["i32", "array", "u32"] },
  write: { name: "write", parameters: ["i32", "array", "u32"] },
  pipe: { name: "pipe2", parameters: ["array", "i32"] },
  control: { name: "fcntl", parameters: ["i32", "i32", "i32"] },
  splice: { name: "splice", parameters: ["i32", "array", "i32", "array", "u32", "u32"] },
  signalAction: { name: "sigaction", parameters: ["i32", "array", "array"] },
};

/** The same for starting programs: glibc 2.36 has all of them. fcntl is variadic in C, which makes no difference here. */
export const SPAWN_SYMBOLS: Readonly<Record<keyof SpawnFunctions, Symbol>> = {
  spawn: { name: "posix_spawn", parameters: ["array", "array", "array", "array", "array", "array"] },
  initActions: { name: "posix_spawn_file_actions_init", parameters: ["array"] },
  addDuplicate: { name: "posix_spawn_file_actions_adddup2", parameters: ["array", "i32", "i32"] },
  addFolder: { name: "posix_spawn_file_actions_addchdir_np", parameters: ["array", "array"] },
  addCloseFrom: { name: "posix_spawn_file_actions_addclosefrom_np", parameters: ["array", "i32"] },
  destroyActions: { name: "posix_spawn_file_actions_destroy", parameters: ["array"] },
  initAttributes: { name: "posix_spawnattr_init", parameters: ["array"] },
  setFlags: { name: "posix_spawnattr_setflags", parameters: ["array", "i32"] },
  setDefaultSignals: { name: "posix_spawnattr_setsigdefault", parameters: ["array", "array"] },
  setSignalMask: { name: "posix_spawnattr_setsigmask", parameters: ["array", "array"] },
  pipe: { name: "pipe2", parameters: ["array", "i32"] },
  control: { name: "fcntl", parameters: ["i32", "i32", "i32"] },
  openProcess: { name: "pidfd_open", parameters: ["i32", "u32"] },
  waitFor: { name: "waitpid", parameters: ["i32", "array", "i32"] },
  kill: { name: "kill", parameters: ["i32", "i32"] },
};

/** Those functions under our names. */
export function spawnFunctions(found: Readonly<Record<string, unknown>>): SpawnFunctions {
  const functions = Object.fromEntries(Object.entries(SPAWN_SYMBOLS).map(([ours, { name }]) => [ours, found[name]]));
  if (isSpawning(functions)) return functions;
  throw new TypeError("The C library lacks a function");
}

/** The error if the library lacks one of them. */
export function noSpawning(cause: unknown): NetgraphError {
  return new NetgraphError("ENOSYS", "Cannot start programs: the C library is older than glibc 2.36", { cause });
}

/**
 * The functions under our names.
 *
 * @param found functions under C's names
 */
export function libcFunctions(found: Readonly<Record<string, unknown>>): LibcFunctions {
  const functions = Object.fromEntries(Object.entries(SYMBOLS).map(([ours, { name }]) => [ours, found[name]]));
  if (isComplete(functions)) return functions;
  throw new TypeError("The C library lacks a function");
}

/** The error if no library could be opened; `cause` is the error of the last one. */
export function noLibrary(system: System, cause: unknown): NetgraphError {
  const places = system.libraries.map((path) => `"${path}"`).join(", ");
  return new NetgraphError("ENOSYS", `Cannot open the C library of ${system.name} at ${places}`, { cause });
}

function isSpawning(functions: object): functions is SpawnFunctions {
  return Object.values(functions).every((value) => typeof value === "function");
}

function isComplete(functions: object): functions is LibcFunctions {
  return Object.values(functions).every((value) => typeof value === "function");
}
