/**
 * Lines of socat → a topology: a listener and where it leads, or two sockets that are joined, or one and the standard
 * streams.
 *
 * @module
 */

import type { GraphState } from "../../graph/state.ts";
import { NetgraphError } from "../../errors.ts";
import { type DraftMessage, inetAddress, localAddress, RelayDraft } from "./relay.ts";
import {
  type ImportContext,
  judgedWhole,
  noteChange,
  noteLoss,
  noteName,
  refuse,
  shellLines,
  type Word,
  type WordLine,
} from "./reading.ts";
import { portNumber } from "./service.ts";
import {
  parseSocatAddress,
  type SocatAddress,
  type SocatKind,
  socatKind,
  type SocatOption,
  type SocketKind,
} from "./socat_address.ts";

/** socat's, where `backlog` says nothing. */
const BACKLOG = "5";

/** Reads lines such as `socat TCP-LISTEN:8080,fork TCP:localhost:80 &`. */
export function importSocat(context: ImportContext): readonly GraphState[] {
  const draft = new RelayDraft(context);
  const lines = shellLines(context.file);
  const isScript = lines.some(({ words }) => words.some(isProgram));
  for (const line of lines) {
    if (isScript && !line.words.some(isProgram) && !isAddresses(line)) {
      noteLoss(context, line.span, "The line is left out: it does not call socat");
      continue;
    }
    judgedWhole(context, line.span, () => readLine(line, context, draft));
  }
  const state = draft.state(context.name);
  return state.nodes.length === 0 ? [] : [state];
}

/** An address that was understood. */
interface Side<K extends SocatKind = SocatKind> {
  readonly address: SocatAddress;
  readonly kind: K;
}

type SocketSide = Side<SocketKind>;

/** Options of socat that take the next word, and those of them that take it without a blank too. */
const VALUED = /^-([btTLWrR]|l[fpm])$/;
/** What a shell puts behind a command. */
const SHELL = /^(&|&&|\|\||;|\||[0-9]?[<>].*|&>.*)$/;

/** Two addresses alone, as they stand behind the program's name. */
function isAddresses({ words: [first, ...rest] }: WordLine): boolean {
  return rest.length === 1 && first !== undefined && /^[A-Z]+[0-9]?(-[A-Z]+)?:/i.test(first.text);
}

function isProgram({ text }: Word): boolean {
  return /(^|\/)socat1?$/.test(text);
}

function readLine({ words, span }: WordLine, context: ImportContext, draft: RelayDraft): void {
  const program = words.findIndex(isProgram);
  for (const word of words.slice(0, Math.max(program, 0))) {
    if (word.text !== "exec") noteLoss(context, word.span, `"${word.text}" before socat is left out`);
  }
  const { addresses, idle } = splitWords(words.slice(program + 1), context);
  const [one, other, ...more] = addresses;
  if (one === undefined || other === undefined || more.length > 0) {
    return refuse(context, span, "A line of socat has two addresses: socat TCP-LISTEN:8080,fork TCP:localhost:80");
  }
  const [left, right] = [sideOf(one, context), sideOf(other, context)];
  if (left === null || right === null) return;
  const place = { span, context, draft, idle };
  if (isSocket(left) && isSocket(right)) {
    const swap = listens(right) && !listens(left);
    return relay(swap ? right : left, swap ? left : right, place);
  }
  const [socket, standard] = isSocket(left) ? [left, right] : [right, left];
  if (!isSocket(socket)) return refuse(context, span, "Standard input has nowhere to go: one side must be a socket");
  for (const { word } of standard.address.options) {
    noteLoss(context, word.span, `Option "${word.text}" of socat is left out`);
  }
  relayStdio(socket, place);
}

/** Addresses, and what stands among them: options of socat, and of the shell. */
function splitWords(
  words: readonly Word[],
  context: ImportContext,
): { readonly addresses: readonly Word[]; readonly idle: string | null } {
  const addresses: Word[] = [];
  let idle: string | null = null;
  let valued: Word | null = null;
  for (const [index, word] of words.entries()) {
    const { text, span } = word;
    if (valued !== null) {
      const seconds = valued.text === "-T" ? /^[0-9]+(\.[0-9]+)?$/.exec(text)?.[0] : undefined;
      if (seconds !== undefined && Number(seconds) > 0) idle = `${Math.round(Number(seconds) * 1_000)}ms`;
      else noteLoss(context, valued.span, `Option "${valued.text} ${text}" of socat is left out`);
      valued = null;
    } else if (VALUED.test(text)) valued = word;
    else if (/^-T[0-9.]+$/.test(text)) idle = `${Math.round(Number(text.slice(2)) * 1_000)}ms`;
    else if (/^-[^,]/.test(text)) noteLoss(context, span, `Option "${text}" of socat is left out`);
    else if (SHELL.test(text)) {
      // What follows is another command, or a file.
      const rest = words.slice(index);
      if (rest.length > 1 || text !== "&") {
        noteLoss(
          context,
          span,
          `"${rest.map((one) => one.text).join(" ")}" is left out`,
        );
      }
      break;
    } else addresses.push(word);
  }
  return { addresses, idle };
}

function isSocket(side: Side): side is SocketSide {
  return side.kind.role !== "stdio";
}

function listens({ kind: { role } }: SocketSide): boolean {
  return role === "receive" || accepts(role);
}

/** True where somebody comes for whom something is made. */
function accepts(role: SocketKind["role"]): boolean {
  return role === "listen" || role === "sessions";
}

function sideOf(word: Word, context: ImportContext): Side | null {
  const address = parseSocatAddress(word);
  const kind = socatKind(address.keyword);
  if (kind !== null) return { address, kind };
  refuse(context, word.span, `Address "${address.keyword}" of socat has no counterpart: TCP, UDP, UNIX and STDIO have`);
  return null;
}

interface RelayContext {
  readonly span: WordLine["span"];
  readonly context: ImportContext;
  readonly draft: RelayDraft;
  /** What `-T` says. */
  readonly idle: string | null;
}

function relay(from: SocketSide, to: SocketSide, { span, context, draft, idle }: RelayContext): void {
  const before = context.collector.errors;
  const [source, target] = [optionsOf(from, { context, draft, idle }), optionsOf(to, { context, draft, idle: null })];
  if (context.collector.errors > before) return;
  const hooks = [hookOf(from), hookOf(to)] as const;
  if (listens(to)) {
    return refuse(context, span, "Two listeners have nothing to connect: one side must connect");
  }
  const [own, peer] = [addressOf(from, source.bind, context), addressOf(to, null, context)];
  if (own === null || peer === null) return;
  const bind: DraftMessage = ["bind", own];
  const connect: DraftMessage = ["connect", peer];
  const command = listens(from) ? "bind" : "connect";
  if (!draft.accepts(command, own, from.address.word) || !draft.accepts("connect", peer, to.address.word)) return;
  noteNames([from, to], context);
  noteRetries(from, to, context);
  if (!accepts(from.kind.role)) {
    const before: DraftMessage[] = from.kind.role === "receive" ? [bind] : [["connect", own]];
    const one = draft.add(nameOf(from), hooks[0], [...source.messages, ...before], span);
    const other = draft.add(nameOf(to), hooks[1], [...target.messages, connect], span);
    return draft.join(one, other);
  }
  noteAccepting(from, source, context);
  const into = acceptOf(target.messages, { hooks, connect, draft, span });
  const accept: DraftMessage = ["accept", `{ ${[...source.accept, ...into].join(" ")} }`];
  const listen: DraftMessage[] = from.kind.role === "listen" ? [["listen", source.backlog]] : [];
  draft.add(nameOf(from), hooks[0], [...source.messages, bind, ...listen, accept], span);
}

/** Names that socat looks up in any family. */
function noteNames(sides: readonly SocketSide[], context: ImportContext): void {
  for (const { kind, address } of sides) {
    if (kind.family !== null || kind.protocol === "unix" || listens({ kind, address })) continue;
    noteName(context, address.word.span, address.parameters[0] ?? "");
  }
}

/** Options of both sides that have socat try again. */
function noteRetries(from: SocketSide, to: SocketSide | null, context: ImportContext): void {
  for (const side of to === null ? [from] : [from, to]) {
    for (const { name, word } of side.address.options) {
      if (!["retry", "forever", "interval", "intervall"].includes(name)) continue;
      const message = accepts(side.kind.role)
        ? "the address is bound once, when the topology is applied"
        : to !== null && accepts(from.kind.role)
        ? "a connection whose target refuses it is closed at once, and not tried again"
        : "the engine tries again by itself, with back-off and without end";
      noteChange(context, word.span, `Option "${word.text}" of socat is left out: ${message}`);
    }
  }
}

/** What is otherwise than with socat when somebody comes. */
function noteAccepting({ kind, address }: SocketSide, { fork }: Said, context: ImportContext): void {
  const { span } = address.word;
  const isStream = kind.role === "listen";
  if (!fork) {
    const what = isStream ? "connection; here each is taken" : "client; here each has a session";
    noteChange(context, span, `Without fork socat ends with its first ${what}`);
  }
  if (isStream) return;
  const own = address.keyword.endsWith("RECVFROM") ? "socat forks for each datagram" : "socat's child stays";
  noteChange(context, span, `A client is one session, which ends after 60 s without traffic; ${own}`);
}

/** What a terminal or a pipe sends to a socket, and back. */
function relayStdio(socket: SocketSide, { context, draft, idle, span }: RelayContext): void {
  const before = context.collector.errors;
  const said = optionsOf(socket, { context, draft, idle });
  if (context.collector.errors > before) return;
  const own = addressOf(socket, said.bind, context);
  if (own === null || !draft.accepts(listens(socket) ? "bind" : "connect", own, socket.address.word)) return;
  noteNames([socket], context);
  noteRetries(socket, null, context);
  const bind: DraftMessage = ["bind", own];
  const standard = draft.addStdio();
  if (socket.kind.role === "listen") {
    const what = said.fork
      ? "Standard input is for one connection at a time"
      : "Without fork socat ends with its first connection; here each is taken, one at a time";
    noteChange(context, socket.address.word.span, what);
    const limits = [...said.accept.filter((limit) => !limit.startsWith("max=")), "max=1", `peer="${standard}"`];
    const accept: DraftMessage = ["accept", `{ ${limits.join(" ")} }`];
    draft.add(nameOf(socket), hookOf(socket), [...said.messages, bind, ["listen", said.backlog], accept], span);
    return;
  }
  const open: DraftMessage = listens(socket) ? bind : ["connect", own];
  draft.join(standard, draft.add(nameOf(socket), hookOf(socket), [...said.messages, open], span));
}

/** Where connections go: straight on, or by a template where something is said of the socket. */
function acceptOf(
  messages: readonly DraftMessage[],
  { hooks: [from, to], connect, draft, span }: Pick<RelayContext, "draft" | "span"> & {
    readonly hooks: readonly [string, string];
    readonly connect: DraftMessage;
  },
): readonly string[] {
  // As said so, it goes to a socket of the same kind.
  if (messages.length === 0 && to.includes("dgram") === from.includes("dgram")) return [`connect=${connect[1]}`];
  return [`template="${draft.addTemplate("session", to, [...messages, connect], span)}"`];
}

/** What options say, sorted by what they become. */
interface Said {
  readonly messages: DraftMessage[];
  /** Fields of accept. */
  readonly accept: string[];
  backlog: string;
  bind: string | null;
  fork: boolean;
}

/** Options that switch a socket option on. */
const SWITCHES: Readonly<Record<string, string>> = {
  reuseaddr: "SO_REUSEADDR",
  reuseport: "SO_REUSEPORT",
  keepalive: "SO_KEEPALIVE",
  nodelay: "TCP_NODELAY",
  broadcast: "SO_BROADCAST",
  "ipv6-v6only": "IPV6_V6ONLY",
};
/** Options that set a socket option to a number. */
const NUMBERS: Readonly<Record<string, string>> = {
  sndbuf: "SO_SNDBUF",
  rcvbuf: "SO_RCVBUF",
  keepidle: "TCP_KEEPIDLE",
  keepintvl: "TCP_KEEPINTVL",
  keepcnt: "TCP_KEEPCNT",
  tos: "IP_TOS",
  ttl: "IP_TTL",
};

function optionsOf(
  { address, kind }: SocketSide,
  { context, draft, idle }: Pick<RelayContext, "context" | "draft" | "idle">,
): Said {
  const said: Said = { messages: [], accept: [], backlog: BACKLOG, bind: null, fork: false };
  if (idle !== null) said.messages.push(["setconfig", `{ idleTimeout=${idle} }`]);
  for (const option of address.options) {
    const [messages, fields] = [said.messages.length, said.accept.length];
    judgedWhole(context, option.word.span, () => {
      if (!understand(option, kind, said)) {
        noteLoss(context, option.word.span, `Option "${option.word.text}" of socat is left out`);
      }
      for (const message of said.messages.slice(messages)) draft.judge(message);
      for (const field of said.accept.slice(fields)) draft.judge(["accept", `{ peer="x" ${field} }`]);
    });
  }
  if (kind.role !== "receive" && !accepts(kind.role) && said.bind !== null) {
    const [host, port] = splitBind(said.bind);
    const family = hookOf({ address, kind }).startsWith("inet6") ? "inet6" : "inet";
    said.messages.push(["bind", inetAddress(host === "localhost" ? loopback(family) : host, port ?? "0", family)]);
  }
  return said;
}

function understand({ name, value }: SocatOption, { role }: SocketKind, said: Said): boolean {
  const option = SWITCHES[name];
  if (option !== undefined) {
    said.messages.push(["setopt", `{ ${option}=${value ?? "1"} }`]);
    return true;
  }
  const number = NUMBERS[name];
  if (number !== undefined && value !== null) {
    said.messages.push(["setopt", `{ ${number}=${value} }`]);
    return true;
  }
  switch (name) {
    case "fork":
      said.fork = true;
      return accepts(role);
    case "bind":
      said.bind = value;
      return value !== null;
    case "backlog":
      said.backlog = value ?? BACKLOG;
      return role === "listen";
    case "max-children":
      said.accept.push(`max=${value}`, ...(role === "sessions" ? ["overflow=refuse"] : []));
      return accepts(role);
    case "range":
      said.accept.push(`allow=[ ${rangeOf(value ?? "")} ]`);
      return accepts(role);
    case "mode":
      said.messages.push(["setconfig", `{ mode=${value?.padStart(4, "0")} }`]);
      return role === "listen";
    case "connect-timeout":
      said.messages.push(["setconfig", `{ connectTimeout=${value}s }`]);
      return role === "connect";
    // A path that nobody listens at goes by itself; noteRetries() reports the others.
    case "unlink-early":
    case "unlink-close":
    case "retry":
    case "forever":
    case "interval":
    case "intervall":
      return true;
    default:
      return false;
  }
}

function hookOf({ kind, address }: SocketSide): string {
  if (kind.protocol === "unix") return "local/stream/0";
  const family = kind.family ?? (address.parameters[0]?.includes(":") === true ? "inet6" : "inet");
  return kind.protocol === "tcp" ? `${family}/stream/tcp` : `${family}/dgram/udp`;
}

/** Where a socket is, or goes; null where its port is none, which is reported. */
function addressOf({ kind, address }: SocketSide, bind: string | null, context: ImportContext): string | null {
  const [first = "", second] = address.parameters;
  if (kind.protocol === "unix") return localAddress(address.keyword.startsWith("ABSTRACT") ? `@${first}` : first);
  const goes = kind.role === "connect" || kind.role === "send";
  const text = (goes ? second : first) ?? "";
  const port = portNumber(text, kind.protocol);
  if (port === null) {
    const form = goes ? `${address.keyword}:HOST:PORT` : `${address.keyword}:PORT`;
    refuse(context, address.word.span, `Expected a port or the name of a well-known service: ${form}`);
    return null;
  }
  if (goes) return inetAddress(first, port, kind.family);
  const family = kind.family ?? (bind?.includes("[") === true ? "inet6" : "inet");
  const [host, own] = splitBind(bind ?? (family === "inet6" ? "::" : "0.0.0.0"));
  if (host === "localhost") {
    noteChange(context, address.word.span, `"localhost" is ${loopback(family)} here: bind takes addresses`);
  }
  return inetAddress(host === "localhost" ? loopback(family) : host, own ?? port, family);
}

function loopback(family: "inet" | "inet6"): string {
  return family === "inet6" ? "::1" : "127.0.0.1";
}

/** `192.0.2.1:53`, `[::1]:53`, `:53`, or a host alone. */
function splitBind(text: string): readonly [host: string, port: string | null] {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*):([0-9]+)$/.exec(text) ?? [];
  return port === undefined ? [text, null] : [host === "" ? "0.0.0.0" : host, port];
}

/** `10.0.0.0/8`, `10.0.0.0:255.0.0.0` and `[::1]/128` as a block. */
function rangeOf(text: string): string {
  const [, network = "", mask] = /^([0-9.]+):([0-9.]+)$/.exec(text) ?? [];
  if (mask === undefined) return text.replace(/^\[(.*)\]/, "$1");
  const bits = mask.split(".").map((octet) => Number(octet).toString(2).padStart(8, "0")).join("");
  if (!/^1*0*$/.test(bits) || bits.length !== 32) {
    throw new NetgraphError("EINVAL", `Mask "${mask}" is not a prefix of ones: it has no form as a block`);
  }
  return `${network}/${bits.replaceAll("0", "").length}`;
}

function nameOf({ kind, address }: SocketSide): string {
  const last = address.parameters.at(-1) ?? "";
  const role = accepts(kind.role) ? "listen" : kind.role;
  return `${role}-${kind.protocol === "unix" ? last.slice(last.lastIndexOf("/") + 1) : last}`;
}
