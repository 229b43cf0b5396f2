/**
 * The health of a target in a thread that does not judge it: the first thread does, by what all threads report, and
 * probes for all. One report at a time is under way; what happens meanwhile is reported with the next one.
 *
 * @module
 */

import type { TargetEvent, TargetJudgement } from "../../graph/data/target_event.ts";

type Failure = Pick<Required<TargetEvent>, "error">["error"];

/** One target, as the first thread judges it. */
export class JudgedElsewhere {
  judgement: TargetJudgement = { state: "unknown", isFailing: false, mayCloseImmediately: false };
  readonly #name: string;
  readonly #report: (event: TargetEvent) => void;
  #isAnswered = false;
  #failures: { count: number; error: Failure } | null = null;
  #success: "connected" | "heard" | null = null;
  #isUnheard = false;

  constructor(name: string, report: (event: TargetEvent) => void) {
    this.#name = name;
    this.#report = report;
  }

  /** Asks for its health. */
  ask(): void {
    this.#report({ kind: "asked", name: this.#name });
  }

  /** Connections have failed. */
  failed(count: number, error: Failure): void {
    this.#failures = { count: (this.#failures?.count ?? 0) + count, error };
    this.#success = null;
    this.#send();
  }

  /** Reports that a connection was established, or has served its client. */
  succeeded(kind: "connected" | "heard"): void {
    const { state, isFailing, mayCloseImmediately } = this.judgement;
    // A known success is not reported again.
    if (this.#isAnswered && state === "up" && !isFailing && !(mayCloseImmediately && kind === "heard")) return;
    if (this.#success !== "heard") this.#success = kind;
    this.#send();
  }

  /** Reports that the target may close every connection immediately. */
  unheard(): void {
    if (this.judgement.mayCloseImmediately) return;
    this.#isUnheard = true;
    this.#send();
  }

  /** The answer of the first thread. */
  judge(judgement: TargetJudgement): void {
    this.judgement = judgement;
    this.#isAnswered = true;
    this.#send();
  }

  #send(): void {
    if (!this.#isAnswered) return;
    const event = this.#next();
    if (event === null) return;
    this.#isAnswered = false;
    this.#report(event);
  }

  #next(): TargetEvent | null {
    const name = this.#name;
    const [failures, success] = [this.#failures, this.#success];
    if (failures !== null) {
      this.#failures = null;
      return { kind: "failed", name, ...failures };
    }
    if (success !== null) {
      this.#success = null;
      return { kind: success, name };
    }
    if (!this.#isUnheard) return null;
    this.#isUnheard = false;
    return { kind: "unheard", name };
  }
}
