/**
 * nginx's values: times, sizes, addresses.
 *
 * @module
 */

import { NetgraphError } from "../../../../errors.ts";
import { addressText } from "../forward.ts";
import { portNumber } from "../service.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  "": 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * `10m`, `1h 30m`, `500ms` or seconds, as a duration.
 *
 * @throws NetgraphError for another text
 */
export function timeText(text: string): string {
  const parts = text.trim().split(/\s+/).map((part) => /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(part));
  const sum = parts.reduce((total, part) => total + Number(part?.[1]) * (UNITS[part?.[2] ?? ""] ?? NaN), 0);
  if (!Number.isFinite(sum)) throw new NetgraphError("EINVAL", `"${text}" is not a time`);
  return sum % 1_000 === 0 ? `${sum / 1_000}s` : `${Math.round(sum)}ms`;
}

/**
 * `16k`, `1m` or bytes.
 *
 * @throws NetgraphError for another text
 */
export function sizeText(text: string): string {
  const [, digits, unit = ""] = /^(\d+)([kKmMgG]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new NetgraphError("EINVAL", `"${text}" is not a size`);
  const factor = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1;
  return String(Number(digits) * factor);
}

/**
 * The address of a target: `10.0.0.1:80`, `db:5432`, `unix:/run/db.sock`.
 *
 * @throws NetgraphError for a text that is none
 */
export function targetAddress(text: string): string {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return addressText({ path });
  const [, host = "", port] = /^(\[[^\]]+\]|[^:]+):([\w-]+)$/.exec(text) ?? [];
  const number = port === undefined ? null : portNumber(port, "tcp");
  if (number === null) throw new NetgraphError("EINVAL", `"${text}" is not an address with a port`);
  return addressText({ host, port: number });
}

/** The limit of ports that one directive may list. */
export const MAX_PORTS = 2_000;

/**
 * The addresses that a text of `listen` names: `80`, `*:80`, `127.0.0.1:80`, `[::]:8000-8010`, `unix:/run/a.sock`.
 *
 * @throws NetgraphError for a text that is none
 */
export function bindAddresses(text: string): readonly string[] {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return [addressText({ path })];
  const [, named, ports = ""] = /^(?:(\[[^\]]*\]|[^:]*):)?([\d-]+)$/.exec(text) ?? [];
  const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(ports) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || to < from || to > 65_535) {
    throw new NetgraphError("EINVAL", `"${text}" is not an address with a port`);
  }
  if (to - from >= MAX_PORTS) throw new NetgraphError("EINVAL", `"${text}" has more than ${MAX_PORTS} ports`);
  const host = named === undefined || named === "*" || named === ""
    ? "0.0.0.0"
    : named === "localhost"
    ? "127.0.0.1"
    : named;
  return Array.from({ length: to - from + 1 }, (_, index) => addressText({ host, port: String(from + index) }));
}
