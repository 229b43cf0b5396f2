/**
 * Paths, locks and control sockets in memory, with faults, for tests of who serves the control socket.
 *
 * @module
 */

import type { Clock } from "../../src/clock.ts";
import { NetgraphError } from "../../src/errors.ts";
import type { ControlMachine } from "../../src/engine/control_socket.ts";
import { systemClock } from "../../src/runtimes/host/clock_system.ts";
import type { FileFact, FileLock } from "../../src/runtimes/runtime.ts";

type Handle = (request: Request) => Promise<Response>;

/** One machine, on which several processes may be played. */
export class FakeMachine {
  readonly paths = new Map<string, FileFact>();
  readonly locks = new Set<string>();
  readonly servers = new Map<string, Handle>();
  /** Is thrown by every attempt to connect, and to serve. */
  refusal: NetgraphError | null = null;

  /** The machine as one process of `uid` sees it. */
  process(uid = 1000, clock: Clock = systemClock): ControlMachine {
    return {
      clock,
      process: { uid },
      files: {
        stat: (path) => Promise.resolve(this.paths.get(path) ?? null),
        makeDirectory: (path, { mode }) => {
          this.paths.set(path, { kind: "directory", bytes: 0, uid, mode });
          return Promise.resolve();
        },
        remove: (path) => {
          this.paths.delete(path);
          return Promise.resolve();
        },
      },
      control: {
        serve: (path, handle) => this.#serve(path, handle, uid),
        serveTcp: () => Promise.reject(new RangeError("Nothing is served over TCP here")),
        fetch: (path, { method, target }) => this.#fetch(path, new Request(`http://control${target}`, { method })),
        lock: (path) => Promise.resolve(this.#lock(path)),
      },
    };
  }

  /** Ends a process as kill -9 does: locks and listeners go, paths stay. */
  kill(path: string): void {
    this.servers.delete(path);
    this.locks.delete(`${path}.lock`);
  }

  async #serve(path: string, handle: Handle, uid: number): Promise<{ close(): Promise<void> }> {
    await Promise.resolve();
    if (this.refusal !== null) throw this.refusal;
    if (this.paths.has(path)) throw new NetgraphError("EADDRINUSE", `"${path}" is in use`);
    this.paths.set(path, { kind: "socket", bytes: 0, uid, mode: 0o600 });
    this.servers.set(path, handle);
    return {
      close: () => {
        this.servers.delete(path);
        this.paths.delete(path);
        return Promise.resolve();
      },
    };
  }

  async #fetch(path: string, request: Request): Promise<Response> {
    if (this.refusal !== null) throw this.refusal;
    const handle = this.servers.get(path);
    if (handle !== undefined) return await handle(request);
    throw new NetgraphError(this.paths.has(path) ? "ECONNREFUSED" : "ENOENT", `Cannot connect to "${path}"`);
  }

  #lock(path: string): FileLock | null {
    if (this.locks.has(path)) return null;
    this.locks.add(path);
    this.paths.set(path, { kind: "file", bytes: 1, uid: 1000, mode: 0o600 });
    return {
      release: () => {
        this.locks.delete(path);
        return Promise.resolve();
      },
    };
  }
}
