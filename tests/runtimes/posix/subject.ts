/**
 * Runtime `posix` in the thread of the tests: its loop is polled without waiting, turn about with the host's.
 *
 * @module
 */

import { NetgraphError } from "../../../src/errors.ts";
import { lookupName } from "../../../src/runtimes/host/node_lookup.ts";
import type { Libc } from "../../../src/runtimes/posix/library.ts";
import { openLibc } from "../../../src/runtimes/posix/open_library.ts";
import { PosixSockets, type Resolver } from "../../../src/runtimes/posix/sockets.ts";
import { knownSystem } from "../../../src/runtimes/posix/this_system.ts";
import type { System } from "../../../src/runtimes/posix/system.ts";
import { hostTurn } from "../../../src/runtimes/posix/turn.ts";
import type { SocketRuntime } from "../../../src/socket/socket.ts";

/** The C library of this host, or why there is none. */
export interface Machine {
  readonly parts: { readonly system: System; readonly libc: Libc } | null;
  readonly skip: string | null;
}

/** What runtime `posix` stands on here. */
export const machine: Machine = await findMachine();

async function findMachine(): Promise<Machine> {
  const system = knownSystem();
  if (system === null) return { parts: null, skip: "runtime posix does not know this system" };
  try {
    const libc = await openLibc(system);
    // Otherwise it is opened within the first test that starts a program.
    libc.spawning?.();
    return { parts: { system, libc }, skip: null };
  } catch (error) {
    if (!(error instanceof NetgraphError)) throw error;
    return { parts: null, skip: error.message };
  }
}

/** A runtime that runs by itself until it is closed, on the C library or on what `wrap` makes of it. */
export function openDriven(
  wrap: (libc: Libc) => Libc = (libc) => libc,
): SocketRuntime & { readonly posix: PosixSockets } {
  const { parts } = machine;
  if (parts === null) throw new TypeError("Runtime posix cannot run here");
  const lookups = new Set<Promise<void>>();
  const resolve: Resolver = (desired, done) => {
    const lookup = lookupName(desired).then(done, done);
    lookups.add(lookup);
  };
  const posix = new PosixSockets({ ...parts, libc: wrap(parts.libc), resolve });
  const state = { over: false };
  const driving = drive(posix, state);
  const close = async (): Promise<void> => {
    await posix.close();
    state.over = true;
    await driving;
    await Promise.all(lookups);
  };
  let closing: Promise<void> | null = null;
  return {
    posix,
    capabilities: posix.capabilities,
    programs: posix.programs,
    open: (endpoint, via) => posix.open(endpoint, via),
    lookup: (name, done) => posix.lookup(name, done),
    removeStale: (path, done) => posix.removeStale(path, done),
    close: () => closing ??= close(),
  };
}

async function drive(posix: PosixSockets, state: { readonly over: boolean }): Promise<void> {
  try {
    while (!state.over) {
      posix.poll(0);
      await hostTurn();
    }
  } finally {
    posix.destroy();
  }
}
