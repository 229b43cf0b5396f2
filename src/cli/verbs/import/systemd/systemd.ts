/**
 * A .socket unit of systemd with the service of systemd-socket-proxyd → listeners.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import type { GraphState } from "../../../../graph/data/state.ts";
import type { Span } from "../../../../topology/parse/source.ts";
import { addressText, familyOption, type Fields, ForwardDraft, listText } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, judgedWhole, noteHalfClose, noteName, refuse } from "../reading.ts";
import { RelayDraft } from "../relay.ts";
import { portNumber } from "../service.ts";
import { SYSTEMD_KEYWORDS } from "./keywords.ts";
import { readUnit, serviceOf, type UnitSetting } from "./unit.ts";

/** systemd's own defaults. */
const DEFAULTS = { backlog: 4_096, max: "256", mode: "0666", port: "80" } as const;

/** Reads a unit. */
export function importSystemd(context: ImportContext): readonly GraphState[] {
  const [main = { start: 0, end: context.file.text.length }] = context.included("");
  const text = context.file.text.slice(main.start, main.end);
  const services = serviceOf({ name: context.file.name, text }).flatMap((name) => context.included(name));
  const settings = [main, ...services].flatMap((part) => readUnit(context.file.text, part)).flatMap((one) => {
    if ("key" in one) return [one];
    refuse(
      { collector: context.whole },
      one.span,
      "Expected a section such as [Socket], or a setting such as ListenStream=8080",
    );
    return [];
  });
  const draft = new RelayDraft(context);
  const forwards = new ForwardDraft(draft);
  forwards.attempt("unit", (inner) => judgedWhole(inner, main, () => addUnit(settings, main, forwards, inner)));
  const state = draft.state(context.name);
  const at = context.places.get(state.nodes[0]?.name ?? "");
  if (at !== undefined) noteHalfClose(context, at, "systemd-socket-proxyd has no limit of time");
  return state.nodes.length === 0 ? [] : [state];
}

function addUnit(settings: readonly UnitSetting[], main: Span, forwards: ForwardDraft, context: ImportContext): void {
  for (const { section, key, span } of settings) {
    if (section.startsWith("[X-") || key.startsWith("X-")) continue;
    noteKeyword(SYSTEMD_KEYWORDS, { place: section, word: key, span, shown: `${key}=` }, context);
  }
  if (context.collector.errors + context.whole.errors > 0) return;
  const socket = new Map(settings.filter(({ section }) => section === "[Socket]").map((one) => [one.key, one]));
  const accepts = socket.get("Accept");
  if (accepts !== undefined && isTrue(accepts.value)) {
    return refuse(
      context,
      accepts.span,
      '"Accept=yes" starts a program for each connection; the nearest is a template with a node of type exec',
    );
  }
  const program = settings.findLast(({ section, key, value }) =>
    section === "[Service]" && key === "ExecStart" && value !== ""
  );
  if (program === undefined) {
    return refuse(
      context,
      main,
      "The service of the socket could not be read: it has the target, as ExecStart=systemd-socket-proxyd 127.0.0.1:8080",
    );
  }
  const proxy = readProgram(program, context);
  if (proxy === null) return;
  const { target, max } = proxy;
  const destination = forwards.backend({
    name: "target",
    targets: [{ to: target }],
    balance: null,
    health: null,
    tls: null,
    span: program.span,
  }, {});
  const streams = listOf(settings, "ListenStream");
  if (streams.length === 0) return refuse(context, main, "The unit has no ListenStream");
  for (const one of streams) {
    const bind = bindAddress(one, context);
    if (bind === null) return;
    const isPath = bind.startsWith("local");
    forwards.listener(
      {
        protocol: isPath ? "unix" : "tcp",
        bind,
        backlog: Math.min(Number(socket.get("Backlog")?.value ?? DEFAULTS.backlog), 2 ** 31 - 1),
        options: isPath ? {} : optionsOf(socket, bind),
        tls: null,
        accept: { max, overflow: "refuse", ...messagesOf(socket, isPath) },
        span: one.valueSpan,
      },
      destination,
      {
        idleTimeout: "0s",
        ...(isPath && !bind.includes("@")
          ? { mode: (socket.get("SocketMode")?.value ?? DEFAULTS.mode).padStart(4, "0") }
          : {}),
      },
    );
  }
}

/** A list: an empty value begins it again. */
function listOf(settings: readonly UnitSetting[], key: string): readonly UnitSetting[] {
  const own = settings.filter((one) => one.section === "[Socket]" && one.key === key);
  return own.slice(own.findLastIndex(({ value }) => value === "") + 1);
}

function isTrue(value: string): boolean {
  return /^(1|yes|y|true|t|on)$/i.test(value);
}

function readProgram(
  { value, valueSpan }: UnitSetting,
  context: ImportContext,
): { readonly target: string; readonly max: string } | null {
  const [program = "", ...words] = value.replace(/^[-@:+!]+/, "").split(/\s+/);
  if (!/(^|\/)systemd-socket-proxyd$/.test(program)) {
    refuse(context, valueSpan, `The service runs "${program}": only systemd-socket-proxyd is imported`);
    return null;
  }
  let max: string = DEFAULTS.max;
  let target: string | null = null;
  for (let at = 0; at < words.length; at++) {
    const [flag = "", joined] = (words[at] ?? "").split(/=(.*)/);
    if (!flag.startsWith("-")) {
      target = words[at] ?? null;
      continue;
    }
    noteKeyword(SYSTEMD_KEYWORDS, {
      place: "systemd-socket-proxyd",
      word: flag.replace(/^-+/, ""),
      span: valueSpan,
      shown: flag,
    }, context);
    const option = joined ?? words[++at] ?? "";
    if (flag === "-c" || flag === "--connections-max") max = option;
  }
  if (target === null || /%[A-Za-z]|\$/.test(target)) {
    refuse(
      context,
      valueSpan,
      target === null
        ? "systemd-socket-proxyd has no target"
        : `Specifier or variable in "${target}" has no value here`,
    );
    return null;
  }
  if (/^[/@]/.test(target)) return { target: addressText({ path: target }), max };
  const [, host = "", written = DEFAULTS.port] = /^(\[[^\]]+\]|[^:]+)(?::([\w-]+))?$/.exec(target) ?? [];
  const port = portNumber(written, "tcp");
  if (host === "" || port === null) {
    refuse(context, valueSpan, `"${target}" is not an address with a port`);
    return null;
  }
  noteName(context, valueSpan, host);
  return { target: addressText({ host, port }), max };
}

/** `8080`, `127.0.0.1:8080`, `[::1]:8080`, `/run/a.sock`, `@name` */
function bindAddress({ value, valueSpan }: UnitSetting, context: ImportContext): string | null {
  if (/^[/@]/.test(value) && !value.includes("%")) return addressText({ path: value });
  if (/^\d+$/.test(value)) return addressText({ host: "[::]", port: value });
  const [, host, port] = /^(\[[\da-fA-F:.]+\]|[\d.]+):(\d+)$/.exec(value) ?? [];
  if (host !== undefined && port !== undefined) return addressText({ host, port });
  refuse(context, valueSpan, `"${value}" cannot be imported: expected a port, an address with a port, or a path`);
  return null;
}

type Socket = ReadonlyMap<string, UnitSetting>;

function optionsOf(socket: Socket, bind: string): Fields {
  const isSet = (key: string): boolean => isTrue(socket.get(key)?.value ?? "no");
  const number = (key: string, option: string): Fields => {
    const value = socket.get(key)?.value;
    return value === undefined ? {} : { [option]: sized(value) };
  };
  const only = socket.get("BindIPv6Only")?.value === "ipv6-only";
  return {
    SO_REUSEADDR: "1",
    ...(isSet("ReusePort") ? { SO_REUSEPORT: "1" } : {}),
    ...(isSet("FreeBind") ? { IP_FREEBIND: "1" } : {}),
    ...number("Mark", "SO_MARK"),
    ...number("Priority", "SO_PRIORITY"),
    ...number("ReceiveBuffer", "SO_RCVBUF"),
    ...number("SendBuffer", "SO_SNDBUF"),
    ...number("IPTOS", "IP_TOS"),
    ...number("IPTTL", "IP_TTL"),
    ...number("DeferAcceptSec", "TCP_DEFER_ACCEPT"),
    ...familyOption(bind, only),
  };
}

const TOS: Readonly<Record<string, string>> = { "low-delay": "16", throughput: "8", reliability: "4", "low-cost": "2" };

/** A number, a size with K, M or G, or the name of a type of service. */
function sized(value: string): string {
  const [, digits, unit = ""] = /^(\d+)([KMG]?)s?$/.exec(value) ?? [];
  if (digits === undefined) return TOS[value] ?? value;
  return String(Number(digits) * ({ "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit] ?? 1));
}

function messagesOf(socket: Socket, isPath: boolean): Fields {
  if (isPath) return {};
  const of = (key: string, option: string): readonly string[] => {
    const value = socket.get(key)?.value;
    if (value === undefined) return [];
    return [
      `setopt { ${option}=${
        /^(yes|no|true|false|on|off)$/i.test(value) ? (isTrue(value) ? "1" : "0") : sized(value)
      } }`,
    ];
  };
  const messages = [
    ...of("KeepAlive", "SO_KEEPALIVE"),
    ...of("KeepAliveTimeSec", "TCP_KEEPIDLE"),
    ...of("KeepAliveIntervalSec", "TCP_KEEPINTVL"),
    ...of("KeepAliveProbes", "TCP_KEEPCNT"),
    ...of("NoDelay", "TCP_NODELAY"),
  ];
  return messages.length === 0 ? {} : { messages: listText(messages.map(quoteText)) };
}
