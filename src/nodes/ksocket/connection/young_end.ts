/**
 * Whether a peer that ends its direction was heard before: one that ends young connections without a byte may do so with
 * all, as a proxy does whose own target is down.
 *
 * @module
 */

import type { Hook } from "../../../graph/core/hook.ts";
import type { Carried } from "./carried.ts";
import type { ConnectionHost } from "./connection_host.ts";
import type { ConnectionTimes } from "./connection_times.ts";
import type { Ends } from "./ends.ts";

/** A peer that ends a connection sooner than this, without sending data, may do so with all. */
const YOUNG_MS = 1_000;

/** A connection whose peer ends its direction. */
export interface EndingConnection {
  readonly host: ConnectionHost;
  readonly hook: Hook | null;
  readonly times: ConnectionTimes;
  readonly carried: Carried;
  readonly ends: Ends;
}

/** Reports to the life of a connection whether its peer has sent data; called before its end is recorded. */
export function reportWhetherHeard(connection: EndingConnection): void {
  const { host, hook, times, carried } = connection;
  if (times.since < 0 || hook === null) return;
  if (carried.wasHeard) return host.life.onClosedAfterData();
  if (connection.ends.ways !== "none") return;
  if (host.clock.now() - times.since >= YOUNG_MS) return;
  const { sentItems } = carried;
  host.life.onClosedWithoutData(() => connection.ends.ways !== "reset" && carried.sentItems > sentItems);
}
