/**
 * The most similar known word to a misspelt one: for every "did you mean".
 *
 * @module
 */

/** The limit of compared candidates: comparing tens of thousands of names for each problem would take too long. */
const MAX_CANDIDATES = 1_000;

/**
 * The candidate a person most likely meant, or null if none is near: that is an answer, not a failure.
 *
 * Case does not count as a difference, and two neighbouring letters that changed places count once.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = toleranceOf(wanted.length) + 1;
  let left = MAX_CANDIDATES;
  for (const candidate of candidates) {
    if (left-- === 0) break;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The advice that names the nearest candidate, or null. */
export function nearHint(word: string, candidates: Iterable<string>): string | null {
  const near = nearest(word, candidates);
  return near === null ? null : `did you mean "${near}"?`;
}

const TRUE_WORDS: readonly string[] = ["yes", "y", "on", "enable", "enabled", "t"];
const FALSE_WORDS: readonly string[] = ["no", "n", "off", "disable", "disabled", "f"];

/** Advice on a word where true or false is expected; null if nothing is near. */
export function truthHint(word: string): string | null {
  const small = word.toLowerCase();
  const near = TRUE_WORDS.includes(small)
    ? "true"
    : FALSE_WORDS.includes(small)
    ? "false"
    : nearest(small, ["true", "false"]);
  return near === null ? null : `write ${near}`;
}

/** The limit of listed names. */
const MAX_NAMES = 6;

/** `"a", "b" or "c"`: the words of which one is expected. */
export function listChoices(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(", ").replace(/, (?="[^"]*"$)/, " or ");
}

/** `"a", "b" and "c"`: all of a few names, or the first of many and how many more there are. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, names.length > MAX_NAMES ? MAX_NAMES - 1 : MAX_NAMES).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  const last = rest > 0 ? `${rest} more` : shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

/** The advice for the name of a topology that is not running: the most similar one, otherwise those that are running. */
export function runningHint(word: string, names: readonly string[]): string {
  if (names.length === 0) return "no topology is running";
  return nearHint(word, names) ?? `${listNames(names)} ${names.length === 1 ? "is" : "are"} running`;
}

/** A third of a word may be wrong, but never more than three letters. */
function toleranceOf(length: number): number {
  return Math.min(3, Math.max(1, Math.floor(length / 3)));
}

/** Optimal string alignment distance: insert, delete, replace, swap neighbours. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let distance = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        distance = Math.min(distance, at(before, column - 2) + 1);
      }
      current.push(distance);
    }
    before = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
