/**
 * A node at work: identity, hooks, behaviour, and the record of what it was told.
 *
 * @module
 */

import { LinkedList } from "../../linked_list.ts";
import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";
import { NodeClock, thrownBy } from "./crash.ts";
import { DropHealth } from "./drop_health.ts";
import type { NodeCounts } from "../data/counts.ts";
import { SmallMap } from "./small_map.ts";
import type { Graph } from "./graph.ts";
import type { Hook } from "./hook.ts";
import { sendSign } from "./item_pool.ts";
import { formatNodeId, type NodeId } from "../data/name.ts";
import type { NodeBehaviour, NodeType } from "./node_type.ts";
import { MessageLog, type MessageLogEntry } from "./message_log.ts";
import type { NodeReport } from "../data/node_report.ts";
import type { NodePhase } from "../data/snapshot.ts";
import { DEFAULT_RESTART, type RestartPolicy } from "../data/state.ts";

/** Where a node comes from and where it belongs. */
export interface NodeOrigin {
  /** Its number, never used again while it lives. */
  readonly id: NodeId;
  /** When it was made, on the graph's clock. */
  readonly bornAt: number;
  /** The topology it belongs to; empty for nodes made by hand. */
  readonly scope: string;
  /** The generation of its scope that it was made under. */
  readonly generation: number;
  /** True for a node of a topology: it stays when its last hook goes. */
  readonly declared: boolean;
  /** The node it belongs to: a listener for its clones, a clone for its copy of a template. */
  readonly owner: Node | null;
  /** Which node of which template it is a copy of. */
  readonly template: string | null;
}

/** How a node ended that is still there. */
export interface NodeEnd {
  /** Why it ended. */
  readonly error: ErrorData;
  /** How, in the one vocabulary of close reasons. */
  readonly reason: CloseReason;
}

const NO_REPORT: NodeReport = { local: null, peer: null, connections: null, reasons: {}, notes: [] };
const NOBODY: readonly Node[] = [];
const NOTHING: readonly MessageLogEntry[] = [];

/** A node. Only {@linkcode Graph} makes, names and ends one. */
export class Node {
  /** What it is. */
  readonly type: NodeType;
  #origin: NodeOrigin;
  /** What it has counted, and those that had its name before. */
  counts: NodeCounts;
  /** What it does. */
  readonly behaviour: NodeBehaviour;
  /** Its hooks by name. */
  readonly hooks: SmallMap<string, Hook> = new SmallMap();
  /** What takes each of its settings back, as read before it was first made; null while none was. */
  formers: ReadonlyMap<string, string> | null = null;
  /** Its name within its topology; null: it is addressed by id. */
  name: string | null = null;
  /** When it is made anew after it ended by itself. */
  restart: RestartPolicy = DEFAULT_RESTART;
  /** True until the bring-up is done: no accepting, no reading of datagrams. */
  held = false;
  /** True when it stays though its last hook has gone. */
  persistent = false;
  /** False once it was shut down. */
  alive = true;
  /** True once its code has thrown: nothing is delivered to it any more. */
  crashed = false;
  /** Its neighbours among those that its owner has; theirs to write. */
  prev: Node | null = null;
  /** See `prev`. */
  next: Node | null = null;
  /** Made with the first one: most nodes own none. */
  #owned: LinkedList<Node> | null = null;
  #log: MessageLog | null = null;
  #ended: NodeEnd | null = null;
  /** Made with the first item that is dropped. */
  #drops: DropHealth | null = null;
  readonly #graph: Graph;

  /** Only {@linkcode Graph} makes nodes. */
  constructor(
    type: NodeType,
    origin: NodeOrigin,
    made: { graph: Graph; create: NodeType["create"]; counts: NodeCounts },
  ) {
    const { graph, create, counts } = made;
    this.type = type;
    this.#origin = origin;
    this.counts = counts;
    this.#graph = graph;
    try {
      this.behaviour = create({ graph, node: this, clock: new NodeClock(this, graph.clock) });
    } catch (error) {
      throw error instanceof NetgraphError ? error : thrownBy(this, error);
    }
  }

  /** Where it comes from and where it belongs. */
  get origin(): NodeOrigin {
    return this.#origin;
  }

  /** Makes it, and what it owns, part of a topology; only {@linkcode Graph} does that. */
  move(scope: string): void {
    this.#origin = { ...this.#origin, scope, declared: this.#origin.owner === null };
    for (const owned of this.owned) owned.move(scope);
  }

  /** Its number. */
  get id(): NodeId {
    return this.origin.id;
  }

  /** How people and messages address it: `web/front`, `[1f]`. */
  get path(): string {
    if (this.name === null) return formatNodeId(this.id);
    return this.origin.scope === "" ? this.name : `${this.origin.scope}/${this.name}`;
  }

  /** What it was told. */
  get log(): MessageLog {
    return this.#log ??= new MessageLog();
  }

  /** Nodes that belong to this one, as they are now; they do not end with it by themselves. */
  get owned(): readonly Node[] {
    return this.#owned?.list() ?? NOBODY;
  }

  /** Takes a node for its own. */
  own(node: Node): void {
    this.#owned ??= new LinkedList();
    this.#owned.add(node);
  }

  /** The node is gone, and nobody's. */
  disown(node: Node): void {
    this.#owned?.remove(node);
  }

  /** What people know it by: its own path, or that of the named node it belongs to. */
  get label(): string {
    const { owner } = this.origin;
    return this.name === null && owner !== null ? owner.label : this.path;
  }

  /** Notes that the node has ended by itself, though it is still there. */
  fail({ code, message, subject }: ErrorData, reason: CloseReason): void {
    this.#ended = { error: { code, message, subject }, reason };
  }

  /**
   * Its code has thrown. It ends, and what goes through it is reset; all other nodes go on. Doing it twice does nothing.
   */
  crash(thrown: unknown): void {
    if (this.crashed) return;
    this.crashed = true;
    const error = thrownBy(this, thrown);
    // One that has more to end than its hooks says itself that it has failed.
    if (this.alive && this.behaviour.crashed !== undefined) return this.behaviour.crashed(error);
    const data = error.toData();
    this.fail(data, "error");
    const { name, label, origin: { scope } } = this;
    this.#graph.emit({ kind: "failed", scope, node: name ?? label, reason: "error", error: data });
    this.#graph.emit({ kind: "changed", scope });
    for (const hook of this.hooks.list()) sendSign(hook, "abort", "error");
  }

  /** Calls its code, which fails the node where it throws; undefined then. */
  attempt<T>(call: (behaviour: NodeBehaviour) => T): T | undefined {
    try {
      return call(this.behaviour);
    } catch (error) {
      this.crash(error);
      return undefined;
    }
  }

  /**
   * Calls its code for a caller who has to know whether that went well.
   *
   * @throws NetgraphError what the node says against it, or EIO for what it should not throw
   */
  ask<T>(call: (behaviour: NodeBehaviour) => T): T {
    try {
      return call(this.behaviour);
    } catch (error) {
      throw error instanceof NetgraphError ? error : thrownBy(this, error);
    }
  }

  /** The node works again. */
  recover(): void {
    this.#ended = null;
  }

  /** How it ended by itself; null while it works. */
  get ended(): NodeEnd | null {
    return this.#ended;
  }

  /** Something is dropped at one of its hooks. True where the hook is watched from now on. */
  dropsAt(hook: Hook, reason: CloseReason): boolean {
    if (!this.#origin.declared || !DropHealth.minds(reason)) return false;
    if (this.type.name === "anchor" || this.hooks.get(hook.name) !== hook) return false;
    this.#drops ??= this.#watchDrops();
    this.#drops.note(hook, reason);
    return true;
  }

  #watchDrops(): DropHealth {
    const { clock } = this.#graph;
    const changed = (): void => this.#graph.emit({ kind: "changed", scope: this.#origin.scope });
    const phase = (): NodePhase => this.phase;
    return new DropHealth({ clock, hooks: this.hooks, outside: this.type.outside, changed, phase });
  }

  /** The hook is gone. */
  passesAt(hook: Hook): void {
    this.#drops?.end(hook);
  }

  /** How it fares, as it sees itself and as what it drops shows; null where nothing is known. */
  report(): NodeReport | null {
    const own = this.attempt((behaviour) => behaviour.report?.()) ?? null;
    const faults = this.#drops?.faults() ?? [];
    return faults.length === 0 ? own : { ...NO_REPORT, ...own, faults: [...own?.faults ?? [], ...faults] };
  }

  /** What it was told, in order; asking makes no record. */
  get entries(): readonly MessageLogEntry[] {
    return this.#log?.entries() ?? NOTHING;
  }

  /** How far its bring-up is, or that it failed. */
  get phase(): NodePhase {
    if (this.#ended !== null) return "failed";
    const entries = this.entries;
    if (entries.some((entry) => entry.phase === "failed")) return "failed";
    return entries.some((entry) => entry.phase === "waiting") || this.held ? "starting" : "ready";
  }

  /** The hook that decides what it is, for types whose hook does, in its canonical spelling. */
  get deciding(): string | null {
    if (!this.type.hookDecides) return null;
    for (const name of this.hooks.keys()) return this.#canonical(name);
    return null;
  }

  /** The hook of that name; a hook that decides what its node is answers to each of its spellings: `2/2/17`. */
  hook(name: string): Hook | undefined {
    const found = this.hooks.get(name);
    if (found !== undefined || !this.type.hookDecides) return found;
    const wanted = this.#canonical(name);
    return this.hooks.list().find((hook) => this.#canonical(hook.name) === wanted);
  }

  /** The spelling that the type gives a name; a name that it does not know stays as it is. */
  #canonical(name: string): string {
    if (this.behaviour.takesAnyHook) return name;
    try {
      return this.type.parseHook(name);
    } catch (error) {
      if (error instanceof NetgraphError) return name;
      throw error;
    }
  }
}
