/**
 * The loop of a thread's sockets: epoll, the timers, and calls that must wait until the end of a batch of events.
 *
 * A batch runs in this order: events, deferred tasks, timers, data collected for sending, descriptors to
 * close. Descriptors are closed last, because an accept in the same batch could reuse the number and receive an event
 * for the previous owner. The clock is read once per batch.
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { errnoError } from "./errno.ts";
import type { Libc } from "./library.ts";
import type { System } from "./system.ts";
import { TimerHeap } from "./timer_heap.ts";

/** Receives the events of a descriptor. */
export interface Watcher {
  /** @param events the bits of epoll_wait */
  ready(events: number): void;
}

/** Continues in a later batch. */
export interface DeferredTask {
  runDeferred(): void;
}

/** Has collected data to send together. */
export interface Collector {
  flush(): void;
}

/** The number of events that one epoll_wait fetches. */
const BATCH_EVENTS = 512;

/** The longest wait that epoll_wait accepts. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** One thread's loop, and its clock. */
export class Poller implements Clock {
  readonly #libc: Libc;
  readonly #system: System;
  readonly #epoll: number;
  readonly #events: Uint8Array;
  readonly #eventWords: Int32Array;
  readonly #control: Uint8Array;
  readonly #controlWords: Int32Array;
  readonly #watchers: (Watcher | undefined)[] = [];
  readonly #timers = new TimerHeap();
  readonly #toClose: number[] = [];
  readonly #whenFreed = new Set<() => void>();
  #deferred: DeferredTask[] = [];
  #spareDeferred: DeferredTask[] = [];
  #collectors: Collector[] = [];
  #spareCollectors: Collector[] = [];
  #released: (() => void)[] = [];
  #now = 0;
  #inBatch = false;

  /** @throws NetgraphError such as EMFILE */
  constructor(libc: Libc, system: System) {
    const { words } = system.epollEvent;
    this.#libc = libc;
    this.#system = system;
    this.#events = new Uint8Array(BATCH_EVENTS * words * 4);
    this.#eventWords = new Int32Array(this.#events.buffer);
    this.#control = new Uint8Array(words * 4);
    this.#controlWords = new Int32Array(this.#control.buffer);
    this.#epoll = libc.epollCreate(system.constants.EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw errnoError(libc.errno(), "Cannot create an epoll instance");
  }

  // Clock

  now(): number {
    return this.#inBatch ? this.#now : performance.now();
  }

  wall(): Date {
    return new Date();
  }

  after(delayMs: number, fire: () => void): Timer {
    // With the time of the batch, a timer that is set late in it would fire early.
    return this.#timers.add(performance.now() + delayMs, fire);
  }

  // Descriptors

  /**
   * Reports `events` on a descriptor to `watcher` from now on.
   *
   * @throws NetgraphError ENOMEM, ENOSPC
   */
  watch(fd: number, events: number, watcher: Watcher): void {
    this.#watchers[fd] = watcher;
    this.#controlWords[0] = events;
    this.#controlWords[this.#system.epollEvent.dataWord] = fd;
    const result = this.#libc.epollControl(this.#epoll, this.#system.constants.EPOLL_CTL_ADD, fd, this.#control);
    if (result < 0) throw errnoError(this.#libc.errno(), "Cannot watch a socket");
  }

  /** Replaces the watcher of a watched descriptor. */
  replaceWatcher(fd: number, watcher: Watcher): void {
    this.#watchers[fd] = watcher;
  }

  /** Closes a descriptor at the end of the batch, before the calls of the next batch; its events are dropped. */
  closeLater(fd: number): void {
    this.#watchers[fd] = undefined;
    this.#toClose.push(fd);
  }

  /** Calls `free` once, after the next descriptor is closed. */
  onceFreed(free: () => void): () => void {
    this.#whenFreed.add(free);
    return () => this.#whenFreed.delete(free);
  }

  // Batches

  /** Calls `task.runDeferred()` in this batch, or in the next if this one has ended. */
  defer(task: DeferredTask): void {
    this.#deferred.push(task);
  }

  /** Calls `collector.flush()` at the end of the batch. */
  collect(collector: Collector): void {
    this.#collectors.push(collector);
  }

  /** Calls `call` in a later batch. */
  later(call: () => void): void {
    this.#released.push(call);
  }

  /** Sends collected data, before the memory that it refers to is reused. */
  flush(): void {
    while (this.#collectors.length > 0) {
      const collectors = this.#collectors;
      this.#collectors = this.#spareCollectors;
      this.#spareCollectors = collectors;
      for (const collector of collectors) collector.flush();
      collectors.length = 0;
    }
  }

  /**
   * Waits for events and handles one batch.
   *
   * @param waitMs how long to wait at most; -1 for no limit
   * @returns the number of events
   */
  poll(waitMs: number): number {
    // Work before the wait may resolve a promise of a waiting caller, which must run first.
    const mustNotWait = this.busy;
    this.flush();
    this.#closeDescriptors();
    const { words, dataWord } = this.#system.epollEvent;
    const count = this.#libc.epollWait(
      this.#epoll,
      this.#events,
      BATCH_EVENTS,
      mustNotWait ? 0 : this.#timeout(waitMs),
    );
    if (count < 0) this.#checkWait(this.#libc.errno());
    this.#now = performance.now();
    this.#inBatch = true;
    const eventWords = this.#eventWords;
    for (let index = 0; index < count; index++) {
      const at = index * words;
      this.#watchers[eventWords[at + dataWord] ?? -1]?.ready(eventWords[at] ?? 0);
    }
    this.#runDeferredTasks();
    this.#timers.fireDue(this.#now);
    this.flush();
    this.#closeDescriptors();
    this.#inBatch = false;
    return count;
  }

  /** True if the next poll has work without waiting. */
  get busy(): boolean {
    return this.#deferred.length + this.#collectors.length + this.#toClose.length + this.#released.length > 0;
  }

  /** Closes the epoll instance, and every descriptor that is still watched. */
  close(): void {
    this.#watchers.forEach((watcher, fd) => watcher !== undefined && this.#libc.close(fd));
    this.#watchers.length = 0;
    for (const fd of this.#toClose) this.#libc.close(fd);
    this.#toClose.length = 0;
    this.#libc.close(this.#epoll);
  }

  #timeout(waitMs: number): number {
    if (waitMs === 0 || this.busy) return 0;
    const next = this.#timers.next();
    if (next === null) return waitMs;
    const untilNext = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(next - performance.now())));
    return waitMs < 0 ? untilNext : Math.min(waitMs, untilNext);
  }

  /** A wait that was interrupted is one without events; any other error would occur again immediately, and forever. */
  #checkWait(errno: number): void {
    if (errno !== this.#system.constants.EINTR) throw errnoError(errno, "Cannot wait for sockets");
  }

  #runDeferredTasks(): void {
    if (this.#deferred.length === 0) return;
    const tasks = this.#deferred;
    this.#deferred = this.#spareDeferred;
    this.#spareDeferred = tasks;
    for (const task of tasks) task.runDeferred();
    tasks.length = 0;
  }

  #closeDescriptors(): void {
    if (this.#toClose.length > 0) {
      for (const fd of this.#toClose) this.#libc.close(fd);
      this.#toClose.length = 0;
      this.#reportFreed();
    }
    if (this.#released.length === 0) return;
    const released = this.#released;
    this.#released = [];
    for (const call of released) call();
  }

  #reportFreed(): void {
    if (this.#whenFreed.size === 0) return;
    const waiting = [...this.#whenFreed];
    this.#whenFreed.clear();
    for (const free of waiting) free();
  }
}
