/**
 * Addresses of nodes.
 *
 * ```text
 * path     = [ address ":" ] hooks
 * address  = [ scope "/" ] name | scope "/" | "[" hex "]" | "."
 * hooks    = [ "." ] [ hook ( "." hook )* ] [ "." ]
 * ```
 *
 * Each hook leads to the node at its other end. A scope ends at the first "/" before the colon, because hooks such as
 * `inet/dgram/udp` also contain slashes. `web/:` is the scope's own anchor; `.` and the empty text are the sending
 * node.
 *
 * @module
 */

import { shifted } from "../../ascii/shift.ts";
import { AsciiError } from "../../ascii/error.ts";
import {
  formatNodeId,
  type HookName,
  type NodeId,
  type NodeName,
  parseHookName,
  parseNodeId,
  parseNodeName,
  parseScopeName,
  type ScopeName,
} from "../data/name.ts";

/** The node where a path begins. */
export type PathNode =
  | { readonly kind: "name"; readonly name: NodeName }
  | { readonly kind: "id"; readonly id: NodeId }
  /** `.:`, the sending node. */
  | { readonly kind: "self" }
  /** `web/:`, the scope's own node. */
  | { readonly kind: "anchor" };

/** An address as data. */
export interface Path {
  /** The topology; null for manually created nodes, IDs and relative paths. */
  readonly scope: ScopeName | null;
  /** Its start; null for a relative path, which begins at the sending node. */
  readonly node: PathNode | null;
  /** The hooks to follow from there. */
  readonly hooks: readonly HookName[];
}

/**
 * Parses an address.
 *
 * @throws AsciiError EINVAL at the offending offset
 *
 * @example
 * ```ts
 * import { parsePath } from "@sockgraph/sockgraph";
 *
 * console.log(parsePath("web/front:left").hooks); // [ "left" ]
 * ```
 */
export function parsePath(text: string): Path {
  const colon = text.indexOf(":");
  const hooks = parseHooks(text, colon + 1);
  if (colon < 0) return { scope: null, node: null, hooks };
  const slash = text.slice(0, colon).indexOf("/");
  const scope = slash < 0 ? null : parseScopeName(text.slice(0, slash));
  const node = shifted(slash + 1, () => parseNode(text.slice(slash + 1, colon), scope));
  return { scope, node, hooks };
}

/**
 * The canonical text of an address: `parsePath(formatPath(x))` equals x.
 *
 * @example
 * ```ts
 * import { formatPath, parsePath } from "@sockgraph/sockgraph";
 *
 * console.log(formatPath(parsePath("[0x1F]:a.b"))); // [1f]:a.b
 * ```
 */
export function formatPath(path: Path): string {
  const hooks = path.hooks.join(".");
  if (path.node === null) return hooks === "" ? "." : hooks;
  const scope = path.scope === null ? "" : `${path.scope}/`;
  return `${scope}${formatNode(path.node)}:${hooks}`;
}

function formatNode(node: PathNode): string {
  switch (node.kind) {
    case "name":
      return node.name;
    case "id":
      return formatNodeId(node.id);
    case "self":
      return ".";
    case "anchor":
      return "";
  }
}

function parseNode(text: string, scope: ScopeName | null): PathNode {
  if (scope !== null && text === "") return { kind: "anchor" };
  const id = parseNodeId(text);
  if (scope !== null && (text === "." || id !== null)) {
    throw new AsciiError("EINVAL", `Node "${text}" is in no scope`, {
      length: text.length,
      hint: `write "${text}:" without "${scope}/"`,
    });
  }
  if (text === ".") return { kind: "self" };
  return id === null ? { kind: "name", name: parseNodeName(text) } : { kind: "id", id };
}

function parseHooks(text: string, start: number): HookName[] {
  const colon = text.indexOf(":", start);
  if (colon >= 0) throw new AsciiError("EINVAL", `Path "${text}" has a second ":"`, { offset: colon, length: 1 });
  const dots = text.indexOf("..", start);
  if (dots >= 0) throw new AsciiError("EINVAL", `Path "${text}" has a hook without name`, { offset: dots, length: 2 });
  const hooks: HookName[] = [];
  let offset = start;
  for (const hook of text.slice(start).split(".")) {
    // Only the first and the last one can be empty: a leading and a trailing dot have no meaning.
    if (hook !== "") hooks.push(shifted(offset, () => parseHookName(hook)));
    offset += hook.length + 1;
  }
  return hooks;
}
