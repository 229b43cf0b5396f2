/**
 * The health of a listener, by the outcomes of its last clients: records outcomes, probes targets that are down, and
 * reports changes of faults.
 *
 * @module
 */

import type { Timer } from "../../../clock.ts";
import { type ErrorCode, errorText, NetgraphError } from "../../../errors.ts";
import type { Pending } from "../../../graph/core/pending.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import type { Share } from "../../../graph/data/share.ts";
import type { TargetEvent } from "../../../graph/data/target_event.ts";
import type { TargetReport } from "../../../graph/data/target_report.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { sockaddr } from "../../../socket/address_text.ts";
import { emitChanged, type SocketNode, type TargetReports } from "../role.ts";
import type { AcceptTarget } from "../accept_target.ts";
import type { Destination } from "../destination.ts";
import { addFailure, type FailureRow, faultsOfListener } from "../outcomes.ts";
import { describeRule } from "../routing/route_rule.ts";
import { DestinationFailures } from "./destination_failures.ts";
import { ExpiringFailure } from "./expiring_failure.ts";
import { ListenerTargets } from "./listener_targets.ts";
import { connectedTo, type Joining, OverdueJoins } from "./overdue_joins.ts";
import type { Target } from "../../pool/target.ts";
import type { TargetPool } from "../../pool/target_pool.ts";

/** Accepting resumes automatically; without another failure for this time, it has resumed. */
const PAUSE_EXPIRES_MS = 1_000;
/** Without another refusal for this time, clients are within the rate again. */
const RATE_EXPIRES_MS = 2_000;
/** A failure that does not recur within this time expires. */
const FAILURE_EXPIRES_MS = 60_000;

/** Records the outcomes of a listener's clients. */
export class ListenerHealth implements TargetReports {
  readonly #host: SocketNode;
  readonly #targets: ListenerTargets;
  /** Failures that concern no address. */
  readonly #destinations: DestinationFailures;
  readonly #datagrams = new ExpiringFailure(FAILURE_EXPIRES_MS);
  readonly #paused = new ExpiringFailure(PAUSE_EXPIRES_MS);
  readonly #rated = new ExpiringFailure(RATE_EXPIRES_MS);
  readonly #denied = new ExpiringFailure(FAILURE_EXPIRES_MS);
  readonly #expiring: readonly ExpiringFailure[] = [this.#datagrams, this.#paused, this.#rated, this.#denied];
  readonly #joins: OverdueJoins;
  #mayAdmit = true;
  #admitted = false;
  #disarmed: FailureRow | null = null;
  #full: FailureRow | null = null;
  #expiry: Timer | null = null;
  #active = 0;
  /** The time of the last client that was joined to its target, on the clock; null before the first one. */
  #servedAt: number | null = null;
  /** The last reported faults. */
  #reported = "";
  #closed = false;

  /** @param openOf the number of open connections of a destination */
  constructor(host: SocketNode, openOf: (destination: Destination) => number) {
    this.#host = host;
    const { node, graph } = host;
    const { clock } = graph;
    const hasNode = (name: string): boolean => graph.scope(node.origin.scope).names.has(name);
    this.#destinations = new DestinationFailures({ clock, openOf, hasNode });
    this.#targets = new ListenerTargets(host, () => this.#update());
    this.#joins = new OverdueJoins(clock, ({ destination }, address) => {
      const error = new NetgraphError("ETIMEDOUT", errorText("ETIMEDOUT"));
      if (!this.#closed) this.#targets.failed(destination, { address, error, count: 1 });
    });
  }

  /** The current faults that keep clients from being served. */
  faults(): readonly Fault[] {
    return this.#ofNow();
  }

  /** When a client was joined to its target last, for listeners in several threads. */
  lastServed(): { readonly servedAt?: string } {
    if (this.#servedAt === null) return {};
    const ago = this.#clockNow() - this.#servedAt;
    return { servedAt: new Date(this.#now().getTime() - ago).toISOString() };
  }

  /** The targets of its destinations; empty if they have none of their own. */
  targets(): readonly TargetReport[] {
    return this.#targets.reports();
  }

  /** Notes about its targets. */
  notes(): readonly string[] {
    return this.#targets.notes();
  }

  /** Clears the outcomes of the previous target. Settled once the names of targets were looked up. */
  retarget(target: AcceptTarget | null): Pending<unknown> | null {
    this.#clearFailures();
    this.#destinations.set(target === null ? [] : namedDestinations(target));
    const answers = this.#targets.set(target);
    this.#host.node.retargeted();
    this.#update();
    return answers;
  }

  /** Records that accepting was stopped manually. */
  disarmed(): void {
    if (this.#disarmed !== null) return;
    this.retarget(null);
    const message = "Accepting is stopped by disarm: clients wait in the system's queue";
    this.#disarmed = addFailure(null, { code: "ECANCELED", message }, this.#now());
    this.#update();
  }

  /** Sets the threads that have the listener: the first one judges its targets for all. */
  shared(share: Share): void {
    this.#targets.share = share;
  }

  poolOf(destination: Destination): TargetPool | null {
    return this.#targets.poolOf(destination);
  }

  targetOf(destination: Destination): Target | null {
    return this.#targets.targetOf(destination);
  }

  /** Applies events of another thread about targets. */
  receive(events: readonly TargetEvent[]): void {
    this.#targets.receive(events);
  }

  /** Clears the failures and drops of copies of the earlier template. */
  templateChanged(name: string): void {
    this.#host.node.retargeted();
    this.#destinations.templateChanged(name);
    this.#update();
  }

  /** Ends the timers: the listener was removed. */
  close(): void {
    this.#closed = true;
    this.#clearFailures();
    this.#targets.close();
    this.#joins.stop();
    this.#expiry?.cancel();
  }

  /** Records an admitted client; `active` is the number of open connections. */
  admitted(active: number): void {
    this.#active = active;
    this.#admitted = true;
    if (this.#denied.row === null && this.#paused.row === null) return;
    this.#denied.clear();
    this.#paused.clear();
    this.#update();
  }

  /**
   * A client was refused before it was joined: for its address, or for what it sent.
   *
   * @param mayAdmit false if every client that can come is refused
   */
  refused(why: string, peer: SocketAddress, mayAdmit = true): void {
    this.#mayAdmit = mayAdmit;
    const row = {
      code: "EACCES",
      message: `Clients are refused: ${why}; last client ${sockaddr.format(peer)}`,
    } as const;
    // Lists that deny every client are a mistake; other refused clients may be a port scan, which ends.
    const countsMs = mayAdmit ? FAILURE_EXPIRES_MS : Infinity;
    this.#expireLater(this.#denied.set(addFailure(this.#denied.row, row, this.#now()), this.#clockNow(), countsMs));
    this.#update();
  }

  /** Records that accepting is paused. */
  paused(error: NetgraphError): void {
    this.#recordExpiring(this.#paused, { code: error.code, message: `Accepting is paused: ${errorText(error.code)}` });
  }

  /** Records that a client was refused because the rate is exceeded. */
  rateExceeded(message: string): void {
    this.#recordExpiring(this.#rated, { code: "EAGAIN", message: `${message}: new connections are refused` });
  }

  /** Records that the limit of connections is reached: new ones wait, or this one was refused. */
  full(target: AcceptTarget, active: number, refused: boolean): void {
    const { max = active, overflow } = target;
    const next = overflow === "refuse" ? "new connections are refused" : "new connections wait";
    const row = { code: "EAGAIN", message: `${active} of ${max} connections are open: ${next}` } as const;
    const was = this.#full;
    this.#full = { ...row, since: was?.since ?? this.#now(), count: (was?.count ?? 0) + (refused ? 1 : 0) };
    this.#active = active;
    this.#update();
  }

  /** Records the number of connections; more are possible unless {@linkcode ListenerHealth.full} is called. */
  left(active: number): void {
    this.#active = active;
    if (!this.#destinations.left() && this.#full === null) return;
    this.#full = null;
    this.#update();
  }

  /** Records that a connection is being joined to its target, which takes time. */
  joining(clone: Joining): void {
    this.#joins.add(clone);
  }

  /** Records that a client has left before it was joined, which proves nothing about the target. */
  clientLeft(clone: Joining): void {
    this.#joins.remove(clone);
  }

  /** Records that a connection was joined: the addresses to which it is connected work. */
  joined(clone: Joining, destination: Destination): void {
    this.#servedAt = this.#clockNow();
    this.#joins.remove(clone);
    const isOver = this.#destinations.joined(destination);
    const { observed } = this.#targets;
    if (!observed.hasTargetsToCheck && !isOver) return;
    if (observed.hasTargetsToCheck) observed.joined(connectedTo(clone));
    this.#update();
  }

  closedWithoutData(address: string, readsOn: () => boolean): void {
    if (!this.#closed) this.#targets.observed.closedWithoutData(address, readsOn);
  }

  get hasTargetsToCheck(): boolean {
    return this.#targets.observed.hasTargetsToCheck;
  }

  closedAfterData(address: string): void {
    this.#targets.observed.closedAfterData(address);
  }

  /** Records that a connection could not be joined. */
  notJoined(clone: Joining, destination: Destination, error: NetgraphError): void {
    const counted = this.#joins.remove(clone);
    if (this.#closed) return;
    const expiresMs = this.#destinations.failed(destination, error);
    if (expiresMs !== null) {
      this.#expireLater(expiresMs);
      return this.#update();
    }
    const { address = "" } = error.subject;
    // A pool reports the health of its targets itself.
    if (address === "" || address.startsWith("pool/")) return;
    this.#targets.failed(destination, { address, error, count: counted ? 0 : 1 });
  }

  /** Records that the target rejected datagrams. */
  datagramsRefused(address: string, refusal: { readonly code: ErrorCode; readonly count: number }): void {
    const { code, count } = refusal;
    this.#recordExpiring(this.#datagrams, { code, message: `${address}: ${errorText(code)}` }, count);
  }

  /** Records that the target accepted datagrams, as far as is known. */
  datagramsTaken(): void {
    if (this.#datagrams.row === null) return;
    this.#datagrams.clear();
    this.#update();
  }

  #recordExpiring(expiring: ExpiringFailure, failure: Pick<FailureRow, "code" | "message">, count = 1): void {
    const row = addFailure(expiring.row, failure, this.#now());
    this.#expireLater(expiring.set({ ...row, count: row.count + count - 1 }, this.#clockNow()));
    this.#update();
  }

  #expireLater(delayMs: number): void {
    if (delayMs === Infinity) return;
    this.#expiry ??= this.#after(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.#expiry = null;
    const now = this.#clockNow();
    const expiring = this.#expiring.map((one) => one.leftAt(now)).filter((left) => left > 0);
    const due = [...expiring, ...this.#destinations.leftAt(now)];
    if (due.length > 0) this.#expireLater(Math.min(...due));
    this.#update();
  }

  #clearFailures(): void {
    for (const one of this.#expiring) one.clear();
    this.#disarmed = this.#full = null;
    this.#admitted = false;
  }

  #ofNow(): readonly Fault[] {
    const isFailing = (one: Destination): boolean => this.#destinations.isFailing(one);
    const ofLists = this.#targets.faults(isFailing);
    const { setup, missing } = this.#destinations.failures();
    const failing = [...this.#targets.failures(), ...missing];
    const ofListener = faultsOfListener({
      failing,
      otherServes: this.#targets.serves(isFailing),
      datagrams: this.#datagrams.row,
      setup,
      denied: this.#denied.row,
      mayAdmit: this.#mayAdmit,
      admitted: this.#admitted,
      disarmed: this.#disarmed,
      paused: this.#paused.row,
      rated: this.#rated.row,
      full: this.#full,
      active: this.#active,
    });
    return ofLists.length === 0 ? ofListener : [...ofLists, ...ofListener];
  }

  /** Reports changed faults. */
  #update(): void {
    if (this.#closed) return;
    const now = this.#ofNow().map(({ reason, serving }) => `${reason} ${serving}`).join();
    if (now === this.#reported) return;
    this.#reported = now;
    emitChanged(this.#host);
  }

  #clockNow(): number {
    return this.#host.graph.clock.now();
  }

  #after(delayMs: number, act: () => void): Timer {
    return this.#host.graph.clock.after(delayMs, act);
  }

  #now(): Date {
    return this.#host.graph.clock.wall();
  }
}

/** The destinations of a target, those of rules with their rule. */
function namedDestinations(target: AcceptTarget): readonly (readonly [Destination, string | null])[] {
  return target.route?.map((rule) => [rule, describeRule(rule)] as const) ?? [[target, null]];
}
