/**
 * Many connections through a forwarder, on each of which octets go round that say where they belong: one that is lost,
 * changed or out of order is seen, and so is a connection that is closed.
 *
 * @module
 */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

const CHUNK = 512;
/** How often every connection that waits for nothing sends. */
const PULSE_MS = 50;

/** A server that greets with its own letter, then answers everything with itself. */
export class Upstream implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(letter: string) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}); // The client's end reports it.
      socket.on("close", () => this.#sockets.delete(socket));
      socket.write(letter);
      socket.pipe(socket);
    });
  }

  /** Listens on a port of the system's choice. */
  static async open(letter: string): Promise<Upstream> {
    const upstream = new Upstream(letter);
    upstream.#server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
    await once(upstream.#server, "listening");
    return upstream;
  }

  /** Its address, as a topology has it. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new RangeError("It does not listen");
    return `inet/127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** What octet stands at an offset of a connection. */
function octetAt(id: number, offset: number): number {
  return (Math.imul(offset, 31) + Math.imul(id, 7) + (offset >>> 8)) & 0xff;
}

/** One connection. */
export class Session {
  readonly #id: number;
  readonly #socket: Socket;
  readonly #greeted = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #caught = new Set<() => void>();
  #letter: string | null = null;
  #sent = 0;
  #received = 0;
  /** What was wrong first; null as long as nothing is. */
  failure: string | null = null;

  constructor(id: number, port: number) {
    this.#id = id;
    this.#socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (octets: Uint8Array) => this.#take(octets));
    this.#socket.on("error", (error) => this.#fail(`it was closed: ${error.message}`));
    this.#socket.on("end", () => {
      if (this.#received < this.#sent) this.#fail("it ended before all was back");
    });
    this.#socket.on("close", () => {
      if (this.#letter === null) this.#greeted.reject(new Error(`Connection ${id} ended before it was greeted`));
      this.#ended.resolve();
      for (const wake of this.#caught) wake();
    });
  }

  /** The letter of the upstream at the other end. */
  get upstream(): Promise<string> {
    return this.#greeted.promise;
  }

  /** Octets that went round. */
  get received(): number {
    return this.#received;
  }

  /** Sends once more, if all is back. */
  pulse(): void {
    if (this.#letter === null || this.#received < this.#sent || this.failure !== null) return;
    const chunk = new Uint8Array(CHUNK);
    for (let index = 0; index < CHUNK; index++) chunk[index] = octetAt(this.#id, this.#sent + index);
    this.#sent += CHUNK;
    this.#socket.write(chunk);
  }

  /** Waits until all is back, and ends as a person does who is done. */
  async finish(): Promise<void> {
    // One that came last may not have had its turn.
    if (this.#sent === 0) this.pulse();
    while (this.#received < this.#sent && this.failure === null) {
      await new Promise<void>((resolve) => this.#caught.add(resolve));
    }
    this.#socket.end();
    await this.#ended.promise;
  }

  /** Ends at once. */
  async abort(): Promise<void> {
    this.#greeted.promise.catch(() => {}); // Nothing waits for it any more.
    this.#socket.destroy();
    await this.#ended.promise;
  }

  #take(octets: Uint8Array): void {
    let start = 0;
    if (this.#letter === null) {
      start = 1;
      this.#letter = String.fromCharCode(octets[0] ?? 0);
      this.#greeted.resolve(this.#letter);
    }
    for (let index = start; index < octets.length; index++) {
      if (octets[index] !== octetAt(this.#id, this.#received)) return this.#fail(`octet ${this.#received} is another`);
      this.#received++;
    }
    for (const wake of this.#caught) wake();
    this.#caught.clear();
  }

  #fail(why: string): void {
    this.failure ??= `Connection ${this.#id}: ${why}`;
    this.#socket.destroy();
  }
}

/** Connections that all keep sending. */
export class Crowd implements AsyncDisposable {
  readonly #port: number;
  readonly #sessions: Session[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(port: number) {
    this.#port = port;
    this.#timer = setInterval(() => {
      for (const session of this.#sessions) session.pulse();
    }, PULSE_MS);
  }

  /** Adds one, and returns its upstream. */
  async add(): Promise<string> {
    const session = new Session(this.#sessions.length, this.#port);
    this.#sessions.push(session);
    return await session.upstream;
  }

  /** Everything that went wrong so far. */
  get failures(): readonly string[] {
    return this.#sessions.flatMap(({ failure }) => failure === null ? [] : [failure]);
  }

  /** Octets that went round, and on how many connections at least some did. */
  get traffic(): { readonly octets: number; readonly connections: number } {
    return {
      octets: this.#sessions.reduce((sum, { received }) => sum + received, 0),
      connections: this.#sessions.filter(({ received }) => received > 0).length,
    };
  }

  /** Lets all come to their end, so that nothing is on its way any more. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sessions.map((session) => session.finish()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sessions.map((session) => session.abort()));
  }
}
