/**
 * A session from the client's end.
 *
 * @module
 */

import type { SessionAnswer, SessionEvent, SessionMessage, SessionNode, TypeCount } from "../graph/session/session.ts";
import {
  decodeBase64,
  encodeBase64,
  type NodesRequest,
  type SessionLine,
  type WriteRequest,
} from "./session_protocol.ts";

/** Asks one of the session's routes. */
export type AskSession = (target: string, body: unknown) => Promise<Response>;

/** A node of our own in the engine's graph. */
export class RemoteSession {
  /** Our node: `[1f]`. */
  readonly node: string;
  readonly #target: string;
  readonly #lines: AsyncIterator<string>;
  readonly #ask: AskSession;

  private constructor(opened: SessionLine & { kind: "open" }, lines: AsyncIterator<string>, ask: AskSession) {
    this.node = opened.node;
    this.#target = `/v1/session/${opened.id}`;
    this.#lines = lines;
    this.#ask = ask;
  }

  /** Takes over the lines that `POST /v1/session` answers; null when they are no session's. */
  static async open(lines: AsyncIterator<string>, ask: AskSession): Promise<RemoteSession | null> {
    const first = await lines.next();
    if (first.done === true) return null;
    const line: SessionLine = JSON.parse(first.value);
    return line.kind === "open" ? new RemoteSession(line, lines, ask) : null;
  }

  /** What comes by itself, until the session is over. One reader. */
  async *events(): AsyncGenerator<SessionEvent> {
    for (;;) {
      const next = await this.#lines.next();
      if (next.done === true) return;
      const line: SessionLine = JSON.parse(next.value);
      if (line.kind === "open") continue;
      yield line.kind === "data" ? dataOf(line) : line;
    }
  }

  /** Sends a message; throws what the node answers. */
  async send(message: SessionMessage): Promise<SessionAnswer> {
    return await this.#post("msg", message);
  }

  /** Sends octets by a hook of our node. */
  async write(hook: string, octets: Uint8Array): Promise<void> {
    const request: WriteRequest = { hook, base64: encodeBase64(octets) };
    await this.#post("write", request);
  }

  /** The node at a path, or all of them. */
  async nodes(path: string | null): Promise<readonly SessionNode[]> {
    const request: NodesRequest = { path };
    const { nodes }: { nodes: readonly SessionNode[] } = await this.#post("nodes", request);
    return nodes;
  }

  /** The types of node, and how many of each live. */
  async types(): Promise<readonly TypeCount[]> {
    const { types }: { types: readonly TypeCount[] } = await this.#post("types", {});
    return types;
  }

  /** Ends the session; its node is gone when this returns. */
  async close(): Promise<void> {
    await this.#post("close", {});
  }

  async #post<T>(action: string, body: unknown): Promise<T> {
    const response = await this.#ask(`${this.#target}/${action}`, body);
    return await response.json();
  }
}

function dataOf({ base64, ...rest }: SessionLine & { kind: "data" }): SessionEvent {
  return { ...rest, octets: decodeBase64(base64) };
}
