/**
 * Executes a plan's steps in order.
 *
 * A message that may fail without being a failed step (`connect`) is not awaited: the other steps continue in parallel,
 * and only the later messages of its node, and those that refer to its replies, wait for it. A peer that does not
 * answer must not delay anything else: after a short time the run continues without a message that is still in
 * progress, and its node counts as waiting. The caller is notified when such a message ends, and sends the remaining
 * ones.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { type ErrorData, isWorldly, NetgraphError } from "../../errors.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import { findReferences } from "../../graph/core/reference.ts";
import type { GraphState } from "../../graph/data/state.ts";
import { type Pace, TimeSlice } from "../../cooperative.ts";
import { commandOf, type TypeTable } from "../diff/facts.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";
import { type ChangeEvent, stepEvent, type StepState } from "./change_event.ts";

/** How long a run waits for connects in progress before it continues without them: most peers answer within it. */
export const CONNECT_GRACE_MS = 200;

/** The input of an execution. */
export interface RunOptions {
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly clock: Clock;
  /** The state that the plan leads to: it has the types of the nodes. */
  readonly desired: GraphState;
  /** Nodes whose bring-up had stopped before: its further messages keep waiting. */
  readonly stopped?: ReadonlySet<string>;
  /** True if a rejected message is not a failed step: only its own node stops, and the others continue. */
  readonly lenient?: boolean;
  /** How long to wait for connects in progress; {@linkcode CONNECT_GRACE_MS} unless given. */
  readonly graceMs?: number;
  /** Called when a message ends that was still in progress at the end of the run. */
  readonly onLate?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets the rest of this thread run for a turn. */
  readonly yieldToLoop?: (() => Promise<void>) | undefined;
  readonly onEvent?: ((event: ChangeEvent) => void) | undefined;
}

/** A step that failed. */
export interface StepFailure {
  readonly step: Step;
  readonly error: NetgraphError;
}

/** The result of a run. */
export interface RunOutcome {
  /** The first step that failed, null if none did. */
  readonly failure: StepFailure | null;
  /** The signal's reason, if it ended the run. */
  readonly aborted: unknown;
  /** Accepted messages, in the plan's order. */
  readonly taken: readonly Step[];
  /** The first rejection that would be a failed step in a strict run; null if there was none. */
  readonly forgiven: NetgraphError | null;
  /** Nodes whose bring-up stopped, with the error; null for those that connect, or wait for another node. */
  readonly blocked: ReadonlyMap<string, ErrorData | null>;
}

/** One of the plans that are executed together. */
export interface RunJob {
  readonly plan: Plan;
  readonly options: RunOptions;
}

/** Executes a plan. Never throws: errors are in the outcome. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  const all = { failed: false };
  const run = new Run(plan, options, all);
  await runAll([run], all, { clock: options.clock });
  return run.end();
}

/**
 * Executes the plans of several topologies as one change: all prepare before any releases, all release before any
 * acquires, and no node accepts before everything is in place. Never throws.
 *
 * @param options `independent`: true to continue with the others if one fails
 * @returns the outcomes, in the order of the jobs
 */
export async function runPlans(
  jobs: readonly RunJob[],
  options: { readonly clock: Clock; readonly independent?: boolean },
): Promise<readonly RunOutcome[]> {
  const all = { failed: false };
  const runs = jobs.map(({ plan, options }) => new Run(plan, options, all));
  await runAll(runs, all, options);
  return runs.map((run) => run.end());
}

const PARTS = ["prepare", "release", "acquire", "remove"] as const;

/** The shared state of plans that are executed together. */
interface Together {
  failed: boolean;
}

async function runAll(
  runs: readonly Run[],
  all: Readonly<Together>,
  { clock, independent = false }: { readonly clock: Clock; readonly independent?: boolean },
): Promise<void> {
  const [first] = runs;
  if (first === undefined) return;
  // One time slice for all of them: a thousand small ones block the thread as long as a large one.
  const timeSlice = new TimeSlice(first.pace);
  const stops = () => !independent && all.failed;
  const carryOut = async (part: typeof PARTS[number] | "accept") => {
    for (const run of runs) if (!stops()) await run.carryOut(part, timeSlice);
  };
  for (const part of PARTS) await carryOut(part);
  const until = clock.now() + Math.max(0, ...runs.map((run) => run.graceMs));
  for (const run of runs) await run.settle(stops() ? 0 : until - clock.now());
  await carryOut("accept");
  for (const run of runs) await run.settle(0);
}

/** Messages that remove something: it is not an error if it is already removed. */
const ENDS: readonly string[] = ["shutdown", "rmhook"];

class Run {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #all: Together;
  readonly #numbers: ReadonlyMap<Step, number>;
  readonly #nodeTypes: ReadonlyMap<string, string>;
  /** The messages of a node that run in parallel to the other steps. */
  readonly #chains = new Map<string, Promise<void>>();
  /** The connect that each node waits for. */
  readonly #connecting = new Map<string, Step>();
  /** The nodes whose replies a node waits for. */
  readonly #behind = new Map<string, readonly string[]>();
  #progress = Promise.withResolvers<void>();
  readonly #blocked = new Map<string, ErrorData | null>();
  readonly #taken = new Set<Step>();
  readonly #stopped: Set<string>;
  #failure: StepFailure | null = null;
  #forgiven: NetgraphError | null = null;
  #ended = false;

  constructor(plan: Plan, options: RunOptions, all: Together) {
    this.#plan = plan;
    this.#options = options;
    this.#all = all;
    this.#stopped = new Set(options.stopped);
    const printed = plan.steps.filter((step) => step.kind !== "silent");
    this.#numbers = new Map(printed.map((step, index) => [step, index + 1]));
    this.#nodeTypes = new Map(options.desired.nodes.map((node) => [node.name, node.type]));
  }

  /** The time slice that it uses. */
  get pace(): Pace {
    return this.#options;
  }

  /** The time limit for connects in progress. */
  get graceMs(): number {
    return this.#options.graceMs ?? CONNECT_GRACE_MS;
  }

  /** Executes a part of the plan; `accept` is the release of held nodes at the end. */
  async carryOut(part: typeof PARTS[number] | "accept", timeSlice: TimeSlice): Promise<void> {
    const { signal } = this.#options;
    if (timeSlice.due) await timeSlice.yield();
    for (const step of stepsOf(this.#plan, part)) {
      if (timeSlice.due) await timeSlice.yield();
      if (this.#failure !== null || signal?.aborted === true) break;
      await this.#begin(step);
    }
  }

  /** Returns the result. Messages that are still in progress continue. */
  end(): RunOutcome {
    const { signal } = this.#options;
    this.#ended = true;
    this.#leaveUnderWay();
    const taken = this.#plan.steps.filter((step) => this.#taken.has(step));
    const aborted = this.#failure === null && signal?.aborted === true ? signal.reason : undefined;
    return { failure: this.#failure, aborted, taken, forgiven: this.#forgiven, blocked: this.#blocked };
  }

  async #begin(step: Step): Promise<void> {
    const { node } = step;
    // A recreated node starts again.
    if (node !== null && !step.declared && step.command === "mkpeer") this.#stopped.delete(node);
    if (node === null || step.messageIndex === null) return await this.#send(step);
    const others = referred(step).filter((name) => this.#chains.has(name));
    const before = [node, ...others].flatMap((name) => this.#chains.get(name) ?? []);
    if (others.length > 0) this.#behind.set(node, [...this.#behind.get(node) ?? [], ...others]);
    if (before.length > 0) this.#chain(node, Promise.all(before).then(() => this.#send(step)));
    else if (this.#mayDegrade(step)) this.#chain(node, this.#send(step));
    else await this.#send(step);
  }

  #chain(node: string, task: Promise<void>): void {
    const chain = task.finally(() => {
      if (this.#chains.get(node) === chain) this.#chains.delete(node);
      this.#noteProgress();
    });
    this.#chains.set(node, chain);
  }

  /** Waits for messages in progress, with a limit for peers that do not answer. */
  async settle(graceMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    const stops = () => this.#chains.size === 0 || this.#failure !== null || signal?.aborted === true;
    if (!stops() && graceMs > 0) await within(clock, graceMs, this.#until(stops));
    await this.#until(() => [...this.#chains.keys()].every((node) => this.#isBehindPeer(node)));
  }

  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) await this.#progress.promise;
  }

  #noteProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }

  /** True for a node that waits for a peer, or for another node that waits for one. */
  #isBehindPeer(node: string): boolean {
    if (this.#connecting.has(node)) return true;
    return this.#behind.get(node)?.some((other) => this.#chains.has(other) && this.#isBehindPeer(other)) === true;
  }

  /** Nodes with messages in progress wait for them, like those that wait for another node. */
  #leaveUnderWay(): void {
    for (const node of this.#chains.keys()) if (!this.#blocked.has(node)) this.#blocked.set(node, null);
    if (this.#failure !== null) return;
    for (const step of this.#connecting.values()) this.#emit(step, "waiting");
  }

  async #send(step: Step): Promise<void> {
    if (this.#failure !== null || this.#ended) return;
    if (this.#mustWait(step)) return this.#emit(step, "waiting");
    this.#emit(step, "started");
    try {
      await this.#deliver(step);
    } catch (cause) {
      return this.#ended ? this.#options.onLate?.() : this.#refused(step, asNetgraphError(cause, step));
    } finally {
      if (step.node !== null) this.#connecting.delete(step.node);
    }
    if (this.#ended) return this.#options.onLate?.();
    this.#taken.add(step);
    this.#emit(step, "done");
  }

  #deliver(step: Step): Promise<unknown> {
    const { path, command, argument, declared, messageIndex, node } = step;
    if (node !== null && this.#failureDegrades(step)) {
      this.#connecting.set(node, step);
      this.#noteProgress();
    }
    const reset = declared && messageIndex === null;
    return this.#options.port.send(path, command, argument, { declared, ...(reset ? { reset } : {}) });
  }

  #refused(step: Step, error: NetgraphError): void {
    // The goal is reached: a node with an identity hook ends with its hook.
    if (!step.declared && ENDS.includes(step.command) && error.code === "ENOENT") {
      return this.#emit(step, "done");
    }
    const degrades = this.#failureDegrades(step) && isWorldly(error.code);
    if (step.node !== null && (degrades || (step.messageIndex !== null && this.#options.lenient === true))) {
      if (!degrades) this.#forgiven ??= error;
      this.#blocked.set(step.node, error.toData());
      return this.#emit(step, "degraded", error);
    }
    this.#failure = { step, error };
    this.#all.failed = true;
    this.#emit(step, "failed", error);
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

  #emit(step: Step, state: StepState, error: NetgraphError | null = null): void {
    if (step.kind === "silent" && state !== "failed") return;
    const { topology } = this.#plan;
    const message = error === null ? null : error.message;
    this.#options.onEvent?.(stepEvent(step, { topology, number: this.#numbers.get(step) ?? 0, state, message }));
  }
}

function stepsOf({ steps, parts }: Plan, part: typeof PARTS[number] | "accept"): readonly Step[] {
  const last = steps.at(-1);
  const end = last?.declared === false && last.command === "release" ? steps.length - 1 : steps.length;
  const { release, acquire, remove } = parts ?? { release: 0, acquire: 0, remove: end };
  switch (part) {
    case "prepare":
      return steps.slice(0, release);
    case "release":
      return steps.slice(release, acquire);
    case "acquire":
      return steps.slice(acquire, remove);
    case "remove":
      return steps.slice(remove, end);
    case "accept":
      return steps.slice(end);
  }
}

/** Waits for a task, but not longer than `ms`. */
async function within(clock: Clock, ms: number, task: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(ms, late.resolve);
  try {
    await Promise.race([task, late.promise]);
  } finally {
    timer.cancel();
  }
}

/** Any error as NetgraphError; an unexpected one is a defect, and is marked so. */
export function asNetgraphError(cause: unknown, step: Step): NetgraphError {
  if (cause instanceof NetgraphError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new NetgraphError("EIO", message, { subject: { node: step.path, message: step.text }, cause });
}

function referred(step: Step): readonly string[] {
  return step.argument === null ? [] : findReferences(step.argument).map((reference) => reference.node);
}
