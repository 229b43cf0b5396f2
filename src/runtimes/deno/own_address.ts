/**
 * This machine's own addresses, as far as Deno's permissions allow.
 *
 * @module
 */

import { systemErrorCode } from "../system_error.ts";

/** True for an address of one of this machine's interfaces; also false without the permission. */
export function isOwnOnDeno(host: string): boolean {
  return knownOwnOnDeno(host) === true;
}

/** The same, but null without the permission. */
export function knownOwnOnDeno(host: string): boolean | null {
  if (isGranted({ name: "sys", kind: "networkInterfaces" })) {
    return Deno.networkInterfaces().some(({ address }) => address === host);
  }
  // Only an own address can be bound: a port that the system chooses is bound for a moment.
  return isGranted({ name: "net", host: host.includes(":") ? `[${host}]` : host }) ? canBind(host) : null;
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function canBind(hostname: string): boolean | null {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch (error) {
    // Any error but "not an address of this machine" is inconclusive: there may be no descriptors left.
    return systemErrorCode(error) === "EADDRNOTAVAIL" ? false : null;
  }
}
