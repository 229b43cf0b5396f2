/**
 * What a client needs of the machine, without one.
 *
 * @module
 */

import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import type { ControlTransport, FileFact, Files, HostProcess, Runtime } from "../../src/runtimes/runtime.ts";

/** What is there. */
export interface FakeMachine {
  readonly uid?: number;
  readonly facts?: Readonly<Record<string, FileFact>>;
  readonly fetch?: (request: Parameters<ControlTransport["fetch"]>[1]) => Promise<Response>;
}

const refuse = (): never => {
  throw new TypeError("Not needed here");
};

/** The parts of a runtime that reach an engine. */
export function fakeRuntime(
  { uid = 1000, facts = {}, fetch = refuse }: FakeMachine,
): Pick<Runtime, "control" | "files" | "process"> & { readonly clock: VirtualClock } {
  const files: Files = {
    read: refuse,
    list: refuse,
    stat: (path) => Promise.resolve(facts[path] ?? null),
    stamp: refuse,
    stamps: refuse,
    write: refuse,
    openAppend: refuse,
    makeDirectory: refuse,
    makeTemporary: refuse,
    removeAll: refuse,
    remove: refuse,
    readStdin: refuse,
    temporaryDirectory: "/tmp",
  };
  const process: HostProcess = {
    writeOctets: () => Promise.resolve(),
    pid: 7,
    uid,
    args: [],
    cwd: "/work",
    env: () => undefined,
    write: refuse,
    columns: () => null,
    rows: () => null,
    onSignal: () => () => {},
    usage: refuse,
    exit: refuse,
  };
  const control: ControlTransport = {
    serve: refuse,
    serveTcp: refuse,
    lock: refuse,
    fetch: (_path, request) => fetch(request),
  };
  return { control, files, process, clock: new VirtualClock() };
}
