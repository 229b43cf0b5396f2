/**
 * The problem of a followed source: it is reported once, and its topologies are Stalled until the source is valid.
 *
 * @module
 */

import type { ApplyEvent } from "../../api/apply_event.ts";
import { formatUnchanged } from "../../api/source_event.ts";
import type { Clock } from "../../clock.ts";
import type { StallCause } from "../../reconcile/status/condition.ts";
import type { UnreadSource } from "../../reconcile/status/status_types.ts";
import type { FollowTarget } from "./follow_target.ts";
import { type Problem, stallCauseOf } from "./source_problem.ts";

/** The topologies of the source, and who receives the report. */
interface Receivers {
  readonly names: readonly string[];
  readonly emit: (event: ApplyEvent) => void;
}

/** Reports the problem of one source. */
export class SourceReport {
  readonly #target: FollowTarget;
  readonly #clock: Clock;
  #stalled = false;
  /** The last report. */
  #problem: Problem | null = null;
  /** Present while nothing of the source was ever applied: the start and the reason. */
  #unusable: Pick<UnreadSource, "since" | "problem"> | null = null;

  constructor({ target, clock }: { readonly target: FollowTarget; readonly clock: Clock }) {
    this.#target = target;
    this.#clock = clock;
  }

  /** True while the source cannot be used. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** The last problem, for status. */
  get stallCause(): StallCause | null {
    return this.#problem === null ? null : stallCauseOf(this.#problem);
  }

  /** The sources at these locations, while they could not be used so far. */
  unusable(locations: readonly string[]): readonly UnreadSource[] {
    const why = this.#unusable;
    return why === null ? [] : locations.map((location) => ({ location, ...why }));
  }

  /** The next problem is reported, even if it is the same. */
  repeat(): void {
    this.#problem = null;
  }

  /** Kept topologies run instead of the source. */
  keeps(): void {
    this.#unusable = null;
  }

  /** The source was applied. */
  applied(): void {
    this.#unusable = null;
    this.#stalled = false;
  }

  /** Stalls the topologies of the source because of a problem. */
  stall(problem: Problem, { names, emit }: Receivers): void {
    this.#stalled = true;
    const { message } = problem;
    if (names.length === 0) {
      this.#unusable = { since: this.#unusable?.since ?? this.#clock.wall().toISOString(), problem: message };
    }
    for (const name of names) this.#target.stall(name, stallCauseOf(problem), null);
    this.emit(problem, { names, emit });
  }

  /** Reports a problem once, even if it occurs again. */
  emit(problem: Problem, { names, emit }: Receivers): void {
    const { reason, text, code, diagnostics } = problem;
    if (this.#problem?.text === text) return;
    this.#problem = problem;
    emit({ kind: "source", reason, code, diagnostics, text: this.#withConsequence(problem, names) });
  }

  #withConsequence({ text, reason }: Problem, all: readonly string[]): string {
    if (reason === "Warnings") return text;
    const generations = all.map((name) => ({ name, generation: this.#target.generation(name) }));
    const running = generations.filter(({ generation }) => generation > 0);
    return `${text} ${formatUnchanged(running)}`;
  }
}
