/**
 * An engine whose sockets live in a network in memory, and flows of octets through it that detect a lost one,
 * changed or out of order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import type { ApplyEvent, ApplyOutcome } from "../../src/api/apply_event.ts";
import type { PlanResult } from "../../src/api/operations/apply.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/engine_options.ts";
import { graphHere } from "../../src/engine/open_graph.ts";
import type { NodeType } from "../../src/graph/core/node_type.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import type { Socket, SocketRuntime } from "../../src/socket/socket.ts";
import type { StandardIo } from "../../src/socket/standard_io.ts";
import type { RequestedTopology } from "../../src/api/operations/apply.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { Recorder, wholeOctets } from "../conformance/recorder.ts";

const CHUNK = 256;

/** An engine, and the world around it. */
export class MemoryEngine implements AsyncDisposable {
  readonly memory: MemoryNetwork = new MemoryNetwork();
  readonly engine: Engine;
  /** The events of changes. */
  readonly events: ApplyEvent[] = [];
  readonly #own: SocketRuntime = this.memory.openSockets();
  #flows = 0;

  readonly #types: readonly NodeType[];

  /**
   * @param types node types beside the built-in ones
   * @param stdio standard input and output of the engine
   */
  constructor(
    types: readonly NodeType[] = [],
    stdio: StandardIo | null = null,
    options: Pick<EngineOptions, "ownAddress" | "yieldToLoop"> = {},
  ) {
    this.#types = types;
    const { clock } = this.memory;
    const graph = graphHere(this.memory.openSockets(), clock, { extra: types, stdio });
    this.engine = new Engine({ graph, clock, pid: 7, random: () => 0, ...options });
  }

  /** Applies a topology named `t`; the text has no errors. */
  async apply(
    text: string,
    replace: readonly string[] = [],
    options: { readonly selfHeal?: boolean } = {},
  ): Promise<ApplyOutcome> {
    const [outcome] = await this.engine.apply(
      { topologies: desired(text, this.#types), replace, rollback: true, waitMs: 0, ...options },
      (event) => this.events.push(event),
    );
    if (outcome === undefined) throw new RangeError("Apply emitted no outcome");
    return outcome;
  }

  /** What applying `text` would do. */
  async plan(text: string, replace: readonly string[] = []): Promise<PlanResult["plan"]> {
    const [result] = await this.engine.plan({ topologies: desired(text, this.#types), replace });
    if (result === undefined) throw new RangeError("Plan returned nothing");
    return result.plan;
  }

  /** The reply to a message, in ASCII form. */
  async msg(node: string, command: string, argument: string | null = null): Promise<string | null> {
    return (await this.engine.msg({ path: `t/${node}:`, command, argument })).text;
  }

  /** The changes of health that events report from now on: `Degraded AllDropped`. They end with the engine. */
  healthEvents(): readonly string[] {
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const event of this.engine.events()) {
        if (event.kind === "health") seen.push(`${event.health} ${event.reason}`);
      }
    };
    void read();
    return seen;
  }

  /** How a node of `t` fares. */
  async status(name: string): Promise<NodeStatus> {
    const { topologies } = await this.engine.status();
    const node = topologies.flatMap(({ nodes }) => nodes).find((one) => one.name === name);
    if (node === undefined) throw new RangeError(`There is no node "${name}"`);
    return node;
  }

  /** A server of the test's own that answers every octet with itself; returns the number of its connections so far. */
  echo(address: string): { connections: number } {
    const listener = this.#open();
    const counts = { connections: 0 };
    listener.owner.accepted = (socket) => {
      counts.connections++;
      const owner = new Recorder();
      socket.owner = owner;
      owner.answer = () => {
        const last = owner.received.pop();
        if (last !== undefined) socket.send(wholeOctets(last.bytes), null);
      };
      owner.ended = () => socket.close();
      socket.resume();
    };
    listener.socket.bind(parseText(sockaddr, address));
    listener.socket.listen(128);
    for (let asked = 0; asked < 1000; asked++) listener.socket.accept();
    return counts;
  }

  /** A connection of the test's own. */
  async connect(address: string): Promise<{ socket: Socket; owner: Recorder }> {
    const peer = this.#open();
    await new Promise<void>((resolve, reject) => {
      peer.socket.connect(parseText(sockaddr, address), (error) => error === null ? resolve() : reject(error));
    });
    peer.socket.resume();
    return peer;
  }

  /** A connection on which octets circulate until it is stopped. */
  async flow(address: string): Promise<Flow> {
    const { socket, owner } = await this.connect(address);
    const flow = new Flow(++this.#flows, socket, owner);
    await flow.flows();
    return flow;
  }

  /** All flows must have been stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await this.#own.close();
    await this.memory.idle();
  }

  #open(): { socket: Socket; owner: Recorder } {
    const socket = this.#own.open(parseEndpoint("inet/stream/tcp"));
    const owner = new Recorder();
    socket.owner = owner;
    return { socket, owner };
  }
}

/** Sends a chunk, waits for all of it to come back, and sends the next: every octet says where it belongs. */
export class Flow {
  readonly #id: number;
  readonly #socket: Socket;
  readonly #owner: Recorder;
  #sent = 0;
  #back = 0;
  #pumping = true;

  constructor(id: number, socket: Socket, owner: Recorder) {
    this.#id = id;
    this.#socket = socket;
    this.#owner = owner;
    owner.answer = () => this.#take();
    this.#push();
  }

  /** Octets that have come back. */
  get octets(): number {
    return this.#back;
  }

  /** True while the other end has neither ended nor reset it. */
  get alive(): boolean {
    return this.#owner.errors.length === 0 && this.#owner.endedCount === 0;
  }

  /** Waits until `more` octets have come back from now on: it flows. */
  async flows(more: number = 4 * CHUNK): Promise<void> {
    await this.flowsOrEnds(more);
    assert.ok(this.alive, `Flow ${this.#id} was closed after ${this.#back} octets`);
  }

  /** Sends no more, and waits until all that was sent is back. */
  async stop(): Promise<void> {
    this.#pumping = false;
    await this.#owner.until(() => this.#back >= this.#sent || !this.alive);
    assert.equal(this.#back, this.#sent);
    this.#socket.close();
  }

  /** Waits until octets have come back, or the other end has closed it: it is not open without an answer. */
  async flowsOrEnds(more: number = 4 * CHUNK): Promise<void> {
    const end = this.#back + more;
    await this.#owner.until(() => this.#back >= end || !this.alive);
  }

  /** Closes our end of one that the other end has closed. */
  closed(): void {
    this.#pumping = false;
    this.#socket.close();
  }

  #take(): void {
    const last = this.#owner.received.pop();
    for (const octet of last?.bytes ?? []) {
      assert.equal(octet, octetAt(this.#id, this.#back), `Octet ${this.#back} of flow ${this.#id}`);
      this.#back++;
    }
    if (this.#back === this.#sent && this.#pumping) this.#push();
  }

  #push(): void {
    const bytes = Uint8Array.from({ length: CHUNK }, (_, index) => octetAt(this.#id, this.#sent + index));
    this.#sent += CHUNK;
    this.#socket.send(wholeOctets(bytes), null);
  }
}

/** What the octet at a place of a flow is: neighbours, and the same place in other flows, differ. */
function octetAt(flow: number, place: number): number {
  return (Math.imul(place + flow * 0x9e37, 0x85eb_ca6b) >>> 11) & 0xff;
}

function desired(text: string, types: readonly NodeType[]): readonly RequestedTopology[] {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "t.yaml", text },
    types: [...describeBuiltinTypes(MEMORY_CAPABILITIES), ...types],
    env: () => null,
    defaultName: "t",
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  return topologies.map(({ state }) => {
    return { state, source: { kind: "file", location: "/t.yaml", revision: null } };
  });
}
