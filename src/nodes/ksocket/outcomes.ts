/**
 * The last outcomes of what a ksocket does with traffic, and the rule that makes faults of them.
 *
 * A failure in a row counts from the first one; one success ends the row. Before the first outcome nothing is known,
 * which is no fault. The rule is a pure function of what was noted, so that a pool of several targets can use it too.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import type { Fault, FaultReason } from "../../graph/data/fault.ts";

/** Failures in a row. */
export interface FailureRow {
  readonly count: number;
  /** When the first one was, on the wall clock. */
  readonly since: Date;
  readonly code: ErrorCode;
  /** What fails, for people. */
  readonly message: string;
}

/** The row with one failure more. */
export function addFailure(
  row: FailureRow | null,
  { code, message }: Pick<FailureRow, "code" | "message">,
  now: Date,
): FailureRow {
  return { count: (row?.count ?? 0) + 1, since: row?.since ?? now, code, message };
}

/** What a listener has seen of its connections. */
export interface ListenerOutcomes {
  /** Targets whose last connection failed, by address; "" for what failed before an address was known. */
  readonly targets: ReadonlyMap<string, FailureRow>;
  /** Datagrams that the target refused. */
  readonly datagrams: FailureRow | null;
  /** Connections to which a message failed. */
  readonly setup: FailureRow | null;
  /** Clients that `allow` or `deny` refused since the last one that was admitted. */
  readonly denied: FailureRow | null;
  /** False where the setting is known to deny every client that can come. */
  readonly mayAdmit: boolean;
  /** True once a client was admitted under the setting that is in force. */
  readonly admitted: boolean;
  /** Accepting is paused. */
  readonly paused: FailureRow | null;
  /** Since when as many are open as may be, and how many were refused since; null while there is room. */
  readonly full: FailureRow | null;
  /** How many connections are open. */
  readonly active: number;
}

/** After so many in a row clients are denied altogether, also where some were admitted before and none is there. */
export const DENIED_IN_A_ROW = 10;

/** The faults that follow from outcomes. */
export function faultsOfListener(outcomes: ListenerOutcomes): readonly Fault[] {
  const { targets, datagrams, setup, denied, mayAdmit, admitted, paused, full, active } = outcomes;
  const faults: Fault[] = [];
  for (const row of targets.values()) faults.push(fault("NoTargetUp", row, false));
  if (datagrams !== null) faults.push(fault("NoTargetUp", datagrams, false));
  if (setup !== null) faults.push(fault("SetupFailed", setup, false));
  if (paused !== null) faults.push(fault("AcceptPaused", paused, false));
  if (denied !== null && active === 0 && (!admitted || denied.count >= DENIED_IN_A_ROW)) {
    // Strangers that are rightly denied take nothing from those who may come.
    faults.push(fault("ClientsDenied", denied, mayAdmit));
  }
  // Those who wait are served in their turn; those who were refused are not.
  if (full !== null) faults.push(fault("LimitReached", { ...full, count: Math.max(1, full.count) }, full.count === 0));
  return faults;
}

/** Datagrams that wait so long for a receiver are not only late. */
const HELD_MS = 2_000;

/** The fault of a socket of datagrams that has not been read for so long, as nobody takes what it reads. */
export function unreadFaults(heldMs: number, clock: Pick<Clock, "wall">): readonly Fault[] {
  if (heldMs < HELD_MS) return [];
  const since = new Date(clock.wall().getTime() - heldMs);
  const message = "Nothing is read, as its receiver takes nothing: datagrams are dropped by the system";
  return [fault("AllDropped", { code: "ENOBUFS", message, count: 1, since }, false)];
}

/** A fault of one row of failures. */
export function fault(reason: FaultReason, row: FailureRow, serving: boolean): Fault {
  const { code, message, count, since } = row;
  return { reason, code, message, count, since: since.toISOString(), serving };
}

/** What failed at which address, for a row. */
export function failureAt(address: string, error: NetgraphError): Pick<FailureRow, "code" | "message"> {
  const { code } = error;
  const what = address === "" ? error.message : `${address}: ${errorText(code)}`;
  return { code, message: what };
}

/** True where a message to a connection, or to its copy of a template, failed by itself: no target is known to be down. */
export function isSetupFailure({ subject: { message, address } }: NetgraphError): boolean {
  return message !== undefined && address === undefined && !message.startsWith("connect ");
}

/** The failure with its message and its errno, where the runtime only says why. */
export function explainSetup(error: NetgraphError): NetgraphError {
  if (!isSetupFailure(error)) return error;
  const { code, message, subject } = error;
  const text = `Message "${subject.message ?? ""}" to the connection failed with ${code}: ${message}`;
  return new NetgraphError(code, text, { subject, cause: error });
}
