/**
 * What ngctl prints, column by column as ngctl(8) does it: scripts read it.
 *
 * @module
 */

import type { TypeCount } from "../../control/session_protocol.ts";
import type { SessionNode, SessionReply } from "../../graph/session.ts";

const UNNAMED = "<unnamed>";
const OCTETS_PER_LINE = 16;

/** `list`: all nodes, in full where `long` says so. */
export function listLines(nodes: readonly SessionNode[], options: { long: boolean; named: boolean }): string[] {
  const listed = options.named ? nodes.filter(({ name }) => name !== null) : nodes;
  const head = `There are ${listed.length} total ${options.named ? "named " : ""}nodes:`;
  if (!options.long) return [head, ...listed.map(nodeLine)];
  return [head, ...listed.flatMap((node, index) => index === 0 ? showLines(node) : ["", ...showLines(node)])];
}

/** `show`: a node with its hooks. */
export function showLines(node: SessionNode, options: { hooks: boolean } = { hooks: true }): string[] {
  if (!options.hooks || node.hooks.length === 0) return [nodeLine(node)];
  const rows = node.hooks.flatMap(({ name, peer }) => {
    return peer === null ? [] : [[name, peer.name ?? UNNAMED, peer.type, hex8(peer.id), peer.hook]];
  });
  const heads = ["Local hook", "Peer name", "Peer type", "Peer ID", "Peer hook"];
  const dashes = ["----------", "---------", "---------", "-------", "---------"];
  return [nodeLine(node), ...[heads, dashes, ...rows].map(hookRow)];
}

/** `types`: the node types. */
export function typeLines(types: readonly TypeCount[]): string[] {
  const row = (name: string, rest: string) => `${name.padStart(15)}   ${rest}`;
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

/** Data that came in. */
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

function nodeLine({ name, type, id, hooks }: SessionNode): string {
  const joined = hooks.filter(({ peer }) => peer !== null).length;
  return `  Name: ${(name ?? UNNAMED).padEnd(15)} Type: ${type.padEnd(15)} ID: ${hex8(id)}   Num hooks: ${joined}`;
}

function hookRow([hook = "", peer = "", type = "", id = "", peerHook = ""]: readonly string[]): string {
  return `  ${hook.padEnd(15)} ${peer.padEnd(15)} ${type.padEnd(12)} ${id.padEnd(15)} ${peerHook.padEnd(15)}`;
}

function hex8(id: number): string {
  return id.toString(16).padStart(8, "0");
}
