/**
 * Connecting to local sockets on Bun by the C library: a connection of Bun 1.4.5 itself is lost if the server has
 * written and closed before Bun reads (it reports ECONNRESET), and Bun has one error for all problems with a path.
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
   * Connects a socket, which succeeds or fails immediately.
   *
   * @returns its descriptor, which belongs to the caller, or the error: EAGAIN while the listener's backlog is full
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

/** The calls; null on systems that runtime `posix` does not support. */
export const localCalls: () => Promise<LocalCalls | null> = systemCalls((libc, system) => new LocalCalls(libc, system));
