/**
 * Detects peers that close new connections without having sent a byte: such a peer may close every connection, as a proxy
 * does whose own target is down.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import type { Carried } from "./carried.ts";
import type { ConnectionHost } from "./connection_host.ts";
import type { ConnectionTimes } from "./connection_times.ts";
import type { Ends } from "./ends.ts";

/** A peer that closes a connection sooner than this, without having sent data, may close every connection. */
const EARLY_MS = 1_000;

/** A connection whose peer ends its direction. */
export interface ClosedConnection {
  readonly host: ConnectionHost;
  readonly hook: Hook | null;
  readonly times: ConnectionTimes;
  readonly carried: Carried;
  readonly ends: Ends;
}

/** Reports to the role of a connection whether its peer has sent data; called before its end is recorded. */
export function reportEarlyClose(connection: ClosedConnection): void {
  const { host, hook, times, carried } = connection;
  if (times.since < 0 || hook === null) return;
  if (carried.wasHeard) return host.role.onClosedAfterData();
  if (connection.ends.ways !== "none") return;
  if (host.clock.now() - times.since >= EARLY_MS) return;
  const { sentItems } = carried;
  host.role.onClosedWithoutData(() => connection.ends.ways !== "reset" && carried.sentItems > sentItems);
}
