/**
 * Lines of a tap for people: bytes of others are escaped, so that they cannot control the terminal.
 *
 * ```text
 * [1f] open inet/192.0.2.7:4711 inet/10.0.0.2:80
 * [1f] > GET / HTTP/1.1\r
 * [1f] < HTTP/1.1 200 OK\r
 * [1f] > end
 * ```
 *
 * @module
 */

import type { TapLine } from "../../../api/operations/tap.ts";
import { printable } from "../../../printable.ts";
import { joined } from "../../output_stream.ts";

/** The number of bytes in a line of hexadecimal digits. */
const HEX_WIDTH = 16;

/** The limit of letters whose rest has not arrived. */
const MAX_HELD = 1_024;

/** As text: a line for each line of the data. A letter that two pieces share is shown with the second. */
export class TextView {
  /** The first bytes of a letter, by connection and direction. */
  readonly #held = new Map<string, Uint8Array>();
  readonly #datagrams = new Set<string>();

  /** A line; empty for what is not shown. */
  show(line: TapLine, octets: Uint8Array): string {
    if (line.kind === "open" && line.transport === "datagram") this.#datagrams.add(line.connection);
    if (line.kind !== "data" && line.kind !== "end") return view(line, () => []);
    const whole = this.#whole(line, octets);
    if (line.kind === "end") {
      this.#datagrams.delete(line.connection);
      const rest = whole.length === 0 ? [] : [`${startOf(line)} ${textLines(whole).join("")}`];
      return [...rest, view(line, () => [])].join("\n");
    }
    return whole.length === 0 && octets.length > 0 ? "" : view(line, () => textLines(whole));
  }

  /** The text that was held before these bytes, then the bytes without an incomplete letter at their end. */
  #whole(line: Extract<TapLine, { kind: "data" | "end" }>, octets: Uint8Array): Uint8Array {
    if (this.#datagrams.has(line.connection)) return octets;
    const stream = startOf(line);
    const held = this.#held.get(stream);
    this.#held.delete(stream);
    const isGap = line.kind === "data" && line.lostBytes > 0;
    const all = held === undefined || isGap ? octets : joined([held, octets]);
    const begun = line.kind === "end" || this.#held.size >= MAX_HELD ? 0 : begunLetter(all);
    if (begun > 0) this.#held.set(stream, all.slice(all.length - begun));
    return all.subarray(0, all.length - begun);
  }
}

/** The number of bytes at the end that begin a letter in UTF-8 and do not complete it. */
function begunLetter(octets: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const octet = octets[octets.length - back] ?? 0;
    if ((octet & 0xc0) === 0x80) continue; // Follows in a letter.
    const bytes = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return bytes > back ? back : 0;
  }
  return 0;
}

/** As hexadecimal digits. */
export function hexView(line: TapLine, octets: Uint8Array): string {
  return view(line, () => hexLines(octets));
}

function view(line: TapLine, dataLines: () => readonly string[]): string {
  switch (line.kind) {
    case "open":
      return `${line.connection} open ${printable(line.peer) || "-"} ${printable(line.local) || "-"}`;
    case "data": {
      const start = startOf(line);
      const lost = line.lostBytes > 0 ? [`${start} (${line.lostBytes} bytes lost)`] : [];
      return [...lost, ...dataLines().map((text) => `${start} ${text}`)].join("\n");
    }
    case "end":
      return `${startOf(line)} ${line.how === "eof" ? "end" : "reset"}`;
    case "lost":
      return `(lost since the start: ${line.items} items, ${line.bytes} bytes)`;
    case "ready":
    case "heartbeat":
      return "";
  }
}

function startOf({ connection, direction }: { readonly connection: string; readonly direction: "in" | "out" }): string {
  return `${connection} ${direction === "in" ? ">" : "<"}`;
}

/** A carriage return before the end of a line is shown as `\r`. */
function textLines(octets: Uint8Array): readonly string[] {
  const lines = new TextDecoder().decode(octets).split("\n");
  if (lines.length > 1 && lines.at(-1) === "") lines.pop();
  return lines.map((text) => printable(text.replaceAll("\\", "\\\\")).replaceAll("\\u000d", "\\r"));
}

function hexLines(octets: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += HEX_WIDTH) {
    const row = [...octets.subarray(at, at + HEX_WIDTH)];
    const hex = row.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((octet) => octet >= 32 && octet < 127 ? String.fromCharCode(octet) : ".").join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(HEX_WIDTH * 3 - 1)}  ${text}`);
  }
  return lines.length === 0 ? ["(empty)"] : lines;
}
