/**
 * A session from the client's end.
 *
 * @module
 */

import type { SessionAnswer, SessionEvent, SessionMessage, SessionNode, TypeCount } from "../graph/session/session.ts";
import type { Operation } from "./operation.ts";
import { decodeBase64, encodeBase64, SESSION, type SessionLine } from "./operations/session.ts";

/** Sends a request to the engine. */
interface Client {
  ask<Request, Answer>(operation: Operation<Request, Answer, "value">, request: Request): Promise<Answer>;
  lines<Request, Line>(operation: Operation<Request, Line, "lines">, request: Request): AsyncGenerator<Line>;
}

/** The client's own node in the engine's graph. */
export class RemoteSession {
  /** The node's ID: `[1f]`. */
  readonly node: string;
  readonly #id: string;
  readonly #lines: AsyncIterator<SessionLine>;
  readonly #client: Client;

  private constructor(
    { node, id }: SessionLine & { kind: "open" },
    lines: AsyncIterator<SessionLine>,
    client: Client,
  ) {
    this.node = node;
    this.#id = id;
    this.#lines = lines;
    this.#client = client;
  }

  /** Opens a session, whose node has this name; null if the answer is not a session. */
  static async open(client: Client, name: string): Promise<RemoteSession | null> {
    const lines = client.lines(SESSION.open, { name });
    const first = await lines.next();
    return first.done !== true && first.value.kind === "open" ? new RemoteSession(first.value, lines, client) : null;
  }

  /** The events, until the session ends. For one reader. */
  async *events(): AsyncGenerator<SessionEvent> {
    for (;;) {
      const { done, value: line } = await this.#lines.next();
      if (done === true) return;
      if (line.kind === "open") continue;
      yield line.kind === "data" ? dataOf(line) : line;
    }
  }

  /** Sends a message; throws what the node answers. */
  send(message: SessionMessage): Promise<SessionAnswer> {
    return this.#client.ask(SESSION.send, { ...message, id: this.#id });
  }

  /** Sends bytes by a hook of the node. */
  async write(hook: string, octets: Uint8Array): Promise<void> {
    await this.#client.ask(SESSION.write, { hook, base64: encodeBase64(octets), id: this.#id });
  }

  /** The node at a path, or all of them. */
  async nodes(path: string | null): Promise<readonly SessionNode[]> {
    return (await this.#client.ask(SESSION.nodes, { path, id: this.#id })).nodes;
  }

  /** The types of node, and how many of each live. */
  async types(): Promise<readonly TypeCount[]> {
    return (await this.#client.ask(SESSION.types, { id: this.#id })).types;
  }

  /** Ends the session; its node is removed when this returns. */
  async close(): Promise<void> {
    await this.#client.ask(SESSION.close, { id: this.#id });
  }
}

function dataOf({ base64, ...rest }: SessionLine & { kind: "data" }): SessionEvent {
  return { ...rest, octets: decodeBase64(base64) };
}
