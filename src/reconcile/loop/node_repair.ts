/**
 * Repairs failures: checks every desired node, plans attempts with growing delays, and executes them. Manual changes
 * stay, unless `drift_correction.ts` reverts them.
 *
 * @module
 */

import { TimeSlice, yieldTurn } from "../../cooperative.ts";
import { type ErrorCode, type ErrorData, isRetryable, isWorldly } from "../../errors.ts";
import type { NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { GraphState, MessageState, NodeState } from "../../graph/data/state.ts";
import { CONNECT_GRACE_MS, runPlan } from "../apply/run.ts";
import { verifySteps } from "../apply/verify.ts";
import { referredNodes } from "../diff/claims.ts";
import { commandOf, type TypeTable } from "../diff/facts.ts";
import { declaredNodes } from "../diff/observe.ts";
import type { Plan } from "../plan/plan.ts";
import type { StaleNode } from "../plan/resolved_references.ts";
import { isNodeCause } from "../status/condition.ts";
import { driftOf } from "../status/status.ts";
import { correctDrift } from "./drift_correction.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import { planFollow, planRecreate, planResend } from "./repair_plan.ts";
import type { RetryState } from "./retry.ts";
import type { Topology } from "./topology.ts";

/** The part of the loop that repairs need. */
export interface NodeRepairHost {
  /** The status has changed. */
  changed(): void;
  /** Runs a task when no other one is in progress in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Schedules a check of a topology after the task in progress. */
  checkSoon(topology: Topology): void;
}

type Running = ReadonlyMap<string, NodeSnapshot>;

/** Repairs the nodes of topologies. */
export class NodeRepair {
  readonly #options: ReconcilerOptions;
  readonly #host: NodeRepairHost;

  constructor(options: ReconcilerOptions, host: NodeRepairHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Checks a topology and plans repairs. */
  async check(topology: Topology): Promise<void> {
    if (topology.suspended || topology.generation === 0) return;
    const running = await this.#running(topology);
    await yieldTurn(this.#options);
    const timeSlice = new TimeSlice(this.#options);
    for (const node of topology.desired.nodes) {
      this.#checkNode(topology, node, running);
      if (timeSlice.due) await timeSlice.yield();
    }
    await this.#resumeWaiting(topology, running);
    await this.#askQueries(topology, running);
    await this.#followReplies(topology);
    await correctDrift(topology, this.#options, {
      run: (one, task) => this.#host.run(one, task),
      carryOut: (one, plan, desired) => this.#carryOut(one, plan, { desired }),
    });
    if (isNodeCause(topology.stallCause)) await this.#endProblem(topology);
    this.#host.changed();
  }

  /** The stall after a failed change ends when all nodes are ready and have their desired state. */
  async #endProblem(topology: Topology): Promise<void> {
    const { port, types } = this.#options;
    const { desired, waiting, stallCause } = topology;
    const snapshot = await port.snapshot(topology.name);
    const running = await this.#running(topology);
    if (desired.nodes.some(({ name }) => running.get(name)?.phase !== "ready")) return;
    if (driftOf({ types, desired, snapshot, waiting }) === null && topology.stallCause === stallCause) {
      topology.stallCause = null;
    }
  }

  /** Immediately retries nodes whose retry is planned for later or has stopped. */
  async retryNow(topology: Topology): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + CONNECT_GRACE_MS;
    for (const [name, retry] of topology.retries) {
      if (!retry.planned && !retry.terminal) continue;
      retry.cancel();
      await this.#attempt(topology, name, { graceMs: Math.max(0, until - clock.now()) });
    }
  }

  #checkNode(topology: Topology, desired: NodeState, running: Running): void {
    const node = running.get(desired.name);
    const known = topology.retries.get(desired.name);
    const ailment = node === undefined ? null : repairFor(this.#options.types, desired, node);
    if (ailment === null && known?.rebuilding === true) {
      if (!known.planned) this.#planAttempt(topology, desired.name, { retry: known, failure: node?.error ?? null });
      return;
    }
    // A missing node was removed manually: it is not retried, and its failure is no longer the reason.
    if (node === undefined) return topology.endRetry(desired.name);
    if (ailment === null) {
      if (node.phase !== "ready" || topology.waiting.has(desired.name)) return;
      this.#noteRecovered(topology, desired.name);
      known?.settle();
      return;
    }
    const retry = topology.retryOf(desired.name);
    if (ailment.kind === "finished") return retry.end("finished");
    if (ailment.kind === "terminal") {
      if (retry.terminal) return;
      retry.end("terminal");
      this.#options.onEvent?.({ kind: "gave-up", topology: topology.name, node: desired.name, error: node.error });
      return;
    }
    if (!retry.planned) this.#planAttempt(topology, desired.name, { retry, failure: node.error });
  }

  #planAttempt(
    topology: Topology,
    node: string,
    { retry, failure }: { readonly retry: RetryState; readonly failure: ErrorData | null },
  ): void {
    const attempt = (): void => this.#host.run(topology, () => this.#attempt(topology, node));
    const delayMs = retry.plan(this.#options.random(), attempt, failure);
    this.#options.onEvent?.({ kind: "retry-planned", topology: topology.name, node, delayMs });
  }

  /** One attempt to bring a node back. A connect that takes longer than `graceMs` continues in parallel. */
  async #attempt(topology: Topology, name: string, options: { readonly graceMs?: number } = {}): Promise<void> {
    const { types } = this.#options;
    const { desired, generation } = topology;
    const state = desired.nodes.find((node) => node.name === name);
    if (state === undefined || topology.suspended) return;
    const node = (await this.#running(topology)).get(name);
    const retry = topology.retryOf(name);
    const ailment = node === undefined ? null : repairFor(types, state, node);
    if (ailment === null && !retry.rebuilding) return await this.check(topology);
    this.#options.onEvent?.({ kind: "retry-started", topology: topology.name, node: name });
    const plan = ailment?.kind === "resend"
      ? planResend(desired, state, { index: ailment.index, generation })
      : planRecreate(desired, name, { types, generation });
    retry.attempting = true;
    const recovered = await this.#carryOut(topology, plan, { desired, ...options });
    if (recovered) this.#noteRecovered(topology, name);
    await this.check(topology);
  }

  #noteRecovered(topology: Topology, node: string): void {
    const retry = topology.retries.get(node);
    if (retry?.attempting !== true) return;
    retry.attempting = false;
    this.#options.onEvent?.({ kind: "recovered", topology: topology.name, node });
  }

  /** Executes a repair plan; false if the node is not repaired, or not yet. */
  async #carryOut(
    topology: Topology,
    plan: Plan,
    { desired, graceMs = 0 }: { readonly desired: GraphState; readonly graceMs?: number },
  ): Promise<boolean> {
    const { port, types, clock, yieldToLoop } = this.#options;
    const made = plan.steps.filter((step) => !step.declared && step.command === "mkpeer").map((step) =>
      step.node ?? ""
    );
    for (const name of made) topology.retryOf(name).rebuilding = true;
    const onLate = () => this.#host.checkSoon(topology);
    const run = await runPlan(plan, { port, types, clock, desired, yieldToLoop, lenient: true, graceMs, onLate });
    if (run.failure === null) { for (const name of made) topology.retryOf(name).rebuilding = false; }
    const { verified } = await verifySteps(run.taken, { port, types, clock, yieldToLoop, desired });
    topology.noteVerified(plan, desired, verified);
    await topology.replies.record(port, desired, run.taken);
    topology.noteWaiting(run.blocked);
    return run.failure === null && run.blocked.size === 0;
  }

  /**
   * Continues nodes whose connect has ended, or whose awaited replies are available. A connect that was in progress
   * when its plan ended is read back now.
   */
  async #resumeWaiting(topology: Topology, running: Running): Promise<void> {
    const { desired, generation, waiting } = topology;
    const still = new Set<string>();
    topology.waiting = still;
    for (const name of waiting) {
      const state = desired.nodes.find((node) => node.name === name);
      const node = running.get(name);
      if (state === undefined || node === undefined || node.phase === "failed") continue;
      const first = state.messages.findIndex((message) => !hasRecord(node, message));
      const others = first < 0 ? [] : referredNodes(state);
      const mustWait = node.messages.some(({ phase }) => phase === "waiting") ||
        others.some((other) => running.get(other)?.phase !== "ready");
      if (mustWait) {
        still.add(name);
        continue;
      }
      const all = planResend(desired, state, { index: 0, generation });
      const plan = planResend(desired, state, { index: first < 0 ? state.messages.length : first, generation });
      if (first >= 0 && !await this.#carryOut(topology, plan, { desired })) continue;
      await this.#readBack(topology, all);
      this.#noteRecovered(topology, name);
    }
    topology.waiting = new Set([...still, ...topology.waiting]);
  }

  async #readBack(topology: Topology, plan: Plan): Promise<void> {
    const { port, types, yieldToLoop, clock } = this.#options;
    const { desired } = topology;
    const sent = plan.steps.filter(({ declared }) => declared);
    const { verified } = await verifySteps(sent, { port, types, clock, yieldToLoop, desired });
    topology.noteVerified(plan, desired, verified);
    await topology.replies.record(port, desired, sent);
  }

  /** Sends queries that were added to running nodes. */
  async #askQueries(topology: Topology, running: Running): Promise<void> {
    const { desired, generation, waiting } = topology;
    for (const state of desired.nodes) {
      const node = running.get(state.name);
      if (node?.phase !== "ready" || waiting.has(state.name)) continue;
      const { steps, ...plan } = planResend(desired, state, { index: 0, generation });
      const missing = steps.filter(({ command, messageIndex }) => {
        const message = state.messages[messageIndex ?? -1];
        const query = commandOf(this.#options.types, state.type, command)?.kind === "query";
        return query && message !== undefined && !hasRecord(node, message);
      });
      if (missing.length > 0) await this.#carryOut(topology, { ...plan, steps: missing }, { desired });
    }
  }

  /**
   * Messages that were resolved with a reply are sent again when the reply changes, and so are those that depend on
   * them.
   */
  async #followReplies(topology: Topology): Promise<void> {
    const { desired, generation } = topology;
    const { port, types } = this.#options;
    // Once each: a node with a different reply every time would cause an endless loop.
    const followed = new Set<string>();
    const isNew = ({ node: { name } }: StaleNode): boolean => {
      const retry = topology.retries.get(name);
      // It is repaired anyway, and its references are resolved again then.
      const comesBack = retry !== undefined && (retry.planned || retry.rebuilding);
      return !comesBack && !followed.has(name);
    };
    for (;;) {
      const stale = (await topology.replies.findStale(port, desired)).filter(isNew);
      if (stale.length === 0) return;
      for (const one of stale) {
        followed.add(one.node.name);
        await this.#carryOut(topology, planFollow(desired, one, { types, generation }), { desired });
      }
    }
  }

  async #running(topology: Topology): Promise<Running> {
    const snapshot = await this.#options.port.snapshot(topology.name);
    return new Map(snapshot === null ? [] : declaredNodes(snapshot).map(({ name, node }) => [name, node]));
  }
}

function hasRecord(node: NodeSnapshot, { command, argument }: MessageState): boolean {
  return node.messages.some((record) => record.command === command && record.argument === argument);
}

/**
 * - `resend`: a message failed; it and the following ones are sent again
 * - `remake`: the node ended; it is recreated
 * - `finished`: it ended as allowed, and stays ended
 * - `terminal`: a retry cannot help
 */
type RepairAction =
  | { readonly kind: "resend"; readonly index: number }
  | { readonly kind: "remake" }
  | { readonly kind: "finished" }
  | { readonly kind: "terminal" };

/** Retries do not help against a missing permission. */
const NOT_PERMITTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["EACCES", "EPERM", "ENOTCAPABLE"]);

/** The problem of a node; null for a working one. */
function repairFor(types: TypeTable, desired: NodeState, node: NodeSnapshot): RepairAction | null {
  if (node.phase !== "failed") return null;
  const failed = node.messages.find((record) => record.phase === "failed");
  if (failed !== undefined && failed.error !== null) {
    const command = commandOf(types, node.type, failed.command);
    const { code } = failed.error;
    // The folder of a path may be missing for a while: the path is bound again when it is back.
    const atPath = command?.failureDegrades === true || command?.kind === "lifecycle";
    if (!(atPath ? isWorldly(code) : isRetryable(code))) return { kind: "terminal" };
    const index = desired.messages.findIndex(({ command, argument }) => {
      return command === failed.command && argument === failed.argument;
    });
    return index < 0 ? { kind: "remake" } : { kind: "resend", index };
  }
  if (node.reason === "eof" && desired.restart !== "always") return { kind: "finished" };
  if (desired.restart === "never") return { kind: "terminal" };
  // It has worked, and the system ended it, by whatever error (EINVAL for a listener that was shut down): the result of
  // its messages after recreation shows whether that helps.
  return node.error !== null && NOT_PERMITTED.has(node.error.code) ? { kind: "terminal" } : { kind: "remake" };
}
