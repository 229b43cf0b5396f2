/**
 * Socket files that a dead process left behind.
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
 * Makes way for a bind: removes a socket that its process left behind, of whatever type. What is no socket stays.
 *
 * @returns null when the path is free now; EADDRINUSE when a socket is bound to it, EEXIST when it is no socket
 */
export function removeStalePath(path: string, host: PosixHost): NetgraphError | null {
  const action = `Cannot make way for local/"${path}"`;
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
 * One that listens takes the first, one that only is bound says to the second that it is of another type: where both are
 * refused, no socket has the path.
 */
const PROBES = [parseEndpoint("local/stream/0"), parseEndpoint("local/dgram/0")];

/** A socket of another type lives, as does one with a full backlog. */
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
