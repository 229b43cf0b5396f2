/**
 * How the target of a connection is selected among those that may be used.
 *
 * @module
 */

import type { Balance } from "./target_spec.ts";

/** A target, for balancing. */
export interface Balanced {
  readonly name: string;
  readonly weight: number;
  /** Open connections. */
  readonly active: number;
  /** Its place in smooth weighted round robin; balancing writes it. */
  current: number;
}

/** The input of a selection. */
export interface Choice {
  readonly balance: Balance;
  /** The owner of the connection: the host of the client. */
  readonly source: string;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** Selects one of `targets`, of which there is at least one. */
export function selectTarget<T extends Balanced>(targets: readonly T[], choice: Choice): T {
  const [only, ...others] = targets;
  if (only === undefined) throw new RangeError("Cannot select a target: there is none");
  if (others.length === 0) return only;
  switch (choice.balance) {
    case "first":
      return only;
    case "roundrobin":
      return nextInTurn(targets, only);
    case "leastconn":
      return leastLoaded(targets, only);
    case "random":
      return lessLoaded(weighted(targets, choice.random()), weighted(targets, choice.random()));
    case "source":
      return ownTarget(targets, only, choice.source);
  }
}

/** Smooth weighted round robin, as in nginx: heavy targets are not selected several times in a row. */
function nextInTurn<T extends Balanced>(targets: readonly T[], first: T): T {
  let best = first;
  let sum = 0;
  for (const target of targets) {
    sum += target.weight;
    target.current += target.weight;
    if (target.current > best.current) best = target;
  }
  best.current -= sum;
  return best;
}

/** Among equal ones the next in turn, so that the first does not get all short connections. */
function leastLoaded<T extends Balanced>(targets: readonly T[], first: T): T {
  let least = first.active / first.weight;
  for (const { active, weight } of targets) least = Math.min(least, active / weight);
  const candidates = targets.filter(({ active, weight }) => active / weight === least);
  const [one = first, ...others] = candidates;
  return others.length === 0 ? one : nextInTurn(candidates, one);
}

/** The better of two random ones: almost as even as the best of all, without all clients at the same one. */
function lessLoaded<T extends Balanced>(one: T, other: T): T {
  return other.active / other.weight < one.active / one.weight ? other : one;
}

function weighted<T extends Balanced>(targets: readonly T[], random: number): T {
  const sum = targets.reduce((total, { weight }) => total + weight, 0);
  let rest = random * sum;
  for (const target of targets) {
    rest -= target.weight;
    if (rest < 0) return target;
  }
  const last = targets.at(-1);
  if (last === undefined) throw new RangeError("Cannot select a target: there is none");
  return last;
}

/**
 * Weighted rendezvous hashing: every target gets a score from its name and the source, and the best one wins. Adding or
 * removing a target moves only its own sources.
 */
function ownTarget<T extends Balanced>(targets: readonly T[], first: T, source: string): T {
  let best = first;
  let most = -Infinity;
  for (const target of targets) {
    const score = -target.weight / Math.log(hash(`${target.name}\n${source}`));
    if (score > most) [best, most] = [target, score];
  }
  return best;
}

/**
 * A number between 0 and 1, both excluded: FNV-1a with mixed bits, because short texts differ only in the last ones.
 */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  value ^= value >>> 16;
  return ((value >>> 0) + 0.5) / 0x1_0000_0000;
}
