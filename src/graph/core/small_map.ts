/**
 * A map that usually has one entry, such as the hooks of a ksocket: one entry needs no table. A Map's table has 200
 * bytes from its first entry on, and every connection has several such maps.
 *
 * Entries keep the order of insertion.
 *
 * @module
 */

import { CompactingMap } from "../../compacting_map.ts";

/** A map of objects. */
export class SmallMap<K extends string, V extends object> implements Iterable<readonly [K, V]> {
  /** The only entry, while there is one; its key has no meaning while there is none. */
  #key: K | null = null;
  #value: V | null = null;
  /** All entries, from the second one on. */
  #many: CompactingMap<K, V> | null = null;

  /** The number of entries. */
  get size(): number {
    if (this.#many !== null) return this.#many.size;
    return this.#value === null ? 0 : 1;
  }

  /** The value of a key. */
  get(key: K): V | undefined {
    if (this.#many !== null) return this.#many.get(key);
    return this.#value !== null && this.#key === key ? this.#value : undefined;
  }

  /** True if the key exists. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** Sets the value of a key. */
  set(key: K, value: V): void {
    if (this.#many === null && (this.#value === null || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#many ??= this.#outgrow();
    this.#many.set(key, value);
  }

  /** Removes; false if there is no such entry. */
  delete(key: K): boolean {
    if (this.#many !== null) return this.#many.delete(key);
    if (!this.has(key)) return false;
    this.#key = null;
    this.#value = null;
    return true;
  }

  /** Changes the key of an entry at its place in the order. */
  rename(from: K, to: K): void {
    const entries = [...this];
    this.#value = null;
    this.#many = null;
    for (const [key, value] of entries) this.set(key === from ? to : key, value);
  }

  /** The current values. */
  list(): readonly V[] {
    if (this.#many !== null) return [...this.#many.values()];
    return this.#value === null ? [] : [this.#value];
  }

  /** The keys, in order. */
  keys(): Iterable<K> {
    if (this.#many !== null) return this.#many.keys();
    return this.#key === null ? [] : [this.#key];
  }

  /** The values, in order. */
  values(): Iterable<V> {
    return this.#many?.values() ?? this.list();
  }

  /** The entries, in order. */
  *[Symbol.iterator](): Iterator<readonly [K, V]> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  #outgrow(): CompactingMap<K, V> {
    const many = new CompactingMap<K, V>();
    if (this.#key !== null && this.#value !== null) many.set(this.#key, this.#value);
    this.#key = null;
    this.#value = null;
    return many;
  }
}
