/**
 * The difference between two statuses as a frame for the live page. Each reader has its own, because each has received
 * other frames.
 *
 * @module
 */

import type { PageFrame, PageTopology, TopologyHead } from "../../api/page_message.ts";
import type { Drawing } from "../../drawing/drawing.ts";
import type { NodeStatus, Status, TopologyStatus } from "../../reconcile/status/status_types.ts";

/** The state of a topology that was sent to a reader, as text. */
interface Known {
  head: string;
  shape: string;
  drawing: string;
  pushedBack: string;
  nodes: ReadonlyMap<string, string>;
}

/** Makes frames of one status after the other. */
export class Frames {
  readonly #draw: (status: TopologyStatus) => Promise<Drawing>;
  #known: ReadonlyMap<string, Known> | null = null;
  #isStill = false;

  /** @param draw draws a topology; called if its shape may have changed */
  constructor(draw: (status: TopologyStatus) => Promise<Drawing>) {
    this.#draw = draw;
  }

  /** The changes of a status; null if there are none, and there were none in the one before: rates are then zero. */
  async next(
    { engine, topologies }: Status,
    { time, sinceMs }: Pick<PageFrame, "time" | "sinceMs">,
  ): Promise<PageFrame | null> {
    const before = this.#known;
    const known = new Map<string, Known>();
    const changed: PageTopology[] = [];
    for (const topology of topologies) {
      const { now, difference } = await this.#compare(topology, before?.get(topology.name) ?? null);
      known.set(topology.name, now);
      if (Object.keys(difference).length > 1) changed.push(difference);
    }
    this.#known = known;
    const names = [...known.keys()];
    const sameNames = before !== null && [...before.keys()].join("\n") === names.join("\n");
    const isStill = sameNames && changed.length === 0;
    const wasStill = this.#isStill;
    this.#isStill = isStill;
    if (isStill && wasStill) return null;
    return {
      kind: "frame",
      time,
      sinceMs,
      ...(before === null ? { engine } : {}),
      ...(sameNames ? {} : { names }),
      topologies: changed,
    };
  }

  async #compare(
    status: TopologyStatus,
    before: Known | null,
  ): Promise<{ readonly now: Known; readonly difference: PageTopology }> {
    const texts = new Map(status.nodes.map((node) => [node.name, JSON.stringify(node)]));
    const nodes = status.nodes.filter(({ name }) => texts.get(name) !== before?.nodes.get(name));
    const isSame = before !== null && nodes.length === 0 && texts.size === before.nodes.size;
    const shape = isSame ? before.shape : shapeOf(status);
    const drawing = shape === before?.shape ? null : await this.#draw(status);
    const drawn = drawing === null ? before?.drawing ?? "" : JSON.stringify(drawing);
    const head = headOf(status);
    const pushedBack = pushedBackMs(status);
    const now = {
      head: JSON.stringify(head),
      shape,
      drawing: drawn,
      pushedBack: JSON.stringify(pushedBack),
      nodes: texts,
    };
    return {
      now,
      difference: {
        name: status.name,
        ...(now.head === before?.head ? {} : { head }),
        ...(drawing === null || drawn === before?.drawing ? {} : { drawing }),
        ...(now.pushedBack === before?.pushedBack ? {} : { pushedBackMs: pushedBack }),
        ...(nodes.length === 0 ? {} : { nodes }),
      },
    };
  }
}

function headOf(status: TopologyStatus): TopologyHead {
  const { name, source, generation, observedGeneration, sync, drift, health, conditions, confirmUntil } = status;
  return { name, source, generation, observedGeneration, sync, drift, health, conditions, confirmUntil };
}

/** The parts of a status that a drawing depends on: all but states and counters. */
function shapeOf({ generation, nodes, links }: TopologyStatus): string {
  const facts = ({ name, type, hook, local, peer, messages, targets = [] }: NodeStatus) => [
    [name, type, hook, local, peer],
    messages.map(({ message }) => message),
    targets.map((target) => [target.name, target.address, target.state === "removed"]),
  ];
  return JSON.stringify([generation, nodes.map(facts), links.map(({ ends }) => ends)]);
}

/** How long the nodes pushed back in all, by name. */
function pushedBackMs({ timings = {} }: TopologyStatus): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(timings).flatMap(([name, { backpressureMs }]) => {
      const sum = Math.round(backpressureMs.in + backpressureMs.out);
      return sum === 0 ? [] : [[name, sum]];
    }),
  );
}
