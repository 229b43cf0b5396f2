/**
 * A `map` of a variable of ssl_preread as rules of `accept: { route }`.
 *
 * @module
 */

import { quoteText } from "../../../../ascii/quote.ts";
import { type Fields, fieldsText, listText } from "../forward.ts";
import { type ImportContext, noteChange, noteLoss, refuse, type Word } from "../reading.ts";
import type { Directive } from "./parse.ts";
import type { ServerContext, Settings } from "./settings.ts";

interface RouteContext extends ServerContext {
  readonly settings: Settings;
  /** The destination of an address or upstream; null if it is refused. */
  readonly backend: (target: string, span: Word["span"]) => string | null;
}

/** The conditions of an entry of a map. */
type Conditions = Fields;

/** The rules of a variable; null if it has no counterpart, which is reported. */
export function routeOf(to: Word, { stream, settings, backend, context }: RouteContext): string | null {
  const name = to.text.replace(/^\$\{(.*)\}$/, "$$$1");
  const map = stream.maps.get(name);
  const [source] = map?.args ?? [];
  if (map === undefined || map.block === null || source === undefined) {
    refuse(
      context,
      to.span,
      `"proxy_pass ${to.text}": a target from a variable has no counterpart; write a map, or rules of accept: { route: [{ sni: NAME, connect: ADDRESS }] }`,
    );
    return null;
  }
  if (!settings.isOn("ssl_preread") || !CONDITIONS.has(source.text)) {
    refuse(
      context,
      source.span,
      `A map of "${source.text}" has no counterpart: rules see the first bytes of a connection (sni, alpn, tls) only`,
    );
    return null;
  }
  const rules: string[] = [];
  let fallback: string | null = null;
  let closed: Word["span"] | null = null;
  let unnamed: { readonly destination: string | null; readonly span: Word["span"] } | null = null;
  for (const entry of entriesOf(map)) {
    const { name: key, args: [value] } = entry;
    if (value === undefined || ["hostnames", "volatile"].includes(key.text)) continue;
    const isUnnamed = key.text === "" && source.text === "$ssl_preread_server_name";
    if (isUnnamed && value.text === "") {
      unnamed = { destination: null, span: key.span };
      continue;
    }
    if (value.text === "") {
      noteChange(context, value.span, `"${key.text}" has no target: its connections are closed`);
      if (key.text !== "default") closed = value.span;
      continue;
    }
    const destination = backend(value.text, value.span);
    if (destination === null) return null;
    if (key.text === "default") fallback = destination;
    else if (isUnnamed) unnamed = { destination, span: key.span };
    else {rules.push(...(conditionsOf(source.text, key, context) ?? []).map((one) =>
        fieldsText(one).replace(/ \}$/, ` ${destination} }`)
      ));}
  }
  if (closed !== null && (fallback !== null || rules.length > 0)) {
    refuse(context, closed, "An entry without a target closes connections that other rules would admit");
    return null;
  }
  if (unnamed !== null && fallback !== null) {
    // Clients of TLS without a name, and those without TLS, are what the rules before leave.
    rules.push(`{ sni=${listText([quoteText("*")])} ${fallback} }`);
    fallback = unnamed.destination;
  } else if (unnamed !== null && unnamed.destination !== null) {
    noteChange(
      context,
      unnamed.span,
      'The entry "" is for clients without TLS: those of TLS without a name are closed',
    );
    rules.push(`{ tls=false ${unnamed.destination} }`);
  }
  if (rules.length === 0 && fallback === null) {
    refuse(context, map.span, "The map has no entry that is a rule");
    return null;
  }
  return `route=${listText([...rules, ...fallback === null ? [] : [`{ ${fallback} }`]])}`;
}

const CONDITIONS: ReadonlySet<string> = new Set([
  "$ssl_preread_server_name",
  "$ssl_preread_alpn_protocols",
  "$ssl_preread_protocol",
]);

/** Names before patterns, and masks in the order of their length, as nginx selects them. */
function entriesOf(map: Directive): readonly Directive[] {
  const rank = ({ name: { text } }: Directive): number =>
    text.startsWith("~") ? 1e6 : /^\*?\./.test(text) ? 1e3 - text.length : 0;
  return (map.block ?? []).toSorted((a, b) => rank(a) - rank(b));
}

/** The rules' conditions of one key; null if it has no counterpart, which is reported. */
function conditionsOf(source: string, { text, span }: Word, context: ImportContext): readonly Conditions[] | null {
  const loss = (why: string): null => {
    noteLoss(context, span, `The entry "${text}" is left out, its connections match other rules: ${why}`);
    return null;
  };
  if (source === "$ssl_preread_protocol") {
    if (text === "") return [{ tls: "false" }];
    return /^TLSv1(\.\d)?$|^~/.test(text) ? [{ tls: "true" }] : loss("a rule does not see the version of TLS");
  }
  if (source === "$ssl_preread_alpn_protocols") {
    const protocol = /^~\*?\^?(?:\\b)?([\w./-]+?)(?:\\b)?\$?$/.exec(text)?.[1]?.replaceAll("\\", "") ??
      (text.startsWith("~") ? null : text);
    return protocol === null || protocol === "" || protocol.includes(",")
      ? loss("alpn compares one whole name")
      : [{ alpn: listText([quoteText(protocol)]) }];
  }
  if (!text.startsWith("~")) return [{ sni: listText(namesOf(text).map(quoteText)) }];
  const names = namesOfPattern(text);
  return names === null
    ? loss("sni has names and *.example.net, and no regular expressions")
    : [{ sni: listText(names.map(quoteText)) }];
}

function namesOf(text: string): readonly string[] {
  return text.startsWith(".") ? [text.slice(1), `*${text}`] : [text];
}

/** `~^(.*\.)?example\.com$` and similar patterns as names. */
function namesOfPattern(text: string): readonly string[] | null {
  const pattern = text.replace(/^~\*?/, "").replaceAll("\\.", ".");
  const [, star, optional, rest = ""] =
    /^\^?(?:(\(?(?:\.[*+]|\[\^?[\w.-]*\][*+])\)?\.)|(\(\.[*+]\.\)\?))?([\w.-]+)\$$/.exec(pattern) ?? [];
  if (rest === "" || (star === undefined && optional === undefined && !pattern.startsWith("^"))) return null;
  if (optional !== undefined) return [rest, `*.${rest}`];
  return [star === undefined ? rest : `*.${rest}`];
}
