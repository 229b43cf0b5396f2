/**
 * The last outcomes of a ksocket's traffic, and the rule that derives faults from them.
 *
 * Consecutive failures count from the first one; one success ends the series. Before the first outcome nothing is
 * known, which is not a fault. The rule is a pure function of the outcomes, so that a pool of several targets can use
 * it too.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";
import type { Fault, FaultReason } from "../../graph/data/fault.ts";

/** Consecutive failures. */
export interface FailureRow {
  readonly count: number;
  /** The time of the first one, as time of day. */
  readonly since: Date;
  readonly code: ErrorCode;
  /** The failing operation, as text. */
  readonly message: string;
}

/** The series with one more failure. */
export function addFailure(
  row: FailureRow | null,
  { code, message }: Pick<FailureRow, "code" | "message">,
  now: Date,
): FailureRow {
  return { count: (row?.count ?? 0) + 1, since: row?.since ?? now, code, message };
}

/** The outcomes of a listener's connections. */
export interface ListenerOutcomes {
  /** Targets whose last connection failed, and those that are missing. */
  readonly failing: readonly FailureRow[];
  /** True if other targets of its rules are not known to fail. */
  readonly otherServes: boolean;
  /** Datagrams that the target rejected. */
  readonly datagrams: FailureRow | null;
  /** Connections to which a message failed, by destination. */
  readonly setup: readonly FailureRow[];
  /** Clients that `allow` or `deny` refused since the last one that was admitted. */
  readonly denied: FailureRow | null;
  /** False if the setting is known to deny every client that can come. */
  readonly mayAdmit: boolean;
  /** True once a client was admitted under the current setting. */
  readonly admitted: boolean;
  /** Accepting was stopped manually. */
  readonly disarmed: FailureRow | null;
  /** Accepting is paused. */
  readonly paused: FailureRow | null;
  /** Clients were refused for the rate of all of them. */
  readonly rated: FailureRow | null;
  /**
   * The time since which the limit has been reached, and the number of refused clients since then; null while there is
   * room.
   */
  readonly full: FailureRow | null;
  /** The number of open connections. */
  readonly active: number;
}

/**
 * After this number of consecutive denials clients count as denied altogether, even if some were admitted before and
 * none is connected.
 */
export const DENIED_IN_A_ROW = 10;

/** The faults that follow from outcomes. */
export function faultsOfListener(outcomes: ListenerOutcomes): readonly Fault[] {
  const { failing, otherServes, datagrams, setup, denied, mayAdmit, admitted, disarmed, paused, rated, full, active } =
    outcomes;
  const faults: Fault[] = [];
  const reason = otherServes ? "TargetsDown" : "NoTargetUp";
  for (const row of failing) faults.push(fault(reason, row, otherServes));
  if (datagrams !== null) faults.push(fault("NoTargetUp", datagrams, false));
  for (const row of setup) faults.push(fault("SetupFailed", row, otherServes));
  if (disarmed !== null) faults.push(fault("NotAccepting", disarmed, false));
  if (paused !== null) faults.push(fault("AcceptPaused", paused, false));
  if (denied !== null && active === 0 && (!admitted || denied.count >= DENIED_IN_A_ROW)) {
    // Clients that are denied on purpose are not a fault for the admitted ones.
    faults.push(fault("ClientsDenied", denied, mayAdmit));
  }
  if (rated !== null) faults.push(fault("LimitReached", rated, true));
  // Waiting clients are served later; refused ones are not.
  if (full !== null) faults.push(fault("LimitReached", { ...full, count: Math.max(1, full.count) }, full.count === 0));
  return faults;
}

/** Datagrams that wait this long for a receiver count as lost. */
export const HELD_MS = 2_000;

/** The fault of a socket of datagrams that was not read for too long, because its receiver accepts no data. */
export function unreadFaults(heldMs: number, clock: Pick<Clock, "wall">): readonly Fault[] {
  if (heldMs < HELD_MS) return [];
  const since = new Date(clock.wall().getTime() - heldMs);
  const message = "The socket is not read, because its receiver accepts no data: the system drops datagrams";
  return [fault("AllDropped", { code: "ENOBUFS", message, count: 1, since }, false)];
}

/** A fault of one series of failures. */
export function fault(reason: FaultReason, row: FailureRow, serving: boolean): Fault {
  const { code, message, count, since } = row;
  return { reason, code, message, count, since: since.toISOString(), serving };
}

/** The failure and its address, for a series. */
export function failureAt(address: string, error: NetgraphError): Pick<FailureRow, "code" | "message"> {
  const { code } = error;
  const what = address === "" ? error.message : `${address}: ${whyOf(error)}`;
  return { code, message: what };
}

/** Why something failed: the text of its code; of TLS the code alone does not say that. */
export function whyOf({ code, message, cause }: NetgraphError): string {
  if (code !== "ETLS") return errorText(code);
  return cause instanceof NetgraphError ? whyOf(cause) : message;
}

/** True if a message to a connection, or to its copy of a template, failed: no target is known to be down. */
export function isSetupFailure({ subject: { message, address } }: NetgraphError): boolean {
  return message !== undefined && address === undefined && !message.startsWith("connect ");
}

/** The failure with its message and its errno, if the runtime only reports the reason. */
export function explainSetup(error: NetgraphError): NetgraphError {
  if (!isSetupFailure(error)) return error;
  const { code, message, subject } = error;
  const text = `Message "${subject.message ?? ""}" to the connection failed with ${code}: ${message}`;
  return new NetgraphError(code, text, { subject, cause: error });
}
