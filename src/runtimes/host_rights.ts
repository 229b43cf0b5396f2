/**
 * What this process may do, on either host.
 *
 * @module
 */

import process from "node:process";
import { readProcessRights } from "./host/process_rights.ts";
import type { HostPermission, RightsFace } from "./runtime.ts";

/** The rights of this process, with the permissions that its host tells of. */
export function hostRights(permissions: () => readonly HostPermission[] | null): RightsFace {
  return { system: `${process.platform} ${process.arch}`, read: readProcessRights, permissions };
}
