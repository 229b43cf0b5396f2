/**
 * Host names by the system's resolver, on both hosts.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { NetgraphError } from "../../errors.ts";
import type { SocketAddress } from "../../socket/address.ts";
import { systemError, systemErrorCode } from "../system_error.ts";

/**
 * Looks up a name, A or AAAA, in the system's order.
 *
 * @throws NetgraphError ENOTFOUND, ENOTCAPABLE
 */
export async function lookupName(
  wanted: { family: "inet" | "inet6"; name: string; port: number },
): Promise<readonly SocketAddress[]> {
  const { family, name, port } = wanted;
  const action = `Cannot look up "${name}" for ${family}`;
  const found = await lookupWithoutDot(name, family, action);
  if (found.length === 0) throw new NetgraphError("ENOTFOUND", `${action}: the name has no such address`);
  return found.map((host) => family === "inet" ? { family, host, port } : inet6Address(host, port));
}

/** glibc does not find a name with a dot at the end in the hosts file, which lists it without one. */
async function lookupWithoutDot(name: string, family: "inet" | "inet6", action: string): Promise<readonly string[]> {
  try {
    return await lookupAll(name, family, action);
  } catch (error) {
    if (!name.endsWith(".") || systemErrorCode(error) !== "ENOTFOUND") throw error;
    return await lookupAll(name.slice(0, -1), family, action);
  }
}

async function lookupAll(name: string, family: "inet" | "inet6", action: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { family: family === "inet" ? 4 : 6, all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw systemError(error, action);
  }
}

function inet6Address(text: string, port: number): SocketAddress {
  const [host = text, zone = null] = text.split("%", 2);
  return { family: "inet6", host, port, zone };
}
