/**
 * Targets with `resolve: all`: each address of their name is a target. Names are looked up at once and then again and
 * again; a lookup that fails keeps the last answer, and without one it is repeated soon.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { inTurn, Pending } from "../../graph/core/pending.ts";
import type { SocketAddress, TargetAddress } from "../../socket/address.ts";
import { targetAddress } from "../../socket/address_text.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { lookUpName } from "../ksocket/client/lookup.ts";
import { whyOf } from "../ksocket/outcomes.ts";
import { DEFAULT_REFRESH_MS, targetName, type TargetSpec } from "./target_spec.ts";

/** How long a message that declares a name waits for the first answer. */
const FIRST_ANSWER_MS = 5_000;

/** The first pause after a failed lookup of a name without addresses; each one is twice as long as the one before. */
const FIRST_RETRY_MS = 250;

/** A target as it is used: of a name whose addresses are targets, it is one of these. */
export interface UsedSpec extends TargetSpec {
  /** The name of the declared target, where its name was resolved. */
  readonly of?: string;
}

/** The context of the names of one pool. */
export interface NamesHost {
  readonly runtime: Pick<SocketRuntime, "lookup">;
  readonly clock: Clock;
  /** The addresses of a name have changed. */
  changed(): void;
}

/** The names of one pool whose addresses are targets. */
export class ResolvedNames {
  readonly #host: NamesHost;
  /** By the name of the declared target. */
  #names: ReadonlyMap<string, ResolvedName> = new Map();

  constructor(host: NamesHost) {
    this.#host = host;
  }

  /**
   * Looks up the names of these targets from now on; those that were looked up before keep their addresses.
   *
   * @returns settled once each name has its first answer, or its time has expired; null if there is nothing to await
   */
  set(specs: readonly TargetSpec[]): Pending<unknown> | null {
    const before = this.#names;
    const names = new Map<string, ResolvedName>();
    for (const spec of specs) {
      if (spec.resolve !== "all" || spec.to.family !== "name") continue;
      const name = targetName(spec);
      const known = before.get(name);
      if (known !== undefined && known.isFor(spec)) names.set(name, known);
      else names.set(name, new ResolvedName(this.#host, { address: spec.to, refreshMs: spec.refresh }));
    }
    const stay = new Set(names.values());
    for (const name of before.values()) if (!stay.has(name)) name.close();
    this.#names = names;
    for (const name of stay) name.start();
    return inTurn([...stay], ({ answer }) => answer);
  }

  /** Why no address of a declared target is known; null if one is, or its lookup has not been answered. */
  failureOf(spec: TargetSpec): NetgraphError | null {
    const name = this.#names.get(targetName(spec));
    return name === undefined || name.addresses.length > 0 ? null : name.failure;
  }

  /** The targets of a declared one: one for each address, or itself as long as no address is known. */
  expand(spec: TargetSpec): readonly UsedSpec[] {
    const name = targetName(spec);
    const { addresses = [] } = this.#names.get(name) ?? {};
    if (addresses.length === 0) return [spec];
    const { name: given, resolve: _, refresh: _refresh, ...rest } = spec;
    return addresses.map((to): UsedSpec => {
      const text = targetAddress.format(to);
      return { ...rest, to, name: given === undefined ? text : `${given}/${hostOf(to)}`, of: name };
    });
  }

  /** The lookups that fail, for operators. */
  notes(): readonly string[] {
    return [...this.#names.values()].flatMap(({ note }) => note === null ? [] : [note]);
  }

  /** Ends all lookups. */
  close(): void {
    for (const name of this.#names.values()) name.close();
    this.#names = new Map();
  }
}

type HostName = Extract<TargetAddress, { readonly family: "name" }>;

/** One name. */
class ResolvedName {
  /** The addresses of the last lookup that succeeded. */
  addresses: readonly SocketAddress[] = [];
  /** Why the last lookup failed. */
  note: string | null = null;
  failure: NetgraphError | null = null;
  /** Settled by the first answer, or when its time has expired; null after that. */
  answer: Pending<null> | null = new Pending();
  #wait: Timer | null = null;
  readonly #host: NamesHost;
  readonly #address: HostName;
  readonly #refreshMs: number;
  /** The next pause while no address is known. */
  #retryMs = FIRST_RETRY_MS;
  #timer: Timer | null = null;
  #state: "new" | "started" | "closed" = "new";

  constructor(host: NamesHost, { address, refreshMs }: { address: HostName; refreshMs: number | undefined }) {
    this.#host = host;
    this.#address = address;
    this.#refreshMs = refreshMs ?? DEFAULT_REFRESH_MS;
  }

  /** True if it looks up what the target says. */
  isFor({ to, refresh }: TargetSpec): boolean {
    return this.#text === targetAddress.format(to) && this.#refreshMs === (refresh ?? DEFAULT_REFRESH_MS);
  }

  start(): void {
    if (this.#state !== "new") return;
    this.#state = "started";
    this.#wait = this.#host.clock.after(FIRST_ANSWER_MS, () => this.#settle());
    this.#lookUp();
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#timer = null;
    this.#settle();
  }

  #settle(): void {
    this.#wait?.cancel();
    this.#wait = null;
    const { answer } = this;
    this.answer = null;
    answer?.resolve(null);
  }

  get #text(): string {
    return targetAddress.format(this.#address);
  }

  #lookUp(): void {
    lookUpName(this.#host.runtime, this.#address, (result) => {
      if (this.#state === "closed") return;
      this.#answered(result);
      this.#timer = this.#host.clock.after(this.#nextMs(), () => this.#lookUp());
      this.#settle();
    });
  }

  /** The time to the next lookup: a name without any address is looked up again soon, as a target is probed. */
  #nextMs(): number {
    if (this.addresses.length > 0) return this.#refreshMs;
    const pauseMs = Math.min(this.#retryMs, this.#refreshMs);
    this.#retryMs *= 2;
    return pauseMs;
  }

  #answered(result: readonly SocketAddress[] | NetgraphError): void {
    const { note } = this;
    if (result instanceof NetgraphError) {
      this.failure = result;
      const last = this.addresses.length === 0 ? "" : `; its last ${countOf(this.addresses)} in use`;
      this.note = `Cannot look up ${this.#text}: ${whyOf(result)}${last}`;
      if (note !== this.note) this.#host.changed();
      return;
    }
    this.note = null;
    this.failure = null;
    // Servers give the same addresses in another order each time.
    const addresses = [...new Map(result.map((one) => [targetAddress.format(one), one])).entries()]
      .sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0).map(([, address]) => address);
    const same = addresses.length === this.addresses.length &&
      addresses.every((one, at) => targetAddress.format(one) === targetAddress.format(this.addresses[at] ?? one));
    if (same && note === null) return;
    if (!same) this.addresses = addresses;
    this.#host.changed();
  }
}

function countOf({ length }: readonly SocketAddress[]): string {
  return length === 1 ? "address stays" : `${length} addresses stay`;
}

function hostOf(address: SocketAddress): string {
  return "host" in address ? address.host : targetAddress.format(address);
}
