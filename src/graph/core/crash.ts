/**
 * The effect of an unexpected error that the code of a node throws: the node fails, and everything else continues.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import type { Node } from "./node.ts";

/** An error that the code of a node has thrown, as text and for status. */
export function thrownBy(node: Node, error: unknown): NetgraphError {
  const code = error instanceof NetgraphError ? error.code : "EIO";
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const message = `Node "${node.label}" of type "${node.type.name}" threw ${text}${placeOf(error)}`;
  return new NetgraphError(code, message, { subject: { node: node.label }, cause: error });
}

/** A clock whose timers cause only the node that set them to fail. */
export class NodeClock implements Clock {
  readonly #node: Node;
  readonly #clock: Clock;

  constructor(node: Node, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): Date {
    return this.#clock.wall();
  }

  after(delayMs: number, fire: () => void): Timer {
    return this.#clock.after(delayMs, () => {
      try {
        fire();
      } catch (error) {
        this.#node.crash(error);
      }
    });
  }
}

/** The line that threw, for the author of the node. */
function placeOf(error: unknown): string {
  const [, place] = /\n\s+at (?:.*\()?([^()\n]+:\d+:\d+)\)?/.exec(error instanceof Error ? error.stack ?? "" : "") ??
    [];
  return place === undefined ? "" : `, at ${place}`;
}
