/**
 * The configuration of a ksocket beside its socket's options: `setconfig`, `getconfig`.
 *
 * @module
 */

import { checked } from "../../ascii/checked.ts";
import { duration } from "../../ascii/duration.ts";
import { AsciiError } from "../../ascii/error.ts";
import { string } from "../../ascii/text.ts";
import { parseProxy } from "../../socket/via.ts";
import { fileMode } from "../../ascii/file_mode.ts";
import { boolean, enumeration } from "../../ascii/scalar.ts";
import { notZero } from "../../ascii/not_zero.ts";
import { size } from "../../ascii/size.ts";
import { optional, struct } from "../../ascii/struct.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { SettingEntry } from "../../graph/core/command.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { connects } from "../../socket/kind.ts";
import type { ProxyVersion } from "../../socket/proxy_protocol.ts";
import { HANDSHAKE_TIMEOUT_MS } from "../../socket/tls.ts";

/** A ksocket's configuration; times in milliseconds. */
export interface KsocketConfig {
  /** The time limit of a connect, all addresses of a name together. */
  readonly connectTimeout: number;
  /** The idle time after which a connection is ended. */
  readonly idleTimeout: number;
  /** The idle time once one direction has ended. */
  readonly halfCloseTimeout: number;
  /** How long an accepted connection may stay without a hook. */
  readonly embryoTimeout: number;
  /** How long a TLS handshake may take. */
  readonly handshakeTimeout: number;
  /** The limit of bytes of datagrams that wait for the system. */
  readonly maxQueueBytes: number;
  /** The byte rate of each connection, in each direction, in bytes per second; 0: no limit. */
  readonly maxBytesPerSecond: number;
  /** The byte rate of all connections of a listener together, in each direction; 0: no limit. */
  readonly totalBytesPerSecond: number;
  /** The PROXY header that a socket sends when it connects. */
  readonly sendProxy: "none" | ProxyVersion;
  /** The proxy through which a stream connects: `socks5://HOST:PORT` or `http://HOST:PORT`; absent: none. */
  readonly via?: string;
  /** The path of a file with the proxy's `USER:PASSWORD`. */
  readonly viaCredentials?: string;
  /** The permission bits of a local path; if absent, the umask of the process applies. */
  readonly mode?: number;
  /** True: when its target changes, running flows of datagrams go to the new one with their next datagram. */
  readonly moveFlows: boolean;
  /** What `bind` does with an existing local path: `stale` removes a socket that no process serves. */
  readonly unlink: "stale" | "never";
}

/** The argument of `setconfig`: any of the fields. */
export type KsocketConfigPatch = Partial<KsocketConfig>;

/** The defaults of a ksocket whose socket connects, or does not exist yet. */
export const DEFAULT_CONFIG: KsocketConfig = {
  connectTimeout: 5_000,
  idleTimeout: 3_600_000,
  halfCloseTimeout: 600_000,
  embryoTimeout: 60_000,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  maxQueueBytes: 1024 * 1024,
  maxBytesPerSecond: 0,
  totalBytesPerSecond: 0,
  sendProxy: "none",
  moveFlows: false,
  unlink: "stale",
};

/** The defaults of a socket of datagrams: its flows have no end of their own. */
const DATAGRAM_CONFIG: KsocketConfig = { ...DEFAULT_CONFIG, idleTimeout: 60_000 };

/** How long a client that has ended its direction waits for answers to its datagrams by default: like resolvers. */
export const ANSWERS_MS = 5_000;

/** The defaults of a ksocket. */
export function defaultConfig(endpoint: Endpoint): KsocketConfig {
  return connects(endpoint) ? DEFAULT_CONFIG : DATAGRAM_CONFIG;
}

const { idleTimeout: sessionTimeout } = DATAGRAM_CONFIG;

/** The type of {@linkcode KsocketConfigPatch}. */
export const configPatch: AsciiType<KsocketConfigPatch> = struct({
  connectTimeout: optional(
    notZero(duration, "lets no connection succeed"),
    "Maximum time of a connect, for all addresses of a name together",
    {
      default: DEFAULT_CONFIG.connectTimeout,
    },
  ),
  idleTimeout: optional(duration, "Time without traffic after which a connection is closed; 0 means no limit", {
    default: DEFAULT_CONFIG.idleTimeout,
    defaultNote: `${duration.format(sessionTimeout)} for flows of datagrams`,
  }),
  halfCloseTimeout: optional(
    duration,
    "Time without traffic after which a half-closed connection is closed; bytes that the peer acknowledges are traffic",
    {
      default: DEFAULT_CONFIG.halfCloseTimeout,
      defaultNote: `${duration.format(ANSWERS_MS)} if only datagrams can still be sent to the peer`,
    },
  ),
  embryoTimeout: optional(duration, "Maximum time until an accepted connection is joined to a node", {
    default: DEFAULT_CONFIG.embryoTimeout,
  }),
  handshakeTimeout: optional(
    notZero(duration, "lets no handshake succeed"),
    "Maximum time of a TLS handshake; connectTimeout includes it for a socket that connects",
    { default: DEFAULT_CONFIG.handshakeTimeout },
  ),
  maxQueueBytes: optional(
    notZero(size, "drops every datagram"),
    "Maximum number of datagram bytes that wait to be sent",
    {
      default: DEFAULT_CONFIG.maxQueueBytes,
    },
  ),
  maxBytesPerSecond: optional(
    size,
    "Maximum rate of each connection in bytes per second, in each direction, by back-pressure",
    { default: DEFAULT_CONFIG.maxBytesPerSecond, defaultNote: "no limit" },
  ),
  totalBytesPerSecond: optional(
    size,
    "Maximum rate of all connections of a listener together in bytes per second, in each direction, by back-pressure",
    { default: DEFAULT_CONFIG.totalBytesPerSecond, defaultNote: "no limit" },
  ),
  sendProxy: optional(
    enumeration({ none: 0, v1: 1, v2: 2 }),
    "The PROXY header that names the client to the target, before all data and before TLS; for datagrams, v2 only, " +
      "before the first datagram of each flow",
    { default: DEFAULT_CONFIG.sendProxy },
  ),
  via: optional(
    checked(string, checkProxy),
    "The proxy through which a stream connects, which also looks up names: socks5://HOST:PORT or http://HOST:PORT",
    { defaultNote: "connects directly" },
  ),
  viaCredentials: optional(string, "The path of a file with USER:PASSWORD for the proxy", {
    defaultNote: "no credentials",
  }),
  mode: optional(fileMode, "The permissions of a local path, as for chmod", {
    defaultNote: "as the umask permits",
  }),
  moveFlows: optional(boolean, "Whether existing flows move to a new target", {
    default: DEFAULT_CONFIG.moveFlows,
  }),
  unlink: optional(
    enumeration({ stale: 0, never: 1 }),
    "What bind does if the local path exists: stale removes a socket on which no process answers",
    { default: DEFAULT_CONFIG.unlink },
  ),
});

function checkProxy(text: string, offset: number): string {
  const proxy = parseProxy(text);
  if (!("why" in proxy)) return text;
  throw new AsciiError("EINVAL", `Invalid proxy "${text.replace(/\/\/.*@/, "//")}"`, {
    offset,
    length: text.length,
    hint: proxy.why,
  });
}

/** A patch, field by field. */
export function configEntries(patch: KsocketConfigPatch | null): readonly SettingEntry<KsocketConfigPatch>[] {
  return Object.entries(patch ?? {}).map(([key, value]) => ({ key, args: { [key]: value } }));
}

/** True if all fields of a patch have their values. Others may have been set by a later message. */
export function hasConfig(config: unknown, patch: KsocketConfigPatch): boolean {
  if (typeof config !== "object" || config === null) return false;
  const found = new Map<string, unknown>(Object.entries(config));
  return Object.entries(patch).every(([key, value]) => found.get(key) === value);
}

/** The patch that resets a field of the socket that `hook` names to its default; null for an unknown field. */
export function resetConfig(key: string, hook: string | null): KsocketConfigPatch | null {
  const initial = hook === null ? DEFAULT_CONFIG : defaultConfig(parseEndpoint(hook));
  const entry = Object.entries(initial).find(([name]) => name === key);
  return entry === undefined ? null : { [entry[0]]: entry[1] };
}
