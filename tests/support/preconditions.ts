/**
 * What a machine may lack: why tests that need it are skipped there.
 *
 * @module
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";

/** Why nothing over IPv6 is tested here, or null: containers often have no `::1`. */
export const noIpv6: string | null = await listens("::1") ? null : "this machine has no IPv6 on loopback";

async function listens(host: string): Promise<boolean> {
  const server = createServer();
  server.listen(0, host);
  try {
    await once(server, "listening");
  } catch {
    return false; // The one thing to know.
  }
  server.close();
  await once(server, "close");
  return true;
}

/** Why a test that holds so many files open at once is skipped, or null. */
export function tooFewFiles(desired: number): string | null {
  const limit = openFiles();
  return limit >= desired ? null : `a process may open ${limit} files here, and this needs ${desired}`;
}

function openFiles(): number {
  try {
    const [, soft = "unlimited"] = /^Max open files +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === "unlimited" ? Infinity : Number(soft);
  } catch {
    return Infinity; // Known only on Linux.
  }
}

/** A link-local address of this host with its interface; null where there is none. */
export const linkLocal: { readonly host: string; readonly zone: string } | null = findLinkLocal();

function findLinkLocal(): { host: string; zone: string } | null {
  for (const [zone, addresses] of Object.entries(networkInterfaces())) {
    const found = addresses?.find(({ address }) => address.startsWith("fe80:"));
    if (found !== undefined) return { host: found.address.split("%")[0] ?? "", zone };
  }
  return null;
}
