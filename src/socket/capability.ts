/**
 * What a runtime can do with which socket, as data: validation, `doctor` and the README table read it, and the
 * conformance suite tries every cell.
 *
 * @module
 */

/**
 * - `native`: the runtime hands it to the system
 * - `emulated`: we make it up with the same effect
 * - `hint`: accepted, but the runtime may not pass it on as given
 * - `no`: refused, by a diagnostic that names a runtime which can
 */
export type Support = "native" | "emulated" | "hint" | "no";

/**
 * The kinds of socket that capabilities tell apart.
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
 * What one may want of a socket beside its options.
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
  /** The number that `listen` takes. */
  "backlog",
  /** Another number while it listens. */
  "backlog-change",
  "connect",
  /** A datagram's `connect` takes only what comes from the peer. */
  "connect-filter",
  /** Datagrams that came in on the wildcard address are answered from the own address that was asked. */
  "answer-from-asked",
  /** Room for bursts of datagrams is asked for, and those that found none are counted. */
  "receive-room",
  /** Ending one direction of a stream. */
  "half-close",
  /** `abort` reaches the peer as a reset. */
  "reset",
  /** A full receiver stops the sender. */
  "back-pressure",
] as const;

/** One of {@linkcode FEATURES}. */
export type Feature = (typeof FEATURES)[number];

/** What one runtime can do. What is not listed is `no`. */
export interface Capabilities {
  /** The runtime's name, as `--runtime` takes it. */
  readonly runtime: RuntimeName;
  /** How well it does what sockets do, by kind of socket. */
  readonly features: Readonly<Record<SocketKind, Readonly<Partial<Record<Feature, Support>>>>>;
  /** What lets it open the kinds of socket that it could open, but not in this process; absent where there are none. */
  readonly openHints?: Readonly<Partial<Record<SocketKind, string>>>;
  /** True where a listener can share its address only if that was set before it listens. */
  readonly sharesBeforeListening?: boolean;
  /** Socket options by C name: how well `setopt` and `getopt` work, each. */
  readonly options: Readonly<Record<SocketKind, Readonly<Record<string, OptionSupport>>>>;
}

/** How well an option can be set and read. */
export interface OptionSupport {
  /** How well `setopt` works. */
  readonly set: Support;
  /** How well `getopt` works. */
  readonly get: Support;
}

/**
 * The runtimes there are, in the order in which a diagnostic recommends them.
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

/** How well `capabilities` do `feature` on a socket of `kind`. */
export function featureSupport(capabilities: Capabilities, kind: SocketKind, feature: Feature): Support {
  return capabilities.features[kind][feature] ?? "no";
}

/** How well `capabilities` set or get `option` (its C name) on a socket of `kind`. */
export function optionSupport(
  capabilities: Capabilities,
  kind: SocketKind,
  option: { name: string; verb: "set" | "get" },
): Support {
  return capabilities.options[kind][option.name]?.[option.verb] ?? "no";
}
