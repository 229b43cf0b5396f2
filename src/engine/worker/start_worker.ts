/**
 * Starts the threads of graphs. It imports nothing, so that a thread can be started before the engine's own modules are
 * loaded, and loads its modules meanwhile.
 *
 * @module
 */

const OPTIONS: WorkerOptions = { type: "module", name: "sockgraph" };

/** Starts a thread for a graph over runtime `deno`. */
export function startDenoWorker(): Worker {
  return new Worker(new URL("./deno_worker.ts", import.meta.url), OPTIONS);
}

/** Starts a thread for a graph over runtime `bun`. */
export function startBunWorker(): Worker {
  return new Worker(new URL("./bun_worker.ts", import.meta.url), OPTIONS);
}

/** Starts a thread for a graph over runtime `posix`. */
export function startPosixWorker(): Worker {
  return new Worker(new URL("./posix_worker.ts", import.meta.url), OPTIONS);
}

/** The module of the thread over a host's own sockets: on Deno, starting it needs the permission to read it. */
export function workerModule(host: "deno" | "bun"): URL {
  return host === "deno" ? new URL("./deno_worker.ts", import.meta.url) : new URL("./bun_worker.ts", import.meta.url);
}

/** A thread over the host's own sockets that is started before it is known whether an engine needs it. */
export class EarlyWorker implements Disposable {
  readonly runtime: "deno" | "bun";
  #worker: Worker | null;

  /** Starts it. */
  constructor(host: "deno" | "bun") {
    this.runtime = host;
    this.#worker = host === "deno" ? startDenoWorker() : startBunWorker();
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this[Symbol.dispose](); // The replacement reports the error.
    };
  }

  /** The thread, once; null if it is for another runtime, was used or has failed. */
  take(runtime: string): Worker | null {
    if (runtime !== this.runtime) return null;
    const worker = this.#worker;
    this.#worker = null;
    return worker;
  }

  /** Ends it if it was not used. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = null;
  }
}
