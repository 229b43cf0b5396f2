/**
 * One target of connections: its health, by the outcomes of its last connections and probes.
 *
 * Consecutive failures count from the first one; one success ends the series. Before the first outcome nothing is
 * known. A target that accepts connections and ends them immediately, like a proxy whose own target is down, is probed
 * by a connection of the pool's own, and is down until it keeps one or serves a client.
 *
 * @module
 */

import type { NetgraphError } from "../../errors.ts";
import type { TargetEvent, TargetJudgement } from "../../graph/data/target_event.ts";
import type { TargetCounts } from "../../graph/data/target_counts.ts";
import type { TargetReport, TargetState } from "../../graph/data/target_report.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { targetAddress } from "../../socket/address_text.ts";
import type { TargetAddress } from "../../socket/address.ts";
import { connectHook } from "../ksocket/client/connect_template.ts";
import { addFailure, failureAt, type FailureRow } from "../ksocket/outcomes.ts";
import { JudgedElsewhere } from "./judged_elsewhere.ts";
import { OpenElsewhere, type OpenHost } from "./open_elsewhere.ts";
import { describeProbe } from "./target_faults.ts";
import { type ConnectParameters, type ProbedTarget, type ProbeHost, ProbeSchedule } from "./probe_schedule.ts";
import type { UsedSpec } from "./resolved_names.ts";
import { DEFAULT_WEIGHT, judgesByAnswers, type TargetFlow, type TargetKind, targetName } from "./target_spec.ts";

/** The context of the targets of one pool. */
export interface TargetHost extends ProbeHost, OpenHost {
  /** True where no pool selects the targets: connections go to them also while they are down. */
  readonly isObserved?: boolean;
  /** True in a thread whose targets are judged by the first thread. */
  readonly isJudgedElsewhere?: boolean;
  /** Reports to the other threads; absent if there are none. */
  readonly report?: ((event: TargetEvent) => void) | null;
  /** The counts of the target of that name. */
  countsOf(name: string): TargetCounts;
  /** The state of a target has changed. */
  changed(target: Target): void;
}

/** One target. */
export class Target implements ProbedTarget {
  readonly name: string;
  readonly address: TargetAddress;
  /** The address in ASCII form. */
  readonly text: string;
  /** Its place in smooth weighted round robin. */
  current = 0;
  /** The time of the last failure, on the clock; -Infinity before the first failure. */
  failedAt = -Infinity;
  /** The operator's order. */
  order: "use" | "drain" | "disable" = "use";
  readonly #host: TargetHost;
  #spec: UsedSpec;
  #health: "unknown" | "up" | "down" = "unknown";
  #since: Date;
  #row: FailureRow | null = null;
  #rises = 0;
  /** True after it was removed: its connections may still fail, and it is not probed. */
  #closed = false;
  /** True while the target accepts connections and closes them immediately: a successful connect proves nothing. */
  #closesImmediately = false;
  readonly #probes: ProbeSchedule;
  /** Null if it is judged in this thread. */
  readonly #elsewhere: JudgedElsewhere | null;
  readonly #openElsewhere: OpenElsewhere;
  /** The health that was last sent to the other threads, as text. */
  #lastAnnounced = "";
  #connectParameters: ConnectParameters = {};
  readonly #flows = new Set<TargetFlow>();
  readonly #endpoints = new Map<TargetKind, Endpoint>();

  constructor(host: TargetHost, spec: UsedSpec) {
    this.#host = host;
    this.#spec = spec;
    this.name = targetName(spec);
    this.address = spec.to;
    this.text = targetAddress.format(spec.to);
    this.#since = host.clock.wall();
    this.#probes = new ProbeSchedule(host, this);
    this.#openElsewhere = new OpenElsewhere(host, this.name, () => this.#counts.active);
    this.#elsewhere = host.isJudgedElsewhere === true
      ? new JudgedElsewhere(this.name, (event) => host.report?.(event))
      : null;
  }

  /** Its declaration; a changed weight does not affect its health. */
  get spec(): UsedSpec {
    return this.#spec;
  }

  set spec(spec: UsedSpec) {
    this.#spec = spec;
  }

  get weight(): number {
    return this.#spec.weight ?? DEFAULT_WEIGHT;
  }

  /** True if it is up, as far as is known. */
  get isUp(): boolean {
    return this.#health !== "down";
  }

  /** The consecutive failures because of which it is down; null while it is not. */
  get failure(): FailureRow | null {
    return this.#health === "down" ? this.#row : null;
  }

  /** True while the target may close every connection immediately. */
  get mayCloseImmediately(): boolean {
    return this.#probes.isDeciding || this.#elsewhere?.judgement.mayCloseImmediately === true;
  }

  /** The socket that connects to it. */
  endpoint(kind: TargetKind): Endpoint {
    let endpoint = this.#endpoints.get(kind);
    if (endpoint === undefined) {
      this.#endpoints.set(kind, endpoint = parseEndpoint(connectHook(this.address, kind)));
    }
    return endpoint;
  }

  /** The parameters of its last connection. */
  get connectParameters(): ConnectParameters {
    return this.#connectParameters;
  }

  set connectParameters(connectParameters: ConnectParameters) {
    const { kind = "stream", proxy } = this.#connectParameters;
    this.#connectParameters = connectParameters;
    // A probe in progress uses the previous parameters, so its result is no longer useful.
    if (kind !== (connectParameters.kind ?? "stream") || proxy !== connectParameters.proxy) this.healthChanged();
  }

  get isJudgedByAnswers(): boolean {
    return judgesByAnswers(this.#host.health);
  }

  /** Open connections in all threads, also those of earlier targets of the name. */
  get active(): number {
    return this.#counts.active + this.#openElsewhere.sum;
  }

  /** They are those of the name of the pool, which may change. */
  get #counts(): TargetCounts {
    return this.#host.countsOf(this.name);
  }

  /**
   * A connection was opened; a flow of datagrams is notified when it must move.
   *
   * @returns if its end must be counted
   */
  opened(flow: TargetFlow | null = null): TargetCounts {
    const counts = this.#counts;
    counts.open++;
    counts.connected++;
    counts.address = this.text;
    if (flow !== null) this.#flows.add(flow);
    this.#openElsewhere.changed();
    return counts;
  }

  /** A connection has ended. */
  closed(flow: TargetFlow | null = null): void {
    if (flow !== null) this.#flows.delete(flow);
    this.#openElsewhere.changed();
  }

  /** Flows of a target that is down begin again elsewhere. */
  moveFlows(): void {
    for (const flow of [...this.#flows]) flow.move();
  }

  /** Records a successful connection. */
  connected(): void {
    if (!this.#closesImmediately) this.succeeded();
  }

  /** Records that a connection or a probe has proved that the target works. */
  succeeded(): void {
    if (this.#elsewhere !== null) return this.#elsewhere.succeeded("connected");
    this.#closesImmediately = false;
    if (this.#health === "up" && this.#row === null) return;
    if (this.#health !== "down") {
      this.#row = null;
      if (this.#health === "unknown") this.#become("up");
      return this.announce();
    }
    if (++this.#rises < this.#host.health.rise) return;
    this.#row = null;
    this.#probes.stop();
    this.#become("up");
  }

  /**
   * Records failed connections.
   *
   * @param count their number; 0 for one that was counted before
   */
  failedWith(error: NetgraphError, count = 1): void {
    if (count > 0) this.#counts.failed += count;
    const failure = failureAt(this.text, error);
    if (this.#elsewhere === null) return this.#fail(failure, count);
    this.failedAt = this.#host.clock.now();
    this.#elsewhere.failed(count, failure);
  }

  /** Applies a report or the judgement of another thread. */
  receive({ kind, count = 1, part = 0, error, health }: TargetEvent): void {
    if (kind === "health") {
      if (health !== undefined) this.#judge(health);
      return;
    }
    if (kind === "open") return this.#openElsewhere.heard(part, count);
    if (kind === "asked") this.#openElsewhere.reportAgain();
    if (this.#elsewhere !== null) return;
    if (kind === "failed" && error !== undefined) this.#fail(error, count);
    else if (kind === "connected") this.connected();
    else if (kind === "heard") this.closedAfterData();
    else if (kind === "unheard" && this.#health !== "down") this.closedImmediately();
    this.#lastAnnounced = "";
    this.announce();
  }

  /** The target was added: sends its health to the other threads, or requests it from them. */
  begin(): void {
    this.healthChanged();
    if (this.#elsewhere === null) this.announce();
    else this.#elsewhere.ask();
  }

  /** Sends its health to the other threads if it has changed. */
  announce(): void {
    const { report } = this.#host;
    if (this.#elsewhere !== null || report === null || report === undefined) return;
    const { mayCloseImmediately } = this;
    const health = { state: this.#health, isFailing: this.#row !== null, mayCloseImmediately };
    const text = JSON.stringify(health);
    if (text === this.#lastAnnounced) return;
    this.#lastAnnounced = text;
    report({ kind: "health", name: this.name, health });
  }

  #judge(judgement: TargetJudgement): void {
    const before = this.#health;
    this.#health = judgement.state;
    this.#elsewhere?.judge(judgement);
    if (before === this.#health) return;
    this.#since = this.#host.clock.wall();
    this.#host.changed(this);
  }

  /** Ends its probes; it is not used any more. */
  close(): void {
    this.#closed = true;
    this.#probes.stop();
    this.#openElsewhere.close();
  }

  /** Uses it again, uses it for no new connections, or does that without probing it. */
  setOrder(order: Target["order"]): void {
    if (order === this.order) return;
    this.order = order;
    this.#since = this.#host.clock.wall();
    this.healthChanged();
    this.#host.changed(this);
  }

  /** Applies changed health rules: probes begin or end. */
  healthChanged(): void {
    this.#probes.stop();
    if (this.#elsewhere !== null) return;
    if (this.#health === "down") this.#probes.probeUntilUp();
    else this.#probes.probeAtIntervals(0);
  }

  /**
   * The target closed a new connection before the client did, without sending a byte. A probe checks whether it closes
   * every connection, unless it closed only its own direction.
   *
   * @param readsOn true if it has accepted data after that
   */
  closedWithoutData(readsOn: () => boolean): void {
    if (this.#health === "down" && this.#row !== null) {
      this.#row = { ...this.#row, count: this.#row.count + 1 };
      return;
    }
    this.#probes.decide(readsOn);
  }

  /** Records that the target has served a client, so it does not close every connection. */
  closedAfterData(): void {
    this.#probes.cancelDecision();
    if (this.#elsewhere !== null) return this.#elsewhere.succeeded("heard");
    this.succeeded();
    if (this.#health !== "down") {
      this.#probes.stop();
      this.#probes.probeAtIntervals();
    }
    this.#host.changed(this);
    this.announce();
  }

  closedImmediately(): void {
    if (this.#elsewhere === null) this.#probes.checkEarlyClose();
    else this.#elsewhere.unheard();
  }

  /** Its health. */
  report(): TargetReport {
    const { clock } = this.#host;
    const { active, connected, failed, probes } = this.#counts;
    const { nextAt } = this.#probes;
    const row = this.#row;
    return {
      name: this.name,
      ...(this.#spec.of === undefined ? {} : { of: this.#spec.of }),
      address: this.text,
      weight: this.weight,
      backup: this.#spec.backup === true,
      state: this.#state,
      active,
      total: connected,
      failed,
      probes: { ...probes },
      since: (this.#state === "down" ? row?.since ?? this.#since : this.#since).toISOString(),
      failures: row?.count ?? 0,
      error: row === null ? null : { code: row.code, message: row.message },
      nextProbeAt: nextAt === null ? null : new Date(clock.wall().getTime() + nextAt - clock.now()).toISOString(),
    };
  }

  get #state(): TargetState {
    if (this.order !== "use") return this.order === "drain" ? "draining" : "disabled";
    return this.#health;
  }

  #become(health: "up" | "down"): void {
    this.#health = health;
    this.#rises = 0;
    if (this.order === "use") this.#since = this.#host.clock.wall();
    if (health === "up") this.#probes.probeAtIntervals();
    else this.#probes.stopIntervals();
    this.#host.changed(this);
    this.announce();
  }

  get mayBeProbed(): boolean {
    return this.order !== "disable" && !this.#closed;
  }

  probeSucceeded(): void {
    this.#counts.probes.succeeded++;
    this.succeeded();
  }

  probeFailed(error: NetgraphError, isConfirmation: boolean): void {
    this.#counts.probes.failed++;
    const failure = describeProbe(this.text, error);
    if (!isConfirmation) return this.#fail(failure, 1);
    this.#rises = 0;
    this.#row = addFailure(this.#row, failure, this.#host.clock.wall());
    if (this.#health !== "down") {
      this.failedAt = this.#host.clock.now();
      this.#closesImmediately = error.code === "ECONNRESET";
      this.#become("down");
    }
    this.#host.changed(this);
  }

  /** Its name was looked up without success before anything was known of it: it is down until a probe reaches it. */
  notFound(error: NetgraphError): void {
    if (this.#elsewhere !== null || this.#health !== "unknown") return;
    this.#row = addFailure(this.#row, failureAt(this.text, error), this.#host.clock.wall());
    this.failedAt = this.#host.clock.now();
    this.#become("down");
    this.#probes.probeUntilUp();
  }

  decided(): void {
    this.#host.changed(this);
    this.announce();
  }

  #fail(failure: Pick<FailureRow, "code" | "message">, count: number): void {
    const { clock, health } = this.#host;
    const known = this.#row;
    const row = addFailure(known, failure, clock.wall());
    this.#row = known === null ? row : { ...row, count: known.count + count };
    this.#rises = 0;
    this.failedAt = clock.now();
    if (this.#health === "down" || this.#row.count < health.fall) return this.announce();
    this.#probes.cancelDecision();
    this.#become("down");
    // A probe of a target that no pool selects has no TLS: a successful connect proves nothing; the connection of the next client does.
    if (failure.code !== "ETLS" || this.#host.isObserved !== true) this.#probes.probeUntilUp();
  }
}
