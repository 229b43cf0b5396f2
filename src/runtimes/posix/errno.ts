/**
 * errno as our errors.
 *
 * @module
 */

import { codeOfLinuxErrno, type ErrorCode, errorText, NetgraphError } from "../../errors.ts";

/** The code of an errno; EIO for one that has no name here. */
export function errnoCode(errno: number): ErrorCode {
  return codeOfLinuxErrno(errno) ?? "EIO";
}

/**
 * The error for errno.
 *
 * @param action what failed, such as `Cannot bind inet/127.0.0.1:80`
 */
export function errnoError(errno: number, action: string): NetgraphError {
  const code = codeOfLinuxErrno(errno);
  if (code === null) return new NetgraphError("EIO", `${action}: the system returned errno ${errno}`);
  return new NetgraphError(code, `${action}: ${errorText(code)}`);
}
