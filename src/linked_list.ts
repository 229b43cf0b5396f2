/**
 * Members in the order they came, each of which knows its neighbours: joining and leaving cost no memory, which matters
 * where connections do it by the thousand.
 *
 * @module
 */

/** What can be a member of one chain at a time. Only the chain writes here. */
export interface ListNode<T> {
  /** Who came before it. */
  prev: T | null;
  /** Who came after it. */
  next: T | null;
}

/** A chain of members. */
export class LinkedList<T extends ListNode<T>> {
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
    member.prev = last;
    if (last === null) this.#first = member;
    else last.next = member;
    this.#last = member;
    this.#size++;
  }

  /** Lets a member of this chain go. Its own links are cut too: they would keep its neighbours alive with it. */
  remove(member: T): void {
    const { prev, next } = member;
    if (prev === null) this.#first = next;
    else prev.next = next;
    if (next === null) this.#last = prev;
    else next.prev = prev;
    member.prev = null;
    member.next = null;
    this.#size--;
  }

  /** The members as they are now, in order. */
  list(): readonly T[] {
    const members: T[] = [];
    for (let member = this.#first; member !== null; member = member.next) members.push(member);
    return members;
  }
}
