/**
 * What a ksocket can be configured to beyond its socket's options: `setconfig`, `getconfig`.
 *
 * @module
 */

import { duration } from "../../ascii/duration.ts";
import { fileMode } from "../../ascii/file_mode.ts";
import { boolean, enumeration } from "../../ascii/scalar.ts";
import { notZero } from "../../ascii/not_zero.ts";
import { size } from "../../ascii/size.ts";
import { optional, struct } from "../../ascii/struct.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { SettingEntry } from "../../graph/core/command.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { connects } from "../../socket/kind.ts";

/** A ksocket's configuration; times in milliseconds. */
export interface KsocketConfig {
  /** How long a connect may take, all addresses of a name together. */
  readonly connectTimeout: number;
  /** How long nothing may flow before a connection is ended. */
  readonly idleTimeout: number;
  /** How long nothing may flow once one direction has ended. */
  readonly halfCloseTimeout: number;
  /** How long an accepted connection may stay without a hook. */
  readonly embryoTimeout: number;
  /** How many octets of datagrams may wait for the system. */
  readonly maxQueueBytes: number;
  /** Who may connect to a local path, as permission bits; without it that is for the process's umask to say. */
  readonly mode?: number;
  /** True: when its target changes, running flows of datagrams go to the new one with their next datagram. */
  readonly moveFlows: boolean;
  /** What `bind` does with a local path that is in the way: `stale` removes a socket that nobody answers on. */
  readonly unlink: "stale" | "never";
}

/** What `setconfig` takes: any of them. */
export type KsocketConfigPatch = Partial<KsocketConfig>;

/** What a new ksocket is configured to whose socket connects, or is not there yet. */
export const DEFAULT_CONFIG: KsocketConfig = {
  connectTimeout: 5_000,
  idleTimeout: 3_600_000,
  halfCloseTimeout: 600_000,
  embryoTimeout: 60_000,
  maxQueueBytes: 1024 * 1024,
  moveFlows: false,
  unlink: "stale",
};

/** What a new socket of datagrams is configured to: those who come to it are sessions, which nobody ends. */
const DATAGRAM_CONFIG: KsocketConfig = { ...DEFAULT_CONFIG, idleTimeout: 60_000 };

/** How long a client that has ended its direction waits for answers to its datagrams by default: as resolvers do. */
export const ANSWERS_MS = 5_000;

/** What a new ksocket is configured to. */
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
      defaultNote: `${duration.format(ANSWERS_MS)} for clients that can receive only datagrams`,
    },
  ),
  embryoTimeout: optional(duration, "Maximum time for which an accepted connection may have no hook", {
    default: DEFAULT_CONFIG.embryoTimeout,
  }),
  maxQueueBytes: optional(
    notZero(size, "drops every datagram"),
    "Maximum number of datagram bytes that wait to be sent",
    {
      default: DEFAULT_CONFIG.maxQueueBytes,
    },
  ),
  mode: optional(fileMode, "The permissions of a local path, as for chmod", {
    defaultNote: "what the umask leaves",
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

/** A patch, field by field. */
export function configEntries(patch: KsocketConfigPatch | null): readonly SettingEntry<KsocketConfigPatch>[] {
  return Object.entries(patch ?? {}).map(([key, value]) => ({ key, args: { [key]: value } }));
}

/** True where all fields of a patch hold. What differs may have been set by a later message. */
export function hasConfig(config: unknown, patch: KsocketConfigPatch): boolean {
  if (typeof config !== "object" || config === null) return false;
  const found = new Map<string, unknown>(Object.entries(config));
  return Object.entries(patch).every(([key, value]) => found.get(key) === value);
}

/** The patch that gives a field of the socket that `hook` names its default back; null for an unknown field. */
export function resetConfig(key: string, hook: string | null): KsocketConfigPatch | null {
  const initial = hook === null ? DEFAULT_CONFIG : defaultConfig(parseEndpoint(hook));
  const entry = Object.entries(initial).find(([name]) => name === key);
  return entry === undefined ? null : { [entry[0]]: entry[1] };
}
