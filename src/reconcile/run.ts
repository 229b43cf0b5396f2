/**
 * Carries a plan's steps out, in order.
 *
 * A message that may fail without being a failed step (`connect`) is not waited for: the rest goes on beside it, only
 * its own node's later messages, and those that refer to its replies, stand behind it. Everything has settled before the
 * release, and before this returns.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { type ErrorData, isRetryable, NetgraphError } from "../errors.ts";
import type { GraphPort } from "../graph/port.ts";
import { findReferences } from "../graph/reference.ts";
import type { GraphState } from "../graph/state.ts";
import { Breath } from "../pace.ts";
import { commandOf, type TypeTable } from "./facts.ts";
import type { Plan } from "./plan.ts";
import type { Step } from "./step.ts";

/** What happens while a plan is carried out. Silent steps are not told of, except when they fail. */
export type RunEvent =
  | { readonly kind: "step-started"; readonly step: Step; readonly number: number; readonly total: number }
  | { readonly kind: "step-done"; readonly step: Step; readonly number: number; readonly ms: number }
  /** The world refuses, and is asked again later: no failed step. */
  | { readonly kind: "step-degraded"; readonly step: Step; readonly number: number; readonly error: ErrorData }
  /** It stands behind one that is asked again later. */
  | { readonly kind: "step-waits"; readonly step: Step; readonly number: number }
  | { readonly kind: "step-failed"; readonly step: Step; readonly number: number; readonly error: ErrorData };

/** What running needs. */
export interface RunOptions {
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly clock: Clock;
  /** The state that the plan leads to: it says of which type a node is. */
  readonly wanted: GraphState;
  /** Nodes whose bring-up had stopped before: what follows in it keeps waiting. */
  readonly stopped?: ReadonlySet<string>;
  /** True to take no refused message for a failed step: only its own node stops, and the others go on. */
  readonly lenient?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Lets everything else in this thread go on for a turn. */
  readonly breathe?: (() => Promise<void>) | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** A step that failed. */
export interface StepFailure {
  readonly step: Step;
  readonly error: NetgraphError;
}

/** How a run ended. */
export interface RunOutcome {
  /** The first step that failed, null when none did. */
  readonly failure: StepFailure | null;
  /** The signal's reason, when it ended the run. */
  readonly aborted: unknown;
  /** Messages that were taken, in the plan's order. */
  readonly taken: readonly Step[];
  /** The first refusal that would have been a failed step, had the run not been lenient; null when there was none. */
  readonly forgiven: NetgraphError | null;
  /** Nodes whose bring-up stopped, with what stopped it; null for those that stand behind another node. */
  readonly blocked: ReadonlyMap<string, ErrorData | null>;
}

/** Carries out a plan. Never throws: what went wrong is in the outcome. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  return await new Run(plan, options).toEnd();
}

class Run {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #numbers: ReadonlyMap<Step, number>;
  readonly #nodeTypes: ReadonlyMap<string, string>;
  /** What a node is doing while the rest goes on. */
  readonly #chains = new Map<string, Promise<void>>();
  readonly #blocked = new Map<string, ErrorData | null>();
  readonly #taken = new Set<Step>();
  readonly #stopped: Set<string>;
  #failure: StepFailure | null = null;
  #forgiven: NetgraphError | null = null;

  constructor(plan: Plan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#stopped = new Set(options.stopped);
    const printed = plan.steps.filter((step) => step.kind !== "silent");
    this.#numbers = new Map(printed.map((step, index) => [step, index + 1]));
    this.#nodeTypes = new Map(options.wanted.nodes.map((node) => [node.name, node.type]));
  }

  async toEnd(): Promise<RunOutcome> {
    const { signal } = this.#options;
    const breath = new Breath(this.#options);
    for (const step of this.#plan.steps) {
      if (breath.due) await breath.take();
      if (!step.declared && step.command === "release") await this.#settle();
      if (this.#failure !== null || signal?.aborted === true) break;
      await this.#begin(step);
    }
    await this.#settle();
    const taken = this.#plan.steps.filter((step) => this.#taken.has(step));
    const aborted = this.#failure === null && signal?.aborted === true ? signal.reason : undefined;
    return { failure: this.#failure, aborted, taken, forgiven: this.#forgiven, blocked: this.#blocked };
  }

  async #begin(step: Step): Promise<void> {
    const { node } = step;
    // Who is made anew begins again.
    if (node !== null && !step.declared && step.command === "mkpeer") this.#stopped.delete(node);
    if (node === null || step.messageIndex === null) return await this.#send(step);
    for (const name of referred(step)) await this.#chains.get(name);
    const before = this.#chains.get(node);
    if (before !== undefined) {
      this.#chains.set(node, before.then(() => this.#send(step)));
    } else if (this.#mayDegrade(step)) {
      this.#chains.set(node, this.#send(step));
    } else {
      await this.#send(step);
    }
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#chains.values());
    this.#chains.clear();
  }

  async #send(step: Step): Promise<void> {
    if (this.#failure !== null) return;
    const number = this.#numbers.get(step) ?? 0;
    if (this.#mustWait(step)) return this.#tell({ kind: "step-waits", step, number });
    this.#tell({ kind: "step-started", step, number, total: this.#numbers.size });
    const start = this.#options.clock.now();
    try {
      const { path, command, argument, declared } = step;
      const reset = declared && step.messageIndex === null;
      await this.#options.port.send(path, command, argument, { declared, ...(reset ? { reset } : {}) });
      this.#taken.add(step);
      this.#tell({ kind: "step-done", step, number, ms: this.#options.clock.now() - start });
    } catch (cause) {
      this.#refused(step, number, asNetgraphError(cause, step));
    }
  }

  #refused(step: Step, number: number, error: NetgraphError): void {
    // What shall be gone is gone: a node that is its hook ends with its hook.
    if (!step.declared && step.command === "shutdown" && error.code === "ENOENT") {
      return this.#tell({ kind: "step-done", step, number, ms: 0 });
    }
    const degrades = this.#failureDegrades(step) && isWorldly(error.code);
    if (step.node !== null && (degrades || (step.messageIndex !== null && this.#options.lenient === true))) {
      if (!degrades) this.#forgiven ??= error;
      this.#blocked.set(step.node, error.toData());
      return this.#tell({ kind: "step-degraded", step, number, error: error.toData() });
    }
    this.#failure = { step, error };
    this.#options.onEvent?.({ kind: "step-failed", step, number, error: error.toData() });
  }

  /** True for a message of a node whose bring-up has stopped, or that needs a reply of such a node. */
  #mustWait(step: Step): boolean {
    const { node, messageIndex } = step;
    if (node === null || messageIndex === null) return false;
    if (this.#blocked.has(node)) return true;
    if (this.#stopped.has(node) && this.#kindOf(step) !== "setting") return true;
    if (!referred(step).some((name) => this.#blocked.has(name))) return false;
    this.#blocked.set(node, null);
    return true;
  }

  #mayDegrade(step: Step): boolean {
    return step.messageIndex !== null && (this.#options.lenient === true || this.#failureDegrades(step));
  }

  #failureDegrades(step: Step): boolean {
    const type = step.node === null ? undefined : this.#nodeTypes.get(step.node);
    if (type === undefined || step.messageIndex === null) return false;
    return commandOf(this.#options.types, type, step.command)?.failureDegrades === true;
  }

  #kindOf(step: Step): string | undefined {
    const type = step.node === null ? undefined : this.#nodeTypes.get(step.node);
    return type === undefined ? undefined : commandOf(this.#options.types, type, step.command)?.kind;
  }

  #tell(event: RunEvent): void {
    if (event.step.kind !== "silent") this.#options.onEvent?.(event);
  }
}

/** True when trying again later can help: also for a local path that has no file, or no folder, yet. */
export function isWorldly(code: ErrorData["code"]): boolean {
  return isRetryable(code) || code === "ENOENT";
}

/** A failure of any kind as one of the world; what is none is a bug, and says so. */
export function asNetgraphError(cause: unknown, step: Step): NetgraphError {
  if (cause instanceof NetgraphError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NetgraphError("EIO", message, { subject: { node: step.path, message: step.text }, cause });
}

function referred(step: Step): readonly string[] {
  return step.argument === null ? [] : findReferences(step.argument).map((reference) => reference.node);
}
