/**
 * The options of a descriptor: set and read in the system.
 *
 * @module
 */

import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketOption } from "../../socket/option.ts";
import type { OptionStore } from "../core/stream_transport.ts";
import type { PosixHost } from "./host.ts";

/** Created on first use: options are seldom set. */
export class PosixOptions implements OptionStore {
  readonly #host: PosixHost;
  readonly #fd: number;
  readonly #endpoint: Endpoint;
  readonly #wasSet: (option: SocketOption) => void;

  /** @param wasSet is called with every option that was set */
  constructor(
    host: PosixHost,
    { fd, endpoint, wasSet = () => {} }: { fd: number; endpoint: Endpoint; wasSet?: (option: SocketOption) => void },
  ) {
    this.#host = host;
    this.#fd = fd;
    this.#endpoint = endpoint;
    this.#wasSet = wasSet;
  }

  set(option: SocketOption): void {
    this.#host.setOption(this.#fd, this.#endpoint, option);
    this.#wasSet(option);
  }

  get(asked: SocketOption): SocketOption {
    return this.#host.getOption(this.#fd, this.#endpoint, asked);
  }
}
