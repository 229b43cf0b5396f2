/**
 * A file of bounded size by `node:fs`, on either host: when it is full it becomes `PATH.1`, and a new one is begun.
 *
 * @module
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import type { LogFile } from "../background.ts";
import { systemError } from "../system_error.ts";

const MODE = 0o600;

/** Opens it, and goes on behind what is in it. */
export function openLogFile(path: string, { maxBytes }: { readonly maxBytes: number }): LogFile {
  let { file, bytes } = open(path);
  const turn = () => {
    renameSync(path, `${path}.1`);
    closeSync(file);
    ({ file, bytes } = open(path));
  };
  return {
    write(text): void {
      const octets = new TextEncoder().encode(text);
      try {
        if (bytes > 0 && bytes + octets.length > maxBytes) turn();
        bytes += writeSync(file, octets);
      } catch {
        // A full disk, a folder that is gone: there is nobody to tell, and what runs must run on.
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): { file: number; bytes: number } {
  try {
    const file = openSync(path, "a", MODE);
    return { file, bytes: fstatSync(file).size };
  } catch (error) {
    throw systemError(error, `Cannot write the log "${path}"`);
  }
}
