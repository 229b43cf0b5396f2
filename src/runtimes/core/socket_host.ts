/**
 * Shared by all sockets of one runtime.
 *
 * @module
 */

import type { BufferPool } from "../../buffer.ts";
import type { Clock } from "../../clock.ts";
import type { DescriptorReserve } from "../host/descriptor_reserve.ts";
import type { PathWatch } from "../host/path_watch.ts";
import type { OpenSockets } from "./open_sockets.ts";
import type { TlsHost } from "./tls_host.ts";

/** The shared parts. */
export interface SocketHost {
  /** The clock of the sockets. */
  readonly clock: Clock;
  /** The allocator of the buffers. */
  readonly pool: BufferPool;
  /** The parts that its TLS sockets share. */
  readonly tls: TlsHost;
  /** The descriptors that its sockets leave free. */
  readonly descriptors: DescriptorReserve;
  /** The open sockets, which are closed with the runtime. */
  readonly sockets: OpenSockets;
  /** Watches the paths of local sockets; null if local sockets have no files. */
  readonly paths: PathWatch | null;
  /** With more bytes than this waiting for a connection, a sender must wait. */
  readonly earlyBytes: number;
  /** Calls `call` on a later turn. */
  later(call: () => void): void;
}
