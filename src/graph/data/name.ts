/**
 * Names of nodes, hooks, types and scopes, and node IDs. Only their parsers here create them.
 *
 * ```text
 * node id    = "[" hex digit+ "]"             1 to ffffffff
 * node name  = 1 to 31 octets without "." and ":", and no node id
 * scope name = 1 to 63 of a-z 0-9 "-"
 * ```
 *
 * Like the kernel, a node created manually may have any other character in its name; a node of a topology may not, so
 * that the scope of a path is unambiguous.
 *
 * @module
 */

import { encodeText } from "../../ascii/octets.ts";
import { AsciiError } from "../../ascii/error.ts";

/** The name of a node. */
export type NodeName = string & { readonly "~brand": "NodeName" };
/** The name of a hook. */
export type HookName = string & { readonly "~brand": "HookName" };
/** The name of a node type. */
export type TypeName = string & { readonly "~brand": "TypeName" };
/** The name of a scope: that of its topology. */
export type ScopeName = string & { readonly "~brand": "ScopeName" };
/** The ID of a node, never reused while anything can refer to it. */
export type NodeId = number & { readonly "~brand": "NodeId" };

/** The longest name of a node, hook or type, in octets: 32 with the kernel's NUL. */
export const MAX_NAME_OCTETS = 31;

const MAX_ID = 0xffff_ffff;

/** A word with its article: `a hub`, `an echo`. */
export function withArticle(word: string): string {
  return `${/^[aeio]/.test(word) ? "an" : "a"} ${word}`;
}

/**
 * A node's name as in netgraph.
 *
 * @throws AsciiError EINVAL
 */
export function parseNodeName(text: string): NodeName {
  checkLength(text, "Node name");
  const at = text.search(/[.:]/);
  if (at >= 0) throw refuse(`Node name "${text}" has a "${text[at]}", which paths use`, at, 1);
  if (parseNodeId(text) !== null) throw refuse(`Node name "${text}" is a node ID`, 0, text.length);
  return mint<NodeName>(text);
}

/**
 * A node's name in a topology file, limited to names that a path can contain.
 *
 * @throws AsciiError EINVAL
 */
export function parseTopologyNodeName(text: string): NodeName {
  const name = parseNodeName(text);
  const found = /[/[\]]|\s|\p{Cc}/u.exec(text);
  if (found === null) return name;
  const what = /[/[\]]/.test(found[0]) ? `a "${found[0]}"` : "a blank or control character";
  throw refuse(`Node name "${text}" has ${what}, which is ambiguous in paths`, found.index, found[0].length);
}

/**
 * The temporary name of an old node until its replacement is created: `front~`, or another free short name.
 */
export function temporaryNameOf(name: string, taken: ReadonlySet<string>): string {
  const own = `${name}~`;
  if (encodeText(own).length <= MAX_NAME_OCTETS && !taken.has(own)) return own;
  for (let number = 1;; number++) if (!taken.has(`old~${number}`)) return `old~${number}`;
}

/** True for what {@linkcode temporaryNameOf} returns. */
export function isTemporaryName(name: string): boolean {
  return /~\d*$/.test(name);
}

/**
 * A hook's name. Netgraph allows any characters; a hook with "." or ":" in its name exists but no path reaches it.
 *
 * @throws AsciiError EINVAL
 */
export function parseHookName(text: string): HookName {
  checkLength(text, "Hook name");
  return mint<HookName>(text);
}

/**
 * A node type's name.
 *
 * @throws AsciiError EINVAL
 */
export function parseTypeName(text: string): TypeName {
  checkLength(text, "Type name");
  const at = text.search(/[^A-Za-z0-9_-]/);
  if (at >= 0) throw refuse(`Type name "${text}" has a character other than letters, digits, "_" and "-"`, at, 1);
  return mint<TypeName>(text);
}

/**
 * A scope's name: the valid names of topologies.
 *
 * @throws AsciiError EINVAL
 */
export function parseScopeName(text: string): ScopeName {
  if (text === "") throw refuse("Scope name is empty", 0, 0);
  const at = text.search(/[^a-z0-9-]/);
  if (at >= 0) throw refuse(`Scope name "${text}" has a character other than a-z, 0-9 and "-"`, at, 1);
  if (text.length > 63) throw refuse(`Scope name "${text}" is longer than 63 characters`, 63, text.length - 63);
  return mint<ScopeName>(text);
}

/**
 * The ID in brackets, or null if the text is not an ID, and may be a name.
 *
 * @throws AsciiError EINVAL for an ID that does not fit 32 bits
 */
export function parseNodeId(text: string): NodeId | null {
  const digits = /^\[(?:0[xX])?([0-9a-fA-F]+)\]$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const id = BigInt(`0x${digits}`);
  // In the kernel, zero and its "no number" value are names.
  if (id === 0n || id === 0xffff_ffff_ffff_ffffn) return null;
  if (id > BigInt(MAX_ID)) throw refuse(`Node ID ${text} does not fit 32 bits`, 1, text.length - 2);
  return toNodeId(Number(id));
}

/**
 * A number as a node ID.
 *
 * @throws RangeError unless it is a whole number from 1 to 0xffffffff
 */
export function toNodeId(id: number): NodeId {
  if (isNodeId(id)) return id;
  throw new RangeError(`Node ID ${id} is not between 1 and ${MAX_ID}`);
}

/** The text of an ID: `[1f]`. */
export function formatNodeId(id: NodeId): string {
  return `[${id.toString(16)}]`;
}

function isNodeId(id: number): id is NodeId {
  return Number.isInteger(id) && id >= 1 && id <= MAX_ID;
}

function checkLength(text: string, what: string): void {
  if (text === "") throw refuse(`${what} is empty`, 0, 0);
  const nul = text.indexOf("\0");
  if (nul >= 0) throw refuse(`${what} has a NUL`, nul, 1);
  if (encodeText(text).length <= MAX_NAME_OCTETS) return;
  let octets = 0;
  let at = 0;
  for (const character of text) {
    octets += encodeText(character).length;
    if (octets > MAX_NAME_OCTETS) break;
    at += character.length;
  }
  throw refuse(`${what} "${text}" is longer than ${MAX_NAME_OCTETS} octets`, at, text.length - at);
}

/** Brands a text that its parser has checked: the one place where a string becomes a name. */
function mint<N extends string>(text: string): N {
  const isMinted = (checked: string): checked is N => checked === text;
  if (isMinted(text)) return text;
  throw new TypeError("A name was minted from another text");
}

function refuse(message: string, offset: number, length: number): AsciiError {
  return new AsciiError("EINVAL", message, { offset, length });
}
