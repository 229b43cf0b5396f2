/**
 * Connecting to local sockets on Bun by the C library: what Bun 1.4.5 connects by itself is lost where the server has
 * written and closed before Bun looks (it says ECONNRESET), and it has one failure for all that may be wrong with a path.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import { typeNumber } from "../../socket/endpoint.ts";
import { errnoError } from "../posix/errno.ts";
import type { Libc } from "../posix/library.ts";
import { AddressCodec } from "../posix/sockaddr.ts";
import type { System } from "../posix/system.ts";
import { systemCalls } from "./system_calls.ts";

/** The calls that local sockets need. */
export class LocalCalls {
  readonly #libc: Libc;
  readonly #system: System;
  readonly #codec: AddressCodec;

  constructor(libc: Libc, system: System) {
    this.#libc = libc;
    this.#system = system;
    this.#codec = new AddressCodec(libc, system);
  }

  /**
   * Connects a socket, which is done at once or not at all.
   *
   * @returns its descriptor, which is the caller's, or the failure: EAGAIN while the listener's backlog is full
   */
  connect(path: string, type: "stream" | "dgram" = "stream"): number | NetgraphError {
    const { AF_LOCAL, SOCK_CLOEXEC, SOCK_NONBLOCK } = this.#system.constants;
    const action = `Cannot connect to local/"${path}"`;
    const address = this.#codec.pack({ family: "local", path });
    const fd = this.#libc.socket(AF_LOCAL, typeNumber(type) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errnoError(this.#libc.errno(), action);
    if (this.#libc.connect(fd, address, address.length) === 0) return fd;
    const error = errnoError(this.#libc.errno(), action);
    this.close(fd);
    return error;
  }

  /** Closes a descriptor. */
  close(fd: number): void {
    this.#libc.close(fd);
  }
}

/** The calls; null on systems that runtime `posix` does not know. */
export const localCalls: () => Promise<LocalCalls | null> = systemCalls((libc, system) => new LocalCalls(libc, system));
