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
/** The bit of an address's first octet that tells several receivers from one. */
const GROUP = 0x0100_0000_0000;

/** How many octets stand before a frame's payload, tags too; null for an item that ends before. */
export function etherHeaderLength({ buffer: { bytes }, offset, length }: Item): number | null {
  for (let header = ETHER_HEADER; header <= length; header += TAG) {
    const type = (bytes[offset + header - 2] ?? 0) * 256 + (bytes[offset + header - 1] ?? 0);
    if (!TAG_TYPES.includes(type)) return header;
  }
  return null;
}

/** Whom a frame is for. The item must have a header. */
export function etherDestination(item: Item): number {
  return addressAt(item, 0);
}

/** Who sends a frame. The item must have a header. */
export function etherSource(item: Item): number {
  return addressAt(item, 6);
}

/** What an address means: one host, all of them, or some. */
export function etherCast(address: number): "unicast" | "broadcast" | "multicast" {
  if (address === BROADCAST) return "broadcast";
  return Math.floor(address / GROUP) % 2 === 1 ? "multicast" : "unicast";
}

/** The address that is written so: `00:11:22:aa:bb:cc`. */
export function parseEther(text: string): number {
  return parseInt(text.replaceAll(":", ""), 16);
}

/** An address as it is written: `00:11:22:aa:bb:cc`. */
export function formatEther(address: number): string {
  return (address.toString(16).padStart(12, "0").match(/../g) ?? []).join(":");
}

/** As a number: 48 bits are exact, and finding one in a table takes no memory. */
function addressAt({ buffer: { bytes }, offset }: Item, at: number): number {
  let address = 0;
  for (let index = offset + at; index < offset + at + 6; index++) address = address * 256 + (bytes[index] ?? 0);
  return address;
}
