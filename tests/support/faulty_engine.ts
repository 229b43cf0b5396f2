/**
 * An engine over a network in memory, on a way into its graph that fails when the test says so, and clients of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseText } from "../../src/ascii/parse.ts";
import type { ApplyEvent, ApplyOutcome } from "../../src/api/apply_event.ts";
import type { ApplyRequest, RequestedTopology } from "../../src/api/operations/apply.ts";
import { Engine } from "../../src/engine/engine.ts";
import { graphHere } from "../../src/engine/open_graph.ts";
import type { NetgraphError } from "../../src/errors.ts";
import type { GraphState } from "../../src/graph/data/state.ts";
import { describeBuiltinTypes } from "../../src/nodes/builtin.ts";
import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { sockaddr } from "../../src/socket/address_text.ts";
import { parseEndpoint } from "../../src/socket/endpoint.ts";
import { loadTopology } from "../../src/topology/load/load.ts";
import { octetsOf, Recorder } from "../conformance/recorder.ts";
import { FaultyPort } from "./faulty_port.ts";

/** A client's connection. */
export interface Client {
  /** Sends text, and waits until as much has come back. */
  echoes(text: string): Promise<boolean>;
}

/** An engine and its world. */
export class FaultyEngine implements AsyncDisposable {
  readonly network: MemoryNetwork = new MemoryNetwork();
  readonly port: FaultyPort;
  readonly engine: Engine;
  readonly #clients = this.network.openSockets();

  constructor() {
    const { clock } = this.network;
    const placed = graphHere(this.network.openSockets(), clock);
    this.port = new FaultyPort(placed.port);
    this.engine = new Engine({ graph: { ...placed, port: this.port }, clock, pid: 7, random: () => 0.5 });
  }

  /** Applies one topology. */
  async apply(
    state: GraphState,
    options: Partial<ApplyRequest> & { readonly signal?: AbortSignal } = {},
    msg: (event: ApplyEvent) => void = () => {},
  ): Promise<ApplyOutcome> {
    const { signal, ...more } = options;
    const request = { topologies: [desired(state)], replace: [], rollback: true, waitMs: 0, ...more };
    const [outcome] = await this.engine.apply(request, msg, signal === undefined ? {} : { signal });
    if (outcome === undefined) throw new RangeError("Nothing was applied");
    return outcome;
  }

  /** How many steps there would be. */
  async planned(state: GraphState): Promise<number> {
    const [result] = await this.engine.plan({ topologies: [desired(state)], replace: [] });
    return result?.plan.steps.length ?? 0;
  }

  /** A connection from outside; fails when it is refused. */
  async connect(address: string): Promise<Client> {
    const socket = this.#clients.open(parseEndpoint("inet/stream/tcp"));
    const owner = new Recorder();
    socket.owner = owner;
    const error = await new Promise<NetgraphError | null>((done) => {
      socket.connect(parseText(sockaddr, address), done);
    });
    if (error !== null) throw error;
    socket.resume();
    return {
      echoes: async (text) => {
        const before = owner.text();
        socket.send(octetsOf(text), null);
        await this.network.idle();
        return owner.text() === before + text;
      },
    };
  }

  /** A server of another program, which accepts all connections and discards what it receives. */
  serve(address: string): void {
    const socket = this.#clients.open(parseEndpoint("inet/stream/tcp"));
    const owner = new Recorder();
    owner.accepted = (child) => {
      child.owner = new Recorder();
      child.resume();
    };
    socket.owner = owner;
    socket.bind(parseText(sockaddr, address));
    socket.listen(128);
    for (let asked = 0; asked < 1_000; asked++) socket.accept();
  }

  /** Whether something accepts connections there. */
  async answers(address: string): Promise<boolean> {
    try {
      await this.connect(address);
      return true;
    } catch {
      return false; // Refused: that is the answer.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    await this.#clients.close();
    await this.network.idle();
  }
}

/** A topology as a file has it. */
export function stateOf(text: string): GraphState {
  const { topologies, diagnostics } = loadTopology({
    source: { name: "test.yaml", text },
    types: describeBuiltinTypes(MEMORY_CAPABILITIES),
    env: () => null,
    defaultName: null,
    baseDirectory: "/",
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message), []);
  const [topology] = topologies;
  if (topology === undefined) throw new RangeError("The text has no topology");
  return topology.state;
}

function desired(state: GraphState): RequestedTopology {
  return { state, source: { kind: "file", location: "/test.yaml", revision: null } };
}
