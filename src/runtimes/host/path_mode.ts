/**
 * The permission bits of a local socket's path, on every host.
 *
 * @module
 */

import { chmodSync } from "node:fs";
import { systemError } from "../system_error.ts";

/**
 * Sets a path's permission bits.
 *
 * @throws NetgraphError with the errno's name
 */
export function setPathMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    throw systemError(error, `Cannot set the mode of ${path}`);
  }
}
