/**
 * Figures of several rounds in one.
 *
 * @module
 */

/** What several measurements come to. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Sums measurements up.
 *
 * @throws RangeError where there are none
 */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError("Cannot sum up no measurements");
  const low = sorted[(sorted.length - 1) >> 1] ?? min;
  const high = sorted[sorted.length >> 1] ?? max;
  return { median: (low + high) / 2, min, max };
}

/** The quartiles: a quarter of the values is below the first one, and a quarter above the third. */
export interface Quartiles {
  readonly first: number;
  readonly median: number;
  readonly third: number;
}

/**
 * The quartiles of some values.
 *
 * @throws RangeError where there are none
 */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  const { median } = summarize(sorted);
  const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))] ?? median;
  return { first: at(0.25), median, third: at(0.75) };
}

/** The same things in an order of chance, so that no contender always follows the same one. */
export function shuffle<T>(things: readonly T[], random: () => number = Math.random): readonly T[] {
  return things
    .map((thing) => ({ thing, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ thing }) => thing);
}
