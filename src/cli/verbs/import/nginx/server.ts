/**
 * A `server` of nginx's stream as listeners.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import { type AccessLists, accessLists } from "../address_blocks.ts";
import { type DraftBackend, familyOption, type Fields, listText } from "../forward.ts";
import { noteKeyword } from "../keyword.ts";
import { type ImportContext, judgedWhole, noteChange, noteLoss, noteName, refuse, type Word } from "../reading.ts";
import { NGINX_KEYWORDS } from "./keywords.ts";
import type { Directive } from "./parse.ts";
import { routeOf } from "./route.ts";
import { type ServerContext, Settings } from "./settings.ts";
import { note, type StreamBlock } from "./stream_block.ts";
import { clientTls, serverTls } from "./tls.ts";
import { bindAddresses, sizeText, targetAddress, timeText } from "./values.ts";

/** nginx's own defaults, which differ from those of sockgraph. */
const DEFAULTS = { connect: "60s", idle: "10m", backlog: 511 } as const;

/** Adds the listeners of a server. */
export function addServer(server: Directive & { readonly block: readonly Directive[] }, place: ServerContext): void {
  const { stream, context } = place;
  for (const one of server.block) note("server", one, context);
  for (const one of stream.refused) note("stream", one, context);
  const settings = new Settings(server.block, stream.inherited);
  const pass = settings.one("proxy_pass");
  const [to] = pass?.args ?? [];
  const listens = settings.all("listen");
  if (context.collector.errors + context.whole.errors > 0) return;
  if (to === undefined) return refuse(context, server.span, "The server has no proxy_pass");
  if (listens.length === 0) return refuse(context, server.span, "The server has no listen");
  const access = accessOf(settings, context);
  const tls = serverTls(settings, context);
  if (access === null || tls === undefined) return;
  judgedWhole(context, server.span, () => {
    const config = configOf(settings, context);
    const destination = destinationOf(to, settings, { ...place, config });
    if (destination === null) return;
    for (const listen of listens) addListeners(listen, { ...place, settings, access, tls, config, destination });
  });
}

interface ListenContext extends ServerContext {
  readonly settings: Settings;
  readonly access: AccessLists;
  readonly tls: Fields | null;
  readonly config: Fields;
  readonly destination: string;
}

function addListeners(
  listen: Directive,
  { settings, access, tls, config, destination, forwards, context, stream }: ListenContext,
): void {
  const [address, ...words] = listen.args;
  if (address === undefined) return refuse(context, listen.span, '"listen" needs an address');
  const flags = new Map<string, string>();
  for (const { text, span } of words) {
    const [word = "", value = ""] = text.split(/=(.*)/);
    noteKeyword(NGINX_KEYWORDS, { place: "listen", word, span, shown: text }, context);
    flags.set(word, value);
  }
  const isUdp = flags.has("udp");
  const secured = flags.has("ssl");
  if (secured && tls === null) {
    return refuse(context, address.span, '"listen … ssl" needs ssl_certificate and ssl_certificate_key');
  }
  const replies = isUdp ? settings.value("proxy_responses") : null;
  const accept: Record<string, string> = {
    ...(access.allow.length > 0 ? { allow: listText(access.allow) } : {}),
    ...(access.deny.length > 0 ? { deny: listText(access.deny) } : {}),
    ...(flags.has("proxy_protocol") ? trustOf(settings, access, address, context) : {}),
    ...limitsOf(settings, stream, context),
    ...(replies === null || replies === "0" ? {} : { replies }),
    ...messagesOf(flags, settings, isUdp),
  };
  if (destination.startsWith("route=")) {
    const within = settings.value("preread_timeout");
    accept["within"] = within === null ? "30s" : timeText(within);
    if (isUdp) return refuse(context, address.span, "A server of UDP cannot select its target by the first bytes");
  }
  for (const bind of bindAddresses(address.text)) {
    const protocol = bind.startsWith("local") ? "unix" : isUdp ? "udp" : "tcp";
    const options = {
      ...(protocol === "tcp" ? { SO_REUSEADDR: "1" } : {}),
      ...(flags.has("reuseport") ? { SO_REUSEPORT: "1" } : {}),
      ...familyOption(bind, flags.get("ipv6only") !== "off"),
      ...sized(flags, "rcvbuf", "SO_RCVBUF"),
      ...sized(flags, "sndbuf", "SO_SNDBUF"),
    };
    const backlog = Number(flags.get("backlog") ?? DEFAULTS.backlog);
    forwards.listener(
      { protocol, bind, backlog, options, tls: secured ? tls : null, accept, span: address.span },
      destination,
      config,
    );
  }
}

function sized(flags: ReadonlyMap<string, string>, flag: string, option: string): Fields {
  const value = flags.get(flag);
  return value === undefined ? {} : { [option]: sizeText(value) };
}

function messagesOf(flags: ReadonlyMap<string, string>, settings: Settings, isUdp: boolean): Fields {
  if (isUdp) return {};
  const messages: string[] = [];
  const keep = flags.get("so_keepalive");
  if (keep !== undefined && keep !== "off") {
    messages.push("setopt { SO_KEEPALIVE=1 }");
    const [idle, interval, count] = keep.split(":");
    if (idle !== undefined && /^\d/.test(idle)) messages.push(`setopt { TCP_KEEPIDLE=${seconds(idle)} }`);
    if (interval !== undefined && interval !== "") messages.push(`setopt { TCP_KEEPINTVL=${seconds(interval)} }`);
    if (count !== undefined && count !== "") messages.push(`setopt { TCP_KEEPCNT=${count} }`);
  }
  const delay = settings.one("tcp_nodelay");
  if (delay?.args[0]?.text === "off") messages.push("setopt { TCP_NODELAY=0 }");
  return messages.length === 0 ? {} : { messages: listText(messages.map(quoteText)) };
}

function seconds(text: string): string {
  return timeText(text).replace(/s$/, "");
}

/** Headers of the PROXY protocol; nginx reads them from every client. */
function trustOf(settings: Settings, access: AccessLists, at: Word, context: ImportContext): Fields {
  const trusted = settings.all("set_real_ip_from").flatMap(({ args }) => args.map(({ text }) => text))
    .filter((text) => text !== "unix:");
  if (trusted.length > 0) return { proxyProtocol: "require", trusted: listText(trusted) };
  if (access.allow.length + access.deny.length > 0) {
    refuse(
      context,
      at.span,
      "Without set_real_ip_from, allow and deny check the address of the proxy; here they would check that of its header",
    );
  }
  noteChange(
    context,
    at.span,
    "Without set_real_ip_from, headers from all sources are read: restrict trusted to your proxies",
  );
  return { proxyProtocol: "require", trusted: listText(["0.0.0.0/0", "::/0"]) };
}

function limitsOf(settings: Settings, stream: StreamBlock, context: ImportContext): Fields {
  const limits: Record<string, string> = {};
  for (const { args: [zone, number], span } of settings.all("limit_conn")) {
    const key = stream.zones.get(zone?.text ?? "");
    if (key === undefined || number === undefined) {
      refuse(context, span, "The zone of limit_conn has no limit_conn_zone");
    } else if (/^\$(binary_)?remote_addr$/.test(key)) limits["maxPerSource"] = number.text;
    else if (/^\$server_(port|addr)$/.test(key)) {
      Object.assign(limits, { max: number.text, overflow: "refuse" });
      noteChange(context, span, `"limit_conn" by ${key}: max is that of each listener`);
    } else {noteLoss(
        context,
        span,
        `"limit_conn" by ${key} is left out: limits are per listener (max) and per source (maxPerSource)`,
      );}
  }
  return limits;
}

function configOf(settings: Settings, context: ImportContext): Fields {
  const upload = settings.one("proxy_upload_rate");
  const download = settings.one("proxy_download_rate");
  const rates = [upload, download].flatMap((one) => one === null || one.args[0]?.text === "0" ? [] : [one]);
  const [first, second] = rates.map(({ args }) => sizeText(args[0]?.text ?? ""));
  if (rates[0] !== undefined && first !== second) {
    noteChange(
      context,
      rates[0].span,
      `"${rates[0].name.text}": maxBytesPerSecond limits both directions, each by itself`,
    );
  }
  const rate = second === undefined ? first : String(Math.max(Number(first), Number(second)));
  const handshake = settings.value("ssl_handshake_timeout") ?? settings.value("proxy_protocol_timeout");
  return {
    connectTimeout: timeText(settings.value("proxy_connect_timeout") ?? DEFAULTS.connect),
    idleTimeout: timeText(settings.value("proxy_timeout") ?? DEFAULTS.idle),
    ...(handshake === null ? {} : { handshakeTimeout: timeText(handshake) }),
    ...(rate === undefined ? {} : { maxBytesPerSecond: rate }),
    ...(settings.isOn("proxy_protocol") ? { sendProxy: "v1" } : {}),
  };
}

function accessOf(settings: Settings, context: ImportContext): AccessLists | null {
  const rules = settings.all("allow", "deny");
  const lists = accessLists(rules.flatMap(({ name, args }) => {
    const block = args[0]?.text ?? "";
    return block === "unix:" ? [] : [{ permits: name.text === "allow", blocks: [block] }];
  }));
  const [first] = rules;
  if (lists === null) refuse(context, first?.span ?? { start: 0, end: 0 }, "Expected an address, a network or all");
  else if (lists.refusesAll && first !== undefined) refuse(context, first.span, "Its rules admit no address");
  return lists;
}

/** The destination as fields of `accept`; null if it cannot be said, which is reported. */
function destinationOf(
  to: Word,
  settings: Settings,
  place: ServerContext & { readonly config: Fields },
): string | null {
  const { context, stream, forwards, config } = place;
  const backend = (target: string, span: Word["span"]): string | null => {
    const upstream = stream.upstreams.get(target);
    if (upstream !== undefined && upstream.targets.length === 0) {
      refuse(context, span, `Upstream "${target}" has no server that could be read`);
      return null;
    }
    if (upstream === undefined) noteName(context, span, hostOf(target));
    const found: Omit<DraftBackend, "tls"> = upstream ??
      { name: "upstream", targets: [{ to: targetAddress(target) }], balance: null, health: null, span };
    const tls = clientTls(settings, hostOf(target), context);
    return forwards.backend({ ...found, tls }, config);
  };
  return to.text.includes("$") ? routeOf(to, { ...place, settings, backend }) : backend(to.text, to.span);
}

function hostOf(target: string): string {
  return target.startsWith("unix:") ? "" : target.replace(/:[^:\]]*$/, "");
}
