/**
 * Waking a loop from another thread: an eventfd that counts. Descriptors belong to the process, therefore the other
 * thread needs only its number and a `write` of its own.
 *
 * @module
 */

import { errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";
import { openLibc } from "./open_library.ts";
import type { Watcher } from "./poller.ts";
import { thisSystem } from "./this_system.ts";

/** The woken side. */
export class WakeCounter implements Watcher {
  /** The descriptor that the other thread writes to. */
  readonly fd: number;
  readonly #host: PosixHost;
  readonly #woken: (times: number) => void;
  readonly #count = new Uint8Array(8);
  readonly #countView = new DataView(this.#count.buffer);

  /** @throws NetgraphError such as EMFILE */
  constructor(options: { host: PosixHost; woken: (times: number) => void }) {
    const { libc, system, poller } = options.host;
    const { EFD_CLOEXEC, EFD_NONBLOCK, EPOLLIN } = system.constants;
    this.#host = options.host;
    this.#woken = options.woken;
    this.fd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.fd < 0) throw errnoError(libc.errno(), "Cannot create an eventfd");
    poller.watch(this.fd, EPOLLIN, this);
  }

  ready(): void {
    const { libc } = this.#host;
    if (libc.read(this.fd, this.#count, this.#count.length) !== this.#count.length) return;
    this.#woken(Number(this.#countView.getBigUint64(0, true)));
  }
}

/** The waking side, in one thread. */
export interface Waker {
  /** Wakes the loop whose counter has this number. */
  wake(fd: number): void;
  /** Releases its resources. */
  close(): void;
}

/**
 * Wakes loops from this thread.
 *
 * @throws NetgraphError ENOSYS without such a system or library, ENOTCAPABLE without the permission for FFI
 */
export async function openWaker(): Promise<Waker> {
  const libc = await openLibc(thisSystem());
  const one = new Uint8Array(new BigUint64Array([1n]).buffer);
  return {
    wake: (fd) => {
      libc.write(fd, one, one.length);
    },
    close: () => libc.unload(),
  };
}
