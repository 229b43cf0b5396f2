/**
 * Descriptors that sockets leave to the rest of the program: an engine whose clients take all descriptors of the process
 * still accepts requests on its control socket, reads files and writes logs.
 *
 * The reserve is held as open files while there are sockets that serve clients: listeners, and datagram sockets that were
 * bound. When the process has none left, the files are closed, and
 * no further connection is accepted or made until all of them, and a margin, can be opened again.
 *
 * @module
 */

import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NetgraphError } from "../../errors.ts";
import { type Endpoint, formatEndpoint } from "../../socket/endpoint.ts";

/** The number of descriptors in reserve. */
export const RESERVED_DESCRIPTORS = 16;
/** This number must be free beside the reserve before it is taken again, so that it is not given back at once. */
const MARGIN = 4;

/** Opens a file, any file, and closes it; another one for tests. */
export interface AnyFile {
  /** @throws an error with a code if there is no descriptor left, or no permission */
  open(): number;
  close(descriptor: number): void;
}

/** The process, or the system, has no descriptor left. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/** The reserve of one runtime. */
export class DescriptorReserve {
  readonly #file: AnyFile;
  #servers = 0;
  #held: number[] = [];
  /** True while the reserve is given back. */
  #isOut = false;

  constructor(file: AnyFile = ANY_FILE) {
    this.#file = file;
  }

  /** A socket begins to serve clients: the first one takes the reserve. */
  addServer(): void {
    if (this.#servers++ === 0) this.#held = this.#take(RESERVED_DESCRIPTORS) ?? [];
  }

  /** Such a socket ends: the last one gives the reserve back. */
  removeServer(): void {
    if (--this.#servers > 0) return;
    this.#closeAll(this.#held.splice(0));
    this.#isOut = false;
  }

  /** Opening or accepting a socket failed: gives the reserve back if the process has no descriptor left. */
  failed({ code }: NetgraphError): void {
    if (this.#held.length === 0 || !EXHAUSTED.has(code)) return;
    this.#isOut = true;
    this.#closeAll(this.#held.splice(0));
  }

  /** Whether a socket may be opened: the reserve is held, or can be taken again. */
  isHeld(): boolean {
    if (!this.#isOut) return true;
    const taken = this.#take(RESERVED_DESCRIPTORS + MARGIN);
    if (taken === null) return false;
    this.#closeAll(taken.splice(RESERVED_DESCRIPTORS));
    this.#held = taken;
    this.#isOut = false;
    return true;
  }

  /**
   * Opens a socket.
   *
   * @throws NetgraphError EMFILE if none may be opened
   */
  open<T>(endpoint: Endpoint, open: () => T): T {
    if (this.isHeld()) return this.watch(open);
    throw new NetgraphError("EMFILE", `Cannot open "${formatEndpoint(endpoint)}": too many open files`);
  }

  /** Calls a function that may take a descriptor, and gives the reserve back if there is none left for it. */
  watch<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof NetgraphError) this.failed(error);
      throw error;
    }
  }

  /** Opens `count` files; null if that is not possible. */
  #take(count: number): number[] | null {
    const taken: number[] = [];
    try {
      while (taken.length < count) taken.push(this.#file.open());
      return taken;
    } catch (error) {
      this.#closeAll(taken);
      // Without a file that may be read there is no reserve; it is a precaution, not a condition.
      if (error instanceof Error) return null;
      throw error;
    }
  }

  #closeAll(descriptors: readonly number[]): void {
    for (const descriptor of descriptors) this.#file.close(descriptor);
  }
}

/** `/dev/null`, or, where only the program's own files may be read, this one. */
const ANY_FILE: AnyFile = {
  open: () => {
    try {
      return openSync("/dev/null", "r");
    } catch (error) {
      if (isExhaustion(error)) throw error;
      return openSync(fileURLToPath(import.meta.url), "r");
    }
  },
  close: closeSync,
};

function isExhaustion(error: unknown): boolean {
  return error instanceof Error && "code" in error && EXHAUSTED.has(String(error.code));
}
