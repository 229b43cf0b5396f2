/**
 * A map and a set for thousands of short-lived entries, such as connections, in a long-lived owner.
 *
 * V8 (14, Deno 2.9.6) makes a new table when that of a Map or Set is full of removed entries, and lets the old one
 * point to it. Once the first of them has become old, each scavenge treats the whole chain as alive, with all entries
 * that it ever had, and copies it: half of the collector's cost of connections. These classes start a new table before
 * one is full.
 *
 * Entries keep the order of insertion. An iteration may include entries that are removed meanwhile.
 *
 * @module
 */

/** With fewer removals, no new table is started. */
const MIN_REMOVED = 16;

/** A map with short-lived entries. */
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

  /** Removes; false if there is no such entry. */
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

/** The same as `new Map(entries)`, without an array and a result object for each entry. */
function copyOf<K, V>(entries: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  entries.forEach((value, key) => copy.set(key, value));
  return copy;
}

/** A set with short-lived members. */
export class CompactingSet<T> implements Iterable<T> {
  readonly #members = new CompactingMap<T, true>();

  get size(): number {
    return this.#members.size;
  }

  add(member: T): void {
    this.#members.set(member, true);
  }

  /** Removes; false if there is no such member. */
  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members.keys()[Symbol.iterator]();
  }
}
