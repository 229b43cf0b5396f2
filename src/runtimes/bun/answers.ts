/**
 * Whether somebody is behind a local path, on Bun.
 *
 * @module
 */

import { openConnection } from "./calls.ts";

/** Nobody behind the path refuses; a datagram socket that lives says that it is of another type. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    openConnection({ family: "local", path }, {
      from: null,
      connected: (wire) => {
        wire.terminate();
        resolve(true);
      },
      failed: (error) => {
        if (error.code === "ECONNREFUSED") resolve(false);
        else if (error.code === "EPROTOTYPE") resolve(true);
        else reject(error);
      },
    });
  });
}
