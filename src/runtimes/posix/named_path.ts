/**
 * The file that a local socket's bind makes. It is removed with the socket, if it is still the one that was made.
 *
 * @module
 */

import { lstatSync, unlinkSync } from "node:fs";
import type { SocketAddress } from "../../socket/address.ts";
import { systemErrorCode } from "../system_error.ts";

/** What removes the file of a socket that was bound to `address`; null where there is no file. */
export function namedPath(address: SocketAddress): (() => void) | null {
  if (address.family !== "local" || address.path === "" || address.path.startsWith("\0")) return null;
  const { path } = address;
  const made = fileAt(path);
  return made === null ? null : () => removeSame(path, made);
}

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

function fileAt(path: string): FileIdentity | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

function removeSame(path: string, made: FileIdentity): void {
  const found = fileAt(path);
  if (found === null || found.dev !== made.dev || found.ino !== made.ino) return;
  unlinkSync(path);
}
