/**
 * A folder for sockets with names, short enough for a socket's path.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes a folder of our own. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "sg-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
