/**
 * FreeBSD's error texts, as printed by ngctl(8), because scripts compare them.
 *
 * @module
 */

import { type ErrorCode, errorText } from "../../../errors.ts";

/** Those that differ from ours. */
const TEXTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ENOENT: "No such file or directory",
  EINTR: "Interrupted system call",
  EIO: "Input/output error",
  E2BIG: "Argument list too long",
  ENOMEM: "Cannot allocate memory",
  EBUSY: "Device busy",
  EEXIST: "File exists",
  ENFILE: "Too many open files in system",
  EFBIG: "File too large",
  ENOSPC: "No space left on device",
  EROFS: "Read-only file system",
  ENOTEMPTY: "Directory not empty",
  EDQUOT: "Disc quota exceeded",
  ERANGE: "Result too large",
  EDESTADDRREQ: "Destination address required",
  EMSGSIZE: "Message too long",
  EPROTOTYPE: "Protocol wrong type for socket",
  ENOPROTOOPT: "Protocol not available",
  EPROTONOSUPPORT: "Protocol not supported",
  ESOCKTNOSUPPORT: "Socket type not supported",
  EOPNOTSUPP: "Operation not supported",
  EAFNOSUPPORT: "Address family not supported by protocol family",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Can't assign requested address",
  ECONNABORTED: "Software caused connection abort",
  ECONNRESET: "Connection reset by peer",
  ENOBUFS: "No buffer space available",
  EISCONN: "Socket is already connected",
  ENOTCONN: "Socket is not connected",
  ETIMEDOUT: "Operation timed out",
  ECONNREFUSED: "Connection refused",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ESTALE: "Stale NFS file handle",
  ENOSYS: "Function not implemented",
  ECANCELED: "Operation canceled",
};

/** The result of strerror(3) there. */
export function freebsdText(code: ErrorCode): string {
  const text = TEXTS[code] ?? errorText(code);
  return (text[0] ?? "").toUpperCase() + text.slice(1);
}
