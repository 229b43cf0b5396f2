/**
 * A frontend or listen section as listeners.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import {
  addressText,
  type DraftBackend,
  familyOption,
  type Fields,
  fieldsText,
  type ForwardDraft,
  listText,
} from "../forward.ts";
import { type ImportContext, judgedWhole, noteChange, noteLoss, refuse, type Word, type WordLine } from "../reading.ts";
import { type Admission, readAdmission } from "./access.ts";
import { readBackend } from "./backend.ts";
import { readAcls, readCondition, type Test } from "./condition.ts";
import { durationText, milliseconds, type Proxy } from "./proxy.ts";
import { readSettings, type Settings } from "./settings.ts";

/** Where a section is read. */
export interface FrontendContext {
  readonly backends: ReadonlyMap<string, Proxy>;
  readonly forwards: ForwardDraft;
  readonly context: ImportContext;
}

/** HAProxy's own default: that of the system. */
const BACKLOG = 4_096;
const MAX_PORTS = 2_000;

/** Adds the listeners of a section. */
export function addFrontend(proxy: Proxy, place: FrontendContext): void {
  const { context } = place;
  proxy.note(context);
  if (proxy.all("disabled").length > 0) return refuse(context, proxy.span, "The section is disabled");
  const binds = [...proxy.section.lines.filter(({ words: [first] }) => first?.text === "bind"), ...headingBind(proxy)];
  if (binds.length === 0) return refuse(context, proxy.span, `"${proxy.name}" has no bind`);
  judgedWhole(context, proxy.span, () => {
    const acls = readAcls(proxy.every("acl"));
    const admission = readAdmission(proxy, acls, context);
    if (admission === null) return;
    const listeners = binds.flatMap((line) => readBind(line, context));
    const ports = new Set(listeners.map(({ bind }) => /:(\d+)$/.exec(bind)?.[1] ?? ""));
    const [port = null] = ports.size === 1 ? [...ports] : [];
    const config = configOf(proxy, place);
    const destination = destinationOf(proxy, { ...place, admission, config, port });
    if (destination === null || context.collector.errors > 0) return;
    for (const one of listeners) addListener(one, { ...place, proxy, admission, config, destination });
  });
}

interface Bind {
  readonly bind: string;
  readonly settings: Settings;
  readonly span: WordLine["span"];
}

/** `listen NAME ADDRESS:PORT`, as in old files. */
function headingBind({ section: { kind, heading } }: Proxy): readonly WordLine[] {
  const [, , address, ...rest] = heading.words;
  if (address === undefined || (kind !== "listen" && kind !== "frontend") || address.text === "from") return [];
  return [{ words: [address, address, ...rest], span: heading.span }];
}

function readBind({ words: [, address, ...rest], span }: WordLine, context: ImportContext): readonly Bind[] {
  if (address === undefined) {
    refuse(context, span, "A bind has an address: bind 127.0.0.1:8080");
    return [];
  }
  const settings = readSettings("bind", rest, context);
  return address.text.split(",").flatMap((text) => bindAddresses(text, address, context)).map((bind) => ({
    bind,
    settings,
    span: address.span,
  }));
}

function bindAddresses(text: string, { span }: Word, context: ImportContext): readonly string[] {
  const plain = text.replace(/^(ipv4|ipv6|tcp[46]?|stream\+ipv[46])@/, "");
  const path = /^(?:(?:stream\+)?unix@)?(\/.+)$/.exec(plain)?.[1];
  if (path !== undefined) return [addressText({ path })];
  const [, written = "", first = "", last = first] = /^(.*):(\d+)(?:-(\d+))?$/.exec(plain) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || to < from || to > 65_535 || to - from >= MAX_PORTS || /[@$]/.test(plain)) {
    refuse(context, span, `"${text}" cannot be imported: expected an address and a port, or a path`);
    return [];
  }
  const v6 = text.startsWith("ipv6@");
  const host = written === "" || written === "*"
    ? v6 ? "::" : "0.0.0.0"
    : written === "localhost"
    ? "127.0.0.1"
    : written;
  return Array.from({ length: to - from + 1 }, (_, index) => addressText({ host, port: String(from + index) }));
}

interface ListenerContext extends FrontendContext {
  readonly proxy: Proxy;
  readonly admission: Admission;
  readonly config: Fields;
  readonly destination: string;
}

function addListener(
  { bind, settings, span }: Bind,
  { proxy, admission, config, destination, forwards, context }: ListenerContext,
): void {
  const { lists, proxies, seesProxy } = admission;
  const reads = settings.has("accept-proxy") || proxies.length > 0;
  const checksSource = lists.allow.length + lists.deny.length > 0;
  if (reads && seesProxy && checksSource) {
    return refuse(
      context,
      span,
      "Rules of tcp-request connection check the address of the proxy; here they would check that of its header",
    );
  }
  if (settings.has("accept-proxy")) {
    noteChange(context, span, '"accept-proxy": headers from all sources are read; restrict trusted to your proxies');
  }
  const max = settings.get("maxconn")?.text ?? proxy.value("maxconn")?.text ?? null;
  const rate = proxy.value("rate-limit sessions")?.text ?? null;
  const keep = proxy.option("clitcpka") || proxy.option("tcpka");
  const within = inspectDelay(proxy);
  const accept: Fields = {
    ...(lists.allow.length > 0 ? { allow: listText(lists.allow) } : {}),
    ...(lists.deny.length > 0 ? { deny: listText(lists.deny) } : {}),
    ...(reads
      ? settings.has("accept-proxy")
        ? { proxyProtocol: "require", trusted: listText(["0.0.0.0/0", "::/0"]) }
        : { proxyProtocol: "accept", trusted: listText(proxies) }
      : {}),
    ...(max === null || max === "0" ? {} : { max }),
    ...(rate === null ? {} : { rate: `${rate}/s` }),
    ...(keep ? { messages: listText(keepalive(proxy).map(quoteText)) } : {}),
    ...(destination.startsWith("route=") && within !== null ? { within } : {}),
  };
  const isPath = bind.startsWith("local");
  const mode = settings.get("mode")?.text;
  const handshake = proxy.timeout("client-hs");
  const tls = tlsOf(settings, span, context);
  if (tls === undefined) return;
  forwards.listener(
    {
      protocol: isPath ? "unix" : "tcp",
      bind,
      backlog: Number(settings.get("backlog")?.text ?? proxy.value("backlog")?.text ?? max ?? BACKLOG) || BACKLOG,
      options: isPath ? {} : { SO_REUSEADDR: "1", ...familyOption(bind, !settings.has("v4v6")) },
      tls,
      accept,
      span,
    },
    destination,
    {
      ...config,
      ...(handshake === null ? {} : { handshakeTimeout: durationText(handshake) }),
      ...(isPath && mode !== undefined ? { mode: mode.padStart(4, "0") } : {}),
    },
  );
}

function keepalive(proxy: Proxy): readonly string[] {
  const options = [["clitcpka-cnt", "TCP_KEEPCNT"], ["clitcpka-idle", "TCP_KEEPIDLE"], [
    "clitcpka-intvl",
    "TCP_KEEPINTVL",
  ]] as const;
  return [
    "setopt { SO_KEEPALIVE=1 }",
    ...options.flatMap(([keyword, option]) => {
      const value = proxy.value(keyword)?.text;
      if (value === undefined) return [];
      return [`setopt { ${option}=${/^\d+$/.test(value) ? value : Math.round(milliseconds(value) / 1_000)} }`];
    }),
  ];
}

function inspectDelay(proxy: Proxy): string | null {
  const delay = proxy.every("tcp-request").findLast(({ words: [, second] }) => second?.text === "inspect-delay")
    ?.words[2];
  return delay === undefined ? null : durationText(milliseconds(delay.text));
}

/** `settls` of a listener; null without `ssl`; undefined if it is refused. */
function tlsOf(settings: Settings, span: WordLine["span"], context: ImportContext): Fields | null | undefined {
  if (!settings.has("ssl")) return null;
  const crt = settings.get("crt")?.text;
  const verify = settings.get("verify")?.text ?? "none";
  const ca = settings.get("ca-file")?.text;
  if (crt === undefined || crt.endsWith("/") || (verify !== "none" && ca === undefined)) {
    refuse(
      context,
      span,
      crt === undefined || crt.endsWith("/")
        ? '"ssl" needs crt with one file; a folder of certificates is written certs: [{ cert, key }]'
        : '"verify" needs ca-file',
    );
    return undefined;
  }
  const isNew = settings.get("ssl-min-ver")?.text === "TLSv1.3" || settings.has("force-tlsv13") ||
    settings.has("no-tlsv12");
  const alpn = settings.get("alpn")?.text;
  return {
    cert: quoteText(crt),
    key: quoteText(settings.get("key")?.text ?? crt),
    ...(verify === "none" || ca === undefined
      ? {}
      : { ca: quoteText(ca), verifyClient: verify === "required" ? "require" : "request" }),
    ...(alpn === undefined ? {} : { alpn: listText(alpn.split(",").map(quoteText)) }),
    ...(isNew ? { minVersion: "1.3" } : {}),
  };
}

/** Time-outs: those of the frontend, and of the backend that it uses first. */
function configOf(proxy: Proxy, { backends, context }: FrontendContext): Fields {
  const name = proxy.value("default_backend") ?? proxy.value("use_backend");
  const backend = proxy.section.kind === "listen" && name === null ? proxy : backends.get(name?.text ?? "") ?? proxy;
  const [client, server] = [proxy.timeout("client"), backend.timeout("server")];
  const tunnel = backend.timeout("tunnel") ?? proxy.timeout("tunnel");
  const idle = tunnel ?? (client === null || server === null ? 0 : Math.max(client, server));
  if (tunnel === null && client !== null && server !== null && client !== server) {
    const at = proxy.all("timeout client", "clitimeout").at(-1) ?? proxy.section.heading;
    noteChange(
      context,
      at.span,
      `"timeout client" and "timeout server": idleTimeout is the longer, ${
        durationText(idle)
      }, for both directions together`,
    );
  }
  const fin = [proxy.timeout("client-fin"), backend.timeout("server-fin")].filter((one) => one !== null);
  const connect = backend.timeout("connect") ?? proxy.timeout("connect");
  return {
    ...(connect === null || connect === 0 ? {} : { connectTimeout: durationText(connect) }),
    idleTimeout: durationText(idle),
    ...(fin.length === 0 ? {} : { halfCloseTimeout: durationText(Math.max(...fin)) }),
  };
}

interface RuleContext extends FrontendContext {
  readonly admission: Admission;
  readonly config: Fields;
  readonly port: string | null;
}

/** The destination as fields of `accept`; null if it is refused, which is reported. */
function destinationOf(
  proxy: Proxy,
  { backends, forwards, admission, config, port, context }: RuleContext,
): string | null {
  const of = (word: Word): string | null => {
    const backend = backends.get(word.text);
    if (backend === undefined || backend.mode !== "tcp") {
      refuse(
        context,
        word.span,
        backend === undefined
          ? `There is no backend "${word.text}"`
          : `Backend "${word.text}" has mode ${backend.mode}`,
      );
      return null;
    }
    refuseRules(backend, context);
    const found: DraftBackend | null = readBackend(backend, port, context);
    return found === null ? null : forwards.backend(found, config);
  };
  const rules: string[] = [];
  const acls = readAcls(proxy.every("acl"));
  let fallback: string | null = null;
  for (const { words: [, name, when, ...condition], span } of proxy.all("use_backend")) {
    if (name === undefined) continue;
    const destination = of(name);
    if (destination === null) return null;
    if (when === undefined) {
      fallback = destination;
      break;
    }
    const alternatives = when.text === "if" ? readCondition(condition, acls) : null;
    if (alternatives?.flat().some((test) => test.kind === "route" && test.comparesCase === true) === true) {
      noteChange(context, span, "Names are compared without case; HAProxy compares the case too, unless -i is given");
    }
    const fields = alternatives?.map(ruleFields) ?? [null];
    if (fields.some((one) => one === null)) {
      noteLoss(
        context,
        span,
        `"use_backend ${name.text}" is left out, in part or as a whole: rules have the conditions sni, alpn, starts and tls`,
      );
    }
    const { required } = admission;
    rules.push(...fields.flatMap((one) => {
      return one === null ? [] : [fieldsText(withRequired(one, required)).replace(/ \}$/, ` ${destination} }`)];
    }));
  }
  const last = proxy.value("default_backend");
  if (fallback === null && last !== null) fallback = of(last);
  if (fallback === null && last === null && (proxy.section.kind === "listen" || proxy.all("server").length > 0)) {
    const own = readBackend(proxy, port, context);
    fallback = own === null ? null : forwards.backend(own, config);
  }
  if (context.collector.errors > 0) return null;
  if (rules.length === 0 && admission.required === null) {
    if (fallback === null) refuse(context, proxy.span, `"${proxy.name}" has no backend`);
    return fallback;
  }
  const default_ = fallback === null ? [] : [fieldsText(admission.required ?? {}).replace(/ ?\}$/, ` ${fallback} }`)];
  return `route=${listText([...rules, ...default_])}`;
}

/** The conditions of a rule, together with those that every connection must meet. */
function withRequired(fields: Fields, required: Fields | null): Fields {
  if (required === null || fields["sni"] !== undefined) return fields;
  return required["tls"] !== undefined && fields["alpn"] !== undefined ? fields : { ...fields, ...required };
}

/** Rules of a backend refuse connections after it was selected, which no setting of a pool does. */
function refuseRules(backend: Proxy, context: ImportContext): void {
  if (backend.section.kind !== "backend") return;
  const rule = backend.every("tcp-request").find(({ words: [, , action] }) =>
    action?.text === "reject" || action?.text === "silent-drop"
  );
  if (rule === undefined) return;
  refuse(
    context,
    rule.span,
    `"tcp-request" of backend "${backend.name}" refuses clients that the listener would admit`,
  );
}

/** The conditions of one alternative; null if a rule cannot have them. */
function ruleFields(tests: readonly Test[]): Fields | null {
  const fields: Record<string, string> = {};
  for (const test of tests) {
    if (test.kind === "always") continue;
    if (test.kind !== "route") return null;
    for (const [name, value] of Object.entries(test.fields)) {
      if (fields[name] !== undefined && fields[name] !== value) return null;
      fields[name] = value;
    }
  }
  // A name is a property of TLS already.
  if (fields["sni"] !== undefined || fields["alpn"] !== undefined) delete fields["tls"];
  return Object.keys(fields).length === 0 ? null : fields;
}
