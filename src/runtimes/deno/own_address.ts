/**
 * This machine's own addresses, as far as Deno's permissions let them be known.
 *
 * @module
 */

/** True for an address of one of this machine's interfaces; false also where no permission tells. */
export function isOwnOnDeno(host: string): boolean {
  if (isGranted({ name: "sys", kind: "networkInterfaces" })) {
    return Deno.networkInterfaces().some(({ address }) => address === host);
  }
  // Only an own address can be bound: a port that the system chooses is taken for a moment.
  return isGranted({ name: "net", host: host.includes(":") ? `[${host}]` : host }) && canBind(host);
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function canBind(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false; // Not an address of this machine.
  }
}
