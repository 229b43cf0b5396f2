/**
 * A node in operation, with its neighbours: a listener with a connection that flows, or a node that a connected socket
 * is joined to.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Flow } from "../support/memory_engine.ts";
import { MemoryEngine } from "../support/memory_engine.ts";
import type { Sample } from "./every_command_samples.ts";

/** Who answers every octet with itself. */
export const BACK = "inet/127.0.0.1:9000";
/** Where a listener listens. */
export const FRONT = "inet/127.0.0.1:80";

/** The hook by which a node of a type is joined. */
const HOOKS: Readonly<Record<string, string>> = {
  hub: "h",
  hole: "h",
  tee: "left",
  one2many: "one",
  frame: "stream",
  pipe: "upper",
  patch: "in",
  bridge: "link0",
};

/** The text of a topology whose node `x` gets all messages of the sample, with `message` where it is tried. */
export function textOf(type: string, { base, before = [], behind = [] }: Sample, message: string | null): string {
  const all = [...before, ...(message === null ? [] : [message]), ...behind];
  const messages = all.length === 0 ? "[]" : `\n${all.map((one) => `      - ${one}`).join("\n")}`;
  const hook = {
    listener: "inet/stream/tcp",
    connected: "inet/stream/tcp",
    datagrams: "inet/dgram/udp",
    tls: "inet/stream/tls",
    relay: null,
    pool: null,
    alone: null,
  };
  const own = hook[base] === null ? "" : `\n    hook: ${hook[base]}`;
  const peer = base === "relay"
    ? `  up: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "${BACK}"] }\nlinks: [[up, x:${
      HOOKS[type]
    }]]\n`
    : "";
  const front =
    `  front:\n    type: ksocket\n    hook: inet/stream/tcp\n    messages: [{ bind: "${FRONT}" }, listen 8, accept: { connect: pool/x }]\n`;
  const others = base === "pool" ? front : peer;
  return `nodes:\n  x:\n    type: ${type}${own}\n    messages: ${messages}\n${others}`;
}

/** A node that is tried. */
export class Trial implements AsyncDisposable {
  readonly world: MemoryEngine = new MemoryEngine();
  readonly #back = this.world.echo(BACK);
  #flow: Flow | null = null;

  /** Brings the node to work. A listener that has a target has a connection. */
  async begin(text: string): Promise<void> {
    this.world.memory.program("/bin/cat", () => ({}));
    assert.equal((await this.world.apply(text)).result, "applied");
    if (text.includes("accept:")) this.#flow = await this.world.flow(FRONT);
  }

  /** The running nodes: equal as long as neither the node nor a connection was recreated. */
  async whoIsThere(): Promise<readonly string[]> {
    const { topologies } = await this.world.engine.status();
    const ids = topologies.flatMap(({ nodes }) => nodes.map(({ name, id }) => `${name} ${id}`));
    return [...ids, `${this.#back.connections} connections`];
  }

  /** A connection that was there before the change flows on, whatever the change cost. */
  async flows(): Promise<void> {
    await this.#flow?.flows();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flow?.stop();
    await this.world[Symbol.asyncDispose]();
  }
}
