/**
 * A forwarder that is changed while octets go through it, over real sockets: nothing is closed, lost or out of order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { scenario } from "./world.ts";

const CONNECTIONS = 50;
const CHUNK = 4096;
/** So much goes round between two changes, on every connection. */
const BETWEEN = 4 * CHUNK;

interface Shape {
  readonly name?: string;
  readonly settings?: readonly string[];
  readonly upstream: number;
  readonly second?: boolean;
}

function forwarder({ name = "front", settings = [], upstream, second = false }: Shape): string {
  const listener = (node: string, more: readonly string[]): string => {
    const messages = [...more, 'bind: "inet/127.0.0.1:0"', "listen: 128", "accept: { template: session }"];
    return `  ${node}:\n    type: ksocket\n    hook: inet/stream/tcp\n    messages:\n${
      messages.map((message) => `      - ${message}\n`).join("")
    }`;
  };
  return `nodes:
${listener(name, settings)}${second ? listener("second", []) : ""}
templates:
  session:
    nodes:
      upstream: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${upstream}"] }
`;
}

scenario("a forwarder is changed under load, and nothing is closed, lost or out of order", {
  timeoutMs: 120_000,
}, async (withTopology) => {
  await using back = await Echo.open();
  await using other = await Echo.open();
  await withTopology("tcp-forward", { TARGET: "127.0.0.1:1" }, async (world) => {
    const upstream = back.port;
    const settings = ["setopt: { SO_KEEPALIVE: 1 }", "setconfig: { idleTimeout: 10m }"];
    await world.apply({ text: forwarder({ name: "entry", upstream }) });
    const port = await world.port("entry");
    const flows: Flow[] = [];
    for (let count = 0; count < CONNECTIONS; count++) flows.push(await Flow.open(count, port));
    const steps: readonly Shape[] = [
      { name: "entry", upstream, settings },
      { name: "entry", upstream, settings: ["setopt: { SO_KEEPALIVE: 1 }"] },
      { name: "entry", upstream },
      { name: "entrance", upstream },
      { name: "entrance", upstream, second: true },
      { name: "entrance", upstream },
      { name: "entrance", upstream: other.port },
    ];
    for (const shape of steps) {
      const outcome = await world.apply({ text: forwarder(shape) });
      assert.deepEqual([outcome.result, outcome.ready], ["applied", true], JSON.stringify(shape));
      await Promise.all(flows.map((flow) => flow.flows(BETWEEN)));
    }
    assert.equal(await world.port("entrance"), port);
    assert.equal(other.connections, 0);
    const late = await Flow.open(CONNECTIONS, port);
    assert.equal(other.connections, 1);
    for (const flow of [...flows, late]) await flow.stop();
  });
});

/** A server that answers every octet with itself. */
class Echo implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.pipe(socket);
    });
  }

  static async open(): Promise<Echo> {
    const echo = new Echo();
    echo.#server.listen(0, "127.0.0.1");
    await once(echo.#server, "listening");
    return echo;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("Listening gave no port");
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A connection on which octets go round, each saying where it belongs. */
class Flow {
  readonly #id: number;
  readonly #socket: Socket;
  #sent = 0;
  #back = 0;
  #pumping = true;
  #fault: Error | null = null;
  #waiting: (() => void)[] = [];

  private constructor(id: number, socket: Socket) {
    this.#id = id;
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(Buffer.from(chunk)));
    socket.on("error", (error) => this.#fail(error));
    socket.on("end", () => this.#fail(new Error("it was ended")));
    this.#push();
  }

  /** Connects, and waits until something went round. */
  static async open(id: number, port: number): Promise<Flow> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const flow = new Flow(id, socket);
    await flow.flows(CHUNK);
    return flow;
  }

  /** Waits until `more` octets have come back. */
  async flows(more: number): Promise<void> {
    const end = this.#back + more;
    await this.#until(() => this.#back >= end);
  }

  /** Sends no more, waits until all is back, and closes. */
  async stop(): Promise<void> {
    this.#pumping = false;
    await this.#until(() => this.#back === this.#sent);
    this.#socket.removeAllListeners("end");
    this.#socket.end();
    this.#socket.resume();
    await once(this.#socket, "close");
  }

  async #until(test: () => boolean): Promise<void> {
    while (!test()) {
      if (this.#fault !== null) throw new Error(`Flow ${this.#id} after ${this.#back} octets: ${this.#fault.message}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(chunk: Buffer): void {
    for (const octet of chunk) {
      if (octet !== octetAt(this.#id, this.#back)) return this.#fail(new Error(`octet ${octet} does not belong here`));
      this.#back++;
    }
    if (this.#back === this.#sent && this.#pumping) this.#push();
    this.#wake();
  }

  #push(): void {
    const chunk = Uint8Array.from({ length: CHUNK }, (_, index) => octetAt(this.#id, this.#sent + index));
    this.#sent += CHUNK;
    this.#socket.write(chunk);
  }

  #fail(error: Error): void {
    this.#fault = error;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** What the octet at a place of a flow is: neighbours, and the same place in other flows, differ. */
function octetAt(flow: number, place: number): number {
  return (Math.imul(place + flow * 0x9e37, 0x85eb_ca6b) >>> 11) & 0xff;
}
