/**
 * Members in the order they came, each of which knows its neighbours: joining and leaving cost no memory, which matters
 * where connections do it by the thousand.
 *
 * @module
 */

/** What can be a member of one chain at a time. Only the chain writes here. */
export interface Linked<T> {
  /** Who came before it. */
  before: T | null;
  /** Who came after it. */
  after: T | null;
}

/** A chain of members. */
export class Chain<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  /** Who came first of those that are here. */
  get first(): T | null {
    return this.#first;
  }

  /** Who came last. */
  get last(): T | null {
    return this.#last;
  }

  /** How many members. */
  get size(): number {
    return this.#size;
  }

  /** Takes a member that is in no chain. */
  add(member: T): void {
    const last = this.#last;
    member.before = last;
    if (last === null) this.#first = member;
    else last.after = member;
    this.#last = member;
    this.#size++;
  }

  /** Lets a member of this chain go. Its own links are cut too: they would keep its neighbours alive with it. */
  remove(member: T): void {
    const { before, after } = member;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    member.before = null;
    member.after = null;
    this.#size--;
  }

  /** The members as they are now, in order. */
  list(): readonly T[] {
    const members: T[] = [];
    for (let member = this.#first; member !== null; member = member.after) members.push(member);
    return members;
  }
}
