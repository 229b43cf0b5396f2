/**
 * Brings back what the world breaks: looks at every wanted node, plans attempts with growing delays, and carries them
 * out. What a hand changed it leaves, unless `self_heal.ts` is asked to take that back.
 *
 * @module
 */

import type { ErrorData } from "../../errors.ts";
import type { NodeSnapshot } from "../../graph/data/snapshot.ts";
import type { GraphState, MessageState, NodeState } from "../../graph/data/state.ts";
import { Breath, rest } from "../../pace.ts";
import { ailmentOf } from "./ailment.ts";
import { isNodeTrouble } from "../status/condition.ts";
import { commandOf } from "../diff/facts.ts";
import { planFollow, planRemake, planResend } from "./heal.ts";
import { declaredNodes } from "../diff/observe.ts";
import type { StaleNode } from "../plan/replies.ts";
import { referredNodes } from "../diff/claims.ts";
import type { Plan } from "../plan/plan.ts";
import type { ReconcilerOptions } from "./reconcile_options.ts";
import type { RetryState } from "./retry.ts";
import { CONNECT_GRACE_MS, runPlan } from "../apply/run.ts";
import { healDrift } from "./self_heal.ts";
import { driftOf } from "../status/status.ts";
import type { Topology } from "./topology.ts";
import { verifySteps } from "../apply/verify.ts";

/** What the healer asks of the loop. */
export interface HealerHost {
  /** Something that status tells has changed. */
  changed(): void;
  /** Runs a task when nothing else is under way in the topology. */
  run(topology: Topology, task: () => Promise<void>): void;
  /** Has a topology looked at as soon as nothing else is under way in it. */
  look(topology: Topology): void;
}

type Running = ReadonlyMap<string, NodeSnapshot>;

/** Looks after the nodes of topologies. */
export class Healer {
  readonly #options: ReconcilerOptions;
  readonly #host: HealerHost;

  constructor(options: ReconcilerOptions, host: HealerHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Looks at a topology and plans what it needs. */
  async look(topology: Topology): Promise<void> {
    if (topology.suspended || topology.generation === 0) return;
    const running = await this.#running(topology);
    await rest(this.#options);
    const breath = new Breath(this.#options);
    for (const node of topology.wanted.nodes) {
      this.#lookAt(topology, node, running);
      if (breath.due) await breath.take();
    }
    await this.#resumeWaiting(topology, running);
    await this.#askQueries(topology, running);
    await this.#followReplies(topology);
    await healDrift(topology, this.#options, {
      run: (one, task) => this.#host.run(one, task),
      carryOut: (one, plan, wanted) => this.#carryOut(one, plan, { wanted }),
    });
    if (isNodeTrouble(topology.trouble)) await this.#endTrouble(topology);
    this.#host.changed();
  }

  /** What a failed change left is over when all nodes are ready, and as they are to be. */
  async #endTrouble(topology: Topology): Promise<void> {
    const { port, types } = this.#options;
    const { wanted, waiting, trouble } = topology;
    const snapshot = await port.snapshot(topology.name);
    const running = await this.#running(topology);
    if (wanted.nodes.some(({ name }) => running.get(name)?.phase !== "ready")) return;
    if (driftOf({ types, wanted, snapshot, waiting }) === null && topology.trouble === trouble) topology.trouble = null;
  }

  /** Tries at once what is planned for later or was given up. */
  async retryNow(topology: Topology): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + CONNECT_GRACE_MS;
    for (const [name, retry] of topology.retries) {
      if (!retry.planned && !retry.terminal) continue;
      retry.cancel();
      await this.#attempt(topology, name, { graceMs: Math.max(0, until - clock.now()) });
    }
  }

  #lookAt(topology: Topology, wanted: NodeState, running: Running): void {
    const node = running.get(wanted.name);
    const known = topology.retries.get(wanted.name);
    const ailment = node === undefined ? null : ailmentOf(this.#options.types, wanted, node);
    if (ailment === null && known?.rebuilding === true) {
      if (!known.planned) this.#planAttempt(topology, wanted.name, { retry: known, failure: node?.error ?? null });
      return;
    }
    // Who is missing was taken away by a hand.
    if (node === undefined) return;
    if (ailment === null) {
      if (node.phase !== "ready" || topology.waiting.has(wanted.name)) return;
      this.#noteRecovered(topology, wanted.name);
      known?.settle();
      return;
    }
    const retry = topology.retryOf(wanted.name);
    if (ailment.kind === "finished") return retry.end("finished");
    if (ailment.kind === "terminal") {
      if (retry.terminal) return;
      retry.end("terminal");
      this.#options.onEvent?.({ kind: "gave-up", topology: topology.name, node: wanted.name, error: node.error });
      return;
    }
    if (!retry.planned) this.#planAttempt(topology, wanted.name, { retry, failure: node.error });
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

  /** One attempt to bring a node back. A connect that takes longer than `graceMs` goes on beside all else. */
  async #attempt(topology: Topology, name: string, options: { readonly graceMs?: number } = {}): Promise<void> {
    const { types } = this.#options;
    const { wanted, generation } = topology;
    const state = wanted.nodes.find((node) => node.name === name);
    if (state === undefined || topology.suspended) return;
    const node = (await this.#running(topology)).get(name);
    const retry = topology.retryOf(name);
    const ailment = node === undefined ? null : ailmentOf(types, state, node);
    if (ailment === null && !retry.rebuilding) return await this.look(topology);
    this.#options.onEvent?.({ kind: "retry-started", topology: topology.name, node: name });
    const plan = ailment?.kind === "resend"
      ? planResend(wanted, state, { index: ailment.index, generation })
      : planRemake(wanted, name, { types, generation });
    retry.attempting = true;
    const recovered = await this.#carryOut(topology, plan, { wanted, ...options });
    if (recovered) this.#noteRecovered(topology, name);
    await this.look(topology);
  }

  #noteRecovered(topology: Topology, node: string): void {
    const retry = topology.retries.get(node);
    if (retry?.attempting !== true) return;
    retry.attempting = false;
    this.#options.onEvent?.({ kind: "recovered", topology: topology.name, node });
  }

  /** Runs a plan that heals; false when the node is no better for it, or not yet. */
  async #carryOut(
    topology: Topology,
    plan: Plan,
    { wanted, graceMs = 0 }: { readonly wanted: GraphState; readonly graceMs?: number },
  ): Promise<boolean> {
    const { port, types, clock, breathe } = this.#options;
    const made = plan.steps.filter((step) => !step.declared && step.command === "mkpeer").map((step) =>
      step.node ?? ""
    );
    for (const name of made) topology.retryOf(name).rebuilding = true;
    const onLate = () => this.#host.look(topology);
    const run = await runPlan(plan, { port, types, clock, wanted, breathe, lenient: true, graceMs, onLate });
    if (run.failure === null) { for (const name of made) topology.retryOf(name).rebuilding = false; }
    const { verified } = await verifySteps(run.taken, { port, types, clock, breathe, wanted });
    topology.noteVerified(plan, wanted, verified);
    await topology.replies.note(port, wanted, run.taken);
    topology.noteWaiting(run.blocked);
    return run.failure === null && run.blocked.size === 0;
  }

  /**
   * Nodes go on whose connect has ended, or for whose replies they waited. A connect that was under way when its plan
   * ended is read back now.
   */
  async #resumeWaiting(topology: Topology, running: Running): Promise<void> {
    const { wanted, generation, waiting } = topology;
    const still = new Set<string>();
    topology.waiting = still;
    for (const name of waiting) {
      const state = wanted.nodes.find((node) => node.name === name);
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
      const all = planResend(wanted, state, { index: 0, generation });
      const plan = planResend(wanted, state, { index: first < 0 ? state.messages.length : first, generation });
      if (first >= 0 && !await this.#carryOut(topology, plan, { wanted })) continue;
      await this.#readBack(topology, all);
      this.#noteRecovered(topology, name);
    }
    topology.waiting = new Set([...still, ...topology.waiting]);
  }

  async #readBack(topology: Topology, plan: Plan): Promise<void> {
    const { port, types, breathe, clock } = this.#options;
    const { wanted } = topology;
    const sent = plan.steps.filter(({ declared }) => declared);
    const { verified } = await verifySteps(sent, { port, types, clock, breathe, wanted });
    topology.noteVerified(plan, wanted, verified);
    await topology.replies.note(port, wanted, sent);
  }

  /** Queries that were added to nodes at work are asked. */
  async #askQueries(topology: Topology, running: Running): Promise<void> {
    const { wanted, generation, waiting } = topology;
    for (const state of wanted.nodes) {
      const node = running.get(state.name);
      if (node?.phase !== "ready" || waiting.has(state.name)) continue;
      const { steps, ...plan } = planResend(wanted, state, { index: 0, generation });
      const missing = steps.filter(({ command, messageIndex }) => {
        const message = state.messages[messageIndex ?? -1];
        const query = commandOf(this.#options.types, state.type, command)?.kind === "query";
        return query && message !== undefined && !hasRecord(node, message);
      });
      if (missing.length > 0) await this.#carryOut(topology, { ...plan, steps: missing }, { wanted });
    }
  }

  /** What was resolved with a reply follows when the reply changes, and so do those who refer to them in turn. */
  async #followReplies(topology: Topology): Promise<void> {
    const { wanted, generation } = topology;
    const { port, types } = this.#options;
    // Once each: who answers something else every time would be followed for ever.
    const followed = new Set<string>();
    const isNew = ({ node: { name } }: StaleNode): boolean => {
      const retry = topology.retries.get(name);
      // It is brought back anyway, and resolved anew then.
      const comesBack = retry !== undefined && (retry.planned || retry.rebuilding);
      return !comesBack && !followed.has(name);
    };
    for (;;) {
      const stale = (await topology.replies.findStale(port, wanted)).filter(isNew);
      if (stale.length === 0) return;
      for (const one of stale) {
        followed.add(one.node.name);
        await this.#carryOut(topology, planFollow(wanted, one, { types, generation }), { wanted });
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
