/**
 * Failures on purpose in the in-memory network: faults, named by the operation that they affect.
 *
 * A fault's name is an operation and an address in its ASCII form, `bind inet/127.0.0.1:80`, or `*` for every address.
 *
 * @module
 */

import { type ErrorCode, errorText, NetgraphError } from "../../errors.ts";

/** The operations that can be made to fail. `lookup` has a host name in place of an address, `write` a path. */
export const FAULT_OPERATIONS = [
  "open",
  "bind",
  "listen",
  "connect",
  "accept",
  "send",
  "setopt",
  "lookup",
  "write",
] as const;

/** One of {@linkcode FAULT_OPERATIONS}. */
export type FaultOperation = (typeof FAULT_OPERATIONS)[number];

interface Fault {
  readonly code: ErrorCode;
  times: number;
}

/** The faults that are armed. */
export class Faults {
  readonly #faults = new Map<string, Fault>();

  /**
   * Arms a fault; replaces an earlier one of the same name.
   *
   * @param name such as `connect inet/127.0.0.1:80` or `connect *`
   * @param times how many times it occurs
   * @throws TypeError for an operation that does not exist
   */
  arm(name: string, code: ErrorCode, times: number): void {
    const [operation = "", subject = ""] = split(name);
    if (!FAULT_OPERATIONS.some((known) => known === operation) || subject === "") {
      throw new TypeError(`Cannot arm fault "${name}": wanted "OPERATION ADDRESS", of ${FAULT_OPERATIONS.join(", ")}`);
    }
    this.#faults.set(name, { code, times });
  }

  /** Removes a fault. */
  disarm(name: string): void {
    this.#faults.delete(name);
  }

  /** The failure of `operation` on `subject`, or null; a fault is removed after its last time. */
  hit(operation: FaultOperation, subject: string): NetgraphError | null {
    for (const name of [`${operation} ${subject}`, `${operation} *`]) {
      const fault = this.#faults.get(name);
      if (fault === undefined) continue;
      if (--fault.times <= 0) this.#faults.delete(name);
      return new NetgraphError(fault.code, `Cannot ${operation} ${subject}: ${errorText(fault.code)}`);
    }
    return null;
  }

  /** Throws the failure that {@linkcode hit} returns. */
  check(operation: FaultOperation, subject: string): void {
    const error = this.hit(operation, subject);
    if (error !== null) throw error;
  }
}

function split(name: string): readonly string[] {
  const space = name.indexOf(" ");
  return space < 0 ? [name] : [name.slice(0, space), name.slice(space + 1)];
}
