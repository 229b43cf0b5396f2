/**
 * Socket files of ended processes.
 *
 * @module
 */

import { lstatSync, unlinkSync } from "node:fs";
import { NetgraphError } from "../../errors.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { noSocket } from "../host/stale.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";

/**
 * Prepares a bind: removes a socket of any type that an ended process left. A file that is not a socket is kept.
 *
 * @returns null if the path is free now; EADDRINUSE if a socket is bound to it, EEXIST if it is not a socket
 */
export function removeStalePath(path: string, host: PosixHost): NetgraphError | null {
  const action = `Cannot replace the file at local/"${path}"`;
  try {
    if (path === "" || path.startsWith("\0")) return null;
    if (!lstatSync(path).isSocket()) return noSocket(action);
    if (PROBES.some((probe) => isAlive(path, probe, host))) {
      return new NetgraphError("EADDRINUSE", `${action}: a socket is bound to it`);
    }
    unlinkSync(path);
    return null;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? null : systemError(error, action);
  }
}

/**
 * A listener accepts the first, and a socket that is only bound reports another type to the second: if both are
 * refused, no socket has the path.
 */
const PROBES = [parseEndpoint("local/stream/0"), parseEndpoint("local/dgram/0")];

/** A socket of another type is alive, as is one with a full backlog. */
function isAlive(path: string, probe: Endpoint, host: PosixHost): boolean {
  const fd = host.openDescriptor(probe);
  try {
    const packed = host.addresses.pack({ family: "local", path });
    if (host.libc.connect(fd, packed, packed.length) === 0) return true;
    const errno = host.libc.errno();
    const code = errnoCode(errno);
    if (code === "ECONNREFUSED") return false;
    if (code === "EPROTOTYPE" || code === "EAGAIN") return true;
    throw errnoError(errno, `Cannot probe local/"${path}"`);
  } finally {
    host.libc.close(fd);
  }
}
