/**
 * The problems of a declared ksocket, reported before any socket opens.
 *
 * @module
 */

import type { Claim, Target } from "../../graph/data/claim.ts";
import type { CheckedMessage, DeclaredNode, Finding, MessageChange } from "../../graph/core/node_type.ts";
import { type ConnectAddress, isWildcard } from "../../socket/address.ts";
import { connectAddress, sockaddr } from "../../socket/address_text.ts";
import { type Capabilities, featureSupport, optionSupport, type SocketKind } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { connects, socketKind } from "../../socket/kind.ts";
import { type AcceptTarget, destinationsOf } from "./accept_target.ts";
import { checkAcceptPlace, isTarget } from "./accept_place_check.ts";
import { finding } from "./finding.ts";
import { addressesOf, isTargetList } from "./destination.ts";
import { checkRules } from "./routing/check_rules.ts";
import {
  checkAcceptedLink,
  checkAdmission,
  checkPeerAddress,
  checkProxyProtocol,
  checkPurpose,
  checkSendProxy,
  type UseSubject,
} from "./ksocket_use.ts";
import { hostClaim, targetsAt } from "./connect_target.ts";
import { connectionMessage } from "./ksocket_commands.ts";
import { checkTls, checkTlsLack, checkTlsMessage } from "./ksocket_tls_check.ts";
import { BEFORE_BIND } from "../../socket/reset_option.ts";
import type { SocketOption } from "../../socket/option.ts";
import { linuxHasOption } from "../../socket/option_table.ts";

/** Shared by the checks of one node. */
interface Subject extends UseSubject {
  readonly kind: SocketKind;
  readonly capabilities: Capabilities;
}

/** The exclusive resources of a declared ksocket: the addresses that it binds. */
export function claimsOfKsocket(node: DeclaredNode): readonly Claim[] {
  if (node.hook === null) return [];
  const endpoint = parseEndpoint(node.hook);
  const options = node.messages.map(({ args }) => args).filter(isOption);
  const shares = endpoint.type === "stream" ? ["SO_REUSEPORT"] : ["SO_REUSEPORT", "SO_REUSEADDR"];
  const shared = shares.some((name) => isSet(options, name));
  const connect = node.messages.find(({ command }) => command === "connect")?.args;
  const peer = endpoint.type === "dgram" && isAddress(connect) ? connectAddress.format(connect) : null;
  return node.messages.flatMap(({ command, args }): readonly Claim[] => {
    if (command !== "bind" || !isAddress(args) || args.family === "name" || args.family === "pool") return [];
    const claim = { shared, peer, text: sockaddr.format(args) };
    if (args.family === "local") return [{ ...claim, space: "local", host: "", place: args.path }];
    if (args.family === "generic") return [];
    const space = endpoint.type === "stream" ? "tcp" : "udp";
    const place = args.port === 0 ? null : String(args.port);
    return [{ ...claim, ...hostClaim(args, isSet(options, "IPV6_V6ONLY")), space, place }];
  });
}

/** The addresses to which a declared ksocket connects: itself, or for each accepted connection. */
export function targetsOfKsocket({ hook, messages }: Pick<DeclaredNode, "hook" | "messages">): readonly Target[] {
  if (hook === null) return [];
  const { type } = parseEndpoint(hook);
  if (type !== "stream" && type !== "dgram") return [];
  return messages.flatMap(({ command, args }, messageIndex): readonly Target[] => {
    const each = command === "accept";
    const own = command === "connect" && isAddress(args) ? [args] : [];
    const addresses = each && isTarget(args) ? destinationsOf(args).flatMap(addressesOf) : own;
    return addresses.flatMap((address) =>
      targetsAt(address, { space: type === "stream" ? "tcp" : "udp", each, messageIndex })
    );
  });
}

/** The effect of a changed message on existing connections, and that the runtime cannot apply it. */
export function changeNoteOfKsocket(
  { hook, messages }: DeclaredNode,
  { command, args, kept }: MessageChange,
  capabilities: Capabilities,
): string | null {
  if (hook === null) return null;
  const endpoint = parseEndpoint(hook);
  const kind = socketKind(endpoint);
  const { runtime } = capabilities;
  if (command === "listen" && featureSupport(capabilities, kind, "backlog-change") === "hint") {
    return featureSupport(capabilities, kind, "backlog") === "hint"
      ? `"${runtime}" does not pass it on`
      : `"${runtime}" keeps the previous backlog until the node is recreated`;
  }
  if (command === "setopt" && isOption(args) && args.option !== null) {
    const support = optionSupport(capabilities, kind, { name: args.option, verb: "set" });
    return support === "hint" ? `a hint on "${runtime}"` : null;
  }
  // Flows of datagrams may never end on their own.
  if (command !== "accept" || kept === 0 || connects(endpoint)) return null;
  const moves = messages.findLast(({ command, args }) => command === "setconfig" && movesFlows(args) !== null)?.args;
  return movesFlows(moves) === true ? "flows move" : "running flows keep their target";
}

function movesFlows(config: unknown): boolean | null {
  if (typeof config !== "object" || config === null || !("moveFlows" in config)) return null;
  return typeof config.moveFlows === "boolean" ? config.moveFlows : null;
}

/** True if an option is on: the last one counts, and one that is set to 0 is off. */
function isSet(options: readonly SocketOption[], name: string): boolean {
  return (options.findLast(({ option }) => option === name)?.value ?? 0) !== 0;
}

/** The problems of a declared ksocket. */
export function checkKsocket(node: DeclaredNode, capabilities: Capabilities): readonly Finding[] {
  if (node.hook === null) return [];
  const endpoint = parseEndpoint(node.hook);
  const { messages, inTemplate, linked } = node;
  const subject = { endpoint, kind: socketKind(endpoint), capabilities, messages, inTemplate, linked };
  const opens = checkOpen(subject);
  if (opens.length > 0) return opens;
  const found = messages.flatMap((message, index) => checkMessage(subject, message, index));
  return found.some(({ severity }) => severity === "error")
    ? found
    : [...found, ...checkTls(subject), ...checkTlsLack(subject), ...checkPurpose(subject)];
}

function checkOpen({ endpoint, kind, capabilities }: Subject): readonly Finding[] {
  const usual = usualEndpoint(endpoint);
  if (usual !== null) {
    const message = `No system supports ${formatEndpoint(endpoint)}: the protocol does not belong to the socket type`;
    return [finding(null, "unsupported-socket", message, `write ${formatEndpoint(usual)}`)];
  }
  const lacksTls = endpoint.tls && featureSupport(capabilities, kind, "tls") === "no";
  if (!lacksTls && featureSupport(capabilities, kind, "open") !== "no") return [];
  const message = `Runtime "${capabilities.runtime}" does not support sockets of "${formatEndpoint(endpoint)}"`;
  return [finding(null, "unsupported-socket", message, capabilities.openHints?.[kind] ?? whoCan(capabilities))];
}

/** The suggestion for a protocol of another type, such as inet/stream/udp; null if the two are compatible. */
function usualEndpoint(endpoint: Endpoint): Endpoint | null {
  const { family, type, protocol } = endpoint;
  if ((family !== "inet" && family !== "inet6") || type === "raw") return null;
  const usual = protocol === TCP
    ? "stream"
    : protocol === UDP
    ? "dgram"
    : type === "stream"
    ? ICMP[protocol]
    : undefined;
  return usual === undefined || usual === type ? null : { ...endpoint, type: usual };
}

const [TCP, UDP] = [6, 17];
const ICMP: Readonly<Record<number, "raw">> = { 1: "raw", 58: "raw" };

/** Runtime `posix` has everything that the system has. */
function whoCan({ runtime }: Capabilities): string {
  return runtime === "posix" ? "this system has none" : "try --runtime posix";
}

/** Only runtime `posix` has more options than the others: all options of the system for the socket. */
function whoSets({ endpoint, capabilities }: Subject, { option, os }: SocketOption): string {
  const has = option === null ? os === "linux" : linuxHasOption(endpoint, option);
  return capabilities.runtime !== "posix" && has
    ? "try --runtime posix"
    : "remove it: no runtime has it for this socket";
}

function checkMessage(subject: Subject, message: CheckedMessage, index: number): readonly Finding[] {
  switch (message.command) {
    case "bind":
      return [
        ...checkFamily(subject, message, index),
        ...checkBind(subject, index),
        ...checkAnswers(subject, message, index),
      ];
    case "connect":
      return [
        ...checkFamily(subject, message, index),
        ...checkConnect(subject, index),
        ...isAddress(message.args) ? checkPeerAddress(subject, message.args, { messageIndex: index }) : [],
      ];
    case "listen":
      return checkListen(subject, index);
    case "accept":
      return [...checkPlace(subject, index), ...checkAccept(subject, message, index)];
    case "settls":
      return checkTlsMessage(subject, index);
    case "setconfig":
      return checkSendProxy(subject, message, index);
    case "setopt":
      return checkOption(subject, message, index);
    default:
      return [];
  }
}

function checkFamily({ endpoint }: Subject, { command, args }: CheckedMessage, index: number): readonly Finding[] {
  if (!isAddress(args) || args.family === "generic") return [];
  if (args.family === "pool") return checkPoolKind(endpoint, args.name, index);
  const family = args.family === "name" ? args.of : args.family;
  if (family === "tcp" || family === "udp") {
    return checkOpenFamily(endpoint, connectAddress.format(args), { family, index });
  }
  if (family === endpoint.family) return [];
  const hint = family === "inet" || family === "inet6"
    ? `use hook ${family}/${endpoint.type}/${endpoint.type === "stream" ? "tcp" : "udp"}`
    : `use hook ${family}/${endpoint.type}/0`;
  const text = connectAddress.format(args);
  return [finding(index, "wrong-family", `A socket of ${formatEndpoint(endpoint)} cannot ${command} ${text}`, hint)];
}

/** A name whose family is left open says whether it is for streams or datagrams. */
function checkOpenFamily(
  endpoint: Endpoint,
  text: string,
  { family, index }: { readonly family: "tcp" | "udp"; readonly index: number },
): readonly Finding[] {
  const isInet = endpoint.family === "inet" || endpoint.family === "inet6";
  if (isInet && endpoint.type === (family === "tcp" ? "stream" : "dgram")) return [];
  const hint = family === "tcp" ? "use hook inet/stream/tcp" : "use hook inet/dgram/udp";
  return [
    finding(
      index,
      "wrong-family",
      `A socket with hook "${formatEndpoint(endpoint)}" cannot connect to "${text}"`,
      hint,
    ),
  ];
}

/** A pool has targets of streams and of datagrams. */
function checkPoolKind({ type }: Endpoint, name: string, index: number): readonly Finding[] {
  if (type === "stream" || type === "dgram") return [];
  const message = `A socket of type "${type}" cannot connect to pool "${name}"`;
  return [finding(index, "wrong-type", message, "pools are for streams and datagrams")];
}

function checkBind({ messages }: Subject, index: number): readonly Finding[] {
  if (messages.slice(0, index).some(({ command }) => command === "listen")) {
    return [finding(index, "wrong-order", 'Message "bind" must come before "listen"', "move it up")];
  }
  const first = messages.findIndex(({ command }) => command === "bind");
  if (first === index) return [];
  return [finding(index, "bound-twice", "A socket is bound only once", "remove one of the two")];
}

/** Flows on the wildcard are answered, although the runtime does not report the address that was used. */
function checkAnswers(
  { messages, endpoint, kind, capabilities }: Subject,
  { args }: CheckedMessage,
  index: number,
): readonly Finding[] {
  if (
    endpoint.type !== "dgram" || !isAddress(args) || args.family === "name" || args.family === "pool" ||
    !isWildcard(args)
  ) return [];
  if (!messages.some(({ command }) => command === "accept")) return [];
  if (featureSupport(capabilities, kind, "answer-from-asked") !== "no") return [];
  const message = `Runtime "${capabilities.runtime}" answers from the address that the system chooses: ` +
    "on a host with several addresses, clients may ignore answers that come from another address than they asked";
  const hint = "bind one address, or try --runtime posix";
  return [{ ...finding(index, "answer-source", message, hint), severity: "warning" }];
}

function checkConnect({ messages, endpoint, kind, capabilities }: Subject, index: number): readonly Finding[] {
  if (!connects(endpoint)) return [];
  if (messages.some(({ command }) => command === "listen")) {
    return [finding(index, "listens", "A socket that listens cannot connect", "make two nodes and link them")];
  }
  const bound = messages.slice(0, index).some(({ command }) => command === "bind");
  if (!bound || featureSupport(capabilities, kind, "bind-connect") !== "no") return [];
  const message = `Runtime "${capabilities.runtime}" cannot bind a stream before it connects`;
  return [finding(index, "unsupported-message", message, "leave the bind out: the system chooses the address")];
}

function checkListen({ endpoint, inTemplate, messages }: Subject, index: number): readonly Finding[] {
  if (connects(endpoint)) {
    // Accept reports the same itself.
    if (!inTemplate || messages.some(({ command }) => command === "accept")) return [];
    const message = "A copy of a template cannot listen: it would do so once for every connection";
    return [finding(index, "listen-in-template", message, "make the listener a node of the topology")];
  }
  const hint = "remove it; the socket receives after bind, and accept with a target creates a flow for each source";
  return [finding(index, "not-a-stream", `"listen" is not for datagram sockets`, hint)];
}

function checkPlace({ inTemplate }: Subject, index: number): readonly Finding[] {
  if (!inTemplate) return [];
  const message = "A copy of a template cannot accept: it would listen once for every connection";
  return [finding(index, "accept-in-template", message, "make the listener a node of the topology")];
}

function checkAccept(subject: Subject, message: CheckedMessage, index: number): readonly Finding[] {
  if (subject.inTemplate) return [];
  const { args } = message;
  const found = checkAcceptPlace(subject, message, index);
  if (found.length > 0 || !isTarget(args)) return found;
  return [
    ...destinationsOf(args).flatMap((destination, rule) => {
      const base = args.route === undefined ? [] : ["route", rule];
      const isList = destination.connect !== undefined && isTargetList(destination.connect);
      return addressesOf(destination).flatMap((address, at) => {
        const path = [...base, "connect", ...isList ? [at] : []];
        return checkPeerAddress(subject, address, { messageIndex: index, path });
      });
    }),
    ...checkRules(subject, args, index),
    ...checkAdmission(subject, args, index),
    ...checkProxyProtocol(subject, args, index),
    ...checkInner(subject, args, index),
    ...checkAcceptedLink(subject, index),
  ];
}

/** Messages to each connection that would be rejected. */
function checkInner(subject: Subject, { messages = [] }: AcceptTarget, index: number): readonly Finding[] {
  return messages.flatMap((text, at): readonly Finding[] => {
    const message = connectionMessage.check(text);
    const place = { path: ["messages", at] };
    if (message.command === "setopt") {
      return checkOption({ ...subject, messages: [] }, message, index).map((one) => ({ ...one, ...place }));
    }
    if (message.command !== "setconfig" || typeof message.args !== "object" || message.args === null) return [];
    return Object.keys(message.args).filter((name) => OF_LISTENER.includes(name)).map((name) => ({
      ...finding(index, "no-effect", `Setting "${name}" has no effect on an accepted connection`, NODE_SETTING),
      ...place,
      severity: "warning",
    }));
  });
}

/** Settings that have an effect only before there is a connection. */
const OF_LISTENER: readonly string[] = [
  "connectTimeout",
  "embryoTimeout",
  "mode",
  "moveFlows",
  "sendProxy",
  "totalBytesPerSecond",
  "unlink",
];
const NODE_SETTING = "put it into a setconfig among the messages of the node";

function checkOption(subject: Subject, { args }: CheckedMessage, index: number): readonly Finding[] {
  if (!isOption(args)) return [];
  const { capabilities, kind, messages } = subject;
  const name = args.option;
  // Numbers of the host's own system are passed on; others are translated by name.
  if (name === null && args.os === "linux" && capabilities.runtime === "posix") return [];
  if (name === null || optionSupport(capabilities, kind, { name, verb: "set" }) === "no") {
    const what = name ?? `level ${args.level} name ${args.name}`;
    const message = `Runtime "${capabilities.runtime}" cannot set ${what} on ${formatEndpoint(subject.endpoint)}`;
    return [finding(index, "unsupported-option", message, whoSets(subject, args))];
  }
  const late = BEFORE_BIND.includes(name) && messages.slice(0, index).some(({ command }) => command === "bind");
  return late ? [finding(index, "too-late", `${name} must come before bind`, "move it up")] : [];
}

function isAddress(value: unknown): value is ConnectAddress {
  return typeof value === "object" && value !== null && "family" in value;
}

function isOption(value: unknown): value is SocketOption {
  return typeof value === "object" && value !== null && "option" in value && "level" in value;
}
