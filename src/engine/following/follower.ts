/**
 * Follows one source: applies its content after every change, once it is stable.
 *
 * If it has a problem, running topologies continue: they are Stalled until it is valid again. A failed generation is
 * not retried until the source changes, or a client requests it.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { FollowRequest } from "../../api/operations/source.ts";
import type { ApplyEvent, ApplyOutcome } from "../../api/apply_event.ts";
import type { RequestedTopology } from "../../api/operations/apply.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphState } from "../../graph/data/state.ts";
import type { UnreadSource } from "../../reconcile/status/status_types.ts";
import type { LoadTextsOptions } from "../../sources/load.ts";
import { FollowedEnvironment, withGivenValues } from "../../sources/applied_variables.ts";
import type { GivenValues } from "../../topology/parse/parameters.ts";
import { LoadMemory, type TextLoader } from "../../sources/text_loader.ts";
import type { SourceSnapshot } from "../../sources/source_snapshot.ts";
import { ChangeDetector, type SourceProbe } from "../../sources/change_detector.ts";
import { type ReadCause, selectDue } from "./due_topologies.ts";
import { type Departure, departureCause, Failures } from "./failures.ts";
import type { FollowTarget } from "./follow_target.ts";
import { rollbackCause, withFailurePlaces } from "./failure_place.ts";
import type { SavedTopology } from "./state_store.ts";
import { locationOf } from "../unread_sources.ts";
import { type Asked, type Asking, namesTopologies, ReadRequests, reapplied, SILENT } from "./read_requests.ts";
import { SourceReport } from "./source_report.ts";
import { describeChange, type KnownText, knownTexts, SourceNotice } from "./source_notice.ts";
import { type Problem, problemOfApply, problemOfReading, problemsOfText } from "./source_problem.ts";

/** The dependencies of a follower. */
export interface FollowerOptions extends LoadTextsOptions {
  readonly request: FollowRequest;
  readonly probe: SourceProbe;
  readonly loader: TextLoader;
  readonly clock: Clock;
  readonly target: FollowTarget;
  /** Receives all events after the first apply. */
  readonly emit: (event: ApplyEvent) => void;
  /** Receives internal errors. */
  readonly onBug: (error: unknown) => void;
}

/** The options of applying a read. */
interface CarryOut extends Asking, ReadCause {
  readonly replace: readonly string[];
}

/** The delay before a change is checked again, to see whether it is stable. */
const SETTLE_MS = 150;
/**
 * How long topologies must be missing in followed files before they are removed: a program that writes a file may
 * pause.
 */
const MISSING_MS = 2_000;
/** How long a change without a waiting client may take to be Ready before it is reported as not Ready. */
const READY_WITHIN_MS = 1_000;

/** Follows sources. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #watch: ChangeDetector;
  readonly #released = new Set<string>();
  readonly #failures = new Failures();
  /** Topologies that are suspended: changes of their source wait until they are resumed. */
  #waiting: ReadonlySet<string> = new Set();
  readonly #memory = new LoadMemory();
  readonly #environment: FollowedEnvironment;
  readonly #given: GivenValues;
  readonly #requests = new ReadRequests();
  #names: readonly string[] = [];
  /** The last valid content of the source. */
  #loaded: readonly RequestedTopology[] = [];
  /** The last content, valid or not. */
  #texts: readonly KnownText[] = [];
  /** The time since which topologies to be removed are missing. */
  #missingSince: number | null = null;
  readonly #report: SourceReport;
  #wake: () => void = () => {};
  #closed = false;
  #task: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#watch = new ChangeDetector(options.probe, options.clock);
    this.#report = new SourceReport(options);
    const { variables, given = [] } = options.request;
    this.#given = new Map(given.map(({ name, ...value }) => [name, value]));
    const env = withGivenValues((name) => options.env(name, ""), this.#given);
    this.#environment = new FollowedEnvironment(env, variables);
  }

  /** The topologies of this source. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Its sources while they could not be used so far, as status shows them. */
  get unusable(): readonly UnreadSource[] {
    return this.#report.unusable(this.#options.request.sources.map(locationOf));
  }

  /** The names of variables that the client of the request must send first. */
  get missingVariables(): readonly string[] {
    return this.#environment.missing;
  }

  /** Applies the current content. Null if it cannot be used. */
  async begin(emit: (event: ApplyEvent) => void): Promise<readonly ApplyOutcome[] | null> {
    const { waitMs, replace } = this.#options.request;
    return await this.#carryOut(await this.#watch.take(), {
      emit,
      waitMs,
      replace,
      reapply: null,
      asked: true,
      explicit: true,
    });
  }

  /** Applies the kept state instead of an unusable source, until it is valid again. Null if nothing was kept. */
  async beginWith(
    kept: readonly SavedTopology[],
    emit: (event: ApplyEvent) => void,
  ): Promise<readonly ApplyOutcome[] | null> {
    if (kept.length === 0) return null;
    const { target, request: { rollback, selfHeal, waitMs } } = this.#options;
    for (const { state, keptAt } of kept) emit({ kind: "kept", topology: state.name, keptAt });
    const topologies = kept.map(({ state, source }) => ({ state, source }));
    const outcomes = await target.apply({ topologies, rollback, selfHeal, waitMs, replace: [] }, emit);
    this.#names = kept.map(({ state }) => state.name);
    this.#report.keeps();
    const stallCause = this.#report.stallCause ?? { reason: "SourceInvalid", message: "Its source cannot be used" };
    for (const { state, source } of kept) target.stall(state.name, stallCause, source);
    return outcomes;
  }

  /** Follows from now on, until it is closed. */
  start(): void {
    this.#task = this.#run();
  }

  /** Applies the content again, changed or not. Resolves when that is done; null if it cannot be used. */
  again(asking: Asking = SILENT): Promise<readonly ApplyOutcome[] | null> {
    if (this.#closed) return Promise.resolve(null);
    const done = this.#requests.add(asking);
    this.#report.repeat(); // A requesting client receives the report, although it was sent before.
    this.#watch.again();
    this.#wake();
    return done;
  }

  /** Applies changes that waited for a topology to be resumed. */
  resumed(name: string): void {
    if (this.#waiting.has(name)) void this.again();
  }

  /** Keeps a rollback or adoption until the text of its topology changes, or a client requests it. */
  noteDeparture(name: string, how: Departure): void {
    const source = this.#loaded.find(({ state }) => state.name === name)?.state;
    const desired = this.#options.target.desired(name);
    if (source !== undefined && desired !== null) this.#failures.noteDeparture(source, desired, how);
  }

  /** Does not apply an unconfirmed state again until the text of its topology changes, or a client requests it. */
  noteUnconfirmed(state: GraphState): void {
    this.#failures.noteDeparture(state, this.#options.target.desired(state.name), "timeout");
    if (this.#names.includes(state.name)) this.showDeparture(state.name);
  }

  /**
   * Shows that a topology differs from its source because of a client's change or a missing confirmation; or that its
   * source cannot be used.
   */
  showDeparture(name: string): void {
    const { target } = this.#options;
    const loaded = this.#loaded.find(({ state }) => state.name === name);
    const { stalled, stallCause } = this.#report;
    if (stalled && stallCause !== null) return target.stall(name, stallCause, null);
    if (loaded === undefined) return;
    const how = this.#failures.departureOf(loaded.state, target.desired(name));
    if (how === null) return;
    const generation = target.generation(name);
    // It stays visible even if nothing runs.
    const expected = generation === 0 ? loaded.source : null;
    target.stall(name, departureCause(how, name, generation), expected);
  }

  /** Retries a change that failed because of an address: another topology may have released it. */
  addressesFreed(by: string): void {
    if (this.#failures.wantsAddress && !this.#names.includes(by)) void this.again();
  }

  /** Releases a topology: a client has removed it, or another source has it. */
  release(name: string): void {
    if (!this.#names.includes(name)) return;
    this.#released.add(name);
    this.#names = this.#names.filter((one) => one !== name);
  }

  /** Stops following; running topologies continue. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#options.probe.close?.(); // Avoids waiting for a server that does not answer.
    await this.#task;
    this.#requests.answer(this.#requests.open, null);
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      await this.#pause();
      if (this.#closed) return;
      try {
        // Later requests are not answered by a read that may be older.
        const asked = this.#requests.open;
        const reading = await this.#watch.check();
        if (reading !== null && !this.#closed) await this.#take(reading, asked);
      } catch (error) {
        if (!this.#closed && !isEnd(error)) this.#options.onBug(error);
      }
    }
  }

  async #take(reading: SourceSnapshot, asked: readonly Asked[]): Promise<void> {
    const emit = (event: ApplyEvent) => {
      this.#options.emit(event);
      for (const one of asked) one.emit(event);
    };
    const waitMs = Math.max(READY_WITHIN_MS, ...asked.map((one) => one.waitMs));
    let outcomes: readonly ApplyOutcome[] | null = null;
    try {
      const reapply = reapplied(asked);
      const notice = new SourceNotice(this.#causeOf(reading, reapply), emit);
      // The reason names the source.
      const receive = reading.kind === "texts" ? notice.take : emit;
      outcomes = await this.#carryOut(reading, {
        emit: receive,
        waitMs,
        replace: [],
        reapply,
        only: asked.length > 0 && asked.every(namesTopologies) ? reapply : null,
        asked: asked.length > 0,
      });
      if (outcomes !== null) notice.end();
    } finally {
      this.#requests.answer(asked, outcomes);
      if (this.#requests.open.length > 0) this.#watch.again();
    }
  }

  /** Waits for the next check. */
  #pause(): Promise<void> {
    const { clock } = this.#options;
    const ms = this.#watch.settling || this.#requests.open.length > 0 ? SETTLE_MS : this.#intervalMs;
    return new Promise((resolve) => {
      const timer = ms === null ? null : clock.after(ms, resolve);
      this.#wake = () => {
        timer?.cancel();
        resolve();
      };
    });
  }

  /** A source that cannot be read is tried again earlier. */
  get #intervalMs(): number | null {
    const { intervalMs } = this.#options.request;
    return intervalMs === null ? null : Math.min(intervalMs, this.#watch.retryMs ?? intervalMs);
  }

  #causeOf(reading: SourceSnapshot, reapply: Asking["reapply"]): string {
    const change = reading.kind === "texts" ? describeChange(this.#texts, reading.texts, reading.at) : null;
    if (change !== null) return change;
    const departed = this.#loaded.flatMap(({ state }) => {
      const asked = reapply === null || reapply.includes(state.name);
      const how = asked ? this.#failures.departureOf(state, this.#options.target.desired(state.name)) : null;
      return how === null ? [] : [state.name];
    });
    if (departed.length > 0) return `Applying the source of "${departed.join('", "')}" again`;
    return this.#report.stalled ? "The source can be read again" : "The source is unchanged";
  }

  async #carryOut(
    reading: SourceSnapshot,
    how: CarryOut,
  ): Promise<readonly ApplyOutcome[] | null> {
    const { target, request, loader, types } = this.#options;
    if (reading.kind === "unreadable") return this.#stallAll(problemOfReading(reading.error), how.emit);
    const reads = how.explicit === true ? "first" : "later";
    const env = this.#environment[reads](target.sources());
    // A later text may have lost a parameter, whose value is then without effect.
    const given = reads === "first" ? { given: this.#given } : {};
    const loading = { types, env, ...given, allowEmpty: request.allowEmpty, memory: this.#memory };
    const desired = await loader.load(reading.texts, loading);
    if (this.missingVariables.length > 0) {
      how.emit({ kind: "variables", names: this.missingVariables });
      return null;
    }
    const problem = problemsOfText(desired, reading.at);
    if (desired.valid && !how.asked && this.#mayBeHalf(desired.topologies)) {
      this.#watch.again();
      return null;
    }
    const isNew = describeChange(this.#texts, reading.texts, reading.at) !== null;
    this.#texts = knownTexts(reading.texts);
    if (!desired.valid) return this.#stallAll(problem, how.emit);
    if (problem !== null) this.#report.emit(problem, { names: this.#names, emit: how.emit });
    const topologies = desired.topologies.filter(({ state }) => !this.#released.has(state.name));
    this.#loaded = topologies;
    const facts = { cause: how, isNew: isNew || this.#report.stalled, failures: this.#failures, target };
    const { due, waiting, departed } = selectDue(topologies, facts);
    this.#waiting = new Set(waiting.map(({ state }) => state.name));
    for (const { state: { name } } of waiting.filter(({ state }) => target.holdBack(state.name, state))) {
      const text = `"${name}" is suspended, and its change is held back: "sockgraph resume ${name}" applies it`;
      how.emit({ kind: "noticed", result: "held-back", text });
    }
    try {
      const { rollback, selfHeal, takeOver, allowEmpty } = request;
      // The running state is not replaced by one that does not become Ready.
      const prune = request.prune && due.length === topologies.length;
      const { replace, waitMs } = how;
      const emit = withFailurePlaces(how.emit, desired.loaded);
      const guard = { origins: reading.origins, prune, takeOver, allowEmpty, follows: true };
      const outcomes = await target.apply({ topologies: due, rollback, selfHeal, replace, waitMs, guard }, emit);
      if (due.length > 0) this.#failures.note(topologies, outcomes);
      this.#follow(topologies.map(({ state }) => state.name), how.emit);
      if (problem === null) this.#report.repeat();
      for (const { state } of departed) this.showDeparture(state.name);
      for (const { state, source } of due) {
        const outcome = outcomes.find(({ topology }) => topology === state.name);
        if (outcome?.result !== "rolled-back") continue;
        // It stays visible even if nothing runs.
        const expected = outcome.generation === 0 ? source : null;
        target.stall(state.name, rollbackCause(outcome, desired.loaded), expected);
      }
      return outcomes;
    } catch (error) {
      if (!(error instanceof NetgraphError) || isEnd(error)) throw error;
      if (error.code !== "EBUSY") return this.#stallAll(problemOfApply(error), how.emit);
      this.#watch.again();
      return this.#wait(due, problemOfApply(error), how.emit);
    }
  }

  /**
   * Another change is in progress or awaits its confirmation, or the graph is restarting: that is not a problem of the
   * source, which is applied afterwards.
   */
  #wait(due: readonly RequestedTopology[], problem: Problem, emit: (event: ApplyEvent) => void): null {
    if (this.#names.length === 0) return this.#stallAll(problem, emit);
    const { target } = this.#options;
    for (const { state } of due) if (target.generation(state.name) > 0) target.holdBack(state.name, state);
    this.#report.emit(problem, { names: this.#names, emit });
    return null;
  }

  /**
   * True while topologies to be removed are missing in files only for a short time, in which a write may be in
   * progress.
   */
  #mayBeHalf(topologies: readonly RequestedTopology[]): boolean {
    const { clock, probe, request } = this.#options;
    const isMissing = (name: string): boolean => !topologies.some(({ state }) => state.name === name);
    if (!request.prune || probe.whole === true || !this.#names.some(isMissing)) {
      this.#missingSince = null;
      return false;
    }
    this.#missingSince ??= clock.now();
    return clock.now() - this.#missingSince < MISSING_MS;
  }

  /** From now on these belong to this source; topologies that no longer do have no source. */
  #follow(names: readonly string[], emit: (event: ApplyEvent) => void): void {
    for (const name of this.#names) {
      if (names.includes(name)) continue;
      if (this.#options.target.generation(name) === 0) {
        this.#options.target.forget(name);
        continue;
      }
      const { prune } = this.#options.request;
      const how = prune
        ? "it is removed after all other changes are applied"
        : "stop it with down, or follow with --prune";
      const text = `"${name}" is no longer in the source and keeps running: ${how}`;
      emit({ kind: "noticed", result: "left", text });
      this.#options.target.orphan(name);
    }
    this.#names = names;
    this.#report.applied();
  }

  #stallAll(problem: Problem | null, emit: (event: ApplyEvent) => void): null {
    if (problem === null) return null;
    this.#failures.clear();
    this.#report.stall(problem, { names: this.#names, emit });
    return null;
  }
}

/** True if the engine has ended. */
function isEnd(error: unknown): boolean {
  return error instanceof NetgraphError && error.code === "ECANCELED";
}
