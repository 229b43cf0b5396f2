/**
 * A situation in which traffic is not served, made with real sockets, and what several of them are made of.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Server } from "node:net";
import type { HealthStage, Unwell } from "./stage.ts";

/** A situation: a topology, how it comes about, what is stated, and how it ends. */
export interface Situation extends Unwell {
  /** Also the topology's name. */
  readonly name: string;
  /** Runtimes whose system states it; absent: all. */
  readonly runtimes?: readonly string[];
  /** Makes it so. Returns what ends it. */
  readonly begin: (stage: HealthStage, name: string) => Promise<() => Promise<void>>;
}

/** A topology of one listener on a free port. */
export function front(accept: string): string {
  return `
nodes:
  front:
    type: ksocket
    hook: inet/stream/tcp
    messages: [bind: "inet/127.0.0.1:0", listen: 16, accept: ${accept}]
`;
}

/** The same, whose clients join an echo. */
export function echo(fields = ""): string {
  return `${front(`{ peer: echo${fields} }`)}  echo: { type: echo }\n`;
}

/** A topology of one node that connects. */
export function connector(port: number): string {
  return `
nodes:
  out: { type: ksocket, hook: inet/stream/tcp, messages: [connect: "inet/127.0.0.1:${port}"] }
  end: { type: hole }
links: [[out, end]]
`;
}

/** Where a server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}
