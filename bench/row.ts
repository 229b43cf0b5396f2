/**
 * One row of the benchmark: a kind of work, the measured programs, and the method.
 *
 * @module
 */

import type { Child, Children } from "./children.ts";
import type { RowName } from "./contender.ts";
import type { Transport } from "./ports.ts";

/** The effort of a measurement. */
export interface Effort {
  readonly rounds: number;
  /** How long one measurement takes, in whole seconds. */
  readonly seconds: number;
  /** Measures the most important programs only. */
  readonly quick: boolean;
}

/** The resources that a row needs in addition to the relays. */
export interface Surroundings {
  readonly children: Children;
  readonly folder: string;
}

/** The server that is the target of the relays, and the measurement of one relay. */
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

/** The measured program. */
export interface Subject {
  /** The relay's process; null on the direct path. */
  readonly child: Child | null;
  /** Its folder. */
  readonly folder: string;
  readonly seconds: number;
  /** Skips long measurements. */
  readonly quick: boolean;
}

/** One measurement: the row's figure, and other results. */
export interface Measured {
  readonly value: number;
  /** In the order of `Row.asideUnits`; skipped results are missing at the end. */
  readonly asides?: readonly number[];
  /** The amount of work, in the unit of `Row.cpu`. */
  readonly done?: number;
  /** Processor time that the relay used for it, in seconds. */
  readonly cpuSeconds?: number;
}

/** The unit of the relay's processor time. */
export interface CpuUnit {
  readonly name: string;
  /** How many of the unit are one second. */
  readonly perSecond: number;
}

/** A row of the benchmark. */
export interface Row {
  readonly name: RowName;
  readonly title: string;
  readonly unit: string;
  /** The units of `Measured.asides`. */
  readonly asideUnits: readonly string[];
  /** The unit of work for processor time; null if that figure has no meaning. */
  readonly cpu: CpuUnit | null;
  readonly transport: Transport;
  readonly lessIsBetter: boolean;
  /** True where the path without a relay has a figure too. */
  readonly direct: boolean;
  /** True to measure once only: memory hardly varies, and cannot be measured twice in one process. */
  readonly once: boolean;
  /**
   * Starts the server.
   *
   * @throws Unavailable if a program is not installed
   */
  open(surroundings: Surroundings): Promise<Work>;
}
