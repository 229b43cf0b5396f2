/**
 * Socket files that a dead process left behind.
 *
 * @module
 */

import { lstatSync, unlinkSync } from "node:fs";
import { NetgraphError } from "../../errors.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";
import { systemError, systemErrorCode } from "../system_error.ts";
import { errnoCode, errnoError } from "./errno.ts";
import type { PosixHost } from "./host.ts";

/**
 * Makes way for a bind: removes a socket that nobody answers on, of whatever type. What is no socket stays.
 *
 * @returns null when the path is free now or holds no socket; EADDRINUSE when somebody answers
 */
export function removeStalePath(path: string, host: PosixHost): NetgraphError | null {
  const action = `Cannot make way for local/"${path}"`;
  try {
    if (path === "" || path.startsWith("\0") || !lstatSync(path).isSocket()) return null;
    if (answers(path, host)) return new NetgraphError("EADDRINUSE", `${action}: somebody answers there`);
    unlinkSync(path);
    return null;
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? null : systemError(error, action);
  }
}

/** Nobody behind the path refuses; a socket of another type, or one with a full backlog, lives. */
function answers(path: string, host: PosixHost): boolean {
  const fd = host.openDescriptor(parseEndpoint("local/stream/0"));
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
