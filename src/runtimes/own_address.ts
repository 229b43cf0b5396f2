/**
 * This machine's own addresses.
 *
 * @module
 */

import { networkInterfaces } from "node:os";
import { isOwnOnDeno, knownOwnOnDeno } from "./deno/own_address.ts";

/** True for an address of one of this machine's interfaces; also false if that cannot be known. */
export function isOwnAddress(host: string): boolean {
  return Reflect.has(globalThis, "Bun") ? isOwnOnBun(host) : isOwnOnDeno(host);
}

/** The same, but null if it cannot be known. */
export function knownOwnAddress(host: string): boolean | null {
  return Reflect.has(globalThis, "Bun") ? isOwnOnBun(host) : knownOwnOnDeno(host);
}

function isOwnOnBun(host: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host) === true);
}
