/**
 * What this process may do, on either host.
 *
 * @module
 */

import process from "node:process";
import { readProcessRights } from "./host/process_rights.ts";
import type { HostRights } from "./runtime.ts";

/** The rights of this process, with what its host tells of. */
export function hostRights(host: Pick<HostRights, "permissions" | "mayLoad">): HostRights {
  return { system: `${process.platform} ${process.arch}`, read: readProcessRights, ...host };
}
