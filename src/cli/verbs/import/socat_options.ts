/**
 * Options after an address of socat: those that become a message, a limit or a family, those that are omitted with a
 * note, and those without which the line is omitted, because other clients would be admitted.
 *
 * @module
 */

import { NetgraphError } from "../../../errors.ts";
import { type ImportContext, judgedWhole, noteChange, noteLoss, refuse } from "./reading.ts";
import { type DraftMessage, inetAddress, type RelayDraft } from "./relay.ts";
import { portNumber } from "./service.ts";
import type { SocatAddress, SocatOption, SocketKind } from "./socat_address.ts";

/** Options, grouped by their counterparts. */
export interface SocatSettings {
  readonly messages: DraftMessage[];
  /** Fields of accept. */
  readonly accept: string[];
  backlog: string;
  bind: string | null;
  fork: boolean;
}

/** The owner of options. */
export interface OptionOwner {
  readonly address: SocatAddress;
  readonly kind: SocketKind;
}

/** The input of parsing options. */
export interface OptionContext {
  readonly context: ImportContext;
  readonly draft: RelayDraft;
  /** The value of `-T`. */
  readonly idle: string | null;
  /** The value of `-t`. */
  readonly halfClose: string | null;
}

/** socat's default without `backlog`. */
const BACKLOG = "5";

/** Options that switch a socket option on. */
const SWITCHES: Readonly<Record<string, string>> = {
  reuseaddr: "SO_REUSEADDR",
  reuseport: "SO_REUSEPORT",
  keepalive: "SO_KEEPALIVE",
  nodelay: "TCP_NODELAY",
  broadcast: "SO_BROADCAST",
  cork: "TCP_CORK",
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
  "ipv6-unicast-hops": "IPV6_UNICAST_HOPS",
  "ipv6-tclass": "IPV6_TCLASS",
};
/** Other names of options, without "so-", "tcp-" and "ip-" before them. */
const ALIASES: Readonly<Record<string, string>> = {
  tcpnodelay: "nodelay",
  ipv6only: "ipv6-v6only",
  v6only: "ipv6-v6only",
  maxchildren: "max-children",
  perm: "mode",
  "perm-early": "mode",
  "perm-late": "mode",
  iptos: "tos",
  ipttl: "ttl",
  "sndbuf-late": "sndbuf",
  "rcvbuf-late": "rcvbuf",
  "protocol-family": "pf",
  intervall: "interval",
  sp: "sourceport",
};
/** Options without which other clients than those of socat would be admitted. */
const GUARDS: ReadonlySet<string> = new Set([
  "range",
  "lowport",
  "sourceport",
  "bindtodevice",
  "interface",
  "if",
  "wrap",
  "libwrap",
  "tcpwrap",
  "tcpwrapper",
  "tcpwrappers",
  "allow-table",
  "deny-table",
  "hosts-allow",
  "hosts-deny",
  "tcpwrap-etc",
  "tcpwrap-dir",
  "tcpwrap-hosts-allow-table",
  "tcpwrap-hosts-deny-table",
]);

/** True if it accepts connections with a target. */
export function accepts(role: SocketKind["role"]): boolean {
  return role === "listen" || role === "sessions";
}

/** Reads the options of an address, and reports those that are left out. */
export function settingsOf(owner: OptionOwner, { context, draft, idle, halfClose }: OptionContext): SocatSettings {
  const { address, kind } = owner;
  const said: SocatSettings = { messages: [], accept: [], backlog: BACKLOG, bind: null, fork: false };
  // socat does not end a silent stream without -T.
  const silence = idle ?? (kind.protocol === "udp" ? null : "0s");
  const times = [
    ...silence === null ? [] : [`idleTimeout=${silence}`],
    ...halfClose === null || kind.protocol === "udp" ? [] : [`halfCloseTimeout=${halfClose}`],
  ];
  if (times.length > 0) said.messages.push(["setconfig", `{ ${times.join(" ")} }`]);
  for (const option of address.options) {
    const [messages, fields] = [said.messages.length, said.accept.length];
    judgedWhole(context, option.word.span, () => {
      if (!understand(option, kind, said)) leaveOut(option, kind, context);
      for (const message of said.messages.slice(messages)) draft.judge(message);
      for (const field of said.accept.slice(fields)) draft.judge(["accept", `{ peer="x" ${field} }`]);
    });
  }
  if (kind.role !== "receive" && !accepts(kind.role) && said.bind !== null) {
    const [host, port] = splitBind(said.bind);
    const family = familyOf(owner);
    said.messages.push(["bind", inetAddress(host === "localhost" ? loopback(family) : host, port ?? "0", family)]);
  }
  return said;
}

/** The name of an option that the tables have. */
export function optionName({ name }: SocatOption): string {
  const short = name.replace(/^(so|tcp|ip)-/, "");
  return Object.hasOwn(ALIASES, short) ? ALIASES[short] ?? short : short;
}

/** The family of `pf`; null if it has none. */
export function optionFamily({ address }: Pick<OptionOwner, "address">): "inet" | "inet6" | null {
  const value = address.options.find((option) => optionName(option) === "pf")?.value?.toLowerCase() ?? "";
  if (["ip6", "ipv6", "inet6", "10"].includes(value)) return "inet6";
  return ["ip4", "ip", "ipv4", "inet", "inet4", "2"].includes(value) ? "inet" : null;
}

/** The family of a socket of IP. */
export function familyOf({ address, kind }: OptionOwner): "inet" | "inet6" {
  const bind = address.options.find((option) => optionName(option) === "bind")?.value ?? "";
  const known = kind.family ?? optionFamily({ address });
  if (known !== null) return known;
  return address.parameters[0]?.includes(":") === true || bind.includes("[") ? "inet6" : "inet";
}

/** The address for a name of this machine. */
export function loopback(family: "inet" | "inet6"): string {
  return family === "inet6" ? "::1" : "127.0.0.1";
}

/** `192.0.2.1:53`, `[::1]:53`, `:53`, or a host alone. */
export function splitBind(text: string): readonly [host: string, port: string | null] {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*):([0-9]+)$/.exec(text) ?? [];
  return port === undefined ? [text, null] : [host === "" ? "0.0.0.0" : host, port];
}

function leaveOut(option: SocatOption, { role }: SocketKind, context: ImportContext): void {
  const { word } = option;
  const name = optionName(option);
  if (GUARDS.has(name) && (accepts(role) || role === "receive" || name === "range")) {
    return refuse(
      context,
      word.span,
      `Option "${word.text}" of socat has no counterpart, and without it other clients could connect`,
    );
  }
  noteLoss(context, word.span, `Option "${word.text}" of socat is left out`);
}

function understand(option: SocatOption, { role, protocol }: SocketKind, said: SocatSettings): boolean {
  const { value } = option;
  const name = optionName(option);
  const flag = SWITCHES[name];
  if (flag !== undefined) {
    said.messages.push(["setopt", `{ ${flag}=${value ?? "1"} }`]);
    return true;
  }
  const number = NUMBERS[name];
  if (number !== undefined && value !== null) {
    said.messages.push(["setopt", `{ ${number}=${value} }`]);
    return true;
  }
  switch (name) {
    case "fork":
      said.fork = value !== "0";
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
      if (accepts(role)) said.accept.push(`allow=[ ${rangeOf(value ?? "")} ]`);
      return accepts(role);
    case "mode":
      if (protocol === "unix") said.messages.push(["setconfig", `{ mode=${value?.padStart(4, "0")} }`]);
      return role === "listen" && protocol === "unix";
    case "umask":
      if (role === "listen" && protocol === "unix") said.messages.push(["setconfig", `{ mode=${unmasked(value)} }`]);
      return role === "listen" && protocol === "unix";
    case "connect-timeout":
      said.messages.push(["setconfig", `{ connectTimeout=${milliseconds(value ?? "")} }`]);
      return role === "connect";
    case "sourceport":
      if (accepts(role) || role === "receive" || said.bind !== null) return false;
      said.bind = `:${portNumber(value ?? "", protocol === "udp" ? "udp" : "tcp") ?? ""}`;
      return true;
    // bind removes a path on which no process listens anyway; noteRetries() reports the other options.
    case "":
    case "pf":
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

/** The permission bits of a socket's path after the umask. */
function unmasked(umask: string | null): string {
  if (!/^[0-7]{1,4}$/.test(umask ?? "")) {
    throw new NetgraphError("EINVAL", `"${umask}" is not an octal umask`);
  }
  return (0o777 & ~parseInt(umask ?? "", 8)).toString(8).padStart(4, "0");
}

/** Seconds with a fraction, as a duration. */
export function milliseconds(seconds: string): string {
  if (!/^[0-9]+(\.[0-9]+)?$/.test(seconds)) throw new NetgraphError("EINVAL", `"${seconds}" is not a time in seconds`);
  return `${Math.round(Number(seconds) * 1_000)}ms`;
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

/** Notes options of both sides that have socat try again. */
export function noteRetries(from: OptionOwner, to: OptionOwner | null, context: ImportContext): void {
  for (const side of to === null ? [from] : [from, to]) {
    for (const option of side.address.options) {
      if (!["retry", "forever", "interval"].includes(optionName(option))) continue;
      const message = accepts(side.kind.role)
        ? "the address is bound once, when the topology is applied"
        : to !== null && accepts(from.kind.role)
        ? "a connection whose target refuses it is closed at once, and not retried"
        : "the engine retries with back-off, without a limit";
      noteChange(context, option.word.span, `Option "${option.word.text}" of socat is left out: ${message}`);
    }
  }
}
