/**
 * A graph of made-up nodes in a made-up world: `sock` is its hook and has an address, as a ksocket does, and what the
 * world lets it do is up to the test.
 *
 * @module
 */

import { string } from "../../src/ascii/text.ts";
import { uint32 } from "../../src/ascii/scalar.ts";
import { optional, struct } from "../../src/ascii/struct.ts";
import type { AsciiType } from "../../src/ascii/type.ts";
import { type ErrorCode, NetgraphError } from "../../src/errors.ts";
import { Graph } from "../../src/graph/core/graph.ts";
import type { Command } from "../../src/graph/core/command.ts";
import type { CloseReason } from "../../src/graph/data/close_reason.ts";
import { defineNodeType, type NodeType } from "../../src/graph/core/node_type.ts";
import { localPort } from "../../src/graph/port/port_local.ts";
import type { GraphPort } from "../../src/graph/port/port.ts";
import type { Node } from "../../src/graph/core/node.ts";
import { Pending } from "../../src/graph/core/pending.ts";
import { sessionEnd } from "../../src/nodes/session_end.ts";
import { Reconciler } from "../../src/reconcile/loop/loop.ts";
import type { ReconcileEvent } from "../../src/reconcile/loop/event.ts";
import type { TypeTable } from "../../src/reconcile/diff/facts.ts";
import { VirtualClock } from "../../src/runtimes/memory/clock.ts";
import { followPath } from "../../src/graph/message/follow.ts";

type Config = Readonly<{ a?: number; b?: number }>;

const configType: AsciiType<Config> = struct({ a: optional(uint32), b: optional(uint32) });

type SockCommands = {
  readonly bind: Command<string, null>;
  readonly connect: Command<string, null>;
  readonly setconfig: Command<Config, null>;
  readonly setpeer: Command<string, null>;
  readonly lie: Command<null, null>;
  readonly getname: Command<null, string>;
};

const COMMANDS: SockCommands = {
  bind: {
    id: 1,
    summary: "Takes an address",
    args: string,
    reply: null,
    kind: "lifecycle",
    cost: "replace",
    readBack: { query: "getname", matches: (desired, found) => desired === found },
  },
  connect: {
    id: 2,
    summary: "Joins a peer",
    args: string,
    reply: null,
    kind: "lifecycle",
    cost: "replace",
    failureDegrades: true,
  },
  setconfig: {
    id: 3,
    summary: "Sets numbers",
    args: configType,
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (config) => {
      const { a, b } = config ?? {};
      return [
        ...(a === undefined ? [] : [{ key: "a", args: { a } }]),
        ...(b === undefined ? [] : [{ key: "b", args: { b } }]),
      ];
    },
    reset: (key) => key === "a" ? { a: 0 } : null,
  },
  setpeer: {
    id: 6,
    summary: "Sets an address",
    args: string,
    reply: null,
    kind: "setting",
    cost: "live",
  },
  lie: {
    id: 4,
    summary: "Says it did, and did not",
    args: null,
    reply: null,
    kind: "lifecycle",
    cost: "replace",
    readBack: { query: "getname", matches: () => false },
  },
  getname: {
    id: 5,
    summary: "Its address",
    args: null,
    reply: string,
    kind: "query",
    cost: "live",
    refer: (reply, part) => part === null ? reply : null,
  },
};

/** What happens around the nodes. */
export class World {
  readonly clock = new VirtualClock();
  /** Addresses in use, with their owners. */
  readonly bound = new Map<string, Node>();
  /** What an address answers to bind or connect. */
  readonly faults = new Map<string, ErrorCode>();
  /** Addresses that do not answer a connect until the test says so. */
  readonly silent = new Set<string>();
  readonly #connecting = new Map<string, { readonly node: Node; readonly reply: Pending<null> }[]>();
  /** What happened, in order. */
  readonly log: string[] = [];
  readonly events: ReconcileEvent[] = [];
  /** Called with each of them. */
  onEvent: (event: ReconcileEvent) => void = () => {};
  readonly graph: Graph;
  readonly port: GraphPort;
  readonly types: TypeTable;
  readonly reconciler: Reconciler;

  constructor() {
    const types: readonly NodeType[] = [this.#sockType(), busType];
    this.graph = new Graph({ types, clock: this.clock });
    this.port = localPort(this.graph, { sessionEnd });
    this.types = new Map(types.map((type) => [type.name, type]));
    this.reconciler = new Reconciler({
      port: this.port,
      types: this.types,
      clock: this.clock,
      random: () => 0.5,
      onEvent: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
    });
  }

  /** Ends a node as the world does: its address is free, its work is over. */
  kill(path: string, code: ErrorCode, reason: CloseReason): void {
    const node = followPath(this.graph, path, null).node;
    const error = new NetgraphError(code, `Node "${node.path}" died`);
    for (const [address, holder] of this.bound) if (holder === node) this.bound.delete(address);
    node.fail(error, reason);
    this.graph.emit({ kind: "failed", topology: "web", node: node.name ?? "", reason, error: error.toData() });
  }

  /** Answers all connects to a silent address, with an error unless with success. */
  answer(address: string, code: ErrorCode | null = null): void {
    const waiting = this.#connecting.get(address) ?? [];
    this.#connecting.delete(address);
    for (const { node, reply } of waiting) {
      if (code !== null) reply.reject(new NetgraphError(code, `Cannot connect ${address}`));
      else {
        this.log.push(`${node.name} connected ${address}`);
        reply.resolve(null);
      }
    }
  }

  /** How many connects a silent address keeps waiting. */
  waitingAt(address: string): number {
    return this.#connecting.get(address)?.length ?? 0;
  }

  #cancelConnects(node: Node): void {
    for (const [address, waiting] of this.#connecting) {
      const [own, others] = [waiting.filter((one) => one.node === node), waiting.filter((one) => one.node !== node)];
      this.#connecting.set(address, others);
      for (const { reply } of own) reply.reject(new NetgraphError("ECANCELED", `Cannot connect ${address}`));
    }
  }

  /** Waits until nothing is in progress. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  }

  /** Lets time pass, and what it brings. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    this.clock.advance(ms);
    await this.rest();
  }

  async close(): Promise<void> {
    await this.reconciler.close();
    await this.port.close();
  }

  #sockType(): NodeType<SockCommands> {
    return defineNodeType({
      name: "sock",
      summary: "A made-up socket",
      cookie: 1,
      commands: COMMANDS,
      hooks: [{ pattern: "<any>", summary: "Data" }],
      hookDecides: true,
      parseHook: (name: string): string => name,
      claims: ({ messages }) =>
        messages.flatMap(({ command, args }) =>
          command === "bind" && typeof args === "string"
            ? [{ space: "sock", host: null, place: args, shared: false, peer: null, text: args }]
            : []
        ),
      create: ({ graph, node }) => {
        let address = "";
        return {
          commands: {
            bind: (desired) => {
              this.#refuse(desired, "bind", this.bound.has(desired) ? "EADDRINUSE" : undefined);
              address = desired;
              this.bound.set(desired, node);
              this.log.push(`${node.name} bound ${desired}`);
              return null;
            },
            connect: (desired) => {
              this.#refuse(desired, "connect", undefined);
              if (this.silent.has(desired)) {
                const reply = new Pending<null>();
                this.#connecting.set(desired, [...this.#connecting.get(desired) ?? [], { node, reply }]);
                return reply;
              }
              this.log.push(`${node.name} connected ${desired}`);
              return null;
            },
            setconfig: (config) => {
              this.log.push(`${node.name} set ${JSON.stringify(config)}`);
              if (config.b === 13) throw new NetgraphError("EINVAL", "Cannot set b to 13");
              return null;
            },
            setpeer: (peer) => {
              this.log.push(`${node.name} has peer ${peer}`);
              return null;
            },
            lie: () => null,
            getname: () => address,
          },
          receive: () => undefined,
          released: () => {
            this.log.push(`${node.name} released`);
          },
          // Its hook is what it is.
          hookRemoved: () => graph.shutdown(node),
          shutdown: () => {
            if (this.bound.get(address) === node) this.bound.delete(address);
            this.#cancelConnects(node);
            this.log.push(`${node.name} ended`);
          },
        };
      },
    });
  }

  #refuse(address: string, verb: string, otherwise: ErrorCode | undefined): void {
    const code = this.faults.get(`${verb} ${address}`) ?? otherwise;
    if (code !== undefined) throw new NetgraphError(code, `Cannot ${verb} ${address}`);
  }
}

const busType: NodeType<Readonly<Record<never, never>>> = defineNodeType({
  name: "bus",
  summary: "Joins many",
  cookie: 2,
  commands: {},
  hooks: [{ pattern: "<any>", summary: "Data" }],
  parseHook: (name: string): string => name,
  automaticHook: (taken: ReadonlySet<string>): string => {
    let number = 0;
    while (taken.has(`link${number}`)) number++;
    return `link${number}`;
  },
  create: () => ({ commands: {}, receive: () => undefined }),
});
