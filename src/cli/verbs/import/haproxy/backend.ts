/**
 * The servers of a backend as targets, with their balancing and health.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import { addressText, type DraftBackend, type DraftTarget, type Fields, listText } from "../forward.ts";
import { type ImportContext, noteChange, noteName, refuse, type Word, type WordLine } from "../reading.ts";
import { portNumber } from "../service.ts";
import { durationText, milliseconds, type Proxy } from "./proxy.ts";
import { readSettings, type Settings } from "./settings.ts";

/** HAProxy's own defaults of checks. */
const CHECK = { inter: "2s", fall: "3", rise: "2" } as const;

const BALANCE: Readonly<Record<string, string>> = {
  roundrobin: "roundrobin",
  "static-rr": "roundrobin",
  leastconn: "leastconn",
  first: "first",
  source: "source",
  random: "random",
};

interface Server {
  readonly target: DraftTarget;
  readonly settings: Settings;
  readonly line: WordLine;
}

/**
 * Reads a backend.
 *
 * @param port the port of the listener, for servers without one
 * @returns null if it is refused, which is reported
 */
export function readBackend(proxy: Proxy, port: string | null, context: ImportContext): DraftBackend | null {
  const servers = proxy.all("server", "server-template", "dispatch").flatMap((line) => {
    const server = readServer(line, { proxy, port, context });
    return server === null ? [] : [server];
  });
  const [first] = servers;
  if (first === undefined) {
    if (context.collector.errors === 0) refuse(context, proxy.span, `"${proxy.name}" has no server`);
    return null;
  }
  const tls = servers.map(({ settings }) => tlsOf(settings, context));
  const [own = null] = tls;
  const other = servers[tls.findIndex((one) => JSON.stringify(one) !== JSON.stringify(own))];
  if (other !== undefined) {
    refuse(
      context,
      other.line.span,
      "All servers of a backend need the same settings of TLS: they are those of the sockets that connect",
    );
    return null;
  }
  return {
    name: proxy.name,
    targets: servers.map(({ target }) => target),
    balance: balanceOf(proxy, context),
    health: healthOf(proxy, servers, context),
    tls: own,
    span: proxy.span,
  };
}

function readServer(
  { words: [keyword, name, address, ...rest], span }: WordLine,
  { proxy, port, context }: { readonly proxy: Proxy; readonly port: string | null; readonly context: ImportContext },
): Server | null {
  const isDispatch = keyword?.text === "dispatch";
  const isTemplate = keyword?.text === "server-template";
  const [place, ...words] = isDispatch ? [name] : isTemplate ? rest : [address, ...rest];
  if (name === undefined || place === undefined) {
    refuse(context, span, "A server has a name and an address: server db1 10.0.0.1:5432");
    return null;
  }
  const defaults = proxy.all("default-server").flatMap(({ words: [, ...own] }) => own);
  const quiet = { ...context, collector: context.whole };
  const settings = new Map([
    ...readSettings("server", defaults, quiet),
    ...readSettings("server", words.filter((one) => one !== undefined), context),
  ]);
  const to = serverAddress(place, { port, context });
  if (to === null) return null;
  const weight = Number(settings.get("weight")?.text ?? 1);
  const target: DraftTarget = {
    to,
    name: isDispatch ? null : name.text,
    weight: weight === 0 ? null : weight,
    backup: settings.has("backup"),
    disabled: weight === 0 || (settings.has("disabled") && !settings.has("enabled")),
    resolveAll: isTemplate,
    proxy: [...settings.keys()].some((one) => one.startsWith("send-proxy-v2"))
      ? "v2"
      : settings.has("send-proxy")
      ? "v1"
      : null,
  };
  return { target, settings, line: { words: [], span } };
}

function serverAddress(
  { text, span }: Word,
  { port, context }: { readonly port: string | null; readonly context: ImportContext },
): string | null {
  const plain = text.replace(/^(ipv4|ipv6|tcp4?|tcp6|stream\+ipv[46])@/, "");
  const path = /^(?:unix@|stream\+unix@)?(\/.+)$/.exec(plain)?.[1];
  if (path !== undefined) return addressText({ path });
  const [, host = "", written] = /^(\[[^\]]+\]|[^:]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*?)(?::([+-]?\w+))?$/.exec(plain) ?? [];
  const number = written === undefined || written === "0" ? port : portNumber(written, "tcp");
  if (host === "" || host === "*" || number === null || /[$@]/.test(plain)) {
    const why = written === undefined
      ? "its port is that of the client's connection, and the listener has several"
      : "it is not an address with a port";
    refuse(context, span, `"${text}" cannot be imported: ${why}`);
    return null;
  }
  noteName(context, span, host);
  return addressText({ host, port: number });
}

function balanceOf(proxy: Proxy, context: ImportContext): string | null {
  const word = proxy.value("balance");
  if (word === null) return null;
  const known = BALANCE[word.text.replace(/\(.*$/, "")];
  if (known !== undefined) return known === "roundrobin" ? null : known;
  noteChange(
    context,
    word.span,
    `"balance ${word.text}": targets are selected in turn (roundrobin); the nearest for the same client is source`,
  );
  return null;
}

/** Checks of a pool: all targets have the same. */
function healthOf(proxy: Proxy, servers: readonly Server[], context: ImportContext): Fields | null {
  const checked = servers.filter(({ settings }) => settings.has("check"));
  const [first] = checked;
  if (first === undefined) return null;
  if (checked.length < servers.length) {
    const other = servers.find(({ settings }) => !settings.has("check"));
    if (other !== undefined) {
      noteChange(context, other.line.span, "The server is checked too, as others of its backend are");
    }
  }
  const of = (name: string): string | null => first.settings.get(name)?.text ?? null;
  const timeout = proxy.timeout("check");
  return {
    interval: durationText(milliseconds(of("inter") ?? CHECK.inter)),
    ...(timeout === null ? {} : { timeout: durationText(timeout) }),
    fall: of("fall") ?? CHECK.fall,
    rise: of("rise") ?? CHECK.rise,
    probe: "all",
    ...probeOf(proxy, context),
  };
}

function probeOf(proxy: Proxy, context: ImportContext): Fields {
  if (proxy.option("redis-check")) return { send: quoteText("PING\r\n"), expect: quoteText("+PONG") };
  if (!proxy.option("tcp-check")) return {};
  const fields: Record<string, string> = {};
  for (const { words: [, action, ...rest], span } of proxy.all("tcp-check")) {
    const text = rest.filter(({ text: one }) => one !== "string").map((one) => one.text).join(" ");
    if (action?.text === "send" && fields["send"] === undefined) fields["send"] = quoteText(text);
    else if (action?.text === "expect" && rest[0]?.text === "string" && fields["expect"] === undefined) {
      fields["expect"] = quoteText(text);
    } else if (action?.text !== "connect" || rest.length > 0) {
      if (action?.text !== "comment") {
        noteChange(
          context,
          span,
          `"tcp-check ${action?.text ?? ""}" is left out: a probe connects, sends one text and expects one`,
        );
      }
    }
  }
  return fields;
}

/** `settls` of sockets that connect; null without `ssl`. */
function tlsOf(settings: Settings, context: ImportContext): Fields | null {
  if (!settings.has("ssl")) return null;
  const of = (name: string): Word | undefined => settings.get(name);
  const sni = /^str\((.*)\)$/.exec(of("sni")?.text ?? "")?.[1] ?? of("verifyhost")?.text;
  const dynamic = of("sni");
  if (dynamic !== undefined && sni === undefined) {
    noteChange(context, dynamic.span, `"sni ${dynamic.text}": the name that is sent is that of the target`);
  }
  const verify = of("verify")?.text === "none" ? "none" : sni === undefined ? "ca" : "full";
  const crt = of("crt")?.text;
  const ca = of("ca-file")?.text;
  return {
    verify,
    ...(verify === "none" || ca === undefined ? {} : { ca: ca === "@system-ca" ? "system" : quoteText(ca) }),
    ...(sni === undefined ? {} : { serverName: quoteText(sni) }),
    ...(crt === undefined ? {} : { cert: quoteText(crt), key: quoteText(crt) }),
    ...(of("alpn") === undefined ? {} : { alpn: listText((of("alpn")?.text ?? "").split(",").map(quoteText)) }),
    ...(of("ssl-min-ver")?.text === "TLSv1.3" ? { minVersion: "1.3" } : {}),
  };
}
