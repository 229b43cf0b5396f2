/**
 * The address of `--http`: `HOST:PORT`, with an IPv6 address in brackets.
 *
 * @module
 */

import type { HttpPlace } from "../runtimes/runtime.ts";
import { CommandFailure } from "./command.ts";
import { EXIT } from "./exit_code.ts";

const MAX_PORT = 65_535;

/**
 * Parses it, and rejects one that other machines reach unless that is allowed.
 *
 * @throws CommandFailure 64
 */
export function httpPlace(text: string, { allowRemote }: { readonly allowRemote: boolean }): HttpPlace {
  const [, bracketed, plain, digits = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain;
  const port = Number(digits);
  if (hostname !== undefined && port > MAX_PORT) {
    throw new CommandFailure(EXIT.usage, `Port ${port} of --http is out of range: expected 0 to ${MAX_PORT}`);
  }
  if (hostname === undefined) {
    throw new CommandFailure(
      EXIT.usage,
      `--http needs HOST:PORT, such as 127.0.0.1:9107 or [::1]:9107, not ${JSON.stringify(text)}`,
    );
  }
  if (!allowRemote && !isLoopback(hostname)) {
    throw new CommandFailure(
      EXIT.usage,
      `--http ${text} is an address that other machines can reach, and they can read all metrics: add --http-allow-remote, or use 127.0.0.1`,
    );
  }
  return { hostname, port };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
