/**
 * The exit codes: one table for all verbs.
 *
 * @module
 */

/** The exit codes by what they mean. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Only with `--detailed-exitcode`: changes are pending. */
  changes: 2,
  /** Not Ready: {@linkcode NOT_READY} defines it for each verb. */
  notReady: 3,
  /** Failed or did not verify, and was rolled back. */
  rolledBack: 4,
  usage: 64,
  invalid: 65,
  /** Only `ngctl`: a file of commands that cannot be read. */
  noInput: 66,
  /** A source that cannot be reached, or whose address is wrong. */
  unreachable: 69,
  /** Only `ngctl`: a command failed. */
  system: 71,
  /** No engine, a busy one, or one of another version. */
  unavailable: 75,
  permission: 77,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * When a verb exits with 3, as its help says. Ready means the same for all: the nodes of the topology serve. `status`
 * also requires that nothing needs attention.
 */
export const NOT_READY = {
  change: "Exits with 3 if the topology is not Ready within --wait.",
  wait:
    "Exits with 3 if they are not Ready in time, or cannot become Ready. A Stalled topology can be Ready, because its " +
    "nodes still serve; status then exits with 3.",
  status: "Exits with 3 if a topology is Degraded, Stalled or not Ready, or if a source cannot be used.",
} as const;

/** One of {@linkcode EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An exit code of another process of this program; {@linkcode EXIT.failed} for one that it does not have. */
export function exitCodeOf(code: number | null): ExitCode {
  return Object.values(EXIT).find((one) => one === code && one !== EXIT.done) ?? EXIT.failed;
}

/** From the worst to the best, for a command that treats several topologies. */
const SEVERITY: readonly ExitCode[] = [
  EXIT.invalid,
  EXIT.failed,
  EXIT.rolledBack,
  EXIT.notReady,
  EXIT.changes,
  EXIT.done,
];

/** The worst of several outcomes; {@linkcode EXIT.done} if there is none. */
export function worstExit(codes: readonly ExitCode[]): ExitCode {
  return SEVERITY.find((code) => codes.includes(code)) ?? codes.find((code) => code !== EXIT.done) ?? EXIT.done;
}
