/**
 * The meaning of target states for clients. A pure function of reports, so that it also works for the targets of
 * several threads together.
 *
 * @module
 */

import { type ErrorCode, errorText, type NetgraphError } from "../../errors.ts";
import type { Fault } from "../../graph/data/fault.ts";
import { takesConnections, type TargetReport } from "../../graph/data/target_report.ts";
import { failureAt, type FailureRow } from "../ksocket/outcomes.ts";

/** The limit of down targets that are described separately. */
const MAX_DESCRIBED = 3;

/** The faults that follow from the states of targets: none, or one. */
export function faultsOfTargets(reports: readonly TargetReport[], now: Date): readonly Fault[] {
  const targets = reports.filter(({ state }) => state !== "removed");
  const used = targets.filter(({ state }) => state !== "draining" && state !== "disabled");
  const down = used.filter(({ state }) => state === "down");
  const [first] = down;
  if (targets.length === 0) return [];
  if (first === undefined) return used.length > 0 ? [] : [noneEnabled(targets)];
  const up = used.filter(takesConnections).length;
  const count = down.reduce((sum, { failures }) => sum + failures, 0);
  const since = down.map((target) => target.since).sort()[0] ?? first.since;
  const code = first.error?.code ?? "ECONNREFUSED";
  if (targets.length === 1) {
    const message = first.error?.message ?? first.address;
    return [{ reason: "NoTargetUp", code, message, count: first.failures, since, serving: false }];
  }
  const described = down.slice(0, MAX_DESCRIBED).map((target) => describeDown(target, now));
  const rest = down.length > described.length ? [`${down.length - described.length} more`] : [];
  const message = `${up} of ${targets.length} up: ${[...described, ...rest].join("; ")}`;
  const reason = up === 0 ? "NoTargetUp" : "TargetsDown";
  return [{ reason, code, message, count, since, serving: up > 0, complete: true }];
}

function noneEnabled(targets: readonly TargetReport[]): Fault {
  const since = targets.map((target) => target.since).sort().at(-1) ?? "";
  const message = `0 of ${targets.length} up: all targets are draining or disabled`;
  return { reason: "NoTargetUp", code: "ENXIO", message, count: 1, since, serving: false };
}

/** How attempts have failed: `3 attempts refused since …`. */
const RESULTS: Partial<Record<ErrorCode, string>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "unanswered",
  ECONNRESET: "closed by the target",
};

function describeDown({ name, error, failures, since, nextProbeAt }: TargetReport, now: Date): string {
  const times = `${failures} attempt${failures === 1 ? "" : "s"}`;
  const result = error === null ? "failed" : RESULTS[error.code];
  const what = result === undefined ? `${error?.message ?? name}, ${times}` : `${name}: ${times} ${result}`;
  const at = `${since.slice(11, 19)}Z`;
  const probe = nextProbeAt === null ? "" : `, next probe in ${secondsUntil(nextProbeAt, now)}s`;
  return `${what} since ${at}${probe}`;
}

function secondsUntil(time: string, now: Date): number {
  return Math.max(1, Math.ceil((Date.parse(time) - now.getTime()) / 1_000));
}

/** Why a probe of an address has failed. */
export function describeProbe(address: string, error: NetgraphError): Pick<FailureRow, "code" | "message"> {
  const { code } = error;
  // It describes the problem of the certificate.
  if (code === "ETLS") return failureAt(address, error);
  const why = code === "ECONNRESET"
    ? "the target closes connections immediately"
    : code === "EPROTO"
    ? "the answer to a probe does not contain the expected text"
    : errorText(code);
  return { code, message: `${address}: ${why}` };
}
