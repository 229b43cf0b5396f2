/**
 * The rights of this process, on both hosts.
 *
 * @module
 */

import process from "node:process";
import { readProcessRights } from "./host/process_rights.ts";
import type { HostRights } from "./runtime.ts";

/** The rights of this process, with those that its host reports. */
export function hostRights(host: Pick<HostRights, "permissions" | "mayLoad" | "mayRun">): HostRights {
  return { system: `${process.platform} ${process.arch}`, read: readProcessRights, ...host };
}
