/**
 * The rows of our own cost, with their budgets: the bytes and the system calls of one unit. Both are counted and not
 * timed, so they are the same on a busy machine. A change that lowers a figure lowers its budget here.
 *
 * @module
 */

import { connectionRelay, datagramRelay, idleRelay, type Relay, requestRelay } from "./relay.ts";

/** What one unit may cost. */
export interface Budget {
  readonly bytes: number;
  /** Calls of the system by one unit, the waits for events included. */
  readonly calls: number;
}

/** A row. */
export interface OwnCostRow {
  readonly name: string;
  /** What one unit is. */
  readonly unit: string;
  /** Whether the bytes are those that one unit allocates, or those that it keeps. */
  readonly counts: "allocated" | "kept";
  readonly open: () => Relay;
  /** The units before the measurement: until V8 optimizes the functions. */
  readonly warmUp: number;
  /** The units of one measurement: all of their bytes fit in the young generation, which is not collected meanwhile. */
  readonly units: number;
  readonly budget: Budget;
}

/**
 * By how much a figure may exceed its budget. In 20 runs on a busy machine the bytes differed by 1.2 %: V8 optimizes
 * functions at slightly different times, and an optimized function allocates less.
 */
export const MARGIN = 0.05;

const TARGET = "inet/127.0.0.1:7001";

/** The rows. */
export const OWN_COST_ROWS: readonly OwnCostRow[] = [
  {
    name: "connection",
    unit: "connection to an address, with one request",
    counts: "allocated",
    open: () => connectionRelay(TARGET),
    warmUp: 20_000,
    units: 1_000,
    budget: { bytes: 10_890, calls: 15.625 },
  },
  {
    name: "pooled connection",
    unit: "connection to one of two targets, with one request",
    counts: "allocated",
    open: () => connectionRelay(`[ ${TARGET} inet/127.0.0.1:7002 ]`),
    warmUp: 20_000,
    units: 1_000,
    budget: { bytes: 13_360, calls: 16.625 },
  },
  {
    name: "request",
    unit: "request on an open connection",
    counts: "allocated",
    open: requestRelay,
    warmUp: 50_000,
    units: 20_000,
    // 68 or 164: by the functions that V8 puts into others, it saves two objects or not.
    budget: { bytes: 164, calls: 4.25 },
  },
  {
    name: "datagram",
    unit: "datagram of 64 bytes",
    counts: "allocated",
    open: datagramRelay,
    warmUp: 100_000,
    units: 64_000,
    budget: { bytes: 211, calls: 0.0625 },
  },
  {
    name: "idle connection",
    unit: "connection that was used once",
    counts: "kept",
    open: idleRelay,
    warmUp: 2_000,
    units: 2_000,
    budget: { bytes: 3_850, calls: 10.22 },
  },
];
