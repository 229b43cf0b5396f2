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

/** The number of bytes in a line of hexadecimal digits. */
const HEX_WIDTH = 16;

/** As text: a line for each line of the data; empty for what is not shown. */
export function textView(line: TapLine, octets: Uint8Array): string {
  return view(line, () => textLines(octets));
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
