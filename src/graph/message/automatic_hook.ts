/**
 * Names for unnamed hooks.
 *
 * @module
 */

/** The lowest free name among `prefix0`, `prefix1`, … */
export function firstFree(prefix: string, taken: ReadonlySet<string>): string {
  for (let number = 0;; number++) {
    const name = `${prefix}${number}`;
    if (!taken.has(name)) return name;
  }
}
