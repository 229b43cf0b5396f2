/**
 * All situations, and how one is played.
 *
 * @module
 */

import { CHAINS } from "./chains.ts";
import { CLIENTS } from "./clients.ts";
import { COPIES } from "./copies.ts";
import { MANUAL } from "./manual.ts";
import { NODES } from "./nodes.ts";
import type { Situation } from "./situation.ts";
import type { HealthStage } from "./stage.ts";
import { TARGETS } from "./targets.ts";

/** Situations by what is wrong; those of one list happen at the same time in one engine. */
export const SITUATIONS: Readonly<Record<string, readonly Situation[]>> = {
  "targets that do not take connections": TARGETS,
  "clients that are not let in": CLIENTS,
  "chains that end nowhere": CHAINS,
  "copies and shared nodes that serve no client": COPIES,
  "manual changes": MANUAL,
  "nodes, links and sources that are gone": NODES,
};

/** How long it took until all outputs stated that a situation is there, and that it is over, in milliseconds. */
export interface Delays {
  readonly statedMs: number;
  readonly overMs: number;
}

/** Plays a situation. */
export async function play(stage: HealthStage, { name, begin, ...unwell }: Situation): Promise<Delays> {
  const end = await begin(stage, name);
  const statedMs = await stage.unwell(name, unwell);
  await end();
  return { statedMs, overMs: await stage.well(name) };
}
