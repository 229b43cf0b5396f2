/**
 * What a datagram socket answers to what only streams do, on every runtime.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";

/** The part of a datagram socket that is there for streams' sake. */
export abstract class Connectionless {
  /** Refused. */
  listen(_backlog: number): void {
    throw new NetgraphError("EOPNOTSUPP", "Cannot listen: a datagram socket takes no connections");
  }

  /** Refused. */
  accept(): void {
    throw new NetgraphError("EINVAL", "Cannot accept: a datagram socket takes no connections");
  }

  /** Does nothing: a datagram socket is connected at once, so that nothing is ever under way. */
  cancelConnect(): void {}

  /** Does nothing: a datagram socket has no end to tell its peer. */
  shutdown(): void {}
}
