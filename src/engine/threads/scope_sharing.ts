/**
 * How one scope is shared among threads: the state of the first thread is read, and the other threads receive their
 * parts of it. One pass at a time; two requests cause two.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { EventError } from "../../graph/data/event.ts";
import { quoteText } from "../../ascii/quote.ts";
import type { GraphPort } from "../../graph/port/port.ts";
import type { NodeSnapshot, ScopeSnapshot } from "../../graph/data/snapshot.ts";
import { retryDelayMs } from "../../reconcile/loop/backoff.ts";
import { armedAccept, judgeListener, plainArgument, type SharedListener, type Verdict } from "./share_rule.ts";
import type { Shard } from "./shard.ts";

/** The shared scope, and the threads. */
export interface SharedScope {
  readonly name: string;
  /** The thread that has the whole scope. */
  readonly first: GraphPort;
  readonly shards: readonly Shard[];
}

/** Shares one scope. */
export class ScopeSharing {
  readonly #scope: SharedScope;
  readonly #options: { readonly clock: Clock; readonly random: () => number };
  /** The number of threads of a listener, by its ID in the first. */
  readonly #threads = new Map<string, number>();
  #notes: ReadonlyMap<string, string> = new Map();
  #timer: Timer | null = null;
  #due = 0;
  #attempt = 0;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(scope: SharedScope, options: { readonly clock: Clock; readonly random: () => number }) {
    this.#scope = scope;
    this.#options = options;
  }

  /** The notes about listeners, by ID. */
  get notes(): ReadonlyMap<string, string> {
    return this.#notes;
  }

  /** The further threads that have that listener; without one, those with any part of the scope. */
  sharers(listener: string | null): readonly Shard[] {
    const { name, shards } = this.#scope;
    return shards.filter((shard) => {
      if (shard.lost) return false;
      return listener === null ? shard.knows(name) : shard.idOf(name, listener) !== null;
    });
  }

  /**
   * Starts the topology: first the copies are created, so that it fails if one of them does.
   *
   * @throws NetgraphError the reason why a listener cannot be shared
   */
  release<T>(release: () => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      await this.#share({ releasing: true });
      return await release();
    });
  }

  /** Ends the copies of a listener, then does the work that needs its address. */
  without<T>(name: string, act: () => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      await Promise.all(this.#scope.shards.map((shard) => shard.drop(this.#scope.name, name)));
      return await act();
    });
  }

  /** Updates the other threads from the first one; failures are retried. */
  bring(): Promise<void> {
    return this.#enqueue(() => this.#share({ releasing: false }));
  }

  /** As {@linkcode ScopeSharing.bring}, later; two requests cause one pass, at the earlier time. */
  scheduleSync(delayMs: number): void {
    const { clock } = this.#options;
    const due = clock.now() + delayMs;
    if (this.#stopped || (this.#timer !== null && this.#due <= due)) return;
    this.#timer?.cancel();
    this.#due = due;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = null;
      this.bring().catch((error: unknown) => this.#tryAgain(messageOf(error)));
    });
  }

  /** The copy of a listener in one thread has failed: it is recreated. */
  replace(shard: Shard, name: string, error: EventError): void {
    this.#enqueue(() => shard.drop(this.#scope.name, name)).then(
      () => this.#tryAgain(error.message),
      (failure: unknown) => this.#tryAgain(messageOf(failure)),
    );
  }

  /** Stops all updates. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Ends the parts of it in the other threads. */
  async close(): Promise<void> {
    this.stop();
    await this.#last.catch(() => {}); // Reported to the caller.
    await Promise.all(this.#scope.shards.map((shard) => shard.closeScope(this.#scope.name)));
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task, task);
    this.#last = run;
    run.catch(() => {}); // Reported to the caller.
    return run;
  }

  async #share({ releasing }: { releasing: boolean }): Promise<void> {
    const { name, first, shards } = this.#scope;
    const snapshot = await first.snapshot(name);
    if (snapshot === null) return;
    const verdicts = await this.#judge(snapshot, { releasing });
    const listeners = [...verdicts.values()].flatMap((one) => one.kind === "shared" ? [one.listener] : []);
    await this.#shareFirst(snapshot, listeners);
    const brought = await Promise.all(
      shards.map((shard) => shard.bring({ scope: name, generation: snapshot.generation, listeners })),
    );
    const failures = new Map(brought.flatMap((failed) => [...failed]));
    this.#notes = this.#notesOf(verdicts);
    const [failure] = failures;
    if (failure === undefined) return void (this.#attempt = 0);
    if (!releasing) return this.#tryAgain(failure[1].message);
    for (const failed of failures.keys()) await Promise.all(shards.map((shard) => shard.drop(name, failed)));
    await this.#shareFirst(snapshot, listeners.filter((one) => !failures.has(one.name)));
    throw explain(`${name}/${failure[0]}`, failure[1]);
  }

  /** The decision for every listener. During the bring-up of a topology, those that do not work yet do not change. */
  async #judge(snapshot: ScopeSnapshot, { releasing }: { releasing: boolean }): Promise<ReadonlyMap<string, Verdict>> {
    const { name, first, shards } = this.#scope;
    const verdicts = new Map<string, Verdict>();
    for (const node of snapshot.nodes) {
      const accept = armedAccept(node);
      if (accept === null) continue;
      if (!releasing && node.phase !== "ready" && !this.#threads.has(node.id)) continue;
      let target = plainArgument(accept);
      if (target === null) target = (await first.send(`${name}/${node.name}:`, "getaccept", null)).text ?? "";
      const circumstances = {
        threads: shards.length + 1,
        templates: snapshot.templates,
        nodes: snapshot.nodes,
        target,
      };
      verdicts.set(node.id, judgeListener(node, circumstances));
    }
    return verdicts;
  }

  /** Makes the first thread share the shared listeners, and no longer share the others. */
  async #shareFirst(snapshot: ScopeSnapshot, listeners: readonly SharedListener[]): Promise<void> {
    const nodes = new Map(snapshot.nodes.map((node) => [node.id, node]));
    const desired = new Map(listeners.map(({ id, threads }) => [id, threads]));
    const pools = new Map(listeners.flatMap(({ threads, pools }) => pools.map(({ id }) => [id, threads])));
    for (const [id, threads] of this.#threads) {
      const node = nodes.get(id);
      if (node === undefined || node.phase === "failed") this.#threads.delete(id);
      else if (!desired.has(id) && !pools.has(id) && threads > 1) await this.#reportFirst(node, 1);
    }
    for (const [id, threads] of [...desired, ...pools]) {
      const node = nodes.get(id);
      if (node !== undefined && this.#threads.get(id) !== threads) await this.#reportFirst(node, threads);
    }
  }

  async #reportFirst(node: NodeSnapshot, threads: number): Promise<void> {
    const { name, first } = this.#scope;
    await first.send(`${name}/:`, "share", `{ node=${quoteText(node.name ?? "")} part=0 of=${threads} }`);
    this.#threads.set(node.id, threads);
  }

  #notesOf(verdicts: ReadonlyMap<string, Verdict>): ReadonlyMap<string, string> {
    const { name, shards } = this.#scope;
    return new Map([...verdicts].map(([id, verdict]) => {
      if (verdict.kind === "alone") return [id, `on one thread: ${verdict.why}`];
      const { listener } = verdict;
      const there = 1 + shards.filter((shard) => !shard.lost && shard.idOf(name, listener.name) === id).length;
      return [id, there === listener.threads ? `on ${there} threads` : `on ${there} of ${listener.threads} threads`];
    }));
  }

  #tryAgain(why: string): void {
    this.#notes = new Map([...this.#notes].map(([id, note]) => [id, note.includes(" of ") ? `${note}: ${why}` : note]));
    this.scheduleSync(retryDelayMs(this.#attempt++, this.#options.random()));
  }
}

function explain(path: string, error: NetgraphError): NetgraphError {
  const message = `Cannot share "${path}" among threads: ${error.message}`;
  return new NetgraphError(error.code, message, { subject: { node: path }, cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
