/**
 * The problems of the rules of a declared listener, reported before any socket opens.
 *
 * @module
 */

import type { Finding } from "../../../graph/core/node_type.ts";
import { connects } from "../../../socket/kind.ts";
import type { AcceptTarget } from "../accept_target.ts";
import type { UseSubject } from "../ksocket_use.ts";
import { isUnconditional, type RouteRule } from "./route_rule.ts";

/** Rules that cannot hold at the listener. */
export function checkRules(
  { endpoint }: Pick<UseSubject, "endpoint">,
  { route }: AcceptTarget,
  messageIndex: number,
): readonly Finding[] {
  if (route === undefined) return [];
  const error = (path: Finding["path"], message: string, hint: string): Finding => {
    return { severity: "error", code: "no-such-route", message, messageIndex, hint, path: ["route", ...path ?? []] };
  };
  if (!connects(endpoint)) {
    return [
      error([], 'Field "route" needs a stream socket', "use connect, template or peer"),
    ];
  }
  return route.flatMap((rule, at): readonly Finding[] => {
    if (endpoint.tls) {
      if (rule.tls === undefined) return [];
      return [
        error(
          [at, "tls"],
          'Condition "tls" is not allowed at a TLS listener: rules match the decrypted bytes',
          "remove it",
        ),
      ];
    }
    const two = contradiction(rule);
    if (two === null || isUnconditional(rule)) return [];
    const hint = "make two rules, or use a listener of inet/stream/tls, which decrypts";
    return [error([at], `The rule never matches: ${two}`, hint)];
  });
}

/** Two conditions that no connection meets, unless the listener decrypts it. */
function contradiction({ sni, alpn, httpHost, tls }: RouteRule): string | null {
  if (httpHost === undefined) return null;
  if (sni !== undefined || alpn !== undefined) {
    return `a connection has ${sni === undefined ? "alpn" : "sni"} of TLS or httpHost of HTTP`;
  }
  return tls === true ? "HTTP within TLS cannot be read" : null;
}
