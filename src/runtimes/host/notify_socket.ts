/**
 * The socket of the service manager: the variable `NOTIFY_SOCKET` of sd_notify(3).
 *
 * @module
 */

import { nodeProcess } from "./node_process.ts";

/** The path, with a NUL before an abstract name; null if no notifications are requested. */
export function notifySocket(): string | null {
  const named = nodeProcess.env("NOTIFY_SOCKET") ?? "";
  if (named.startsWith("/")) return named;
  // Other families (vsock) are for virtual machines.
  return named.startsWith("@") && named.length > 1 ? `\0${named.slice(1)}` : null;
}
