/**
 * Errors of the environment, by their POSIX names.
 *
 * Three channels never mix: a user's text yields a `Diagnostic`, the world yields a {@linkcode NetgraphError}, misuse
 * of the API yields a TypeError or RangeError.
 *
 * @module
 */

/** The name of a failure: POSIX's errno names, `ENOTFOUND` for name lookup, `ENOTCAPABLE` for a missing permission and `ETLS` for TLS. */
export type ErrorCode =
  | "EPERM"
  | "ENOENT"
  | "EINTR"
  | "EIO"
  | "ENXIO"
  | "E2BIG"
  | "EBADF"
  | "ENOMEM"
  | "EACCES"
  | "EBUSY"
  | "EEXIST"
  | "ENODEV"
  | "ENOTDIR"
  | "EISDIR"
  | "EINVAL"
  | "ENFILE"
  | "EMFILE"
  | "EFBIG"
  | "ENOSPC"
  | "EROFS"
  | "EPIPE"
  | "ERANGE"
  | "EAGAIN"
  | "EINPROGRESS"
  | "EALREADY"
  | "EDESTADDRREQ"
  | "EMSGSIZE"
  | "EPROTOTYPE"
  | "ENOPROTOOPT"
  | "EPROTONOSUPPORT"
  | "ESOCKTNOSUPPORT"
  | "EOPNOTSUPP"
  | "EAFNOSUPPORT"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ECONNABORTED"
  | "ECONNRESET"
  | "ENOBUFS"
  | "EISCONN"
  | "ENOTCONN"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "ELOOP"
  | "ENAMETOOLONG"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "ENOTEMPTY"
  | "EDQUOT"
  | "ESTALE"
  | "ENOSYS"
  | "ECANCELED"
  | "EPROTO"
  | "ENOTFOUND"
  | "ENOTCAPABLE"
  | "ETLS";

interface ErrorFact {
  /** The text of strerror(3), in lower case, without a full stop. */
  readonly text: string;
  /** True if the cause can disappear without a change of the topology, so that a retry can succeed. */
  readonly retryable: boolean;
  /** FreeBSD's number, as a netgraph reply carries it. */
  readonly freebsd: number;
  /** Linux's number, null if Linux has no such code. */
  readonly linux: number | null;
}

const ERRORS = {
  EPERM: { text: "operation not permitted", retryable: false, freebsd: 1, linux: 1 },
  ENOENT: { text: "no such file, node or hook", retryable: false, freebsd: 2, linux: 2 },
  EINTR: { text: "interrupted", retryable: false, freebsd: 4, linux: 4 },
  EIO: { text: "input or output error", retryable: false, freebsd: 5, linux: 5 },
  ENXIO: { text: "device not configured", retryable: false, freebsd: 6, linux: 6 },
  E2BIG: { text: "value is too long", retryable: false, freebsd: 7, linux: 7 },
  EBADF: { text: "bad file descriptor", retryable: false, freebsd: 9, linux: 9 },
  ENOMEM: { text: "out of memory", retryable: false, freebsd: 12, linux: 12 },
  EACCES: { text: "permission denied", retryable: false, freebsd: 13, linux: 13 },
  EBUSY: { text: "busy", retryable: false, freebsd: 16, linux: 16 },
  EEXIST: { text: "already exists", retryable: false, freebsd: 17, linux: 17 },
  ENODEV: { text: "operation not supported by device", retryable: false, freebsd: 19, linux: 19 },
  ENOTDIR: { text: "not a directory", retryable: false, freebsd: 20, linux: 20 },
  EISDIR: { text: "is a directory", retryable: false, freebsd: 21, linux: 21 },
  EINVAL: { text: "invalid argument", retryable: false, freebsd: 22, linux: 22 },
  ENFILE: { text: "too many open files in the system", retryable: true, freebsd: 23, linux: 23 },
  EMFILE: { text: "too many open files", retryable: true, freebsd: 24, linux: 24 },
  EFBIG: { text: "file is too large", retryable: false, freebsd: 27, linux: 27 },
  ENOSPC: { text: "no space is left on the device", retryable: false, freebsd: 28, linux: 28 },
  EROFS: { text: "file system is read-only", retryable: false, freebsd: 30, linux: 30 },
  EPIPE: { text: "broken pipe", retryable: false, freebsd: 32, linux: 32 },
  ERANGE: { text: "result is too large", retryable: false, freebsd: 34, linux: 34 },
  // A local connect reports a full queue of the listener with this error, where TCP reports ECONNREFUSED.
  EAGAIN: { text: "resource temporarily unavailable", retryable: true, freebsd: 35, linux: 11 },
  EINPROGRESS: { text: "operation now in progress", retryable: false, freebsd: 36, linux: 115 },
  EALREADY: { text: "operation already in progress", retryable: false, freebsd: 37, linux: 114 },
  EDESTADDRREQ: { text: "destination address is required", retryable: false, freebsd: 39, linux: 89 },
  EMSGSIZE: { text: "message is too long", retryable: false, freebsd: 40, linux: 90 },
  EPROTOTYPE: { text: "protocol is of the wrong type for the socket", retryable: false, freebsd: 41, linux: 91 },
  ENOPROTOOPT: { text: "protocol option is not available", retryable: false, freebsd: 42, linux: 92 },
  EPROTONOSUPPORT: { text: "protocol is not supported", retryable: false, freebsd: 43, linux: 93 },
  ESOCKTNOSUPPORT: { text: "socket type is not supported", retryable: false, freebsd: 44, linux: 94 },
  EOPNOTSUPP: { text: "operation is not supported", retryable: false, freebsd: 45, linux: 95 },
  EAFNOSUPPORT: { text: "address family is not supported", retryable: false, freebsd: 47, linux: 97 },
  EADDRINUSE: { text: "address is already in use", retryable: true, freebsd: 48, linux: 98 },
  EADDRNOTAVAIL: { text: "address is not available on this host", retryable: true, freebsd: 49, linux: 99 },
  ENETDOWN: { text: "network is down", retryable: true, freebsd: 50, linux: 100 },
  ENETUNREACH: { text: "network is unreachable", retryable: true, freebsd: 51, linux: 101 },
  // The peer had closed before its connection was accepted; similar to ECONNRESET.
  ECONNABORTED: { text: "connection was aborted", retryable: true, freebsd: 53, linux: 103 },
  ECONNRESET: { text: "connection was reset by the peer", retryable: true, freebsd: 54, linux: 104 },
  ENOBUFS: { text: "no buffer space is available", retryable: true, freebsd: 55, linux: 105 },
  EISCONN: { text: "already connected", retryable: false, freebsd: 56, linux: 106 },
  ENOTCONN: { text: "not connected", retryable: false, freebsd: 57, linux: 107 },
  ETIMEDOUT: { text: "timed out", retryable: true, freebsd: 60, linux: 110 },
  ECONNREFUSED: { text: "connection was refused", retryable: true, freebsd: 61, linux: 111 },
  ELOOP: { text: "too many levels, or a loop", retryable: false, freebsd: 62, linux: 40 },
  ENAMETOOLONG: { text: "name is too long", retryable: false, freebsd: 63, linux: 36 },
  // BSD systems report this where Linux reports EHOSTUNREACH.
  EHOSTDOWN: { text: "host is down", retryable: true, freebsd: 64, linux: 112 },
  EHOSTUNREACH: { text: "no route to host", retryable: true, freebsd: 65, linux: 113 },
  ENOTEMPTY: { text: "directory is not empty", retryable: false, freebsd: 66, linux: 39 },
  EDQUOT: { text: "disk quota is exceeded", retryable: false, freebsd: 69, linux: 122 },
  ESTALE: { text: "the state has changed", retryable: false, freebsd: 70, linux: 116 },
  ENOSYS: { text: "function is not implemented", retryable: false, freebsd: 78, linux: 38 },
  ECANCELED: { text: "operation was cancelled", retryable: false, freebsd: 85, linux: 125 },
  EPROTO: { text: "protocol error", retryable: false, freebsd: 92, linux: 71 },
  /** Name lookup failed: getaddrinfo(3) has its own numbers; this number is ours. */
  ENOTFOUND: { text: "host name could not be looked up", retryable: true, freebsd: 1001, linux: null },
  /** The runtime, not the system, refuses: a Deno permission is missing. */
  ENOTCAPABLE: { text: "the runtime's permission is missing", retryable: false, freebsd: 1002, linux: null },
  /** A handshake failed, or what came is no TLS; the message says why. Ours too. */
  ETLS: { text: "TLS failed", retryable: true, freebsd: 1003, linux: null },
} as const satisfies Record<ErrorCode, ErrorFact>;

/** The subject of a failure. Only known fields are set. */
export interface ErrorSubject {
  /** The node's path without its colon: `web/front` or `[1f]`. */
  readonly node?: string;
  /** The hook's name. */
  readonly hook?: string;
  /** The control message in ASCII form. */
  readonly message?: string;
  /** The socket address in ASCII form. */
  readonly address?: string;
}

/** A failure as plain data, to cross a thread or a wire. */
export interface ErrorData {
  /** The code of the failure. */
  readonly code: ErrorCode;
  /** The message. */
  readonly message: string;
  /** Its subject. */
  readonly subject: ErrorSubject;
}

/**
 * Thrown when the world refuses: the system, a peer, or the graph's own rules.
 *
 * @example
 * ```ts
 * import { Graph, NetgraphError } from "@sockgraph/sockgraph";
 *
 * await using graph = await Graph.open({ runtime: "memory" });
 * try {
 *   await graph.msg("nobody:", "nodeinfo");
 * } catch (error) {
 *   if (error instanceof NetgraphError) console.log(error.code); // ENOENT
 * }
 * ```
 */
export class NetgraphError extends Error {
  /** Always `NetgraphError`. */
  override readonly name: string = "NetgraphError";
  /** The code of the failure. */
  readonly code: ErrorCode;
  /** Its subject. */
  readonly subject: ErrorSubject;

  /**
   * Makes a failure to be thrown.
   *
   * @param message for people: sentence case, no full stop, values quoted
   */
  constructor(code: ErrorCode, message: string, options: { subject?: ErrorSubject; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.subject = options.subject ?? {};
  }

  /** True when trying again later can help. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** The failure as plain data; {@linkcode NetgraphError.from} reads it back. */
  toData(): ErrorData {
    return { code: this.code, message: this.message, subject: this.subject };
  }

  /** Rebuilds a failure that crossed a thread or a wire. */
  static from(data: ErrorData): NetgraphError {
    return new NetgraphError(data.code, data.message, { subject: data.subject });
  }
}

/** True when `text` is a known code. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(ERRORS, text);
}

/**
 * The text of strerror(3) for `code`, in lower case, without a full stop.
 *
 * @example
 * ```ts
 * import { errorText } from "@sockgraph/sockgraph";
 *
 * console.log(errorText("ENOENT"));
 * ```
 */
export function errorText(code: ErrorCode): string {
  return ERRORS[code].text;
}

/**
 * True if a failure of this kind can disappear without a change.
 *
 * @example
 * ```ts
 * import { isRetryable } from "@sockgraph/sockgraph";
 *
 * console.log(isRetryable("ECONNREFUSED")); // true
 * ```
 */
export function isRetryable(code: ErrorCode): boolean {
  return ERRORS[code].retryable;
}

/** True if a later retry can help: also for a local path without a file, or without a folder, yet. */
export function isWorldly(code: ErrorCode): boolean {
  return isRetryable(code) || code === "ENOENT";
}

/** FreeBSD's number for `code`, as netgraph's connect reply carries it. 0 is success and has no code. */
export function freebsdErrno(code: ErrorCode): number {
  return ERRORS[code].freebsd;
}

/** The code that FreeBSD numbers `errno`, or null. */
export function codeOfFreebsdErrno(errno: number): ErrorCode | null {
  return CODES.find((code) => ERRORS[code].freebsd === errno) ?? null;
}

/** The code that Linux numbers `errno`, or null. */
export function codeOfLinuxErrno(errno: number): ErrorCode | null {
  return CODES.find((code) => ERRORS[code].linux === errno) ?? null;
}

const CODES: readonly ErrorCode[] = Object.keys(ERRORS).filter(isErrorCode);
