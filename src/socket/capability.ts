/**
 * The capabilities of each runtime for each kind of socket, as data: validation, `doctor` and the README table read it, and
 * the conformance suite tries every cell.
 *
 * @module
 */

/**
 * - `native`: the runtime passes it to the system
 * - `emulated`: sockgraph implements it with the same effect
 * - `hint`: accepted, but the runtime may not pass it on as given
 * - `no`: rejected with a diagnostic that names a runtime with support
 */
export type Support = "native" | "emulated" | "hint" | "no";

/**
 * The kinds of socket that capabilities distinguish.
 *
 * @example
 * ```ts
 * import { SOCKET_KINDS } from "@sockgraph/sockgraph";
 *
 * console.log(SOCKET_KINDS.length > 0); // true
 * ```
 */
export const SOCKET_KINDS = [
  "inet/stream",
  "inet6/stream",
  "local/stream",
  "inet/dgram",
  "inet6/dgram",
  "local/dgram",
  "other",
] as const;

/** One of {@linkcode SOCKET_KINDS}. */
export type SocketKind = (typeof SOCKET_KINDS)[number];

/**
 * The features of a socket beside its options.
 *
 * @example
 * ```ts
 * import { FEATURES } from "@sockgraph/sockgraph";
 *
 * console.log(FEATURES.includes("accept"));
 * ```
 */
export const FEATURES = [
  /** The socket can be opened at all. */
  "open",
  /** `bind`, then `listen` (streams) or receiving (datagrams). */
  "bind",
  /** A stream's `bind` before `connect`: source address and port. */
  "bind-connect",
  /** `listen` and `accept`. */
  "accept",
  /** The number that `listen` accepts. */
  "backlog",
  /** Another number while listening. */
  "backlog-change",
  "connect",
  /** A connected datagram socket receives only from its peer. */
  "connect-filter",
  /** An answer to a datagram that arrived at the wildcard address is sent from the address that it was sent to. */
  "answer-from-asked",
  /** The receive buffer for datagrams can be enlarged, and dropped ones are counted. */
  "receive-room",
  /** Datagrams that the target's machine rejects are counted: its health is known. */
  "refused-datagrams",
  /** Ending one direction of a stream. */
  "half-close",
  /** `abort` sends a reset to the peer. */
  "reset",
  /** A full receiver stops the sender. */
  "back-pressure",
  /** Protocol `tls`, as server and as client. */
  "tls",
] as const;

/** One of {@linkcode FEATURES}. */
export type Feature = (typeof FEATURES)[number];

/** The support of features; absent ones are not supported. */
export type Features = Readonly<Partial<Record<Feature, Support>>>;

/** The capabilities of one runtime. What is not listed is `no`. */
export interface Capabilities {
  /** The runtime's name, as in `--runtime`. */
  readonly runtime: RuntimeName;
  /** The support of features, by kind of socket. */
  readonly features: Readonly<Record<SocketKind, Features>>;
  /** What is missing in this process for more kinds of socket; absent if nothing is missing. */
  readonly openHints?: Readonly<Partial<Record<SocketKind, string>>>;
  /** The reason why TLS cannot be used in this process; null if none is known. */
  readonly tlsLack: TlsLack | null;
  /** The permission of the host that a feature needs. */
  readonly permissions?: Readonly<Partial<Record<Feature, string>>>;
  /** The permission of the host that another end needs. */
  readonly endPermissions?: Readonly<Partial<Record<EndKind, string>>>;
  /** True where a listener can share its address only if that was set before it listens. */
  readonly sharesBeforeListening?: boolean;
  /** Socket options by C name: the support of `setopt` and `getopt`. */
  readonly options: Readonly<Record<SocketKind, Readonly<Record<string, OptionSupport>>>>;
}

/** The reason why TLS cannot be used: no permission to call libraries, or OpenSSL's library is missing. */
export type TlsLack = "ffi" | "library";

/** The support of socket options, by their names. */
export type OptionTable = Capabilities["options"][SocketKind];

/** The support of one option. */
export interface OptionSupport {
  /** The support of `setopt`. */
  readonly set: Support;
  /** The support of `getopt`. */
  readonly get: Support;
}

/**
 * All runtimes, in the order in which a diagnostic recommends them.
 *
 * @example
 * ```ts
 * import { RUNTIME_NAMES } from "@sockgraph/sockgraph";
 *
 * console.log(RUNTIME_NAMES.join(" ")); // deno bun posix memory
 * ```
 */
export const RUNTIME_NAMES = ["deno", "bun", "posix", "memory"] as const;

/** One of {@linkcode RUNTIME_NAMES}. */
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/**
 * The types of node that are ends of the graph other than sockets, and that not every runtime has.
 *
 * @example
 * ```ts
 * import { END_KINDS } from "@sockgraph/sockgraph";
 *
 * console.log(END_KINDS.includes("exec")); // true
 * ```
 */
export const END_KINDS = ["exec", "file"] as const;

/** One of {@linkcode END_KINDS}. */
export type EndKind = (typeof END_KINDS)[number];

/**
 * The support of other ends, by runtime.
 *
 * @example
 * ```ts
 * import { ENDS_BY_RUNTIME } from "@sockgraph/sockgraph";
 *
 * console.log(ENDS_BY_RUNTIME.posix.exec); // native
 * ```
 */
export const ENDS_BY_RUNTIME: Readonly<Record<RuntimeName, Readonly<Record<EndKind, Support>>>> = {
  deno: { exec: "native", file: "native" },
  bun: { exec: "native", file: "native" },
  posix: { exec: "native", file: "native" },
  memory: { exec: "emulated", file: "emulated" },
};

/** The support of `feature` on a socket of `kind`. */
export function featureSupport(capabilities: Capabilities, kind: SocketKind, feature: Feature): Support {
  return capabilities.features[kind][feature] ?? "no";
}

/** A value for each kind of socket. */
export function bySocketKind<T>(valueOf: (kind: SocketKind) => T): Readonly<Record<SocketKind, T>> {
  return {
    "inet/stream": valueOf("inet/stream"),
    "inet6/stream": valueOf("inet6/stream"),
    "local/stream": valueOf("local/stream"),
    "inet/dgram": valueOf("inet/dgram"),
    "inet6/dgram": valueOf("inet6/dgram"),
    "local/dgram": valueOf("local/dgram"),
    other: valueOf("other"),
  };
}

/** Features by kind of socket, where IPv4 and IPv6 have the same. */
export function featuresByKind({ stream, localStream, udp, localDgram, other }: {
  readonly stream: Features;
  readonly localStream: Features;
  readonly udp: Features;
  readonly localDgram: Features;
  readonly other: Features;
}): Readonly<Record<SocketKind, Features>> {
  return {
    "inet/stream": stream,
    "inet6/stream": stream,
    "local/stream": localStream,
    "inet/dgram": udp,
    "inet6/dgram": udp,
    "local/dgram": localDgram,
    other,
  };
}

/** The support of setting or reading `option` (its C name) on a socket of `kind`. */
export function optionSupport(
  capabilities: Capabilities,
  kind: SocketKind,
  option: { name: string; verb: "set" | "get" },
): Support {
  return capabilities.options[kind][option.name]?.[option.verb] ?? "no";
}
