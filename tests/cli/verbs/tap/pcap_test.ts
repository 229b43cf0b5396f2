/**
 * Lines of a tap as text, and as packets.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TapLine } from "../../../../src/api/operations/tap.ts";
import { PcapWriter } from "../../../../src/cli/verbs/tap/pcap.ts";
import { hexView, TextView } from "../../../../src/cli/verbs/tap/view.ts";
import { test } from "../../../harness.ts";

const TIME = { time: "2026-01-01T12:00:00.123Z", connection: "[1f]" };
const bytes = (text: string) => new TextEncoder().encode(text);
const data = (direction: "in" | "out", text: string, lostBytes = 0): TapLine => {
  return { kind: "data", ...TIME, direction, length: text.length, lostBytes, base64: "" };
};

test("Bytes of others cannot control the terminal", () => {
  const hostile = "a\u001b[31m\\\r\nb\u202e";
  assert.equal(new TextView().show(data("in", hostile), bytes(hostile)), "[1f] > a\\u001b[31m\\\\\\r\n[1f] > b\\u202e");
  assert.match(hexView(data("out", "a\u001b"), bytes("a\u001b")), /^\[1f\] < 00000000 {2}61 1b +a\.$/);
  assert.equal(new TextView().show(data("in", "x", 7), bytes("x")), "[1f] > (7 bytes lost)\n[1f] > x");
});

/** The packets of a piece of the file, from their IP headers on. */
function packetsOf(piece: Uint8Array): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  for (let at = 0; at < piece.length;) {
    const length = view.getUint32(at + 8, true);
    packets.push(piece.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return packets;
}

/** The sum of RFC 1071, which is 0xffff where a checksum is right. */
function sumOf(...pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) sum += (piece[at] ?? 0) * 256 + (piece[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = sum % 0x10000 + Math.floor(sum / 0x10000);
  return sum;
}

/** Checks the checksums of an IPv6 packet. */
function assertSum(packet: Uint8Array): void {
  const length = packet.length - 40;
  const pseudo = new Uint8Array([0, 0, length >> 8, length & 255, 0, 0, 0, packet[6] ?? 0]);
  assert.equal(sumOf(packet.subarray(8, 40), pseudo, packet.subarray(40)), 0xffff);
}

const OPEN = { kind: "open", ...TIME, isNew: true, local: "inet6/[::1]:80" } as const;

test("PcapWriter makes TCP segments over IPv6 whose sequence has a gap where bytes were lost", () => {
  const writer = new PcapWriter();
  const begin = packetsOf(
    writer.packets({ ...OPEN, transport: "stream", peer: "inet6/[2001:db8::7]:4711" }, bytes("")),
  );
  const sent = packetsOf(writer.packets(data("in", "hello", 100), bytes("hello")));
  const end = packetsOf(writer.packets({ kind: "end", ...TIME, direction: "in", how: "eof" }, bytes("")));
  const all = [...begin, ...sent, ...end];
  const numbers = all.map((packet) => {
    const view = new DataView(packet.buffer, packet.byteOffset + 40);
    return [view.getUint16(0), view.getUint32(4), view.getUint8(13)];
  });
  assert.deepEqual(numbers, [[4711, 0, 2], [80, 0, 18], [4711, 1, 16], [4711, 101, 24], [4711, 106, 17]]);
  for (const packet of all) assertSum(packet);
  assert.deepEqual([...begin[0]?.subarray(8, 24) ?? []], [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
});

test("PcapWriter makes a UDP packet for each datagram", () => {
  const writer = new PcapWriter();
  const open = writer.packets({ ...OPEN, transport: "datagram", peer: "inet6/[::ffff:10.0.0.1]:53" }, bytes(""));
  assert.equal(open.length, 0);
  const [packet = bytes("")] = packetsOf(writer.packets(data("out", "odd"), bytes("odd")));
  assert.deepEqual([packet[6], packet.length, new TextDecoder().decode(packet.subarray(48))], [17, 51, "odd"]);
  assertSum(packet);
});
