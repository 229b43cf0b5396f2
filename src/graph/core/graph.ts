/**
 * The graph: nodes by ID, scopes by name, and their few operations. Every user action is a control message
 * (`dispatch.ts`), which ends here.
 *
 * @module
 */

import { CompactingMap } from "../../compacting_map.ts";
import { runSync, type Task } from "../../cooperative.ts";
import type { Clock } from "../../clock.ts";
import { nearHint } from "../../ascii/near.ts";
import { NetgraphError } from "../../errors.ts";
import type { GraphEvent } from "../data/event.ts";
import type { TapAct } from "../data/tap.ts";
import { Taps } from "./taps.ts";
import { ConnectionLog } from "./connection_log.ts";
import { connectionsThrough } from "./copy_end.ts";
import { CountBook } from "./count_book.ts";
import type { Hook } from "./hook.ts";
import { addHook, revertHook } from "./hook_creation.ts";
import { closing, Node, shutdown } from "./node.ts";
import { NodeNumbers } from "./node_numbers.ts";
import { type Share, WHOLE } from "../data/share.ts";
import type { Answer } from "./message.ts";
import type { NodeBehaviour, NodeContext, NodeType } from "./node_type.ts";
import { Pending } from "./pending.ts";
import { Scope } from "./scope.ts";

/** The parts of a graph. */
export interface GraphOptions {
  /** The types of node that can be created. */
  readonly types: readonly NodeType[];
  /** The clock of its nodes. */
  readonly clock: Clock;
  /** Its index among several graphs that act as one; without it, there is one. */
  readonly share?: Share;
}

/** The place of a new node. */
export interface MakeOptions {
  /** The topology; empty for nodes created manually. */
  readonly scope: string;
  /** True for a node of a topology: it stays after its last hook is removed. */
  readonly declared?: boolean;
  /** The node it belongs to. */
  readonly owner?: Node;
  /** The template's node of which it is a copy: `session/upstream`. */
  readonly template?: string | null;
  /** Creates the behaviour instead of the type: an accepted connection already has its socket. */
  readonly create?: (context: NodeContext) => NodeBehaviour;
}

/** Nodes that are joined by hooks. */
export class Graph {
  /** The clock of its nodes. */
  readonly clock: Clock;
  /** Its index among several graphs that act as one. */
  readonly share: Share;
  /** The counts of its nodes, by their names. */
  readonly counts: CountBook = new CountBook();
  /** The records of its connections. */
  readonly connectionLog: ConnectionLog;
  /** The clients that observe connections. */
  readonly taps: Taps;
  readonly #types: ReadonlyMap<string, NodeType>;
  readonly #nodes = new CompactingMap<number, Node>();
  readonly #scopes = new Map<string, Scope>();
  readonly #closing = new Set<Pending<null>>();
  readonly #listeners = new Set<(event: GraphEvent) => void>();
  readonly #numbers = new NodeNumbers();

  /** Creates a graph without nodes. */
  constructor(options: GraphOptions) {
    this.clock = options.clock;
    this.connectionLog = new ConnectionLog(options.clock, (event) => this.emit(event));
    this.share = options.share ?? WHOLE;
    this.taps = new Taps({ clock: options.clock, part: this.share.part, emit: (event) => this.emit(event) });
    this.#numbers.setPartition(this.share.part, this.share.of);
    this.#types = new Map(options.types.map((type) => [type.name, type]));
  }

  // Types

  /** The types of node, in the order of registration. */
  get types(): readonly NodeType[] {
    return [...this.#types.values()];
  }

  /**
   * The type of that name.
   *
   * @throws NetgraphError ENXIO
   */
  type(name: string): NodeType {
    const type = this.#types.get(name);
    if (type !== undefined) return type;
    const hint = nearHint(name, this.#types.keys());
    throw new NetgraphError(
      "ENXIO",
      `Cannot create a node of type "${name}": there is no such type${hint ? `; ${hint}` : ""}`,
    );
  }

  // Scopes

  /**
   * Creates an empty scope; `anchorType` is the type of the node that represents it.
   *
   * @throws NetgraphError EEXIST
   */
  openScope(name: string, anchorType: NodeType): Scope {
    if (this.#scopes.has(name)) {
      throw new NetgraphError("EEXIST", `Cannot open topology "${name}": it exists already`);
    }
    const scope = new Scope(name);
    this.#scopes.set(name, scope);
    scope.anchor = this.#add(anchorType, { scope: name, declared: true });
    return scope;
  }

  /** Shuts down everything in a scope, and the scope. ENOENT if there is none. */
  *closeScope(name: string): Task<void> {
    const scope = this.scope(name);
    const nodes = this.nodesOf(name);
    for (const node of nodes) {
      node.attempt(closing);
      yield;
    }
    for (const node of nodes) {
      if (node !== scope.anchor) this.shutdown(node);
      yield;
    }
    this.shutdown(scope.anchor);
    this.#scopes.delete(name);
    this.counts.close(name, this.clock.now());
    this.emit({ kind: "changed", scope: name });
  }

  /**
   * The scope of that name.
   *
   * @throws NetgraphError ENOENT
   */
  scope(name: string): Scope {
    const scope = this.#scopes.get(name);
    if (scope !== undefined) return scope;
    const what = name === "" ? "a node outside of topologies: none was created manually" : `topology "${name}"`;
    throw new NetgraphError("ENOENT", `Cannot find ${what}`);
  }

  /** The generation of a scope; 0 if there is none of that name. */
  generationOf(scope: string): number {
    return this.#scopes.get(scope)?.generation ?? 0;
  }

  /** The names of all scopes, in the order of their creation. */
  scopes(): readonly string[] {
    return [...this.#scopes.keys()];
  }

  // Nodes

  /** All nodes that belong to a scope, in the order in which they were added. */
  nodesOf(scope: string): readonly Node[] {
    return [...this.#scopes.get(scope)?.nodes ?? []];
  }

  /** All nodes, newest first as netgraph lists them. */
  allNodes(): readonly Node[] {
    return [...this.#nodes.values()].reverse();
  }

  /** The node of that id, or null. */
  node(id: number): Node | null {
    return this.#nodes.get(id) ?? null;
  }

  /**
   * Creates a node without hooks and without a name.
   *
   * @throws NetgraphError ENXIO for an unknown type, EINVAL for one that only the core creates
   */
  make(typeName: string, options: MakeOptions): Node {
    const type = this.type(typeName);
    if (!type.creatable) {
      throw new NetgraphError(
        "EINVAL",
        `Cannot create a node of type "${typeName}": only the program itself has such nodes`,
      );
    }
    return this.#add(type, options);
  }

  /** Creates a node of a type that only the core creates (`socket`). */
  makeInternal(type: NodeType, options: MakeOptions): Node {
    return this.#add(type, options);
  }

  /**
   * Gives a node a name, or another one.
   *
   * @throws NetgraphError EADDRINUSE when the name is in use
   */
  rename(node: Node, name: string): void {
    const scope = this.scope(node.origin.scope);
    if (scope.names.has(name)) {
      throw new NetgraphError("EADDRINUSE", `Cannot name "${node.path}" "${name}": the name is in use`);
    }
    // The anchor's hooks have the names of the nodes that they hold.
    for (const { peer } of node.hooks.values()) {
      if (peer?.node === scope.anchor) peer.rename(name);
    }
    this.counts.rename(node, name, { now: this.clock.now(), generation: scope.generation });
    scope.rename(node, name);
    this.#changed(node);
  }

  /** Adds a manually created node to a topology, with all nodes that belong to it. */
  addToScope(node: Node, { scope, name }: { readonly scope: string; readonly name: string }): void {
    const oldScope = this.scope(node.origin.scope);
    if (node.name !== null) oldScope.names.delete(node.name);
    node.name = null;
    oldScope.nodes.delete(node);
    node.move(scope);
    this.scope(scope).nodes.add(node);
    this.rename(node, name);
    if (oldScope.name !== scope) this.emit({ kind: "changed", scope: oldScope.name });
  }

  /** Shuts a node down: its hooks are removed, its name and ID are free. A second call does nothing. */
  shutdown(node: Node): void {
    if (!node.alive) return;
    node.attempt(closing);
    node.alive = false;
    const connections = connectionsThrough(node);
    for (const hook of node.hooks.list()) this.removeHook(hook);
    const freed = node.attempt(shutdown);
    if (freed instanceof Pending) this.#track(freed);
    if (node.name !== null) this.#vacate(node.origin.scope, node.name);
    this.#nodes.delete(node.id);
    const scope = this.#scopes.get(node.origin.scope);
    scope?.nodes.delete(node);
    scope?.dropping.delete(node);
    node.origin.owner?.disown(node);
    for (const connection of connections) this.shutdown(connection);
    this.#changed(node);
  }

  /** Shuts nodes down together: each may deliver its pending data before the first one is removed. */
  shutdownAll(nodes: readonly Node[]): void {
    for (const node of nodes) if (node.alive) node.attempt(closing);
    for (const node of nodes) this.shutdown(node);
  }

  /** Waits until the resources of nodes that were shut down are free again: their addresses. */
  whenFreed(): Answer<null> {
    const [closing] = this.#closing;
    if (closing === undefined) return null;
    const freed = new Pending<null>();
    const step = (): void => {
      const [next] = this.#closing;
      if (next === undefined) freed.resolve(null);
      else next.whenSettled(step);
    };
    step();
    return freed;
  }

  // Hooks

  /**
   * Joins two nodes; for a null hook, the node's type chooses the name.
   *
   * @throws NetgraphError EEXIST for a hook in use, or the error of a node; then nothing has changed
   */
  connect(a: { node: Node; hook: string | null }, b: { node: Node; hook: string | null }): void {
    const one = addHook(a.node, a.hook);
    let other: Hook;
    try {
      other = addHook(b.node, b.hook);
    } catch (error) {
      revertHook(one);
      throw error;
    }
    one.peer = other;
    other.peer = one;
    for (const { node, name } of [one, other]) {
      if (node.type.hookDecides) this.counts.decided(node, name, this.clock.now());
    }
    one.count();
    other.count();
    one.node.attempt((behaviour) => behaviour.hookConnected?.(one));
    other.node.attempt((behaviour) => behaviour.hookConnected?.(other));
    this.#changed(a.node);
    const [here, there] = [a.node.origin, b.node.origin];
    if (here.scope !== there.scope) this.#changed(b.node);
    // Copies come and go without an event; one that is joined manually is drift of its topology.
    if (here.owner !== null && isManual(there)) this.emit({ kind: "changed", scope: here.scope });
    if (there.owner !== null && isManual(here)) this.emit({ kind: "changed", scope: there.scope });
  }

  /** Removes a hook, and its peer with it. Nodes that end with their last hook do so. */
  removeHook(hook: Hook): void {
    const { peer } = hook;
    hook.peer = null;
    if (peer !== null) peer.peer = null;
    this.#dropHook(hook);
    if (peer !== null) this.#dropHook(peer);
  }

  /** Connects the two peers of a node directly, and leaves its hooks without peers. */
  bypass(one: Hook, other: Hook): void {
    const [left, right] = [one.peer, other.peer];
    if (left === null || right === null) return;
    one.peer = null;
    other.peer = null;
    left.peer = right;
    right.peer = left;
  }

  // Events

  /** Calls `listen` for every event from now on; the returned function ends that. */
  subscribe(listen: (event: GraphEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** Emits an event. */
  emit(event: GraphEvent): void {
    for (const listen of this.#listeners) listen(event);
  }

  /** Shuts every node down. */
  close(): void {
    for (const scope of this.scopes()) runSync(this.closeScope(scope));
    this.connectionLog.flush();
    this.taps.close();
  }

  /** Opens or closes a tap, or takes note that its reader has read. */
  tap(act: TapAct): void {
    const tap = this.taps.act(act);
    if (tap === null || tap.request.newOnly) return;
    for (const node of this.#nodes.values()) node.behaviour.tapped?.(tap);
  }

  #vacate(scopeName: string, name: string): void {
    const scope = this.#scopes.get(scopeName);
    if (scope === undefined) return;
    scope.names.delete(name);
    this.counts.vacate(scopeName, name, scope.generation);
  }

  #track(closing: Pending<null>): void {
    this.#closing.add(closing);
    closing.whenSettled(() => this.#closing.delete(closing));
  }

  #add(type: NodeType, options: MakeOptions): Node {
    const owner = options.owner ?? null;
    const id = this.#numbers.next();
    const origin = {
      id,
      bornAt: this.clock.now(),
      scope: options.scope,
      generation: this.generationOf(options.scope),
      declared: options.declared ?? false,
      owner,
      template: options.template ?? null,
    };
    const create = options.create ?? type.create;
    const counts = this.counts.of(origin, type.name, this.clock.now());
    const node = new Node(type, origin, { graph: this, create, counts });
    this.#nodes.set(id, node);
    this.#scopes.get(options.scope)?.nodes.add(node);
    owner?.own(node);
    return node;
  }

  #dropHook(hook: Hook): void {
    const { node } = hook;
    if (node.hooks.get(hook.name) !== hook) return;
    node.hooks.delete(hook.name);
    hook.uncount();
    node.attempt((behaviour) => behaviour.hookRemoved?.(hook));
    const stays = node.persistent || node.origin.declared || !node.type.endsWithLastHook;
    if (node.alive && node.hooks.size === 0 && !stays) this.shutdown(node);
    else this.#changed(node);
  }

  /** Connections are frequent: readers of their number read the snapshot. */
  #changed(node: Node): void {
    if (node.origin.owner !== null) return;
    this.emit({ kind: "changed", scope: node.origin.scope });
  }
}

function isManual({ owner, declared }: Node["origin"]): boolean {
  return owner === null && !declared;
}
