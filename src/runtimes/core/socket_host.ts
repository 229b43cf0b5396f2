/**
 * What all sockets of one runtime share.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import type { PathWatch } from "../host/path_watch.ts";
import type { OpenSockets } from "./open_sockets.ts";

/** The shared parts. */
export interface SocketHost {
  /** Whose time passes. */
  readonly clock: Clock;
  /** Where buffers come from. */
  readonly pool: BufferPool;
  /** The sockets that end with the runtime. */
  readonly sockets: OpenSockets;
  /** Watches the paths of local sockets; null where local sockets have no files. */
  readonly paths: PathWatch | null;
  /** Above so many bytes that wait for a connection a sender has to wait too. */
  readonly earlyBytes: number;
  /** Calls `call` on a later turn. */
  later(call: () => void): void;
}
