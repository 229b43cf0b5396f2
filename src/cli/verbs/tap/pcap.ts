/**
 * Lines of a tap as packets of a pcap file. sockgraph sees streams, not packets: their headers are made up, so that
 * Wireshark follows the streams. Sequence numbers, checksums and the ends of connections are consistent; bytes that the
 * tap has lost are a gap in the sequence.
 *
 * @module
 */

import { joined } from "../../output_stream.ts";
import type { TapLine } from "../../../api/operations/tap.ts";

type Direction = "in" | "out";

/** A connection in the file. */
interface Flow {
  readonly isDatagram: boolean;
  readonly isIpv6: boolean;
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** The next sequence number of each direction. */
  readonly next: Record<Direction, number>;
  isReset: boolean;
}

interface Endpoint {
  readonly host: Uint8Array;
  readonly port: number;
}

/** The usual magic number, of times in microseconds. */
const MAGIC = 0xa1b2c3d4;
/** Packets begin with their IP header. */
const LINKTYPE_RAW = 101;
const MAX_PACKET = 65_535;
/** Segments of this many bytes fit into any IP packet. */
const SEGMENT_BYTES = 32_768;
const TCP = 6;
const UDP = 17;
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16] as const;
const WINDOW = 65_535;
const HOPS = 64;
const NOTHING = new Uint8Array(0);

/** Writes one file. */
export class PcapWriter {
  readonly #flows = new Map<string, Flow>();
  #made = 0;

  /** The beginning of the file. */
  header(): Uint8Array {
    const view = new DataView(new ArrayBuffer(24));
    view.setUint32(0, MAGIC, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, MAX_PACKET, true);
    view.setUint32(20, LINKTYPE_RAW, true);
    return new Uint8Array(view.buffer);
  }

  /** The packets of a line; empty for a line without any. */
  packets(line: TapLine, octets: Uint8Array): Uint8Array {
    if (line.kind === "open") return this.#open(line);
    if (line.kind !== "data" && line.kind !== "end") return NOTHING;
    const flow = this.#flows.get(line.connection);
    if (flow === undefined) return NOTHING;
    const time = Date.parse(line.time);
    if (line.kind === "end") return this.#end(flow, line, time);
    if (flow.isDatagram) return packet(time, ip(flow, line.direction, udp(flow, line.direction, octets)));
    flow.next[line.direction] += line.lostBytes;
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < octets.length; at += SEGMENT_BYTES) {
      pieces.push(
        segment(flow, line.direction, { time, flags: PSH | ACK, octets: octets.subarray(at, at + SEGMENT_BYTES) }),
      );
    }
    return joined(pieces);
  }

  #open({ connection, transport, peer, local, isNew, time }: Extract<TapLine, { kind: "open" }>): Uint8Array {
    const at = Date.parse(time);
    const flow = flowOf({ peer, local, isDatagram: transport === "datagram", made: ++this.#made });
    this.#flows.set(connection, flow);
    if (flow.isDatagram || !isNew) return NOTHING;
    return joined([
      segment(flow, "in", { time: at, flags: SYN }),
      segment(flow, "out", { time: at, flags: SYN | ACK }),
      segment(flow, "in", { time: at, flags: ACK }),
    ]);
  }

  #end(flow: Flow, { direction, how, connection }: Extract<TapLine, { kind: "end" }>, time: number): Uint8Array {
    if (flow.isDatagram || flow.isReset) return NOTHING;
    flow.isReset = how === "reset";
    if (flow.isReset) this.#flows.delete(connection);
    return segment(flow, direction, { time, flags: how === "eof" ? FIN | ACK : RST | ACK });
  }
}

function flowOf(
  { peer, local, isDatagram, made }: { peer: string; local: string; isDatagram: boolean; made: number },
): Flow {
  const found = { peer: endpointOf(peer), local: endpointOf(local) };
  const isIpv6 = found.peer?.host.length === 16 || (found.peer === null && found.local?.host.length === 16);
  const bytes = isIpv6 ? 16 : 4;
  const loopback = new Uint8Array(bytes);
  loopback.set(isIpv6 ? [1] : [127, 0, 0, 1], isIpv6 ? 15 : 0);
  // Unix sockets, and wildcards of the other family, have no such address: each connection gets ports of its own.
  const own = (one: Endpoint | null, port: number): Endpoint =>
    one !== null && one.host.length === bytes ? one : { host: loopback, port: one?.port ?? port };
  return {
    isDatagram,
    isIpv6,
    peer: own(found.peer, 1024 + made % 60_000),
    local: own(found.local, 1),
    next: { in: 0, out: 0 },
    isReset: false,
  };
}

/** `inet/192.0.2.7:80` or `inet6/[::1]:80`; null for any other address. */
function endpointOf(address: string): Endpoint | null {
  const [, host4, host6, port = "0"] =
    /^(?:inet\/([\d.]+)|inet6\/\[([0-9a-f:.]+)(?:%[^\]]*)?\])(?::(\d+))?$/.exec(address) ??
      [];
  if (host4 !== undefined) return { host: Uint8Array.from(host4.split("."), Number), port: Number(port) };
  return host6 === undefined ? null : { host: ipv6Of(host6), port: Number(port) };
}

/** Addresses are in canonical text. */
function ipv6Of(text: string): Uint8Array {
  const octets = new Uint8Array(16);
  const [head = "", tail] = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }).split("::");
  const write = (words: readonly string[], from: number): void => {
    for (const [index, word] of words.entries()) {
      octets[from + 2 * index] = parseInt(word, 16) >> 8;
      octets[from + 2 * index + 1] = parseInt(word, 16);
    }
  };
  const words = (part: string | undefined): readonly string[] =>
    part === undefined || part === "" ? [] : part.split(":");
  write(words(head), 0);
  write(words(tail), 16 - 2 * words(tail).length);
  return octets;
}

interface Segment {
  readonly time: number;
  readonly flags: number;
  readonly octets?: Uint8Array;
}

/** A TCP segment, and the sequence numbers after it. */
function segment(flow: Flow, direction: Direction, { time, flags, octets = NOTHING }: Segment): Uint8Array {
  const { from, to } = endsOf(flow, direction);
  const bytes = new Uint8Array(20 + octets.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, flow.next[direction] >>> 0);
  view.setUint32(8, (flags & ACK) === 0 ? 0 : flow.next[direction === "in" ? "out" : "in"] >>> 0);
  view.setUint8(12, 5 << 4);
  view.setUint8(13, flags);
  view.setUint16(14, WINDOW);
  bytes.set(octets, 20);
  view.setUint16(16, checksum(pseudoHeader(flow, direction, { protocol: TCP, length: bytes.length }), bytes));
  flow.next[direction] = (flow.next[direction] + octets.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) % 2 ** 32;
  return packet(time, ip(flow, direction, { protocol: TCP, bytes }));
}

function udp(flow: Flow, direction: Direction, octets: Uint8Array): Payload {
  const { from, to } = endsOf(flow, direction);
  const bytes = new Uint8Array(8 + octets.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, bytes.length);
  bytes.set(octets, 8);
  // 0 means none.
  view.setUint16(6, checksum(pseudoHeader(flow, direction, { protocol: UDP, length: bytes.length }), bytes) || 0xffff);
  return { protocol: UDP, bytes };
}

interface Payload {
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

function endsOf({ peer, local }: Flow, direction: Direction): { readonly from: Endpoint; readonly to: Endpoint } {
  return direction === "in" ? { from: peer, to: local } : { from: local, to: peer };
}

function ip(flow: Flow, direction: Direction, { protocol, bytes }: Payload): Uint8Array {
  const { from, to } = endsOf(flow, direction);
  const header = new Uint8Array(flow.isIpv6 ? 40 : 20);
  const view = new DataView(header.buffer);
  if (flow.isIpv6) {
    view.setUint8(0, 6 << 4);
    view.setUint16(4, bytes.length);
    view.setUint8(6, protocol);
    view.setUint8(7, HOPS);
    header.set(from.host, 8);
    header.set(to.host, 24);
  } else {
    view.setUint8(0, 4 << 4 | 5);
    view.setUint16(2, header.length + bytes.length);
    view.setUint8(8, HOPS);
    view.setUint8(9, protocol);
    header.set(from.host, 12);
    header.set(to.host, 16);
    view.setUint16(10, checksum(header));
  }
  return joined([header, bytes]);
}

function pseudoHeader(
  flow: Flow,
  direction: Direction,
  { protocol, length }: { readonly protocol: number; readonly length: number },
): Uint8Array {
  const { from, to } = endsOf(flow, direction);
  const tail = new Uint8Array(
    flow.isIpv6 ? [0, 0, length >> 8, length, 0, 0, 0, protocol] : [0, protocol, length >> 8, length],
  );
  return joined([from.host, to.host, tail]);
}

/** The sum of the Internet protocols: RFC 1071. Every piece but the last has an even length. */
function checksum(...pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) sum += (piece[at] ?? 0) << 8 | (piece[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** A packet with its header in the file. */
function packet(time: number, bytes: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(0, Math.floor(time / 1_000), true);
  header.setUint32(4, time % 1_000 * 1_000, true);
  header.setUint32(8, bytes.length, true);
  header.setUint32(12, bytes.length, true);
  return joined([new Uint8Array(header.buffer), bytes]);
}
