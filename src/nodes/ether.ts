/**
 * Ethernet frames as items.
 *
 * ```text
 * frame = destination (6 octets) source (6) *( tag (4) ) type (2) payload
 * tag   = 0x8100 | 0x88a8 | 0x9100, and two octets
 * ```
 *
 * @module
 */

import type { Item } from "../graph/core/item.ts";

/** The octets of a header without tags. */
export const ETHER_HEADER = 14;

const TAG = 4;
const TAG_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const BROADCAST = 0xffff_ffff_ffff;
/** The bit of an address's first octet that marks multicast addresses. */
const GROUP = 0x0100_0000_0000;

/** The length of a frame's header, including tags; null for an item that ends before. */
export function etherHeaderLength({ buffer: { bytes }, offset, length }: Item): number | null {
  for (let header = ETHER_HEADER; header <= length; header += TAG) {
    const type = (bytes[offset + header - 2] ?? 0) * 256 + (bytes[offset + header - 1] ?? 0);
    if (!TAG_TYPES.includes(type)) return header;
  }
  return null;
}

/** The receiver of a frame. The item must have a header. */
export function etherDestination(item: Item): number {
  return addressAt(item, 0);
}

/** The sender of a frame. The item must have a header. */
export function etherSource(item: Item): number {
  return addressAt(item, 6);
}

/** The kind of an address: one host, all hosts, or a group. */
export function etherCast(address: number): "unicast" | "broadcast" | "multicast" {
  if (address === BROADCAST) return "broadcast";
  return Math.floor(address / GROUP) % 2 === 1 ? "multicast" : "unicast";
}

/** Parses an address: `00:11:22:aa:bb:cc`. */
export function parseEther(text: string): number {
  return parseInt(text.replaceAll(":", ""), 16);
}

/** Formats an address: `00:11:22:aa:bb:cc`. */
export function formatEther(address: number): string {
  return (address.toString(16).padStart(12, "0").match(/../g) ?? []).join(":");
}

/** An address as a number: 48 bits are exact, and a lookup in a table allocates nothing. */
function addressAt({ buffer: { bytes }, offset }: Item, at: number): number {
  let address = 0;
  for (let index = offset + at; index < offset + at + 6; index++) address = address * 256 + (bytes[index] ?? 0);
  return address;
}
