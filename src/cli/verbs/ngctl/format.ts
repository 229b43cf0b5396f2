/**
 * The output of ngctl in the columns of ngctl(8), because scripts parse it. A name that is longer than its column
 * widens it, for all lines of a listing; in strict mode, it shifts the rest of its line.
 *
 * @module
 */

import type { SessionCommand, SessionNode, SessionReply, TypeCount } from "../../../graph/session/session.ts";
import { displayWidth } from "../../../display_width.ts";
import { pad } from "../../width.ts";
import type { Strictness } from "./words.ts";

const UNNAMED = "<unnamed>";
const OCTETS_PER_LINE = 16;
const NAME_WIDTH = 15;
const HOOK_HEADS = ["Local hook", "Peer name", "Peer type", "Peer ID", "Peer hook"];
const HOOK_WIDTHS = [15, 15, 12, 15, 15];

/** The layout. */
export interface ListStyle extends Strictness {
  /** `list -l`: each node in full. */
  readonly long: boolean;
  /** `list -n`: nodes with a name only. */
  readonly named: boolean;
}

/** `list`: all nodes, in full with `long`. */
export function listLines(nodes: readonly SessionNode[], style: ListStyle): string[] {
  const listed = style.named ? nodes.filter(({ name }) => name !== null) : nodes;
  const head = `There are ${listed.length} total ${style.named ? "named " : ""}nodes:`;
  if (!style.long) return [head, ...nodeLines(listed, style)];
  const lines = nodeLines(listed, style);
  const full = listed.flatMap((node, index) => {
    return [...(index === 0 ? [] : [""]), lines[index] ?? "", ...hookLines(node, style)];
  });
  return [head, ...full];
}

/** `show`: a node, and its hooks unless disabled. */
export function showLines(node: SessionNode, style: Strictness & { readonly hooks: boolean }): string[] {
  return [...nodeLines([node], style), ...(style.hooks ? hookLines(node, style) : [])];
}

/** `types`: the node types. */
export function typeLines(types: readonly TypeCount[], style: Strictness): string[] {
  const [width = 0] = widthsOf(types.map(({ name }) => [name]), [NAME_WIDTH], style);
  const row = (name: string, rest: string) => `${pad(name, width, "start")}   ${rest}`;
  return [
    `There are ${types.length} total types:`,
    row("Type name", "Number of living nodes"),
    row("---------", "----------------------"),
    ...types.map(({ name, nodes }) => row(name, String(nodes).padStart(5))),
  ];
}

/** A reply. */
export function replyLines({ command, number, from, text }: SessionReply): string[] {
  return [
    `Rec'd response "${command}" (${number}) from "${from}:":`,
    text === null ? "No arguments" : `Args:\t${text}`,
  ];
}

/**
 * A message that another node sent to ours. In strict mode, a message that the kernel's nodes do not know is printed by
 * its number.
 */
export function commandLines({ command, number, from, text }: SessionCommand, { strict }: Strictness): string[] {
  const what = strict && number !== 0 ? String(number) : `"${command}" (${number})`;
  return [`Rec'd command ${what} from "${from}:":`, text === null ? "No arguments" : `Args:\t${text}`];
}

/** Received data. */
export function dataLines(hook: string, octets: Uint8Array): string[] {
  return [`Rec'd data packet on hook "${hook}":`, ...dumpLines(octets)];
}

/** Octets in hexadecimal and, where they can be printed, as characters. */
export function dumpLines(octets: Uint8Array): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < octets.length; offset += OCTETS_PER_LINE) {
    const row = [...octets.subarray(offset, offset + OCTETS_PER_LINE)];
    const digits = row.map((octet) => `${octet.toString(16).padStart(2, "0")} `).join("").padEnd(OCTETS_PER_LINE * 3);
    const text = row.map((octet) => octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : ".").join("");
    lines.push(`${offset.toString(16).padStart(4, "0")}:  ${digits} ${text.padEnd(OCTETS_PER_LINE)}`);
  }
  return lines;
}

function nodeLines(nodes: readonly SessionNode[], style: Strictness): string[] {
  const rows = nodes.map(({ name, type }) => [name ?? UNNAMED, type]);
  const widths = widthsOf(rows, [NAME_WIDTH, NAME_WIDTH], style);
  return nodes.map(({ id, hooks }, index) => {
    const [name = "", type = ""] = (rows[index] ?? []).map((cell, column) => pad(cell, widths[column] ?? 0));
    const joined = hooks.filter(({ peer }) => peer !== null).length;
    return `  Name: ${name} Type: ${type} ID: ${hex8(id)}   Num hooks: ${joined}`;
  });
}

function hookLines({ hooks }: SessionNode, style: Strictness): string[] {
  const found = hooks.flatMap(({ name, peer }) => {
    return peer === null ? [] : [[name, peer.name ?? UNNAMED, peer.type, hex8(peer.id), peer.hook]];
  });
  if (found.length === 0) return [];
  const rows = [HOOK_HEADS, HOOK_HEADS.map((head) => "-".repeat(head.length)), ...found];
  const widths = widthsOf(found, HOOK_WIDTHS, style);
  return rows.map((row) => `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(" ")}`);
}

/** The widths of columns: those of ngctl, or of their longest cell. */
function widthsOf(
  rows: readonly (readonly string[])[],
  least: readonly number[],
  { strict }: Strictness,
): readonly number[] {
  if (strict) return least;
  return least.map((width, column) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? "")), width)
  );
}

function hex8(id: number): string {
  return id.toString(16).padStart(8, "0");
}
