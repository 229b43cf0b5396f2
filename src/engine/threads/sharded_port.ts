/**
 * A graph in several threads, as one port.
 *
 * The first thread has all nodes. The others have copies of the listeners that can be shared (`share_rule.ts`), bound
 * to the same addresses; their state is derived from the first thread's snapshot, after any change. A change by a
 * topology is passed on with its release: if a copy cannot be created, the release fails, and the change with it.
 * Manual changes, and the state of a recreated thread, are passed on soon after.
 *
 * @module
 */

import { parseText } from "../../ascii/parse.ts";
import type { Clock } from "../../clock.ts";
import type { NetgraphError } from "../../errors.ts";
import { type ConnectionRecording, NO_RECORDING } from "../../graph/data/connection_record.ts";
import type { CountsSnapshot } from "../../graph/data/counts.ts";
import type { TapAct } from "../../graph/data/tap.ts";
import type { GraphEvent } from "../../graph/data/event.ts";
import { addDrainResults, drainCommands, NOTHING_DRAINED } from "../../graph/core/drain.ts";
import type { Reply } from "../../graph/core/message.ts";
import { partOfNode } from "../../graph/core/node_numbers.ts";
import { targetEventsType } from "../../graph/message/anchor.ts";
import { parsePath, type Path } from "../../graph/message/path.ts";
import type { GraphPort, SendOptions } from "../../graph/port/port.ts";
import type { Session, SessionListener } from "../../graph/session/session.ts";
import type { ScopeSnapshot, SnapshotOptions } from "../../graph/data/snapshot.ts";
import { mergeSnapshots } from "./merged_snapshot.ts";
import type { Shard } from "./shard.ts";
import { ScopeSharing, type SharedScope } from "./scope_sharing.ts";

/** The dependencies of a sharded port. */
export interface ShardedPortOptions {
  readonly clock: Clock;
  /** A random number from 0 up to 1, for jitter. */
  readonly random: () => number;
}

/** How long a change without a waiting caller is delayed to combine it with others. */
const SYNC_DELAY_MS = 100;
/** Commands that revert another message; no message remains that could be sent to the other threads. */
const POOL_ACTIONS: ReadonlySet<string> = new Set(["enabletarget"]);
const { reply: drainReply } = drainCommands({ drain: 0, undrain: 0 }).drain;

/** The port of a graph in several threads. */
export class ShardedPort implements GraphPort {
  readonly #first: GraphPort;
  readonly #shards: readonly Shard[];
  readonly #options: ShardedPortOptions;
  readonly #scopes = new Map<string, ScopeSharing>();
  readonly #listeners = new Set<(event: GraphEvent) => void>();
  readonly #forget: readonly (() => void)[];
  #closed = false;
  /** The requested records of connections that end. */
  #recording = NO_RECORDING;
  readonly #taps = new Map<number, TapAct>();

  /** @param first has all nodes; the others have copies */
  constructor(first: GraphPort, shards: readonly Shard[], options: ShardedPortOptions) {
    this.#first = first;
    this.#shards = shards;
    this.#options = options;
    this.#forget = [
      first.subscribe((event) => {
        if (event.kind === "targets") return this.#passOn(event, this.#scopes.get(event.scope)?.sharers(event.node));
        if (event.kind === "changed") this.#scopes.get(event.scope)?.scheduleSync(SYNC_DELAY_MS);
        this.emit(event);
      }),
      ...shards.map((shard) => shard.port.subscribe((event) => this.#onShardEvent(shard, event))),
    ];
  }

  async send(path: string, command: string, argument: string | null, options: SendOptions = {}): Promise<Reply> {
    const send = (port: GraphPort): Promise<Reply> => port.send(path, command, argument, options);
    const address = this.#parse(path);
    if (address === null) return await send(this.#first);
    const { node, scope: name, hooks } = address;
    if (node?.kind === "id") return await send(this.#portOf(partOfNode(node.id, this.#shards.length + 1)));
    const scope = this.#scopes.get(name ?? "");
    if (scope === undefined || hooks.length > 0) return await send(this.#first);
    if (node?.kind === "anchor" && command === "release") return await scope.release(() => send(this.#first));
    const target = node?.kind === "name" ? node.name : null;
    if (command === "drain" || command === "undrain") {
      const ports = scope.sharers(target).map(({ port }) => port);
      return addDrainReplies(...await Promise.all([send(this.#first), ...ports.map(send)]));
    }
    if (target === null) return await send(this.#first);
    if (command === "shutdown") return await scope.without(target, () => send(this.#first));
    const reply = await send(this.#first);
    // A removed setting has no message that could be sent to the others.
    if (options.reset === true || POOL_ACTIONS.has(command)) {
      await Promise.all(scope.sharers(target).map(({ port }) => send(port)));
    }
    // Sent manually: when it returns, it must be done in all threads.
    if (options.declared !== true && scope.sharers(target).length > 0) await scope.bring();
    return reply;
  }

  async snapshot(scope: string, options?: SnapshotOptions): Promise<ScopeSnapshot | null> {
    const [first, ...others] = await Promise.all([
      this.#first.snapshot(scope, options),
      ...this.#shards.map(async (shard) => {
        return { snapshot: await shard.snapshot(scope, options), idOf: (name: string) => shard.idOf(scope, name) };
      }),
    ]);
    if (first === null) return null;
    const parts = others.flatMap(({ snapshot, idOf }) => snapshot === null ? [] : [{ snapshot, idOf }]);
    return mergeSnapshots(first, parts, this.#scopes.get(scope)?.notes ?? new Map());
  }

  scopes(): Promise<readonly string[]> {
    return this.#first.scopes();
  }

  async openScope(name: string, counts?: readonly CountsSnapshot[]): Promise<void> {
    await this.#first.openScope(name, counts);
    const shared: SharedScope = { name, first: this.#first, shards: this.#shards };
    this.#scopes.set(name, new ScopeSharing(shared, this.#options));
  }

  async closeScope(name: string): Promise<void> {
    const scope = this.#scopes.get(name);
    this.#scopes.delete(name);
    await scope?.close();
    await this.#first.closeScope(name);
  }

  /** A session is in the first thread, where all nodes are; connections of the other threads are not seen from there. */
  openSession(name: string | null, listener: SessionListener): Promise<Session> {
    return this.#first.openSession(name, listener);
  }

  async recordConnections(recording: ConnectionRecording): Promise<void> {
    this.#recording = recording;
    // A shard that has failed records when it is restarted.
    const shards = this.#shards.map(({ port }) => port.recordConnections(recording).catch(() => {}));
    await Promise.all([this.#first.recordConnections(recording), ...shards]);
  }

  async tap(act: TapAct): Promise<void> {
    if (act.kind === "taken") return await this.#portOf(act.part).tap(act);
    if (act.kind === "open") this.#taps.set(act.tap, act);
    else this.#taps.delete(act.tap);
    // A shard that has failed gets its taps when it is restarted.
    const shards = this.#shards.map(({ port }) => port.tap(act).catch(() => {}));
    await Promise.all([this.#first.tap(act), ...shards]);
  }

  subscribe(listen: (event: GraphEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** Emits an event. */
  emit(event: GraphEvent): void {
    for (const listen of this.#listeners) listen(event);
  }

  /** A further thread has ended. */
  lost(shard: Shard, error: NetgraphError, delayMs: number): void {
    shard.forget();
    this.emit({ kind: "thread-lost", thread: shard.part + 1, error: error.toData(), delayMs });
    this.#syncAll();
  }

  /** A further thread has restarted, and is empty. */
  restarted(shard: Shard): void {
    shard.forget();
    // It is restarted again if it fails.
    shard.port.recordConnections(this.#recording).catch(() => {});
    for (const act of this.#taps.values()) shard.port.tap(act).catch(() => {});
    this.emit({ kind: "thread-restarted", thread: shard.part + 1 });
    this.#syncAll();
  }

  /** Shuts all threads down. */
  async close(): Promise<void> {
    const [first] = await Promise.allSettled([this.#first.close(), this.closeShards()]);
    // The records of their last connections arrive while they are closed.
    for (const forget of this.#forget) forget();
    if (first.status === "rejected") throw first.reason;
  }

  /** Shuts the further threads down: the first one has ended. */
  async closeShards(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const scope of this.#scopes.values()) scope.stop();
    // A failed one has nothing left to close.
    await Promise.allSettled(this.#shards.map((shard) => shard.port.close()));
  }

  #syncAll(): void {
    for (const scope of this.#scopes.values()) scope.scheduleSync(0);
  }

  /** Threads that are lost meanwhile get the health of targets when they are restarted. */
  #passOn(
    { scope, node, events }: Extract<GraphEvent, { kind: "targets" }>,
    to: readonly Pick<Shard, "port">[] = [],
  ): void {
    const argument = targetEventsType.format({ node, events });
    for (const { port } of to) port.send(`${scope}/:`, "targets", argument).catch(() => {});
  }

  #onShardEvent(shard: Shard, event: GraphEvent): void {
    if (event.kind === "targets") {
      // Open connections matter to all threads, events of targets only to the one that judges them.
      const isForAll = event.events.some(({ kind }) => kind === "open" || kind === "asked");
      const all = isForAll ? this.#scopes.get(event.scope)?.sharers(event.node) ?? [] : [];
      return this.#passOn(event, [{ port: this.#first }, ...all.filter((one) => one !== shard)]);
    }
    if (event.kind !== "failed") return this.emit(event);
    // Its copy in the first thread continues; this one is recreated.
    this.#scopes.get(event.topology)?.replace(shard, event.node, event.error);
  }

  #portOf(part: number): GraphPort {
    return this.#shards.find((shard) => shard.part === part)?.port ?? this.#first;
  }

  /** Null for an invalid path: the graph reports the best error. */
  #parse(path: string): Path | null {
    try {
      return parsePath(path);
    } catch {
      return null;
    }
  }
}

/** The reply of the first thread with the results of the others. */
function addDrainReplies(first: Reply, ...others: readonly Reply[]): Reply {
  if (drainReply === null || first.text === null) return first;
  let sum = NOTHING_DRAINED;
  for (const { text } of [first, ...others]) {
    if (text === null) continue;
    sum = addDrainResults(sum, parseText(drainReply, text));
  }
  return { ...first, value: sum, text: drainReply.format(sum) };
}
