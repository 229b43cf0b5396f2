/**
 * The names of nodes on FreeBSD, where all names are in one space and ngctl has no quotes.
 *
 * @module
 */

/** The longest name there, in octets. */
const MAX_OCTETS = 31;

/** Assigns names. */
export class FreebsdNames {
  readonly #given = new Map<string, string>();
  readonly #used = new Set<string>();

  /** The name of a node of a topology: its own, if it is free and valid there. */
  of(topology: string, node: string): string {
    const key = `${topology}/${node}`;
    const known = this.#given.get(key);
    if (known !== undefined) return known;
    const name = this.fresh(node, `${topology}_${node}`);
    this.#given.set(key, name);
    return name;
  }

  /** The first of these that is free, or the last one with a number. */
  fresh(...wanted: readonly string[]): string {
    const said = wanted.map(speakable);
    const last = said.at(-1) ?? "node";
    let name = said.find((one) => !this.#used.has(one));
    for (let number = 2; name === undefined; number++) {
      const numbered = `${last.slice(0, MAX_OCTETS - 4)}${number}`;
      if (!this.#used.has(numbered)) name = numbered;
    }
    this.#used.add(name);
    return name;
  }
}

/** ngctl's words end at blanks, a line that begins with # is a comment, and `[1f]` is a number. */
function speakable(name: string): string {
  return name.replace(/[^\x21-\x7e]|[.:\x5b\x5d#"]/g, "_").slice(0, MAX_OCTETS);
}
