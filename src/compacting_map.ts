/**
 * A map and a set for what comes and goes by the thousand, such as connections, in a holder that stays.
 *
 * V8 (14, Deno 2.9.6) makes a new table when that of a Map or Set is full of removed entries, and lets the old one point
 * to it. Where the first of them has grown old, each scavenge takes the whole chain for alive, with all that ever was in
 * it, and copies it: half of what connections cost the collector. These begin anew before a table is full.
 *
 * Entries keep the order they came in. Who removes while going through one may meet what was removed meanwhile.
 *
 * @module
 */

/** So many removals are not worth beginning anew. */
const MIN_REMOVED = 16;

/** A map whose entries come and go. */
export class CompactingMap<K, V> {
  #entries = new Map<K, V>();
  #removed = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value);
  }

  /** Removes; false where there is no such entry. */
  delete(key: K): boolean {
    if (!this.#entries.delete(key)) return false;
    if (++this.#removed > Math.max(MIN_REMOVED, this.#entries.size)) {
      this.#removed = 0;
      this.#entries = copyOf(this.#entries);
    }
    return true;
  }

  keys(): Iterable<K> {
    return this.#entries.keys();
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }
}

/** What `new Map(entries)` is, without an array and a result object for each entry. */
function copyOf<K, V>(entries: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  entries.forEach((value, key) => copy.set(key, value));
  return copy;
}

/** A set whose members come and go. */
export class CompactingSet<T> implements Iterable<T> {
  readonly #members = new CompactingMap<T, true>();

  get size(): number {
    return this.#members.size;
  }

  add(member: T): void {
    this.#members.set(member, true);
  }

  /** Removes; false where there is no such member. */
  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members.keys()[Symbol.iterator]();
  }
}
