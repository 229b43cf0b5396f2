/**
 * Patterns of host names, as in the rules of a listener.
 *
 * ```text
 * pattern = host-name | "*." host-name | "*"
 * ```
 *
 * `*.example.net` covers every name below example.net, at any depth, but not example.net itself; `*` covers all names.
 *
 * @module
 */

import { wordType } from "../ascii/word.ts";
import type { AsciiType } from "../ascii/type.ts";
import { parseHostName } from "./host_name.ts";
import { parseIpv4, parseIpv6 } from "./ip.ts";

/** True if a pattern covers a name, which is in lower case and has no dot at its end. */
export function coversName(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*")) return pattern === name;
  return pattern === "*" || (name.length >= pattern.length && name.endsWith(pattern.slice(1)));
}

/** A pattern of names that TLS clients ask for. */
export const namePattern: AsciiType<string> = wordType({
  name: "hostname",
  examples: ["www.example", '"*.example.net"'],
  check: (text) => checkPattern(text, null),
});

/** A pattern of hosts of HTTP requests: a name, or an IP address. */
export const hostPattern: AsciiType<string> = wordType({
  name: "host",
  examples: ["www.example", '"*.example.net"', "192.0.2.1"],
  check: (text) => checkPattern(text, ipAddress(text)),
});

function checkPattern(
  text: string,
  address: string | null,
): { readonly word: string } | { readonly message: string; readonly hint: string } {
  if (text === "*") return { word: text };
  if (address !== null) return { word: address };
  const isWild = text.startsWith("*.");
  const name = parseHostName(isWild ? text.slice(2) : text)?.replace(/\.$/, "") ?? null;
  if (name !== null) return { word: isWild ? `*.${name}` : name };
  return { message: `"${text}" is not a host name`, hint: hintFor(text) };
}

function hintFor(text: string): string {
  const [, host = "", port] = /^(?:[a-z]+:\/\/)?([^/:]+)(:\d+)?/i.exec(text) ?? [];
  if (port !== undefined || text.includes("/")) return `write the name alone: ${host}`;
  if (/^[\d.]+$/.test(text) || text.includes(":")) return "clients ask for names only, not for addresses";
  return text.includes("*")
    ? 'a wildcard is the first label: "*.example.net"'
    : 'such as www.example or "*.example.net"';
}

function ipAddress(text: string): string | null {
  try {
    if (/^[\d.]+$/.test(text)) return (parseIpv4(text), text);
    return text.includes(":") ? (parseIpv6(text), text.toLowerCase()) : null;
  } catch {
    return null; // It may be a name.
  }
}
