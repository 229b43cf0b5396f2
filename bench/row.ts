/**
 * One row of the benchmark: a kind of work, who does it, and how it is measured.
 *
 * @module
 */

import type { Child, Children } from "./children.ts";
import type { RowName } from "./contender.ts";
import type { Transport } from "./ports.ts";

/** How hard to measure. */
export interface Effort {
  readonly rounds: number;
  /** How long one measurement takes, in whole seconds. */
  readonly seconds: number;
  /** Leaves out who does not matter most. */
  readonly quick: boolean;
}

/** What a row's work needs beside the relays. */
export interface Surroundings {
  readonly children: Children;
  readonly folder: string;
}

/** A server that the relays lead to, and how one of them is measured. */
export interface Work {
  /** The server's port. */
  readonly target: number;
  /**
   * Measures the program that answers on `port`.
   *
   * @throws Error when not everything arrived
   */
  measure(port: number, subject: Subject): Promise<Measured>;
}

/** Who is measured. */
export interface Subject {
  /** The relay's process; null on the direct path. */
  readonly child: Child | null;
  /** The folder that is its place. */
  readonly folder: string;
  readonly seconds: number;
  /** Leaves out what takes long. */
  readonly quick: boolean;
}

/** One measurement: the row's figure, and other results. */
export interface Measured {
  readonly value: number;
  /** In the order of `Row.asideUnits`; what was left out is missing at the end. */
  readonly asides?: readonly number[];
  /** How much was done: how many of what `Row.cpu` counts. */
  readonly done?: number;
  /** Processor time that the relay used for it, in seconds. */
  readonly cpuSeconds?: number;
}

/** The unit of the relay's processor time. */
export interface CpuUnit {
  readonly name: string;
  /** How many of the unit make a second. */
  readonly perSecond: number;
}

/** What a row is. */
export interface Row {
  readonly name: RowName;
  readonly title: string;
  readonly unit: string;
  /** What `Measured.asides` are. */
  readonly asideUnits: readonly string[];
  /** What one piece of work costs the relay; null where that says nothing. */
  readonly cpu: CpuUnit | null;
  readonly transport: Transport;
  readonly lessIsBetter: boolean;
  /** True where the path without a relay has a figure too. */
  readonly direct: boolean;
  /** Once is enough: memory hardly varies, and cannot be measured twice in one process. */
  readonly once: boolean;
  /**
   * Starts the server.
   *
   * @throws Unavailable when a program for it is not here
   */
  open(surroundings: Surroundings): Promise<Work>;
}
