/**
 * HTTP over TCP, by `node:http`, the same on Deno and on Bun: `Deno.serve` has no limits, and ends when the process has
 * no descriptor left.
 *
 * A server of `node:http` on Deno 2.9.6 accepts nothing more after such a moment either, and reports nothing. Therefore
 * one that has accepted no connection for some time is tried, and replaced if it does not accept.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { errorText, NetgraphError } from "../../errors.ts";
import type { HttpListening, HttpPlace } from "../runtime.ts";
import { connect, type Socket } from "node:net";
import { systemError, systemErrorCode } from "../system_error.ts";
import { headersOf } from "./unix_client.ts";

type Handler = (request: Request) => Promise<Response>;

/** What clients may use. */
export interface HttpLimits {
  /**
   * Connections at the same time, so that the relay keeps its descriptors. For one beyond them, the one that has waited
   * longest without a request is closed, so that silent clients do not keep others out; if all have one, the new one is closed.
   */
  readonly connections: number;
  /** For a request to arrive, and for an idle connection until the next one. */
  readonly requestMs: number;
  /** For a response of which the client reads nothing. */
  readonly stalledMs: number;
  /** How often the time of requests is checked. */
  readonly checkMs: number;
  /** A server that has accepted no connection for this time is tried. */
  readonly trialMs: number;
}

/** What a server may be given. */
export interface HttpOptions {
  /** Called with the reason once it cannot serve, and with null when it serves again. */
  readonly report?: (error: NetgraphError | null) => void;
  /** For tests. */
  readonly limits?: HttpLimits;
}

const LIMITS: HttpLimits = { connections: 64, requestMs: 10_000, stalledMs: 60_000, checkMs: 1_000, trialMs: 2_000 };

/**
 * Serves requests without their bodies, which are not read.
 *
 * @throws NetgraphError EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTCAPABLE
 */
export async function serveHttp(
  { hostname, port }: HttpPlace,
  handle: Handler,
  { report = () => {}, limits = LIMITS }: HttpOptions = {},
): Promise<HttpListening> {
  const { createServer } = await import("node:http");
  const create = () => {
    const connections = new LimitedConnections(limits.connections);
    const server = createServer({
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
    }, (incoming, outgoing) => {
      connections.busy(incoming.socket, outgoing);
      answer(incoming, outgoing, handle).catch(() => outgoing.destroy());
    });
    return server.on("connection", (socket) => connections.add(socket));
  };
  const serving = new Listener({ hostname, port }, create, { report, limits });
  try {
    await serving.begin();
  } catch (error) {
    throw systemError(error, `Cannot serve HTTP at ${hostname}:${port}`);
  }
  return { hostname, port: serving.port, close: () => serving.close() };
}

/** The connections of a server, which has a limit of them. */
class LimitedConnections {
  readonly #limit: number;
  readonly #open = new Set<Socket>();
  /** Those without a request, in the order in which they began to wait for one. */
  readonly #waiting = new Set<Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    this.#waiting.add(socket);
    socket.on("close", () => this.#remove(socket));
    if (this.#open.size <= this.#limit) return;
    const [longest = socket] = this.#waiting;
    this.#remove(longest);
    longest.destroy();
  }

  /** It has a request, until the response is over. */
  busy(socket: Socket, outgoing: ServerResponse): void {
    if (!this.#waiting.delete(socket)) return;
    outgoing.on("close", () => {
      if (this.#open.has(socket)) this.#waiting.add(socket);
    });
  }

  #remove(socket: Socket): void {
    this.#open.delete(socket);
    this.#waiting.delete(socket);
  }
}

/** A server, replaced by another one at the same port if it does not accept. */
class Listener {
  readonly #hostname: string;
  readonly #create: () => Server;
  readonly #limits: HttpLimits;
  port: number;
  #server: Server | null = null;
  #accepted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;
  /** True once it was reported that it does not serve. */
  #failed = false;
  readonly #report: (error: NetgraphError | null) => void;

  constructor({ hostname, port }: HttpPlace, create: () => Server, { report, limits }: Required<HttpOptions>) {
    this.#hostname = hostname;
    this.port = port;
    this.#create = create;
    this.#limits = limits;
    this.#report = report;
  }

  async begin(): Promise<void> {
    await this.#listen();
    this.#arm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#checking;
    if (this.#server !== null) await closeServer(this.#server);
  }

  async #listen(): Promise<void> {
    const server = this.#create();
    server.setTimeout(this.#limits.stalledMs);
    server.maxConnections = CLOSING * this.#limits.connections;
    for (const event of ["connection", "drop"]) server.on(event, () => this.#accepted = true);
    this.port = await listen(server, { hostname: this.#hostname, port: this.port });
    this.#server = server;
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#checking = this.#check().then(() => {
        if (!this.#closed) this.#arm();
      });
    }, this.#limits.trialMs);
  }

  async #check(): Promise<void> {
    const accepted = this.#accepted;
    this.#accepted = false;
    if (this.#server !== null) {
      const state = accepted ? "accepts" : await this.#try();
      if (this.#closed) return;
      if (state === "accepts") return this.#servesAgain();
      if (state === "unknown") {
        return this.#fails(
          new NetgraphError("EMFILE", `Cannot accept HTTP at ${this.#hostname}:${this.port}: ${errorText("EMFILE")}`),
        );
      }
      const former = this.#server;
      this.#server = null;
      await closeServer(former);
    }
    try {
      await this.#listen();
      this.#failed = true;
      this.#servesAgain();
    } catch (error) {
      this.#fails(systemError(error, `Cannot serve HTTP at ${this.#hostname}:${this.port}`));
    }
  }

  /** Whether the server accepts; it is tried twice, as a busy program may be late to notice an answer. */
  async #try(): Promise<TrialResult> {
    let result: TrialResult = "refuses";
    for (let trial = 0; trial < 2 && result === "refuses" && !this.#closed; trial++) {
      result = await tryServer({ hostname: this.#hostname, port: this.port });
      if (this.#accepted) return "accepts";
    }
    return result;
  }

  #fails(error: NetgraphError): void {
    if (!this.#failed) this.#report(error);
    this.#failed = true;
  }

  #servesAgain(): void {
    if (this.#failed) this.#report(null);
    this.#failed = false;
  }
}

/** `unknown`: there is no descriptor for a trial. */
type TrialResult = "accepts" | "refuses" | "unknown";

/** Bun 1.4.5 closes a silent connection only some seconds later: this many times the limit may wait for that. */
const CLOSING = 4;

/** The time for a server to answer a trial. */
const ANSWER_MS = 1_000;

/** Connects to a server and asks it: it accepts if it answers, or closes the connection. */
function tryServer({ hostname, port }: HttpPlace): Promise<TrialResult> {
  return new Promise((resolve) => {
    let result: TrialResult = "refuses";
    const socket = connect({ host: hostname, port }, () => {
      socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    });
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on("data", () => result = "accepts").on("end", () => result = "accepts");
    socket.on("error", (error) => {
      const code = systemErrorCode(error);
      if (code === "EMFILE" || code === "ENFILE") result = "unknown";
      if (code === "ECONNRESET" || code === "EPIPE") result = "accepts";
    });
    socket.on("close", () => resolve(result));
  });
}

function listen(server: Server, { hostname, port }: HttpPlace): Promise<number> {
  return new Promise((resolve, reject) => {
    // The listener stays: a later error, such as of accepting, must not end the program.
    server.on("error", reject);
    server.listen({ host: hostname, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, handle: Handler): Promise<void> {
  // A body is not read: its sender is disconnected after the response.
  if (incoming.method !== "GET" && incoming.method !== "HEAD") outgoing.setHeader("connection", "close");
  const request = requestOf(incoming);
  const response = request === null
    ? new Response("The request is not valid\n", { status: 400 })
    : await handle(request).catch(() => new Response("internal error\n", { status: 500 }));
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  if (response.body === null) outgoing.end();
  else await send(response.body, outgoing);
}

/** Null if it has no valid address, such as without the header "Host". */
function requestOf(incoming: IncomingMessage): Request | null {
  const { url = "", method = "GET" } = incoming;
  const headers = headersOf(incoming);
  try {
    return new Request(url.startsWith("/") ? `http://${headers.get("host") ?? ""}${url}` : url, { method, headers });
  } catch {
    return null;
  }
}

/** Sends a body as fast as the client reads it, until the body ends or the client leaves. */
async function send(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  let ready = Promise.withResolvers<void>();
  outgoing.on("drain", () => ready.resolve());
  outgoing.on("close", () => {
    ready.resolve();
    reader.cancel().catch(() => {});
  });
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    ready = Promise.withResolvers<void>();
    if (!outgoing.write(value) && !outgoing.destroyed) await ready.promise;
  }
  outgoing.end();
}
