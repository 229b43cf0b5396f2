/**
 * What a patch does to an item: one operation on one integer in network order.
 *
 * @module
 */

/** The way in which the value changes the integer; `neg` has no value. */
export type PatchMode = "set" | "add" | "sub" | "mul" | "div" | "neg" | "and" | "or" | "xor" | "shl" | "shr";

/** One change. */
export interface PatchOperation {
  /** The offset from the item's first octet. */
  readonly offset: number;
  /** The length of the integer in octets: 1, 2, 4 or 8. */
  readonly length: number;
  /** The mode. */
  readonly mode: PatchMode;
  /** The value. */
  readonly value: bigint;
}

/** Netgraph's numbers of the modes. */
export const PATCH_MODES: Readonly<Record<PatchMode, number>> = {
  set: 1,
  add: 2,
  sub: 3,
  mul: 4,
  div: 5,
  neg: 6,
  and: 7,
  or: 8,
  xor: 9,
  shl: 10,
  shr: 11,
};

/** The problem of an operation, as a sentence; null if there is none. */
export function operationProblem({ length, mode, value }: PatchOperation): string | null {
  if (length !== 1 && length !== 2 && length !== 4 && length !== 8) {
    return `Cannot change an integer of ${length} octets: its length is 1, 2, 4 or 8`;
  }
  if (value >= 1n << BigInt(length * 8)) return `Value ${value} does not fit into ${length * 8} bits`;
  return mode === "div" && value === 0n ? "Cannot divide by 0" : null;
}

/** Changes the integer at `at`. Like all arithmetic of netgraph it wraps around. */
export function applyOperation(view: DataView, at: number, { length, mode, value }: PatchOperation): void {
  // A number is exact up to 32 bits, and costs no memory for each item.
  switch (length) {
    case 1:
      return view.setUint8(at, changed(mode, view.getUint8(at), Number(value)));
    case 2:
      return view.setUint16(at, changed(mode, view.getUint16(at), Number(value)));
    case 4:
      return view.setUint32(at, changed(mode, view.getUint32(at), Number(value)));
    default:
      return view.setBigUint64(at, BigInt.asUintN(64, changedWide(mode, view.getBigUint64(at), value)));
  }
}

function changed(mode: PatchMode, before: number, value: number): number {
  switch (mode) {
    case "set":
      return value;
    case "add":
      return before + value;
    case "sub":
      return before - value;
    case "mul":
      return Math.imul(before, value);
    case "div":
      return Math.trunc(before / value);
    case "neg":
      return -before;
    case "and":
      return before & value;
    case "or":
      return before | value;
    case "xor":
      return before ^ value;
    // A shift by all its bits gives 0, where the language would use the distance modulo 32.
    case "shl":
      return value > 31 ? 0 : before << value;
    case "shr":
      return value > 31 ? 0 : before >>> value;
  }
}

function changedWide(mode: PatchMode, before: bigint, value: bigint): bigint {
  switch (mode) {
    case "set":
      return value;
    case "add":
      return before + value;
    case "sub":
      return before - value;
    case "mul":
      return before * value;
    case "div":
      return before / value;
    case "neg":
      return -before;
    case "and":
      return before & value;
    case "or":
      return before | value;
    case "xor":
      return before ^ value;
    case "shl":
      return value > 63n ? 0n : before << value;
    case "shr":
      return value > 63n ? 0n : before >> value;
  }
}

/** An operation in the kernel's form, without words. */
export function kernelOperation({ offset, length, mode, value }: PatchOperation): string {
  return `{ offset=${offset} length=${length} mode=${PATCH_MODES[mode]} value=${value} }`;
}
