/**
 * Lines of socat → a topology: a listener and where it leads, or two sockets that are joined, or one and the standard
 * streams.
 *
 * @module
 */

import type { GraphState } from "../../../graph/data/state.ts";
import { type DraftMessage, inetAddress, localAddress, RelayDraft } from "./relay.ts";
import {
  accepts,
  familyOf,
  loopback,
  milliseconds,
  noteRetries,
  optionFamily,
  settingsOf,
  type SocatSettings,
  splitBind,
} from "./socat_options.ts";
import {
  type ImportContext,
  judgedWhole,
  noteChange,
  noteLoss,
  noteName,
  noteTimeouts,
  refuse,
  shellLines,
  type Word,
  type WordLine,
} from "./reading.ts";
import { portNumber } from "./service.ts";
import { parseSocatAddress, type SocatAddress, type SocatKind, socatKind, type SocketKind } from "./socat_address.ts";

/** Parses lines such as `socat TCP-LISTEN:8080,fork TCP:localhost:80 &`. */
export function importSocat(context: ImportContext): readonly GraphState[] {
  const draft = new RelayDraft(context);
  const lines = shellLines(context.file);
  const isScript = lines.some(({ words }) => words.some(isProgram));
  for (const line of lines) {
    if (isScript && !line.words.some(isProgram) && !isAddresses(line)) {
      noteLoss(context, line.span, "The line is left out: it does not call socat");
      continue;
    }
    draft.attempt("line", (inner) => judgedWhole(inner, line.span, () => readLine(line, inner, draft)));
  }
  const [first] = draft.state(context.name).nodes.filter(({ hook }) => hook !== null && !hook.includes("dgram"));
  const place = first === undefined ? undefined : context.places.get(first.name);
  if (place !== undefined) {
    noteTimeouts(context, place, "socat connects as long as the system does, and closes after 0.5 s or the time of -t");
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

/** Options of socat with the next word as value, and those of them that accept it without a blank too. */
const VALUED = /^-([btTLWrR]|l[fpm])$/;
/** The shell syntax after a command. */
const SHELL = /^(&|&&|\|\||;|\||[0-9]?[<>].*|&>.*)$/;

/** Two addresses alone, as after the program's name. */
function isAddresses({ words: [first, ...rest] }: WordLine): boolean {
  return rest.length === 1 && first !== undefined && /^[A-Z]+[0-9]?(-[A-Z]+)?:/i.test(first.text);
}

function isProgram({ text }: Word): boolean {
  return /(^|\/)socat1?$/.test(text);
}

function readLine({ words: written, span }: WordLine, context: ImportContext, draft: RelayDraft): void {
  const program = written.findIndex(isProgram);
  const words = program < 0 ? written : ofUnit(written, program, context);
  if (words === null) return;
  for (const word of words.slice(0, Math.max(program, 0))) {
    if (word.text !== "exec") noteLoss(context, word.span, `"${word.text}" before socat is left out`);
  }
  const { addresses, ...options } = splitWords(words.slice(program + 1), context);
  const shell = addresses.find(({ text }) => /[$`]/.test(text));
  if (shell !== undefined) {
    return refuse(context, shell.span, `Variable of the shell in "${shell.text}" has no value here`);
  }
  const [one, other, ...more] = addresses;
  if (one === undefined || other === undefined || more.length > 0) {
    return refuse(context, span, "A line of socat has two addresses: socat TCP-LISTEN:8080,fork TCP:localhost:80");
  }
  const [left, right] = [sideOf(one, options.family, context), sideOf(other, options.family, context)];
  if (left === null || right === null) return;
  const place = { span, context, draft, ...options };
  if (isSocket(left) && isSocket(right)) {
    const swap = listens(right) && !listens(left);
    return relay(swap ? right : left, swap ? left : right, place);
  }
  const [socket, standard] = isSocket(left) ? [left, right] : [right, left];
  if (!isSocket(socket)) {
    return refuse(context, span, "Standard input cannot be joined to standard input: one side must be a socket");
  }
  for (const { word } of standard.address.options) {
    noteLoss(context, word.span, `Option "${word.text}" of socat is left out`);
  }
  relayStdio(socket, place);
}

/** The words of a line of a unit of systemd without the key; null for other settings of the unit. */
function ofUnit(words: readonly Word[], program: number, context: ImportContext): readonly Word[] | null {
  const word = words[program];
  const key = word === undefined ? null : /^(\w+)=/.exec(word.text)?.[1] ?? null;
  if (word === undefined || key === null || !key.startsWith("Exec")) return words;
  if (key !== "ExecStart") {
    refuse(context, word.span, `"${key}=" is not what the unit runs`);
    return null;
  }
  const specifier = words.find(({ text }) => /(?<!%)(?:%%)*%[A-Za-z]/.test(text));
  if (specifier !== undefined) {
    refuse(context, specifier.span, `Specifier of systemd in "${specifier.text}" has no value here`);
    return null;
  }
  return words.map(({ text, span }) => ({ text: text.replaceAll("%%", "%"), span }));
}

/** Options of socat for the whole line. */
interface LineOptions {
  /** The value of `-T`. */
  readonly idle: string | null;
  /** The value of `-t`. */
  readonly halfClose: string | null;
  /** The family of `-4` and `-6`. */
  readonly family: "inet" | "inet6" | null;
}

/** Addresses, and the words between them: options of socat, and of the shell. */
function splitWords(
  words: readonly Word[],
  context: ImportContext,
): LineOptions & { readonly addresses: readonly Word[] } {
  const addresses: Word[] = [];
  const options: { -readonly [K in keyof LineOptions]: LineOptions[K] } = { idle: null, halfClose: null, family: null };
  let valued: Word | null = null;
  const setTime = (flag: "-T" | "-t", text: string, span: Word["span"]): void => {
    judgedWhole(context, span, () => {
      const time = milliseconds(text);
      // 0 means no limit with -T, and immediately with -t.
      if (flag === "-T") options.idle = time === "0ms" ? null : time;
      else options.halfClose = time === "0ms" ? "1ms" : time;
    });
  };
  for (const [index, { text: whole, span }] of words.entries()) {
    const text = /^[^;&].*[^;&][;&]+$/.test(whole) ? whole.replace(/[;&]+$/, "") : whole;
    const end = text.length < whole.length || SHELL.test(text);
    const [, timed, time] = /^(-[Tt])(.+)$/.exec(text) ?? [];
    if (valued !== null) {
      if (valued.text === "-T" || valued.text === "-t") setTime(valued.text, text, span);
      else noteLoss(context, valued.span, `Option "${valued.text} ${text}" of socat is left out`);
      valued = null;
    } else if (VALUED.test(text)) valued = { text, span };
    else if (time !== undefined) setTime(timed === "-T" ? "-T" : "-t", time, span);
    else if (text === "-4" || text === "-6") options.family = text === "-4" ? "inet" : "inet6";
    else if (text === "-u" || text === "-U") {
      noteChange(context, span, `Option "${text}" of socat is left out: data goes both ways here`);
    } else if (/^-[^,]/.test(text)) noteLoss(context, span, `Option "${text}" of socat is left out`);
    else if (!SHELL.test(text)) addresses.push({ text, span: { start: span.start, end: span.start + text.length } });
    if (!end || valued !== null) continue;
    // The next word belongs to another command, or is a file.
    const rest = words.slice(text.length < whole.length ? index + 1 : index);
    if (rest.length > 1 || (rest[0] !== undefined && rest[0].text !== "&")) {
      const [first] = rest;
      const left = rest.map((one) => one.text).join(" ");
      noteLoss(context, first?.span ?? span, `"${left}" is left out`);
    }
    break;
  }
  return { addresses, ...options };
}

function isSocket(side: Side): side is SocketSide {
  return side.kind.role !== "stdio";
}

function listens({ kind: { role } }: SocketSide): boolean {
  return role === "receive" || accepts(role);
}

function sideOf(word: Word, family: LineOptions["family"], context: ImportContext): Side | null {
  if (word.text.includes("!!")) {
    const message = "An address that reads here and writes there (!!) has no counterpart";
    refuse(context, word.span, message);
    return null;
  }
  const address = parseSocatAddress(word);
  const kind = socatKind(address.keyword);
  if (kind?.role === "stdio") return { address, kind };
  if (kind !== null) {
    const isIp = kind.protocol !== "unix";
    return { address, kind: { ...kind, family: isIp ? kind.family ?? optionFamily({ address }) ?? family : null } };
  }
  refuse(
    context,
    word.span,
    `Address "${address.keyword}" of socat is not supported: only TCP, UDP, UNIX and STDIO are`,
  );
  return null;
}

interface RelayContext extends LineOptions {
  readonly span: WordLine["span"];
  readonly context: ImportContext;
  readonly draft: RelayDraft;
}

function relay(from: SocketSide, to: SocketSide, { span, context, draft, idle, halfClose }: RelayContext): void {
  const before = context.collector.errors;
  const options = { context, draft, idle, halfClose };
  const [source, target] = [settingsOf(from, options), settingsOf(to, options)];
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
  notePeers([from, to], context);
  if (!accepts(from.kind.role)) {
    const before: DraftMessage[] = from.kind.role === "receive" ? [bind] : [["connect", own]];
    const one = draft.add(nameOf(from), hooks[0], [...source.messages, ...before], span);
    const other = draft.add(nameOf(to), hooks[1], [...target.messages, connect], span);
    return draft.join(one, other);
  }
  noteAccepting(from, source, context);
  const into = acceptOf(target.messages, { hooks, connect, draft, span, inherited: source.messages });
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

/** A socket on which socat receives from every sender. */
function notePeers(sides: readonly SocketSide[], context: ImportContext): void {
  for (const { address } of sides) {
    if (!/^UDP[46]?-DATAGRAM$/.test(address.keyword)) continue;
    noteChange(
      context,
      address.word.span,
      "The socket accepts datagrams of its peer only; socat accepts them from every sender",
    );
  }
}

/** Differences from socat for an accepted connection. */
function noteAccepting({ kind, address }: SocketSide, { fork }: SocatSettings, context: ImportContext): void {
  const { span } = address.word;
  const isStream = kind.role === "listen";
  if (!fork) {
    const what = isStream ? "connection; here each connection is accepted" : "client; here each client has a flow";
    noteChange(context, span, `Without fork socat ends with its first ${what}`);
  }
  if (isStream) return;
  const own = address.keyword.endsWith("RECVFROM") ? "socat forks for each datagram" : "socat's child stays";
  noteChange(context, span, `Each client has a flow, which ends after 60 s without traffic; ${own}`);
}

/** A terminal or a pipe joined to a socket. */
function relayStdio(socket: SocketSide, { context, draft, idle, halfClose, span }: RelayContext): void {
  const before = context.collector.errors;
  const said = settingsOf(socket, { context, draft, idle, halfClose });
  if (context.collector.errors > before) return;
  const own = addressOf(socket, said.bind, context);
  if (own === null || !draft.accepts(listens(socket) ? "bind" : "connect", own, socket.address.word)) return;
  noteNames([socket], context);
  noteRetries(socket, null, context);
  notePeers([socket], context);
  const bind: DraftMessage = ["bind", own];
  const standard = draft.addStdio();
  if (socket.kind.role === "listen") {
    const what = said.fork
      ? "Standard input is for one connection at a time"
      : "Without fork socat ends with its first connection; here each connection is accepted, one at a time";
    noteChange(context, socket.address.word.span, what);
    const limits = [...said.accept.filter((limit) => !limit.startsWith("max=")), "max=1", `peer="${standard}"`];
    const accept: DraftMessage = ["accept", `{ ${limits.join(" ")} }`];
    draft.add(nameOf(socket), hookOf(socket), [...said.messages, bind, ["listen", said.backlog], accept], span);
    return;
  }
  const open: DraftMessage = listens(socket) ? bind : ["connect", own];
  draft.join(standard, draft.add(nameOf(socket), hookOf(socket), [...said.messages, open], span));
}

/** The target of connections: directly, or by a template if the socket has options. */
function acceptOf(
  messages: readonly DraftMessage[],
  { hooks: [from, to], connect, draft, span, inherited }: Pick<RelayContext, "draft" | "span"> & {
    readonly hooks: readonly [string, string];
    readonly connect: DraftMessage;
    /** The listener's messages: what they configure, the socket that connects has too. */
    readonly inherited: readonly DraftMessage[];
  },
): readonly string[] {
  const own = messages.filter(([command, argument]) =>
    !inherited.some((one) => one[0] === command && command === "setconfig" && one[1] === argument)
  );
  // Without a kind, the socket is of the same kind.
  if (own.length === 0 && to.includes("dgram") === from.includes("dgram")) return [`connect=${connect[1]}`];
  return [`template="${draft.addTemplate("session", to, [...messages, connect], span)}"`];
}

function hookOf({ kind, address }: SocketSide): string {
  if (kind.protocol === "unix") return "local/stream/0";
  const family = familyOf({ kind, address });
  return kind.protocol === "tcp" ? `${family}/stream/tcp` : `${family}/dgram/udp`;
}

/** The address of a socket or its target; null for an invalid port, which is reported. */
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
  const family = familyOf({ kind, address });
  const [host, own] = splitBind(bind ?? (family === "inet6" ? "::" : "0.0.0.0"));
  if (host === "localhost") {
    noteChange(context, address.word.span, `"localhost" is ${loopback(family)} here: bind accepts addresses`);
  }
  return inetAddress(host === "localhost" ? loopback(family) : host, own ?? port, family);
}

function nameOf({ kind, address }: SocketSide): string {
  const last = address.parameters.at(-1) ?? "";
  const role = accepts(kind.role) ? "listen" : kind.role;
  return `${role}-${kind.protocol === "unix" ? last.slice(last.lastIndexOf("/") + 1) : last}`;
}
