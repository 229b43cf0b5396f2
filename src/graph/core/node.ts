/**
 * A running node: identity, hooks, behaviour, and the record of its messages.
 *
 * @module
 */

import { LinkedList } from "../../linked_list.ts";
import { type ErrorData, NetgraphError } from "../../errors.ts";
import type { CloseReason } from "../data/close_reason.ts";
import { NodeClock, thrownBy } from "./crash.ts";
import { CopyDrops, makerOf } from "./copy_drops.ts";
import { Outcomes, type WorkFailure } from "./outcomes.ts";
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

/** Origin and place of a node. */
export interface NodeOrigin {
  /** Its number, never reused while it exists. */
  readonly id: NodeId;
  /** The time of its creation, on the graph's clock. */
  readonly bornAt: number;
  /** The topology it belongs to; empty for nodes created manually. */
  readonly scope: string;
  /** The generation of its scope at its creation. */
  readonly generation: number;
  /** True for a node of a topology: it stays after its last hook is removed. */
  readonly declared: boolean;
  /** The node it belongs to: a listener for its clones, a clone for its copy of a template. */
  readonly owner: Node | null;
  /** The template's node of which it is a copy. */
  readonly template: string | null;
}

/** The end of a node that still exists. */
export interface NodeEnd {
  /** The error. */
  readonly error: ErrorData;
  /** The kind of end, as one of the close reasons. */
  readonly reason: CloseReason;
}

const NO_REPORT: NodeReport = { local: null, peer: null, connections: null, reasons: {}, notes: [] };
const NOBODY: readonly Node[] = [];
const NOTHING: readonly MessageLogEntry[] = [];

/** A node. Only {@linkcode Graph} creates, names and ends them. */
export class Node {
  /** Its type. */
  readonly type: NodeType;
  #origin: NodeOrigin;
  /** Its counts, including those of earlier nodes with its name. */
  counts: NodeCounts;
  /** Its behaviour. */
  readonly behaviour: NodeBehaviour;
  /** Its hooks by name. */
  readonly hooks: SmallMap<string, Hook> = new SmallMap();
  /** The reset value of each of its settings, as read before it was first set; null while there is none. */
  formers: ReadonlyMap<string, string> | null = null;
  /** Its name within its topology; null: it is addressed by id. */
  name: string | null = null;
  /** When it is recreated after it has failed. */
  restart: RestartPolicy = DEFAULT_RESTART;
  /** True until the bring-up is done: it does not accept or read datagrams. */
  held = false;
  /** True when it stays although its last hook was removed. */
  persistent = false;
  /** False once it was shut down. */
  alive = true;
  /** True once its code has thrown: no data is delivered to it any more. */
  crashed = false;
  /** The previous and the next node in its owner's list, which the owner writes. */
  prev: Node | null = null;
  /** See `prev`. */
  next: Node | null = null;
  /** Created with the first one: most nodes own none. */
  #owned: LinkedList<Node> | null = null;
  #log: MessageLog | null = null;
  #ended: NodeEnd | null = null;
  /** Created with the first item that is dropped. */
  #drops: DropHealth | null = null;
  /** The same of copies that were made for connections it accepted. */
  #copyDrops: CopyDrops | null = null;
  /** Created with the first outcome that is a fault. */
  #outcomes: Outcomes | null = null;
  readonly #graph: Graph;

  /** Only {@linkcode Graph} creates nodes. */
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

  /** Its origin and place. */
  get origin(): NodeOrigin {
    return this.#origin;
  }

  /** Makes it, and the nodes that it owns, part of a topology; only {@linkcode Graph} does that. */
  move(scope: string): void {
    this.#origin = { ...this.#origin, scope, declared: this.#origin.owner === null };
    for (const owned of this.owned) owned.move(scope);
  }

  /** Its number. */
  get id(): NodeId {
    return this.origin.id;
  }

  /** Its name in output and in messages: `web/front`, `[1f]`. */
  get path(): string {
    if (this.name === null) return formatNodeId(this.id);
    return this.origin.scope === "" ? this.name : `${this.origin.scope}/${this.name}`;
  }

  /** The record of its messages. */
  get log(): MessageLog {
    return this.#log ??= new MessageLog();
  }

  /** Nodes that belong to this one, at this moment; they do not end with it automatically. */
  get owned(): readonly Node[] {
    return this.#owned?.list() ?? NOBODY;
  }

  /** Adds a node that it owns. */
  own(node: Node): void {
    this.#owned ??= new LinkedList();
    this.#owned.add(node);
  }

  /** An owned node was removed. */
  disown(node: Node): void {
    this.#owned?.remove(node);
  }

  /** Its path in output: its own path, or that of the named node it belongs to. */
  get label(): string {
    const { owner } = this.origin;
    return this.name === null && owner !== null ? owner.label : this.path;
  }

  /** Records that the node has failed, although it still exists. */
  fail({ code, message, subject }: ErrorData, reason: CloseReason): void {
    this.#ended = { error: { code, message, subject }, reason };
  }

  /**
   * Its code has thrown. It ends, and streams through it are reset; all other nodes continue. A second call does
   * nothing.
   */
  crash(thrown: unknown): void {
    if (this.crashed) return;
    this.crashed = true;
    const error = thrownBy(this, thrown);
    // A behaviour with more than hooks reports itself that it has failed.
    if (this.alive && this.behaviour.crashed !== undefined) return this.behaviour.crashed(error);
    const data = error.toData();
    this.fail(data, "error");
    const { name, label, origin: { scope } } = this;
    this.#graph.emit({ kind: "failed", topology: scope, node: name ?? label, reason: "error", error: data });
    this.#graph.emit({ kind: "changed", scope });
    for (const hook of this.hooks.list()) sendSign(hook, "abort", "error");
  }

  /** Calls its code, and fails the node if it throws; then returns undefined. */
  attempt<T>(call: (behaviour: NodeBehaviour) => T): T | undefined {
    try {
      return call(this.behaviour);
    } catch (error) {
      this.crash(error);
      return undefined;
    }
  }

  /**
   * Calls its code for a caller that must know whether it succeeded.
   *
   * @throws NetgraphError the error of the node, or EIO for an unexpected exception
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

  /** The failure; null while it works. */
  get ended(): NodeEnd | null {
    return this.#ended;
  }

  /** An item was dropped at one of its hooks. True if the hook is watched from now on. */
  dropsAt(hook: Hook, reason: CloseReason): boolean {
    if (!DropHealth.concernsLaterItems(reason) || this.type.name === "anchor" || this.hooks.get(hook.name) !== hook) {
      return false;
    }
    if (this.#origin.template !== null) return this.#dropsAtCopy(hook, reason);
    if (!this.#origin.declared) return false;
    this.#drops ??= this.#watchDrops();
    this.#drops.note(hook, reason);
    return true;
  }

  /** What a copy drops is known of the node that accepts the connections. */
  #dropsAtCopy(hook: Hook, reason: CloseReason): boolean {
    // A copy that is not ready, such as one whose target refuses connections, has its own reason.
    const maker = this.phase === "ready" ? makerOf(this) : null;
    if (maker === null) return false;
    maker.#copyDrops ??= new CopyDrops(maker, this.#graph);
    maker.#copyDrops.note(hook, reason);
    return true;
  }

  /** Its last work outside of the graph has failed, or has not (null); a copy's is known of the node that accepts. */
  reportOutcome(outcome: WorkFailure | null): void {
    const { template, scope } = this.#origin;
    const maker = template === null ? this : makerOf(this);
    if (maker === null || (outcome === null && maker.#outcomes === null)) return;
    maker.#outcomes ??= new Outcomes(this.#graph.clock);
    if (maker.#outcomes.set(template ?? "", outcome)) this.#graph.emit({ kind: "changed", scope });
  }

  #watchDrops(): DropHealth {
    const { clock } = this.#graph;
    const changed = (): void => this.#graph.emit({ kind: "changed", scope: this.#origin.scope });
    const phase = (): NodePhase => this.phase;
    const counts = (): NodeCounts => this.counts;
    const { outside } = this.type;
    this.#graph.scope(this.#origin.scope).dropping.add(this);
    return new DropHealth({ clock, counts, outside, changed, phase, copiesOf: null, tapOnly: false });
  }

  /** The hook was removed. */
  passesAt(hook: Hook): void {
    if (this.#origin.template === null) return this.#drops?.end(hook);
    const maker = makerOf(this);
    if (maker !== null) maker.#copyDrops?.end(hook);
  }

  /** A hook is joined that leads to no connection: there may be a destination now. */
  linked(): void {
    this.#drops?.clear();
  }

  /** Its connections lead elsewhere from now on: earlier drops have no meaning any more. */
  retargeted(): void {
    this.#copyDrops?.clear();
    for (const node of this.#graph.scope(this.#origin.scope).dropping) node.#drops?.forget(this.name ?? "");
  }

  /** Its health, by its own report and by its drops; null if nothing is known. */
  report(): NodeReport | null {
    const own = this.attempt((behaviour) => behaviour.report?.()) ?? null;
    const faults = [
      ...this.#drops?.faults() ?? [],
      ...this.#copyDrops?.faults() ?? [],
      ...this.#outcomes?.faults() ?? [],
    ];
    return faults.length === 0 ? own : { ...NO_REPORT, ...own, faults: [...own?.faults ?? [], ...faults] };
  }

  /** Its recorded messages, in order; queries are not recorded. */
  get entries(): readonly MessageLogEntry[] {
    return this.#log?.entries() ?? NOTHING;
  }

  /** The phase of its bring-up, or that it failed. */
  get phase(): NodePhase {
    if (this.#ended !== null) return "failed";
    const entries = this.entries;
    if (entries.some((entry) => entry.phase === "failed")) return "failed";
    return entries.some((entry) => entry.phase === "waiting") || this.held ? "starting" : "ready";
  }

  /** Its identity hook, for types that have one, in its canonical spelling. */
  get deciding(): string | null {
    if (!this.type.hookDecides) return null;
    for (const name of this.hooks.keys()) return this.#canonical(name);
    return null;
  }

  /** The hook of that name; an identity hook is found by each of its spellings: `2/2/17`. */
  hook(name: string): Hook | undefined {
    const found = this.hooks.get(name);
    if (found !== undefined || !this.type.hookDecides || this.hooks.size === 0) return found;
    const wanted = this.#canonical(name);
    return this.hooks.list().find((hook) => this.#canonical(hook.name) === wanted);
  }

  /** The type's spelling of a name; an unknown name is returned unchanged. */
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

/** Calls its code before it is removed: a function, rather than a closure for each connection. */
export function closing(behaviour: NodeBehaviour): void {
  behaviour.closing?.();
}

/** Calls its code when it is removed: a function, rather than a closure for each connection. */
export function shutdown(behaviour: NodeBehaviour): ReturnType<NonNullable<NodeBehaviour["shutdown"]>> {
  return behaviour.shutdown?.();
}
