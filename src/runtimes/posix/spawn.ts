/**
 * Starting a program by posix_spawn(3), with pipes for its standard streams.
 *
 * Everything else that this process has open stays closed in it: descriptors are closed on exec, and those that a
 * library may have opened without that are closed as well. Signals have their defaults: the hosts ignore SIGPIPE, which
 * a program would inherit. It leads a process group, so that it can be ended together with what it starts.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import type { ProgramSpec } from "../../socket/program.ts";
import { commandOf } from "../core/program_user.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { Libc, SpawnFunctions } from "./library.ts";

/** A started program: its process, and our ends of its pipes, which do not block. */
export interface Spawned {
  readonly pid: number;
  /** Becomes readable when it has ended. */
  readonly processFd: number;
  readonly inputFd: number;
  readonly outputFd: number;
  /** Null where its standard error goes with its output. */
  readonly errorFd: number | null;
}

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_SETFL = 4;
/** More than the structs of glibc need. */
const STRUCT_BYTES = 1_024;
const SIGNAL_SET_BYTES = 128;
/** POSIX_SPAWN_SETPGROUP, POSIX_SPAWN_SETSIGDEF, POSIX_SPAWN_SETSIGMASK. */
const FLAGS = 0x2 | 0x4 | 0x8;

/** Descriptors that are closed together if one of them cannot be opened. */
class OpenPipes {
  readonly #libc: Libc;
  readonly #functions: SpawnFunctions;
  readonly #open = new Set<number>();

  constructor(libc: Libc, functions: SpawnFunctions) {
    this.#libc = libc;
    this.#functions = functions;
  }

  /** A pipe whose end that stays here does not block. */
  open(ours: "read" | "write"): { readonly ours: number; readonly its: number } {
    const ends = new Int32Array(2);
    if (this.#functions.pipe(new Uint8Array(ends.buffer), O_CLOEXEC) < 0) {
      throw errnoError(this.#libc.errno(), "Cannot create a pipe");
    }
    const [read = -1, write = -1] = ends;
    this.#open.add(read).add(write);
    const own = ours === "read" ? read : write;
    this.#functions.control(own, F_SETFL, O_NONBLOCK);
    return { ours: own, its: own === read ? write : read };
  }

  close(fds: Iterable<number> = [...this.#open]): void {
    for (const fd of fds) if (this.#open.delete(fd)) this.#libc.close(fd);
  }
}

/**
 * Starts a program.
 *
 * @throws NetgraphError ENOENT, EACCES, EMFILE … with the path of the program
 */
export function spawnProgram(spec: ProgramSpec, libc: Libc): Spawned {
  const functions = libc.spawning?.();
  if (functions === undefined) throw new NetgraphError("ENOSYS", "Cannot start programs: this library cannot");
  const command = commandOf(spec);
  const pipes = new OpenPipes(libc, functions);
  try {
    const input = pipes.open("write");
    const output = pipes.open("read");
    const error = spec.stderr === "log" ? pipes.open("read") : null;
    const its = [input.its, output.its, error?.its ?? output.its] as const;
    const pid = spawn({ ...spec, ...command }, its, { libc, functions });
    const processFd = functions.openProcess(pid, 0);
    if (processFd < 0) {
      const failure = errnoError(libc.errno(), `Cannot watch the process of "${spec.path}"`);
      functions.kill(pid, 9);
      functions.waitFor(pid, new Uint8Array(4), 0);
      throw failure;
    }
    pipes.close(its);
    return { pid, processFd, inputFd: input.ours, outputFd: output.ours, errorFd: error?.ours ?? null };
  } catch (error) {
    pipes.close();
    throw error;
  }
}

function spawn(
  spec: ProgramSpec,
  streams: readonly [number, number, number],
  { libc, functions }: { readonly libc: Libc; readonly functions: SpawnFunctions },
): number {
  const actions = new Uint8Array(STRUCT_BYTES);
  const attributes = new Uint8Array(STRUCT_BYTES);
  functions.initActions(actions);
  functions.initAttributes(attributes);
  try {
    streams.forEach((fd, as) => functions.addDuplicate(actions, fd, as));
    functions.addCloseFrom(actions, streams.length);
    if (spec.cwd !== null) functions.addFolder(actions, cString(spec.cwd));
    functions.setFlags(attributes, FLAGS);
    functions.setDefaultSignals(attributes, new Uint8Array(SIGNAL_SET_BYTES).fill(0xff));
    functions.setSignalMask(attributes, new Uint8Array(SIGNAL_SET_BYTES));
    const args = new CStrings([spec.path, ...spec.args], libc);
    const env = new CStrings(Object.entries(spec.env).map(([name, value]) => `${name}=${value}`), libc);
    const pid = new Int32Array(1);
    const room = new Uint8Array(pid.buffer);
    const errno = functions.spawn(room, cString(spec.path), actions, attributes, args.pointers, env.pointers);
    args.keep();
    env.keep();
    if (errno !== 0) throw startError(errnoCode(errno), spec);
    return pid[0] ?? 0;
  } finally {
    functions.destroyActions(actions);
  }
}

/** The error of a program that cannot be started. */
export function startError(code: ErrorCode, { path, cwd }: ProgramSpec): NetgraphError {
  const where = cwd === null ? "" : ` in "${cwd}"`;
  return new NetgraphError(code, `Cannot start "${path}"${where}: ${errorText(code)}`);
}

/** Strings of C, and the array of their addresses, which ends with null. */
class CStrings {
  readonly pointers: Uint8Array<ArrayBuffer>;
  readonly #strings: readonly Uint8Array<ArrayBuffer>[];

  constructor(texts: readonly string[], libc: Libc) {
    this.#strings = texts.map(cString);
    const addresses = new BigUint64Array(texts.length + 1);
    this.#strings.forEach((bytes, at) => addresses[at] = BigInt(libc.addressOf(bytes)));
    this.pointers = new Uint8Array(addresses.buffer);
  }

  /** Called after the strings were used: until then they must exist. */
  keep(): number {
    return this.#strings.length;
  }
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
