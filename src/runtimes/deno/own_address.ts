/**
 * This machine's own addresses, as far as Deno's permissions let them be known.
 *
 * @module
 */

import { systemErrorCode } from "../system_error.ts";

/** True for an address of one of this machine's interfaces; false also where no permission tells. */
export function isOwnOnDeno(host: string): boolean {
  return knownOwnOnDeno(host) === true;
}

/** The same, and null where no permission tells. */
export function knownOwnOnDeno(host: string): boolean | null {
  if (isGranted({ name: "sys", kind: "networkInterfaces" })) {
    return Deno.networkInterfaces().some(({ address }) => address === host);
  }
  // Only an own address can be bound: a port that the system chooses is taken for a moment.
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
    // Anything but "not an address of this machine" says nothing of that: no descriptor may be left.
    return systemErrorCode(error) === "EADDRNOTAVAIL" ? false : null;
  }
}
