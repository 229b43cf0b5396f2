/**
 * The rules of a listener's `route`: conditions on the first bytes of a connection, and the destination of those that
 * meet all of them.
 *
 * @module
 */

import { array } from "../../../ascii/array.ts";
import { checked } from "../../../ascii/checked.ts";
import { AsciiError } from "../../../ascii/error.ts";
import { encodeText } from "../../../ascii/octets.ts";
import { oneOrMore } from "../../../ascii/one_or_more.ts";
import { boolean } from "../../../ascii/scalar.ts";
import { optional, struct } from "../../../ascii/struct.ts";
import { string } from "../../../ascii/text.ts";
import type { AsciiType } from "../../../ascii/type.ts";
import { wordType } from "../../../ascii/word.ts";
import { hostPattern, namePattern } from "../../../socket/name_pattern.ts";
import { BALANCE } from "../../pool/target_spec.ts";
import { type Destination, DESTINATION_FIELDS, isTargetList, plainDestination } from "../destination.ts";

/** The conditions of a rule; all that are given must hold. */
export interface RouteConditions {
  /** The server name that the client of TLS sends matches one of these. */
  readonly sni?: readonly string[];
  /** The client of TLS offers one of these protocols. */
  readonly alpn?: readonly string[];
  /** The connection begins with this text. */
  readonly starts?: string;
  /** The first request of HTTP is for a host that one of these covers. */
  readonly httpHost?: readonly string[];
  /** True if the connection begins with TLS. */
  readonly tls?: boolean;
}

/** A rule. */
export interface RouteRule extends RouteConditions, Destination {
  /** True for the rule of clients that send nothing. */
  readonly silent?: boolean;
}

/** How many bytes of a connection the rules see. */
export const MAX_ROUTE_BYTES: number = 32 * 1024;
/** The default of `within`, in milliseconds. */
export const DEFAULT_WITHIN_MS = 3_000;
/** The limit of rules of a listener. */
export const MAX_RULES = 1_024;
const MAX_START_BYTES = 1_024;

const protocol = wordType({
  name: "protocol",
  examples: ["h2", "http/1.1"],
  check: (text) => {
    if (/^[!-~]{1,255}$/.test(text)) return { word: text };
    return { message: `"${text}" is not an ALPN protocol name`, hint: "such as h2 or http/1.1" };
  },
});

const beginning: AsciiType<string> = {
  ...string,
  parse: (scanner) => {
    const { offset, length } = scanner.peek();
    return checkBeginning(string.parse(scanner), { offset, length });
  },
  read: (literal) => {
    const text = string.read(literal);
    return checkBeginning(text, { offset: 0, length: text.length });
  },
};

const conditions = {
  sni: optional(
    oneOrMore("hostnames", namePattern),
    "The TLS client asks for one of these names (SNI); *.example.net covers all names below example.net",
  ),
  alpn: optional(
    oneOrMore("protocols", protocol),
    "The TLS client offers one of these protocols; at a TLS listener, the protocol that the handshake has agreed on",
  ),
  starts: optional(beginning, "The connection begins with this text; \\x16 is a byte"),
  httpHost: optional(
    oneOrMore("hosts", hostPattern),
    "The first HTTP/1 request is for one of these hosts, without a port",
  ),
  tls: optional(boolean, "Whether the connection begins with TLS"),
};

const conditionsType: AsciiType<RouteConditions> = struct(conditions);

/** Words of other tools for conditions. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  host: 'did you mean "httpHost" (of HTTP), or "sni" (of TLS)?',
  hosts: 'did you mean "httpHost" (of HTTP), or "sni" (of TLS)?',
  hostname: 'did you mean "httpHost" (of HTTP), or "sni" (of TLS)?',
  domain: 'did you mean "httpHost" (of HTTP), or "sni" (of TLS)?',
  servername: 'did you mean "sni"?',
  hostsni: 'did you mean "sni"?',
  server_name: 'did you mean "sni"?',
  prefix: 'did you mean "starts"?',
  begins: 'did you mean "starts"?',
  match: "conditions are fields of the rule: { sni: www.example, connect: ADDRESS }",
  to: 'did you mean "connect"?',
  target: 'did you mean "connect"?',
  backend: 'did you mean "connect"?',
  upstream: 'did you mean "connect"?',
  pool: "write connect: pool/NAME",
  default: "the rule without conditions is the default: { connect: ADDRESS }",
  protocol: 'did you mean "alpn" (of TLS), or "starts"?',
};

const rule: AsciiType<RouteRule> = checked(
  struct(
    {
      ...conditions,
      silent: optional(boolean, "Whether clients that send nothing match this rule too", { default: false }),
      ...DESTINATION_FIELDS,
      balance: optional(BALANCE, "How the target is selected from a list", { default: "roundrobin" }),
    },
    OTHER_WORDS,
  ),
  checkRule,
);

/** The rules of a listener: at least one; no rule after the default rule. */
export const routeRules: AsciiType<readonly RouteRule[]> = checked(array(rule), checkRules);

/** True for a rule without conditions: the default, unless it is for silent clients only. */
export function isUnconditional({ sni, alpn, starts, httpHost, tls }: RouteConditions): boolean {
  return sni === undefined && alpn === undefined && starts === undefined && httpHost === undefined && tls === undefined;
}

/** True for the rule of all connections that no earlier rule matches. */
export function isDefault(one: RouteRule): boolean {
  return isUnconditional(one) && one.silent !== true;
}

/** A rule without fields that have their defaults. */
export function plainRule({ sni, alpn, starts, httpHost, tls, silent, ...destination }: RouteRule): RouteRule {
  return {
    ...(sni === undefined ? {} : { sni }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(starts === undefined ? {} : { starts }),
    ...(httpHost === undefined ? {} : { httpHost }),
    ...(tls === undefined ? {} : { tls }),
    ...(silent === true ? { silent } : {}),
    ...plainDestination(destination),
  };
}

const TEXTS = new WeakMap<RouteRule, string>();

/** A rule's conditions as text: `sni=www.example`, `starts="SSH-", silent`, `default`. */
export function describeRule(one: RouteRule): string {
  const known = TEXTS.get(one);
  if (known !== undefined) return known;
  const texts = [...(isUnconditional(one) ? [] : [conditionsOf(one)]), ...(one.silent === true ? ["silent"] : [])];
  const text = texts.join(", ") || "default";
  TEXTS.set(one, text);
  return text;
}

function conditionsOf({ sni, alpn, starts, httpHost, tls }: RouteRule): string {
  const given = Object.entries({ sni, alpn, starts, httpHost, tls }).filter(([, value]) => value !== undefined);
  return conditionsType.format(Object.fromEntries(given)).replace(/^\{ | \}$/g, "");
}

function checkBeginning(text: string, place: { readonly offset: number; readonly length: number }): string {
  const { length } = encodeText(text);
  if (length === 0) {
    const hint = "leave it out in the last rule, which then matches all other connections";
    throw new AsciiError("EINVAL", 'Condition "starts" is empty and matches every connection', { ...place, hint });
  }
  if (length <= MAX_START_BYTES) return text;
  throw new AsciiError("E2BIG", `The text has ${length} bytes, and at most ${MAX_START_BYTES} are allowed`, place);
}

function checkRule(one: RouteRule, offset: number): RouteRule {
  const given = [one.template, one.peer, one.connect].filter((field) => field !== undefined).length;
  if (given !== 1) {
    const found = given === 0 ? "none of them" : `${given} of them`;
    throw new AsciiError("EINVAL", `A rule needs exactly one of template, peer and connect, but has ${found}`, {
      offset,
      hint: given === 0 ? "such as connect: inet/127.0.0.1:80" : null,
    });
  }
  if (one.balance !== undefined && (one.connect === undefined || !isTargetList(one.connect))) {
    const hint = "for a pool node, set it there: setconfig: { balance: leastconn }";
    const where = { offset, path: ["balance"], hint };
    throw new AsciiError("EINVAL", '"balance" requires a list of targets in "connect"', where);
  }
  if (one.with !== undefined && one.template === undefined) {
    throw new AsciiError("EINVAL", '"with" requires "template"', { offset, path: ["with"] });
  }
  if (one.tls === false && (one.sni !== undefined || one.alpn !== undefined)) {
    const hint = 'remove "tls: false": sni and alpn match TLS only';
    throw new AsciiError("EINVAL", "A connection without TLS has neither sni nor alpn", {
      offset,
      path: ["tls"],
      hint,
    });
  }
  return one;
}

function checkRules(rules: readonly RouteRule[], offset: number): readonly RouteRule[] {
  if (rules.length === 0) {
    const hint = "such as { sni: www.example, connect: inet/127.0.0.1:8443 }";
    throw new AsciiError("EINVAL", "A route needs at least one rule", { offset, hint });
  }
  if (rules.length > MAX_RULES) {
    throw new AsciiError("E2BIG", `${rules.length} rules, and at most ${MAX_RULES} are allowed`, { offset });
  }
  const seen = new Map<string, number>();
  rules.forEach((one, index) => {
    const place = { offset, path: [index] };
    const byDefault = seen.get("default");
    if (byDefault !== undefined) {
      const message = `The rule is never reached: rule ${byDefault + 1} has no conditions and matches every connection`;
      throw new AsciiError("EINVAL", message, { ...place, hint: "move the rule without conditions to the end" });
    }
    const key = isUnconditional(one) ? describeRule(one) : conditionsOf(one);
    const before = seen.get(key);
    if (before !== undefined) {
      const message = `The rule is never reached: rule ${before + 1} has the same conditions`;
      throw new AsciiError("EALREADY", message, { ...place, hint: "remove one of the two" });
    }
    seen.set(key, index);
  });
  return rules;
}
