/**
 * What keeps a node from serving its traffic although it runs: the one list of reasons, and how a fault reads.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";

/**
 * - `NoTargetUp`: the last connection to its target failed, or its datagrams are refused
 * - `SetupFailed`: the last accepted connection was closed, as a message to it or to its copy of a template failed
 * - `ClientsDenied`: `allow` or `deny` has refused every client
 * - `AddressGone`: the address that it is bound to has left this machine
 * - `AcceptPaused`: the process or the system has run out of descriptors or memory
 * - `LimitReached`: as many connections are open as `max` allows
 * - `PeerClosed`: the peer has ended its direction of a connection that was to stay
 * - `AllDropped`: all that comes to a hook is dropped, for want of a destination or of room
 * - `Loop`: items go round in the graph without end
 */
export type FaultReason =
  | "NoTargetUp"
  | "SetupFailed"
  | "ClientsDenied"
  | "AddressGone"
  | "AcceptPaused"
  | "LimitReached"
  | "PeerClosed"
  | "AllDropped"
  | "Loop";

/** All of them. */
export const FAULT_REASONS: readonly FaultReason[] = [
  "NoTargetUp",
  "SetupFailed",
  "ClientsDenied",
  "AddressGone",
  "AcceptPaused",
  "LimitReached",
  "PeerClosed",
  "AllDropped",
  "Loop",
];

/** One thing that keeps a node from serving its traffic. */
export interface Fault {
  /** One word for programs. */
  readonly reason: FaultReason;
  /** The errno's name of the last failure. */
  readonly code: ErrorCode;
  /** What fails, for people: `inet/127.0.0.1:9000: connection was refused`. */
  readonly message: string;
  /** How many failures there were in a row. */
  readonly count: number;
  /** ISO 8601: the first of them. */
  readonly since: string;
  /** True where some traffic is served all the same: the node is Degraded, and Ready. */
  readonly serving: boolean;
}

/** A fault with its count and time, in one line. */
export function describeFault({ message, count, since }: Fault): string {
  const time = since.replace(/\.\d+Z$/, "Z");
  return count > 1 ? `${message} (${count} times in a row since ${time})` : `${message} (since ${time})`;
}

/** The faults of one node in several threads: it serves where one of them does. */
export function mergeFaults(parts: readonly (readonly Fault[])[]): readonly Fault[] {
  const merged = new Map<string, Fault>();
  for (const fault of parts.flat()) {
    const key = `${fault.reason} ${fault.message}`;
    const known = merged.get(key);
    if (known === undefined) {
      const serving = fault.serving || parts.some((faults) => faults.length === 0);
      merged.set(key, { ...fault, serving });
      continue;
    }
    merged.set(key, {
      ...known,
      count: known.count + fault.count,
      since: known.since < fault.since ? known.since : fault.since,
      serving: known.serving || fault.serving,
    });
  }
  return [...merged.values()];
}
