/**
 * The health of a listener, by the outcomes of its last clients: records outcomes, probes targets that are down, and
 * reports changes of faults.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import type { Timer } from "../../../clock.ts";
import { type ErrorCode, errorText, NetgraphError } from "../../../errors.ts";
import type { Fault } from "../../../graph/data/fault.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { SocketAddress } from "../../../socket/address.ts";
import { sockaddr, targetAddress } from "../../../socket/address_text.ts";
import { emitChanged, type SocketNode, type TargetReports } from "../life.ts";
import { type AcceptTarget, parsePeer } from "../accept_target.ts";
import { addFailure, failureAt, type FailureRow, faultsOfListener, isSetupFailure } from "../outcomes.ts";
import { TargetProbe } from "../../pool/target_probe.ts";
import { HastyTargets, MOST_TARGETS } from "./hasty_targets.ts";

/** An accepted connection that is being joined to its target. */
interface Joining {
  readonly node: Node;
}

/** The time after which a connection that is not joined means that its target does not answer. */
const OVERDUE_MS = 2_000;
/** Accepting resumes automatically; without another failure for this time it has resumed. */
const PAUSED_MS = 1_000;
/** After this time without sends, nothing is known of a target. */
const SILENT_MS = 60_000;
/** Replaces its start time: its target was recorded as not answering. */
const COUNTED = -Infinity;

/** Records the outcomes of a listener's clients. */
export class ListenerHealth implements TargetReports {
  readonly #host: SocketNode;
  readonly #targets = new Map<string, FailureRow>();
  readonly #probes = new Map<string, TargetProbe>();
  /** Targets that may end all connections immediately. */
  readonly #hasty: HastyTargets;
  /** Connections that are being joined, the oldest first. */
  readonly #joining = new Map<Joining, number>();
  #datagrams: FailureRow | null = null;
  #datagramsAt = 0;
  #setup: FailureRow | null = null;
  #setupAt = 0;
  #denied: FailureRow | null = null;
  #mayAdmit = true;
  #admitted = false;
  #paused: FailureRow | null = null;
  #pausedAt = 0;
  #full: FailureRow | null = null;
  /** The time of the last failure that cannot be probed. */
  #unprobedAt = 0;
  /** The node to which all clients are joined; null if there is none. */
  #shared: string | null = null;
  #overdue: Timer | null = null;
  #expiry: Timer | null = null;
  #active = 0;
  /** The last reported faults. */
  #reported = "";
  #closed = false;

  constructor(host: SocketNode) {
    this.#host = host;
    this.#hasty = new HastyTargets(host, () => this.#look());
  }

  /** The current faults that keep clients from being served. */
  faults(): readonly Fault[] {
    return this.#ofNow();
  }

  /** The target was set again: earlier outcomes do not apply to it. */
  retarget(target: AcceptTarget | null): void {
    this.#forget();
    this.#shared = target?.peer === undefined ? null : parsePeer(target.peer).node;
    this.templateChanged();
    this.#look();
  }

  /** Earlier drops of copies do not apply to the new destination. */
  templateChanged(): void {
    this.#host.node.retargeted();
  }

  /** The listener was removed. */
  close(): void {
    this.#closed = true;
    this.#forget();
    this.#joining.clear();
    this.#overdue?.cancel();
    this.#expiry?.cancel();
  }

  /** A client was admitted; the number of connections. */
  admitted(active: number): void {
    this.#active = active;
    this.#admitted = true;
    if (this.#denied === null && this.#paused === null) return;
    this.#denied = this.#paused = null;
    this.#look();
  }

  /** A client was refused for its address; others may be admitted, or none can be. */
  denied(peer: SocketAddress, mayAdmit: boolean): void {
    this.#mayAdmit = mayAdmit;
    const row = {
      code: "EACCES",
      message: `Clients are denied by allow or deny, ${sockaddr.format(peer)} last`,
    } as const;
    this.#denied = addFailure(this.#denied, row, this.#now());
    this.#look();
  }

  /** Accepting is paused. */
  paused(error: NetgraphError): void {
    const message = `Accepting is paused: ${errorText(error.code)}`;
    this.#paused = addFailure(this.#paused, { code: error.code, message }, this.#now());
    this.#pausedAt = this.#clockNow();
    this.#expireLater(PAUSED_MS);
    this.#look();
  }

  /** The limit of connections is reached: new ones wait, or this one was refused. */
  full(target: AcceptTarget, active: number, refused: boolean): void {
    const { max = active, overflow } = target;
    const next = overflow === "refuse" ? "newcomers are refused" : "newcomers wait";
    const row = { code: "EAGAIN", message: `${active} of ${max} connections are open: ${next}` } as const;
    const was = this.#full;
    this.#full = { ...row, since: was?.since ?? this.#now(), count: (was?.count ?? 0) + (refused ? 1 : 0) };
    this.#active = active;
    this.#look();
  }

  /** The number of connections has changed; there is room for more unless {@linkcode ListenerHealth.full} is called. */
  left(active: number): void {
    this.#active = active;
    if (this.#full === null) return;
    this.#full = null;
    this.#look();
  }

  /** A connection is being joined to its target, which takes a while. */
  joining(clone: Joining): void {
    this.#joining.set(clone, this.#clockNow());
    this.#overdue ??= this.#after(OVERDUE_MS, () => this.#lookForOverdue());
  }

  /** Its client has left before it was joined, which says nothing about the target. */
  gaveUp(clone: Joining): void {
    this.#joining.delete(clone);
  }

  /** A connection was joined: its target works. */
  joined(clone: Joining): void {
    if (this.#joining.size > 0) this.#joining.delete(clone);
    if (this.#targets.size === 0 && this.#setup === null) return;
    this.#setup = null;
    this.#targets.clear();
    this.#stopProbes();
    this.#look();
  }

  endedUnheard(address: string, readsOn: () => boolean): void {
    if (!this.#closed) this.#hasty.endedUnheard(address, readsOn);
  }

  get hasDoubts(): boolean {
    return this.#hasty.hasDoubts;
  }

  endedHeard(address: string): void {
    this.#hasty.endedHeard(address);
  }

  /** A connection could not be joined. */
  notJoined(clone: Joining, error: NetgraphError): void {
    if (isSetupFailure(error)) return this.#notSetUp(clone, error);
    const counted = this.#joining.get(clone) === COUNTED;
    this.#joining.delete(clone);
    const { address = "" } = error.subject;
    // A pool reports the health of its targets itself.
    if (!address.startsWith("pool/")) this.#failedAt(address, error, counted ? 0 : 1);
  }

  #notSetUp(clone: Joining, { code, message }: NetgraphError): void {
    this.#joining.delete(clone);
    this.#setup = addFailure(this.#setup, { code, message }, this.#now());
    this.#setupAt = this.#clockNow();
    this.#expireLater(SILENT_MS);
    this.#look();
  }

  /** The target rejected datagrams. */
  datagramsRefused(address: string, refusal: { readonly code: ErrorCode; readonly count: number }): void {
    const { code, count } = refusal;
    const row = addFailure(this.#datagrams, { code, message: `${address}: ${errorText(code)}` }, this.#now());
    this.#datagrams = { ...row, count: row.count + count - 1 };
    this.#datagramsAt = this.#clockNow();
    this.#expireLater(SILENT_MS);
    this.#look();
  }

  /** The target accepted datagrams, as far as is known. */
  datagramsTaken(): void {
    if (this.#datagrams === null) return;
    this.#datagrams = null;
    this.#look();
  }

  #failedAt(address: string, error: NetgraphError, count = 1): void {
    if (this.#closed) return;
    const known = this.#targets.get(address) ?? null;
    if (known === null && this.#targets.size >= MOST_TARGETS) return;
    const row = addFailure(known, failureAt(address, error), this.#now());
    this.#targets.set(address, known === null ? row : { ...row, count: known.count + count });
    if (address === "") this.#unprobedAt = this.#clockNow();
    if (address === "") this.#expireLater(SILENT_MS);
    // A probe has no TLS: that it connects says nothing. The next connection of a client does.
    else if (error.code !== "ETLS") this.#probe(address);
    this.#look();
  }

  #probe(text: string): void {
    if (this.#probes.has(text)) return;
    const address = parseText(targetAddress, text);
    const { runtime, graph: { clock }, node } = this.#host;
    const up = (): boolean => {
      this.#probes.delete(text);
      this.#targets.delete(text);
      this.#look();
      return true;
    };
    const down = (error: NetgraphError): void => {
      const row = this.#targets.get(text);
      // No client was refused: the series counts clients.
      if (row !== undefined) this.#targets.set(text, { ...row, ...failureAt(text, error) });
    };
    this.#probes.set(text, new TargetProbe({ runtime, clock, address, node, up, down }));
  }

  #lookForOverdue(): void {
    this.#overdue = null;
    const now = this.#clockNow();
    for (const [clone, since] of this.#joining) {
      if (now - since < OVERDUE_MS) break;
      const address = since === COUNTED ? null : connectingTo(clone);
      if (address === null || address.startsWith("pool/")) continue;
      this.#joining.set(clone, COUNTED);
      this.#failedAt(address, new NetgraphError("ETIMEDOUT", errorText("ETIMEDOUT")));
    }
    if (this.#joining.size > 0) this.#overdue = this.#after(OVERDUE_MS / 4, () => this.#lookForOverdue());
  }

  #expireLater(delayMs: number): void {
    this.#expiry ??= this.#after(delayMs, () => this.#expire());
  }

  #expire(): void {
    this.#expiry = null;
    const now = this.#clockNow();
    const due: number[] = [];
    if (this.#paused !== null) {
      const left = this.#pausedAt + PAUSED_MS - now;
      if (left > 0) due.push(left);
      else this.#paused = null;
    }
    if (this.#datagrams !== null) {
      const left = this.#datagramsAt + SILENT_MS - now;
      if (left > 0) due.push(left);
      else this.#datagrams = null;
    }
    if (this.#setup !== null) {
      const left = this.#setupAt + SILENT_MS - now;
      if (left > 0) due.push(left);
      else this.#setup = null;
    }
    if (this.#targets.has("")) {
      const left = this.#unprobedAt + SILENT_MS - now;
      if (left > 0) due.push(left);
      else this.#targets.delete("");
    }
    if (due.length > 0) this.#expireLater(Math.min(...due));
    this.#look();
  }

  #forget(): void {
    this.#targets.clear();
    this.#stopProbes();
    this.#hasty.clear();
    this.#datagrams =
      this.#setup =
      this.#denied =
      this.#paused =
      this.#full =
        null;
    this.#admitted = false;
  }

  #stopProbes(): void {
    for (const probe of this.#probes.values()) probe.stop();
    this.#probes.clear();
  }

  #ofNow(): readonly Fault[] {
    return faultsOfListener({
      targets: this.#targetsOfNow(),
      datagrams: this.#datagrams,
      setup: this.#setup,
      denied: this.#denied,
      mayAdmit: this.#mayAdmit,
      admitted: this.#admitted,
      paused: this.#paused,
      full: this.#full,
      active: this.#active,
    });
  }

  /** A missing target may be back. */
  #targetsOfNow(): ReadonlyMap<string, FailureRow> {
    const { graph, node } = this.#host;
    const shared = this.#shared === null ? undefined : graph.scope(node.origin.scope).names.get(this.#shared);
    if (shared !== undefined) this.#targets.delete("");
    const targets = new Map(this.#targets);
    for (const [address, row] of this.#hasty.failures()) if (!targets.has(address)) targets.set(address, row);
    return targets;
  }

  /** Reports changed faults. */
  #look(): void {
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

/** The address to which a connection's copy is connecting; null if it is not connecting. */
function connectingTo({ node }: Joining): string | null {
  for (const owned of node.owned) {
    const waiting = owned.entries.find(({ command, phase }) => command === "connect" && phase === "waiting");
    if (waiting !== undefined) return waiting.argument;
  }
  return null;
}
