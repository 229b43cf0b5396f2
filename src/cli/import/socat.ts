/**
 * Lines of socat → a topology: a listener and where it leads, or two sockets that are joined, or one and the standard
 * streams.
 *
 * @module
 */

import type { GraphState } from "../../graph/state.ts";
import { type DraftMessage, inetAddress, localAddress, RelayDraft } from "./relay.ts";
import {
  type ImportContext,
  judged,
  noteChange,
  noteLoss,
  refuse,
  type Word,
  type WordLine,
  wordLines,
} from "./reading.ts";
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
  const draft = new RelayDraft(context.types);
  for (const line of wordLines(context.file, (text) => /^\s*#/.test(text))) {
    judged(context, line.span, () => readLine(line, context, draft));
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

function readLine({ words, span }: WordLine, context: ImportContext, draft: RelayDraft): void {
  const plain = words.filter(({ text }) => text !== "&" && text !== "exec" && !/(^|\/)socat$/.test(text));
  const flags = plain.filter(({ text }) => /^-[^,]/.test(text));
  for (const flag of flags) noteLoss(context, flag.span, `Option "${flag.text}" of socat is left out`);
  const [one, other, ...more] = plain.filter((word) => !flags.includes(word));
  if (one === undefined || other === undefined || more.length > 0) {
    return refuse(context, span, "A line of socat has two addresses: socat TCP-LISTEN:8080,fork TCP:localhost:80");
  }
  const [left, right] = [sideOf(one, context), sideOf(other, context)];
  if (left === null || right === null) return;
  if (isSocket(left) && isSocket(right)) {
    const swap = listens(right) && !listens(left);
    return relay(swap ? right : left, swap ? left : right, { span, context, draft });
  }
  const [socket, standard] = isSocket(left) ? [left, right] : [right, left];
  if (!isSocket(socket)) return refuse(context, span, "Standard input has nowhere to go: one side must be a socket");
  for (const { word } of standard.address.options) {
    noteLoss(context, word.span, `Option "${word.text}" of socat is left out`);
  }
  relayStdio(socket, { span, context, draft });
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
}

function relay(from: SocketSide, to: SocketSide, { span, context, draft }: RelayContext): void {
  const [source, target] = [optionsOf(from, context), optionsOf(to, context)];
  const hooks = [hookOf(from), hookOf(to)] as const;
  const bind: DraftMessage = ["bind", addressOf(from, source.bind)];
  const connect: DraftMessage = ["connect", addressOf(to, null)];
  if (listens(to)) {
    return refuse(context, span, "Two listeners have nothing to connect: one side must connect");
  }
  if (!accepts(from.kind.role)) {
    const before: DraftMessage[] = from.kind.role === "receive" ? [bind] : [["connect", addressOf(from, null)]];
    const one = draft.add(nameOf(from), hooks[0], [...source.messages, ...before]);
    const other = draft.add(nameOf(to), hooks[1], [...target.messages, connect]);
    return draft.join(one, other);
  }
  noteAccepting(from, source, context);
  const into = acceptOf(target.messages, { hooks, connect, draft });
  const accept: DraftMessage = ["accept", `{ ${[...source.accept, ...into].join(" ")} }`];
  const listen: DraftMessage[] = from.kind.role === "listen" ? [["listen", source.backlog]] : [];
  draft.add(nameOf(from), hooks[0], [...source.messages, bind, ...listen, accept]);
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
function relayStdio(socket: SocketSide, { context, draft }: RelayContext): void {
  const said = optionsOf(socket, context);
  const bind: DraftMessage = ["bind", addressOf(socket, said.bind)];
  const standard = draft.addStdio();
  if (socket.kind.role === "listen") {
    const what = said.fork
      ? "Standard input is for one connection at a time"
      : "Without fork socat ends with its first connection; here each is taken, one at a time";
    noteChange(context, socket.address.word.span, what);
    const limits = [...said.accept.filter((limit) => !limit.startsWith("max=")), "max=1", `peer="${standard}"`];
    const accept: DraftMessage = ["accept", `{ ${limits.join(" ")} }`];
    draft.add(nameOf(socket), hookOf(socket), [...said.messages, bind, ["listen", said.backlog], accept]);
    return;
  }
  const open: DraftMessage = listens(socket) ? bind : ["connect", addressOf(socket, null)];
  draft.join(standard, draft.add(nameOf(socket), hookOf(socket), [...said.messages, open]));
}

/** Where connections go: straight on, or by a template where something is said of the socket. */
function acceptOf(
  messages: readonly DraftMessage[],
  { hooks: [from, to], connect, draft }: { hooks: readonly [string, string]; connect: DraftMessage; draft: RelayDraft },
): readonly string[] {
  // As said so, it goes to a socket of the same kind.
  if (messages.length === 0 && to.includes("dgram") === from.includes("dgram")) return [`connect=${connect[1]}`];
  return [`template="${draft.addTemplate("session", to, [...messages, connect])}"`];
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

function optionsOf({ address, kind }: SocketSide, context: ImportContext): Said {
  const said: Said = { messages: [], accept: [], backlog: BACKLOG, bind: null, fork: false };
  for (const option of address.options) {
    judged(context, option.word.span, () => {
      if (!understand(option, kind, said)) {
        noteLoss(context, option.word.span, `Option "${option.word.text}" of socat is left out`);
      }
    });
  }
  if (kind.role !== "receive" && !accepts(kind.role) && said.bind !== null) {
    said.messages.push(["bind", inetAddress(said.bind, "0", kind.family)]);
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
      said.accept.push(`allow=[ ${value} ]`);
      return accepts(role);
    case "mode":
      said.messages.push(["setconfig", `{ mode=${value?.padStart(4, "0")} }`]);
      return role === "listen";
    case "connect-timeout":
      said.messages.push(["setconfig", `{ connectTimeout=${value}s }`]);
      return role === "connect";
    // A path that nobody listens at goes by itself, and the engine tries again by itself.
    case "unlink-early":
    case "unlink-close":
    case "retry":
    case "forever":
    case "interval":
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

function addressOf({ kind, address }: SocketSide, bind: string | null): string {
  const [first = "", second] = address.parameters;
  if (kind.protocol === "unix") return localAddress(address.keyword.startsWith("ABSTRACT") ? `@${first}` : first);
  if (kind.role === "connect" || kind.role === "send") return inetAddress(first, second ?? "", kind.family);
  const family = kind.family ?? "inet";
  return inetAddress(bind ?? (family === "inet6" ? "::" : "0.0.0.0"), first, family);
}

function nameOf({ kind, address }: SocketSide): string {
  const last = address.parameters.at(-1) ?? "";
  const role = accepts(kind.role) ? "listen" : kind.role;
  return `${role}-${kind.protocol === "unix" ? last.slice(last.lastIndexOf("/") + 1) : last}`;
}
