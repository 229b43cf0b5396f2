/**
 * ksocket's control messages: those of ng_ksocket(4), and ours (`setconfig`, `getconfig`, `send`).
 *
 * @module
 */

import { enumeration, int32 } from "../../ascii/scalar.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import { type DrainCommands, drainCommands } from "../../graph/core/drain.ts";
import type { Command } from "../../graph/core/command.ts";
import { innerMessage, type InnerMessageType } from "../../graph/message/inner_message.ts";
import { type AcceptReply, acceptReply, connectAddress, sameAddress, sockaddr } from "../../socket/address_text.ts";
import { type ConnectAddress, isWildcard, type SocketAddress } from "../../socket/address.ts";
import { BEFORE_BIND, formerOption, settingKey } from "../../socket/reset_option.ts";
import { optionMatches, type SocketOption, sockopt, sockoptName } from "../../socket/option.ts";
import { type AcceptTarget, acceptTargetType, plainTarget, usesOf } from "./accept_target.ts";
import { usesOfConnect } from "./destination.ts";
import type { ConnectionPhase } from "./connection/connection_host.ts";
import { hasTls, resetTls, tlsEntries, type TlsSettings, tlsSettings } from "./tls_settings.ts";
import { configEntries, configPatch, hasConfig, type KsocketConfigPatch, resetConfig } from "./ksocket_config.ts";

/** ksocket's commands, by name. */
export type KsocketCommands = {
  readonly bind: Command<SocketAddress, null>;
  readonly listen: Command<number, null>;
  readonly accept: Command<AcceptTarget, AcceptReply | null>;
  readonly connect: Command<ConnectAddress, number | null>;
  readonly getname: Command<null, SocketAddress>;
  readonly getpeername: Command<null, SocketAddress>;
  readonly setopt: Command<SocketOption, null>;
  readonly getopt: Command<SocketOption, SocketOption>;
  readonly setconfig: Command<KsocketConfigPatch, null>;
  readonly getconfig: Command<null, KsocketConfigPatch>;
  readonly settls: Command<TlsSettings, null>;
  readonly gettls: Command<null, TlsSettings>;
  readonly getstate: Command<null, ConnectionPhase>;
  readonly getaccept: Command<null, AcceptTarget | null>;
  readonly disarm: Command<null, null>;
  readonly send: Command<string, null>;
} & DrainCommands;

const LIFECYCLE = { kind: "lifecycle", cost: "replace" } as const;
const SETTING = { reply: null, kind: "setting", cost: "live" } as const;
/** The messages that each accepted connection may receive: those for a connected socket. */
export const connectionMessage: InnerMessageType = innerMessage({
  commands: () => KSOCKET_COMMANDS,
  takes: (name, { kind, imperativeOnly }) => {
    return kind !== "lifecycle" && imperativeOnly !== true && name !== "accept" && name !== "settls";
  },
  receiver: "an accepted connection",
  example: "setopt { TCP_NODELAY=1 }",
});
const acceptTarget = acceptTargetType(connectionMessage);
const state: AsciiType<ConnectionPhase> = enumeration({
  idle: 0,
  listening: 1,
  connecting: 2,
  connected: 3,
  closed: 4,
});
const QUERY = { kind: "query", cost: "live" } as const;

/**
 * ksocket's commands, with the numbers of `NGM_KSOCKET_COOKIE`; ours begin at 1000.
 *
 * @example
 * ```ts
 * import { Graph, KSOCKET_COMMANDS } from "@sockgraph/sockgraph";
 *
 * await using graph = await Graph.open({ runtime: "memory" });
 * await graph.mkpeer(".", { type: "ksocket", ourhook: "s", peerhook: "inet/dgram/udp" });
 * const address = { family: "inet", host: "127.0.0.1", port: 53 } as const;
 * await graph.msg("s", { commands: KSOCKET_COMMANDS, command: "bind", args: address });
 * console.log((await graph.msg("s", "getname")).text); // inet/127.0.0.1:53
 * ```
 */
export const KSOCKET_COMMANDS: KsocketCommands = {
  bind: {
    ...LIFECYCLE,
    id: 1,
    summary: "Binds the socket to a local address, as bind(2) does",
    args: sockaddr,
    argument: {
      summary: "The address; port 0 lets the system choose one",
      defaultNote: "the system chooses an address when the socket connects or sends",
    },
    reply: null,
    readBack: { query: "getname", matches: (wanted, found) => isAddress(found) ? matchesBind(wanted, found) : null },
  },
  listen: {
    ...LIFECYCLE,
    cost: "live",
    id: 2,
    summary: "Listens for connections, as listen(2) does",
    args: int32,
    argument: {
      summary: "How many connections may wait to be accepted; the system may allow fewer",
      unit: "connections",
      placeholder: "BACKLOG",
    },
    reply: null,
    readBack: { query: "getstate", matches: (_wanted, found) => found === "listening" },
  },
  accept: {
    ...SETTING,
    cost: "new-connections",
    id: 3,
    summary:
      "Sets the target of connections, or of flows of datagrams; without a target, accepts one connection, as accept(2) does",
    args: acceptTarget,
    argsOptional: true,
    once: (target) => target === null,
    reply: acceptReply,
    uses: usesOf,
    plain: plainTarget,
    readBack: { query: "getaccept", matches: (wanted, found) => sameTarget(wanted, found) },
  },
  connect: {
    ...LIFECYCLE,
    id: 4,
    summary: "Connects, as connect(2) does; also to a host name, or to a target of a pool",
    args: connectAddress,
    argument: {
      summary: "The address, such as inet/127.0.0.1:80 or, with a host name, inet/localhost:80; or pool/NAME",
    },
    reply: int32,
    uses: usesOfConnect,
    failureDegrades: true,
    readBack: {
      query: "getpeername",
      matches: (wanted, found) => isAddress(found) ? matchesPeer(wanted, found) : null,
    },
  },
  getname: {
    ...QUERY,
    id: 5,
    summary: "The local address, as getsockname(2) returns it",
    args: null,
    reply: sockaddr,
    refer: referToAddress,
  },
  getpeername: {
    ...QUERY,
    id: 6,
    summary: "The peer's address, as getpeername(2) returns it",
    args: null,
    reply: sockaddr,
    refer: referToAddress,
  },
  setopt: {
    ...SETTING,
    id: 7,
    summary: "Sets a socket option, as setsockopt(2) does",
    args: sockopt,
    argument: {
      summary: "One option and its value: { NAME=VALUE }, or by numbers; docs/socket-options.md lists all",
      defaultNote: "the system's",
    },
    entries: (option) => option === null ? [] : [{ key: settingKey(option), args: option }],
    precedes: (key) => BEFORE_BIND.includes(key) ? "bind" : null,
    restore: (option, before) => formerOption(option, isOption(before) ? before : null),
    readBack: {
      query: "getopt",
      argument: (option) => sockoptName.format(option),
      matches: (wanted, found) => isOption(found) ? optionMatches(wanted, found) : null,
    },
  },
  getopt: {
    ...QUERY,
    id: 8,
    summary: "Reads a socket option, as getsockopt(2) does",
    args: sockoptName,
    argument: { summary: "The name of the option, or its level and number" },
    reply: sockopt,
  },
  setconfig: {
    ...SETTING,
    id: 1000,
    summary: "Sets time-outs and limits",
    args: configPatch,
    entries: configEntries,
    reset: resetConfig,
    readBack: { query: "getconfig", matches: (wanted, found) => hasConfig(found, wanted) ? true : null },
  },
  getconfig: { ...QUERY, id: 1001, summary: "The time-outs and limits", args: null, reply: configPatch },
  settls: {
    ...SETTING,
    cost: "new-connections",
    id: 1008,
    summary: "Configures TLS of a socket of protocol tls; several messages are combined",
    args: tlsSettings,
    entries: tlsEntries,
    reset: resetTls,
    readBack: { query: "gettls", matches: (wanted, found) => hasTls(found, wanted) },
  },
  gettls: { ...QUERY, id: 1009, summary: "The configuration of TLS", args: null, reply: tlsSettings },
  getstate: { ...QUERY, id: 1003, summary: "The state of the socket", args: null, reply: state },
  getaccept: {
    ...QUERY,
    id: 1004,
    summary: "The target of accepted connections; empty if accept was not sent",
    args: null,
    reply: acceptTarget,
  },
  disarm: {
    id: 1007,
    summary: "Stops accepting connections: they wait in the queue of the system",
    args: null,
    reply: null,
    kind: "action",
    cost: "live",
    imperativeOnly: true,
    clears: ["accept"],
  },
  send: {
    id: 1002,
    summary: "Writes a text to the socket",
    args: string,
    argument: { summary: "The text to write; \\n is a line feed", placeholder: "TEXT" },
    reply: null,
    kind: "action",
    cost: "replace",
  },
  ...drainCommands({ drain: 1005, undrain: 1006 }),
};

/** The values of `${node.getname}` and its parts; a wildcard is replaced by loopback, which a client can connect to. */
function referToAddress(address: SocketAddress, part: string | null): string | null {
  const reachable = isWildcard(address) ? loopbackOf(address) : address;
  if (part === null) return sockaddr.format(reachable);
  if (reachable.family !== "inet" && reachable.family !== "inet6") {
    return part === "address" && reachable.family === "local" ? reachable.path : null;
  }
  if (part === "address") return reachable.host;
  return part === "port" ? String(reachable.port) : null;
}

function loopbackOf(address: SocketAddress): SocketAddress {
  if (address.family === "inet") return { ...address, host: "127.0.0.1" };
  return address.family === "inet6" ? { ...address, host: "::1" } : address;
}

/** Bound to the requested address, or to one whose port the system chose. */
function matchesBind(wanted: SocketAddress, found: SocketAddress): boolean {
  if (sameAddress(wanted, found)) return true;
  const chosen = (wanted.family === "inet" || wanted.family === "inet6") && wanted.port === 0 &&
    (found.family === "inet" || found.family === "inet6");
  return chosen && sameAddress({ ...wanted, port: found.port }, found);
}

/** A name cannot be compared with the address that it was looked up to, nor a pool with its target. */
function matchesPeer(wanted: ConnectAddress, found: SocketAddress): boolean | null {
  return wanted.family === "name" || wanted.family === "pool" ? null : sameAddress(wanted, found);
}

/** Without a target, the reply differs from every desired target. */
function sameTarget(wanted: AcceptTarget, found: unknown): boolean | null {
  return wanted === null ? null : found !== null && isTarget(found) &&
    acceptTarget.format(wanted) === acceptTarget.format(found);
}

function isTarget(value: unknown): value is AcceptTarget {
  return typeof value === "object" && value !== null;
}

function isOption(value: unknown): value is SocketOption {
  return typeof value === "object" && value !== null && "option" in value;
}

function isAddress(value: unknown): value is SocketAddress {
  return typeof value === "object" && value !== null && "family" in value;
}
