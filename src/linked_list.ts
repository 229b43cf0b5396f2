/**
 * A linked list whose members contain their links: adding and removing allocate nothing, which matters for thousands of
 * connections.
 *
 * @module
 */

/** A possible member of one list at a time. Only the list writes here. */
export interface ListNode<T> {
  /** The previous member. */
  prev: T | null;
  /** The next member. */
  next: T | null;
}

/** A chain of members. */
export class LinkedList<T extends ListNode<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  /** The first member. */
  get first(): T | null {
    return this.#first;
  }

  /** The last member. */
  get last(): T | null {
    return this.#last;
  }

  /** The number of members. */
  get size(): number {
    return this.#size;
  }

  /** Adds a member that is in no list. */
  add(member: T): void {
    const last = this.#last;
    member.prev = last;
    if (last === null) this.#first = member;
    else last.next = member;
    this.#last = member;
    this.#size++;
  }

  /** Removes a member of this list. Its own links are cleared too, because they would keep its neighbours alive. */
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
    // Of exact length: an array after a push has room for 16 more, and most connections own one node.
    if (this.#first !== null && this.#size === 1) return [this.#first];
    const members: T[] = [];
    for (let member = this.#first; member !== null; member = member.next) members.push(member);
    return members;
  }
}
