/**
 * patch's messages: numbers and structs are netgraph's, the modes can be written as words. `count` is optional.
 * Checksums, which need a network card (`csum_flags`), are rejected.
 *
 * @module
 */

import { array } from "../ascii/array.ts";
import { parseText } from "../ascii/parse.ts";
import { enumeration, uint16, uint32, uint64, uint8 } from "../ascii/scalar.ts";
import { required, struct, withInitial } from "../ascii/struct.ts";
import type { AsciiType } from "../ascii/type.ts";
import type { FreebsdMessage } from "../graph/core/freebsd_form.ts";
import type { Command, ConfigCommands } from "../graph/core/command.ts";
import type { CheckedMessage, Finding } from "../graph/core/node_type.ts";
import { kernelOperation, operationProblem, PATCH_MODES, type PatchOperation } from "./patch_operation.ts";
import { type StatsCommands, statsCommands } from "./stats.ts";

/** The configuration of a patch. */
export interface PatchConfig {
  /** The number of operations; 0 means all. */
  readonly count: number;
  /** Checksums for a network card; only 0 is accepted. */
  readonly csum_flags: bigint;
  /** 1: offsets start after the Ethernet header, if `setdlt` declares one. */
  readonly relative_offset: number;
  /** The operations, in order. */
  readonly ops: readonly PatchOperation[];
}

/** The counts. */
export interface PatchStats {
  /** Items that arrived at either hook. */
  readonly Received: bigint;
  /** Changed items. */
  readonly Patched: bigint;
  /** Dropped items. */
  readonly Dropped: bigint;
}

/** patch's commands, by name. */
export type PatchCommands = StatsCommands<null, PatchStats> & ConfigCommands<PatchConfig> & {
  readonly getdlt: Command<null, number>;
  readonly setdlt: Command<number, null>;
};

/** The default configuration: no operations. */
export const DEFAULT_CONFIG: PatchConfig = { count: 0, csum_flags: 0n, relative_offset: 0, ops: [] };

/** Kinds of item, by libpcap's numbers: no header before the offsets, or Ethernet's. */
export const DLT = { ethernet: 1, raw: 12 } as const;

const operation: AsciiType<PatchOperation> = struct({
  offset: withInitial(uint32, 0, "Offset from the first byte of the item", { unit: "octets" }),
  length: required(uint16, "Length of the integer: 1, 2, 4 or 8", { unit: "octets" }),
  mode: required(enumeration(PATCH_MODES, { bits: 16 }), "The operation"),
  value: withInitial(uint64, 0n, "The other operand"),
});
const config: AsciiType<PatchConfig> = struct({
  count: withInitial(uint32, 0, "Number of operations", { defaultNote: "the length of ops" }),
  csum_flags: withInitial(uint64, 0n, "Checksums that a network card computes; only 0 is supported"),
  relative_offset: withInitial(uint32, 0, "1: offsets begin after the Ethernet header, if setdlt is 1"),
  ops: withInitial(array(operation), DEFAULT_CONFIG.ops, "The operations, in order"),
});
const stats: AsciiType<PatchStats> = struct({ Received: uint64, Patched: uint64, Dropped: uint64 });

/** patch's commands. */
export const PATCH_COMMANDS: PatchCommands = {
  setconfig: {
    id: 1,
    summary: "The operations on each item from in; replaces the earlier configuration",
    args: config,
    reply: null,
    kind: "setting",
    cost: "live",
    reset: () => DEFAULT_CONFIG,
    readBack: { query: "getconfig", matches: (wanted, reply) => formatCounted(wanted) === formatReply(reply) },
  },
  getconfig: { id: 2, summary: "What is done to items", args: null, reply: config, kind: "query", cost: "live" },
  ...statsCommands({ firstId: 3, args: null, reply: stats }),
  getdlt: { id: 6, summary: "Which header items have", args: null, reply: uint8, kind: "query", cost: "live" },
  setdlt: {
    id: 7,
    summary: "Which header items have, for relative_offset: 12 none, 1 Ethernet's",
    args: uint8,
    argument: { summary: "12 for no header, 1 for Ethernet's", default: uint8.format(DLT.raw) },
    reply: null,
    kind: "setting",
    cost: "live",
    reset: () => DLT.raw,
    readBack: { query: "getdlt", matches: (wanted, reply) => wanted === reply },
  },
};

/** A configuration with its number of operations. */
export function counted(config: PatchConfig): PatchConfig {
  return { ...config, count: config.ops.length };
}

/** The problem of a configuration, as a sentence; null if there is none. */
export function configProblem({ count, csum_flags: checksums, ops }: PatchConfig): string | null {
  if (count !== 0 && count !== ops.length) {
    return `Count is ${count}, but the number of operations is ${ops.length}`;
  }
  if (checksums !== 0n) return "Checksums are a network card's work: only csum_flags=0 is accepted";
  for (const [index, operation] of ops.entries()) {
    const problem = operationProblem(operation);
    if (problem !== null) return `Operation ${index}: ${problem}`;
  }
  return null;
}

/** The problem of a kind of item; null if there is none. */
export function dltProblem(dlt: number): string | null {
  const known = dlt === DLT.raw || dlt === DLT.ethernet;
  return known ? null : `Header ${dlt} is not known: 12 is none, 1 is Ethernet's`;
}

/** The problems of a declared patch; a stream has no items with offsets. */
export function checkPatch(messages: readonly CheckedMessage[]): readonly Finding[] {
  const findings = messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    const problem = command === "setconfig" && isConfig(args)
      ? configProblem(args)
      : command === "setdlt" && typeof args === "number"
      ? dltProblem(args)
      : null;
    if (problem === null) return [];
    return [{ severity: "error", code: "bad-argument", message: problem, messageIndex, hint: null }];
  });
  const message = "A patch counts bytes from the beginning of an item, which a stream does not have";
  const hint = "put a frame node before it";
  return [...findings, { severity: "warning", code: "needs-items", message, messageIndex: null, hint, onStream: true }];
}

/** The kernel expects numbers, and the number of operations. */
export function kernelConfig(argument: string | null): FreebsdMessage {
  const { relative_offset: relative, ops } = parseText(config, argument ?? "{}");
  const list = ops.map(kernelOperation).join(" ");
  const text = `{ count=${ops.length} csum_flags=0 relative_offset=${relative} ops=[ ${list} ] }`;
  return { command: "setconfig", argument: text };
}

function formatCounted(wanted: PatchConfig): string {
  return config.format(counted(wanted));
}

function formatReply(reply: unknown): string | null {
  return isConfig(reply) ? formatCounted(reply) : null;
}

function isConfig(value: unknown): value is PatchConfig {
  return typeof value === "object" && value !== null && "ops" in value && "csum_flags" in value;
}
