/**
 * Faults, which keep a running node from serving its traffic: the list of reasons, and their texts.
 *
 * @module
 */

import type { ErrorCode } from "../../errors.ts";

/**
 * - `NoTargetUp`: no target is up: the last connection to its target failed, or its datagrams are rejected
 * - `TargetsDown`: some targets of a pool, or of a listener's rules, are down, and others are up
 * - `SetupFailed`: the last accepted connection was closed, as a message to it or to its copy of a template failed
 * - `ClientsDenied`: every client was refused: by `allow` or `deny`, for its PROXY header, by all rules of `route`, or in
 *   the TLS handshake
 * - `AddressGone`: the address that it is bound to was removed from this machine
 * - `NotAccepting`: a manual `disarm` has stopped accepting, so that clients wait in the system's queue
 * - `AcceptPaused`: the process or the system has run out of descriptors or memory
 * - `LimitReached`: as many connections are open as `max` allows
 * - `PeerClosed`: the peer has ended its direction of a connection that should stay
 * - `AllDropped`: everything that arrives at a hook is dropped, because there is no destination or no room
 * - `ProgramFailed`: the last program of an exec exited with another status than 0, or was killed by a signal
 * - `FileFailed`: a file cannot be read, or what it receives cannot be written, such as on a full disk
 * - `CertificateExpires`: a certificate of a TLS socket expires within a week, or has expired
 * - `CertificateInvalid`: the files of a TLS socket have changed and cannot be used; the former ones stay in use
 * - `Loop`: items circulate in the graph forever
 */
export type FaultReason =
  | "NoTargetUp"
  | "TargetsDown"
  | "SetupFailed"
  | "ClientsDenied"
  | "AddressGone"
  | "NotAccepting"
  | "AcceptPaused"
  | "LimitReached"
  | "PeerClosed"
  | "AllDropped"
  | "ProgramFailed"
  | "FileFailed"
  | "CertificateExpires"
  | "CertificateInvalid"
  | "Loop";

/** All of them. */
export const FAULT_REASONS: readonly FaultReason[] = [
  "NoTargetUp",
  "TargetsDown",
  "SetupFailed",
  "ClientsDenied",
  "AddressGone",
  "NotAccepting",
  "AcceptPaused",
  "LimitReached",
  "PeerClosed",
  "AllDropped",
  "ProgramFailed",
  "FileFailed",
  "CertificateExpires",
  "CertificateInvalid",
  "Loop",
];

/** One problem that keeps a node from serving its traffic. */
export interface Fault {
  /** The reason, for programs. */
  readonly reason: FaultReason;
  /** The errno's name of the last failure. */
  readonly code: ErrorCode;
  /** What fails, as text: `inet/127.0.0.1:9000: connection was refused`. */
  readonly message: string;
  /** The number of consecutive failures. */
  readonly count: number;
  /** The time of the first failure, in ISO 8601. */
  readonly since: string;
  /** True where some traffic is served anyway: the node is Degraded, and Ready. */
  readonly serving: boolean;
  /** True where the message contains count and time. */
  readonly complete?: true;
}

/** A fault with its count and time, in one line. */
export function describeFault({ message, count, since, complete }: Fault): string {
  if (complete === true) return message;
  const time = since.replace(/\.\d+Z$/, "Z");
  return count > 1 ? `${message} (${count} times in a row since ${time})` : `${message} (since ${time})`;
}

/** The faults of one node in one thread, and the time of its last served client there. */
export interface ThreadFaults {
  readonly faults?: readonly Fault[];
  /** ISO 8601; absent if no client was served. */
  readonly servedAt?: string;
}

/**
 * The faults of one node in two threads: it serves if one of them serves, which is known from a client that was served
 * after the fault began. A thread without clients shows nothing.
 */
export function mergeFaults(one: ThreadFaults, other: ThreadFaults): readonly Fault[] {
  const merged = new Map<string, Fault>();
  for (const [part, twin] of [[one, other], [other, one]] as const) {
    for (const fault of part.faults ?? []) {
      const key = keyOf(fault);
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { ...fault, serving: fault.serving || serves(twin, fault) });
      else {
        merged.set(key, {
          ...known,
          // In one thread all targets fail, in the other one not.
          reason: fault.reason === "TargetsDown" ? fault.reason : known.reason,
          count: known.count + fault.count,
          since: known.since < fault.since ? known.since : fault.since,
          serving: known.serving || fault.serving,
        });
      }
    }
  }
  return [...merged.values()];
}

/** The same for the same fault of two threads, in which the nodes of connections have other IDs. */
function keyOf({ reason, message }: Fault): string {
  return `${reason === "TargetsDown" ? "NoTargetUp" : reason} ${message.replace(/\[[0-9a-f]+\]/g, "[]")}`;
}

/** True for a thread that serves clients although another one has this fault. */
function serves({ faults = [], servedAt = "" }: ThreadFaults, { reason, since }: Fault): boolean {
  if (faults.length > 0) return false;
  // Each thread has its own limit: where it is not reached, there is room.
  return reason === "LimitReached" || servedAt > since;
}
