/**
 * pool: several targets of connections, balanced and watched.
 *
 * Hooks: none. `pool/NAME` is an address for `connect` and `accept { connect=… }` of a ksocket: the pool selects the
 * target of each connection. Messages: settargets, gettargets, setconfig, getconfig, sethealth, gethealth, draintarget,
 * disabletarget, enabletarget.
 *
 * @example Two servers behind one port
 * ```yaml
 * nodes:
 *   front:
 *     type: ksocket
 *     hook: inet/stream/tcp
 *     messages: [{ bind: "inet/127.0.0.1:8080" }, { listen: 128 }, { accept: { connect: pool/web } }]
 *   web: { type: pool, messages: [{ settargets: ["inet/10.0.0.1:80", { to: "inet/10.0.0.2:80", weight: 3 }] }] }
 * ```
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Hook } from "../../graph/core/hook.ts";
import { Pending } from "../../graph/core/pending.ts";
import type { Answer, Handlers } from "../../graph/core/message.ts";
import type { Node } from "../../graph/core/node.ts";
import { defineNodeType, type NodeBehaviour, type NodeContext, type NodeType } from "../../graph/core/node_type.ts";
import { isShownTarget } from "../../graph/data/target_report.ts";
import type { Share } from "../../graph/data/share.ts";
import type { TargetEvent } from "../../graph/data/target_event.ts";
import type { NodeReport } from "../../graph/data/node_report.ts";
import type { SocketRuntime } from "../../socket/socket.ts";
import { checkPool, targetsOfPool } from "./pool_check.ts";
import { POOL_COMMANDS, type PoolCommands, rowOf } from "./pool_commands.ts";
import type { Target } from "./target.ts";
import { TargetPool } from "./target_pool.ts";
import { DEFAULT_HEALTH } from "./target_spec.ts";

/** A running pool. */
export class Pool implements NodeBehaviour<PoolCommands> {
  /** Its targets. */
  readonly targets: TargetPool;
  readonly #node: Node;

  constructor(
    { node, graph }: NodeContext,
    options: { readonly runtime: SocketRuntime; readonly random: () => number },
  ) {
    this.#node = node;
    const changed = (): void => graph.emit({ kind: "changed", scope: node.origin.scope });
    const report = (event: TargetEvent): void => emitTargetEvent(graph, node, event);
    this.targets = new TargetPool({ ...options, clock: graph.clock, node, changed, report });
  }

  readonly commands: Handlers<PoolCommands> = {
    settargets: (specs) => whenLookedUp(this.targets.setTargets(specs)),
    gettargets: () => this.targets.reports().filter(isShownTarget).map(rowOf),
    setconfig: (patch) => {
      this.targets.config = { ...this.targets.config, ...patch };
      return null;
    },
    getconfig: () => this.targets.config,
    sethealth: (patch) => {
      this.targets.setHealth({ ...DEFAULT_HEALTH, probe: "all", ...patch });
      return null;
    },
    gethealth: () => this.targets.health,
    draintarget: (name) => this.#order(name, "drain"),
    disabletarget: (name) => this.#order(name, "disable"),
    enabletarget: (name) => this.#order(name, "use"),
  };

  /** Never: it has no hooks. */
  receive(): void {}

  addHook(hook: Hook): void {
    throw new NetgraphError("EINVAL", `Cannot add hook "${hook.name}" to "${this.#node.path}": a pool has no hooks`);
  }

  shared(share: Share): void {
    this.targets.share = share;
  }

  targetEvents(events: readonly TargetEvent[]): void {
    this.targets.receive(events);
  }

  shutdown(): void {
    this.targets.close();
  }

  report(): NodeReport {
    const targets = this.targets.reports();
    const faults = this.targets.faults();
    return {
      local: null,
      peer: null,
      connections: null,
      reasons: {},
      notes: this.targets.notes(),
      targets,
      ...(faults.length === 0 ? {} : { faults }),
    };
  }

  #order(name: string, order: Target["order"]): null {
    if (this.targets.setOrder(name, order)) return null;
    const known = this.targets.targets.map((one) => one.name).join(", ");
    const message = `Cannot find target "${name}" of "${this.#node.path}": it has ${known === "" ? "none" : known}`;
    throw new NetgraphError("ENOENT", message, { subject: { node: this.#node.path } });
  }
}

/** The answer of a message that declares targets: once the names of new ones have been looked up. */
export function whenLookedUp<Reply>(answers: Pending<unknown> | null): Answer<Reply | null> {
  if (answers === null) return null;
  const done = new Pending<Reply | null>();
  answers.whenSettled(() => done.resolve(null));
  return done;
}

/** Reports to the other threads that have a node. */
export function emitTargetEvent(graph: Graph, { name, origin: { scope } }: Node, event: TargetEvent): void {
  if (name !== null) graph.emit({ kind: "targets", scope, node: name, events: [event] });
}

/** The type of pool nodes whose targets are reached by `runtime`. */
export function poolType(runtime: SocketRuntime, random: () => number = Math.random): NodeType<PoolCommands> {
  return { ...describePool(), create: (context) => new Pool(context, { runtime, random }) };
}

/** The facts of pool, for checks of a topology without opening a socket. */
export function describePool(): NodeType<PoolCommands> {
  return defineNodeType({
    name: "pool",
    summary: "Selects the target of each connection to pool/NAME, and checks the health of the targets",
    cookie: POOL_COOKIE,
    commands: POOL_COMMANDS,
    hooks: [],
    endsWithLastHook: false,
    parseHook: (name: string): string => {
      throw new AsciiError("EINVAL", `A pool has no hook "${name}"`, { hint: "connect: pool/NAME uses a pool" });
    },
    check: checkPool,
    targets: targetsOfPool,
    create: () => {
      throw new RangeError("Cannot create a pool without a socket runtime");
    },
  });
}

const POOL_COOKIE = 1_796_047_200;
