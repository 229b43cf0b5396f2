/**
 * Chooses the rule of a connection from its first bytes: the first rule whose conditions hold, as soon as that is
 * certain.
 *
 * @module
 */

import { encodeText } from "../../../ascii/octets.ts";
import { coversName } from "../../../socket/name_pattern.ts";
import type { FirstBytes, Verdict } from "./first_bytes.ts";
import type { RouteRule } from "./route_rule.ts";

/** The choice: a rule, no rule, or `undecided` while more bytes may change it. */
export type RouteChoice =
  | { readonly kind: "rule"; readonly rule: RouteRule }
  | { readonly kind: "none" }
  | { readonly kind: "undecided" };

const UNDECIDED: RouteChoice = { kind: "undecided" };
const NONE: RouteChoice = { kind: "none" };

/** Chooses among the rules of a listener. */
export function chooseRule(rules: readonly RouteRule[], first: FirstBytes): RouteChoice {
  if (first.isFinal && first.bytes.length === 0) {
    const silent = rules.find((rule) => rule.silent === true && !isExcluded(rule, first));
    if (silent !== undefined) return { kind: "rule", rule: silent };
  }
  for (const rule of rules) {
    switch (verdictOf(rule, first)) {
      case "yes":
        return { kind: "rule", rule };
      case "undecided":
        return UNDECIDED;
      case "no":
    }
  }
  return NONE;
}

/** True if the handshake of the listener is that of another rule. */
function isExcluded(rule: RouteRule, first: FirstBytes): boolean {
  return first.handshake !== null && (name(rule, first) === "no" || protocol(rule, first) === "no");
}

type Condition = (rule: RouteRule, first: FirstBytes) => Verdict | null;

const name: Condition = ({ sni }, first) => {
  return sni === undefined ? null : first.serverName((found) => sni.some((pattern) => coversName(pattern, found)));
};
const protocol: Condition = ({ alpn }, first) => {
  return alpn === undefined ? null : first.protocol((offered) => alpn.includes(offered));
};
const beginning: Condition = (rule, first) => {
  return rule.starts === undefined ? null : first.startsWith(bytesOf(rule, rule.starts));
};
const tls: Condition = (rule, first) => rule.tls === undefined ? null : first.isTls(rule.tls);
const host: Condition = ({ httpHost }, first) => {
  return httpHost === undefined ? null : first.host((found) => httpHost.some((one) => coversName(one, found)));
};

/** The cheapest first: one that does not hold saves the others. */
const CONDITIONS: readonly Condition[] = [beginning, tls, name, protocol, host];

/** The combined state of all conditions of a rule. */
function verdictOf(rule: RouteRule, first: FirstBytes): Verdict {
  let result: Verdict | null = null;
  for (const condition of CONDITIONS) {
    const verdict = condition(rule, first);
    if (verdict === "no") return "no";
    if (verdict === "undecided" || result === null) result = verdict ?? result;
  }
  // Without conditions a rule of silent clients takes no others.
  return result ?? (rule.silent === true ? "no" : "yes");
}

const BEGINNINGS = new WeakMap<RouteRule, Uint8Array>();

function bytesOf(rule: RouteRule, starts: string): Uint8Array {
  let bytes = BEGINNINGS.get(rule);
  if (bytes === undefined) BEGINNINGS.set(rule, bytes = encodeText(starts));
  return bytes;
}
