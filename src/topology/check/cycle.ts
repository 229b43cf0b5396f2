/**
 * Cycles of a directed graph of names.
 *
 * @module
 */

/**
 * One cycle for every connected group of cyclic names: each starts with the first name, and no name is in two of them.
 *
 * @param next the names to which a name leads
 */
export function findCycles(
  names: Iterable<string>,
  next: (name: string) => Iterable<string>,
): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const done = new Set<string>();
  for (const name of names) {
    if (done.has(name)) continue;
    // An explicit stack: a chain may be as long as there are nodes.
    const path: string[] = [name];
    const places = new Map([[name, 0]]);
    const open = [next(name)[Symbol.iterator]()];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const step = top.next();
      if (step.done === true) {
        open.pop();
        const left = path.pop();
        if (left !== undefined) {
          places.delete(left);
          done.add(left);
        }
        continue;
      }
      const place = places.get(step.value);
      if (place !== undefined) {
        const cycle = path.slice(place);
        if (!cycles.some((one) => one.some((member) => cycle.includes(member)))) cycles.push(cycle);
      } else if (!done.has(step.value)) {
        places.set(step.value, path.length);
        path.push(step.value);
        open.push(next(step.value)[Symbol.iterator]());
      }
    }
  }
  return cycles;
}
