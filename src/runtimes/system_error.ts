/**
 * Errors of a runtime as errors of the environment.
 *
 * The same table serves Deno's classes and Node's codes: `code` decides if there is one, then the name of the class,
 * then the errno in Deno's message. An error that is already ours is returned unchanged.
 *
 * @module
 */

import { codeOfLinuxErrno, type ErrorCode, errorText, isErrorCode, NetgraphError } from "../errors.ts";

/** Names of exception classes (Deno's, and the DOM's) without a usable code. */
const CODE_BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NotCapable: "ENOTCAPABLE",
  AbortError: "ECANCELED",
  TimeoutError: "ETIMEDOUT",
  BadResource: "EBADF",
  Interrupted: "EINTR",
  Busy: "EBUSY",
  NotFound: "ENOENT",
  PermissionDenied: "EACCES",
  AlreadyExists: "EEXIST",
  ConnectionRefused: "ECONNREFUSED",
  ConnectionReset: "ECONNRESET",
  ConnectionAborted: "ECONNABORTED",
  NotConnected: "ENOTCONN",
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  BrokenPipe: "EPIPE",
  TimedOut: "ETIMEDOUT",
  NotADirectory: "ENOTDIR",
  IsADirectory: "EISDIR",
  RangeError: "EINVAL",
};

/** Codes of Node's libraries in addition to the errno names. */
const CODE_BY_ALIAS: Readonly<Record<string, ErrorCode>> = {
  EAI_AGAIN: "ENOTFOUND",
  EAI_NODATA: "ENOTFOUND",
  EAI_NONAME: "ENOTFOUND",
  ENOTSUP: "EOPNOTSUPP",
  ERR_OUT_OF_RANGE: "EINVAL",
  ERR_SOCKET_BAD_PORT: "EINVAL",
  ERR_ACCESS_DENIED: "ENOTCAPABLE",
};

/**
 * The code of `error`; `EIO` if it is unknown.
 *
 * @param error any value that was thrown
 */
export function systemErrorCode(error: unknown): ErrorCode {
  if (error instanceof NetgraphError) return error.code;
  if (!(error instanceof Error)) return "EIO";
  // Deno 2.9.6 checks the length of a path itself and reports EINVAL where the system reports ENAMETOOLONG.
  if (error.message.includes("SUN_LEN")) return "ENAMETOOLONG";
  const code = "code" in error ? error.code : undefined;
  if (isErrorCode(code)) return code;
  if (typeof code === "string" && Object.hasOwn(CODE_BY_ALIAS, code)) return CODE_BY_ALIAS[code] ?? "EIO";
  return codeByName(error) ?? codeByText(error.message) ?? "EIO";
}

/**
 * The error to throw for an error of a runtime.
 *
 * @param action what failed, such as `Cannot bind inet/127.0.0.1:80`
 */
export function systemError(error: unknown, action: string): NetgraphError {
  if (error instanceof NetgraphError) return error;
  const code = systemErrorCode(error);
  return new NetgraphError(code, `${action}: ${reason(code, error)}`, { cause: error });
}

function reason(code: ErrorCode, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // Deno's own message names the missing flag; for an unknown error, EIO is all that is known.
  if (code === "ENOENT") return "no such file or folder"; // The system's errors say nothing of nodes and hooks.
  if (code === "ENOTCAPABLE" && text.startsWith("Requires all access")) {
    return "Deno opens files in /dev, /proc and /sys only with --allow-all; use another place, or start it with deno run -A";
  }
  if (code === "ENOTCAPABLE" || code === "EIO") return `${errorText(code)} (${text.replace(/\.$/, "")})`;
  return errorText(code);
}

function codeByName(error: Error): ErrorCode | null {
  return Object.hasOwn(CODE_BY_NAME, error.name) ? CODE_BY_NAME[error.name] ?? null : null;
}

function codeByText(text: string): ErrorCode | null {
  if (text.startsWith("failed to lookup address information")) return "ENOTFOUND";
  const errno = /\(os error (\d+)\)/.exec(text)?.[1];
  return errno === undefined ? null : codeOfLinuxErrno(Number(errno));
}
