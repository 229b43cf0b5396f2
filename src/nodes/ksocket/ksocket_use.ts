/**
 * Declared ksockets without a function: an address without a port, a limit that admits no connection, an address that
 * is bound without listening or connecting.
 *
 * @module
 */

import type { CheckedMessage, Finding } from "../../graph/core/node_type.ts";
import type { ConnectAddress } from "../../socket/address.ts";
import { connectAddress } from "../../socket/address_text.ts";
import { type Cidr, cidrCovers } from "../../socket/cidr.ts";
import type { Endpoint } from "../../socket/endpoint.ts";
import { connects } from "../../socket/kind.ts";
import type { AcceptTarget } from "./accept_target.ts";

/** The node, for these checks. */
export interface UseSubject {
  readonly endpoint: Endpoint;
  readonly messages: readonly CheckedMessage[];
  readonly linked: boolean;
  readonly inTemplate: boolean;
}

/** The problems of the address to connect to. */
export function checkPeerAddress(
  { endpoint }: Pick<UseSubject, "endpoint">,
  address: ConnectAddress,
  place: Pick<Finding, "messageIndex" | "path">,
): readonly Finding[] {
  const hasPort = address.family === "inet" || address.family === "inet6" || address.family === "name";
  if (!hasPort || address.port !== 0 || (endpoint.type !== "stream" && endpoint.type !== "dgram")) return [];
  const text = connectAddress.format(address);
  return [{
    severity: "error",
    code: "missing-port",
    message: `Address "${text}" has no port to connect to`,
    hint: `write ${text}:PORT`,
    ...place,
  }];
}

/** The problems of the limits and the lists of accept. */
export function checkAdmission({ endpoint }: UseSubject, target: AcceptTarget, index: number): readonly Finding[] {
  const error = (field: string, message: string, hint: string): readonly Finding[] => [
    { severity: "error", code: "admits-nothing", message, messageIndex: index, path: [field], hint },
  ];
  for (const name of ["max", "maxPerSource", "burst"] as const) {
    if (target[name] !== 0) continue;
    return error(name, `Limit "${name}: 0" admits no connection`, "remove it for no limit");
  }
  const { allow, deny = [] } = target;
  // A header may name a client of any family.
  const isNamed = target.proxyProtocol !== undefined;
  if (endpoint.family === "local" && !isNamed && (allow !== undefined || deny.length > 0)) {
    const hint = "give the path a mode: setconfig: { mode: 0660 }";
    const field = allow === undefined ? "deny" : "allow";
    return error(field, "Lists of IP addresses have no effect on a local socket", hint);
  }
  const all: readonly Cidr[] = endpoint.family === "inet6" || isNamed ? [V6, V4] : [V4];
  const admitted = (allow ?? all).filter((block) =>
    endpoint.family === "inet6" || isNamed || all.some(sameFamily(block))
  );
  if (admitted.some((block) => !deny.some((one) => cidrCovers(one, block)))) return [];
  const why = allow === undefined ? '"deny" covers every address' : '"allow" has no address that may connect';
  const hint = "an address in both lists is denied";
  return error(allow === undefined ? "deny" : "allow", `No connection would be admitted: ${why}`, hint);
}

const V4: Cidr = { family: "inet", host: "0.0.0.0", prefix: 0 };
const V6: Cidr = { family: "inet6", host: "::", prefix: 0 };

function sameFamily({ family, host }: Cidr): (other: Cidr) => boolean {
  return (other) => other.family === family || host.startsWith("::ffff:");
}

/** The problems of the PROXY protocol at accept. */
export function checkProxyProtocol({ endpoint }: UseSubject, target: AcceptTarget, index: number): readonly Finding[] {
  const error = (field: string, message: string, hint: string): readonly Finding[] => [
    { severity: "error", code: "proxy-protocol", message, messageIndex: index, path: [field], hint },
  ];
  const { proxyProtocol, trusted } = target;
  if (proxyProtocol === undefined) {
    return trusted === undefined ? [] : error("trusted", '"trusted" has no effect', "add proxyProtocol: require");
  }
  if (endpoint.family === "local" || trusted !== undefined) return [];
  const hint = "list the proxies, such as trusted: [10.0.0.0/8]";
  return error("proxyProtocol", 'Field "proxyProtocol" needs "trusted"', hint);
}

/** A PROXY header that cannot be sent. */
export function checkSendProxy(
  { endpoint }: Pick<UseSubject, "endpoint">,
  { args }: CheckedMessage,
  messageIndex: number,
): readonly Finding[] {
  if (typeof args !== "object" || args === null || !("sendProxy" in args) || args.sendProxy !== "v1") return [];
  if (connects(endpoint)) return [];
  const message = "A PROXY header of version 1 is for streams only";
  const hint = "write sendProxy: v2";
  return [{ severity: "error", code: "proxy-protocol", message, messageIndex, path: ["sendProxy"], hint }];
}

/** Warns of a declared stream socket that can never be used. */
export function checkPurpose({ endpoint, messages, linked, inTemplate }: UseSubject): readonly Finding[] {
  const indexOf = (name: string) => messages.findIndex(({ command }) => command === name);
  const [bind, listen, accept, connect] = [indexOf("bind"), indexOf("listen"), indexOf("accept"), indexOf("connect")];
  const warning = (code: string, messageIndex: number | null, message: string, hint: string): readonly Finding[] => [
    { severity: "warning", code, message, messageIndex, hint },
  ];
  const port = bind < 0 || (connect >= 0 && listen < 0) || !lacksPort(messages[bind]) ? [] : warning(
    "any-port",
    bind,
    `Address "${messages[bind]?.written}" has no port: the system chooses one at each start`,
    `write ${messages[bind]?.written}:PORT, or ${messages[bind]?.written}:0 where any port is meant`,
  );
  const found = [...port, ...checkTotals(messages, connects(endpoint) ? listen : accept)];
  if (!connects(endpoint)) return found;
  if (listen < 0 && connect < 0 && bind >= 0 && accept < 0) {
    const hint = "add listen and accept to serve there, or connect";
    return [...found, ...warning("useless-bind", bind, "The socket is bound, but neither listens nor connects", hint)];
  }
  if (listen >= 0 && accept < 0 && !inTemplate) {
    const message = linked
      ? "Nothing accepts the connections: a link of a socket that listens carries none of them"
      : "Nothing accepts the connections: clients would wait forever";
    const hint = "add accept: { connect: ADDRESS }, { peer: NODE } or { template: NAME }";
    return [...found, ...warning("useless-listen", listen, message, hint)];
  }
  return found;
}

/** Warns of a limit for all connections of a listener at a socket that is none. */
function checkTotals(messages: readonly CheckedMessage[], listens: number): readonly Finding[] {
  if (listens >= 0) return [];
  return messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    if (command !== "setconfig" || !hasTotal(args)) return [];
    return [{
      severity: "warning",
      code: "no-effect",
      message: 'Setting "totalBytesPerSecond" has no effect on a socket that accepts no connections',
      messageIndex,
      path: ["totalBytesPerSecond"],
      hint: "use maxBytesPerSecond",
    }];
  });
}

function hasTotal(config: unknown): boolean {
  return typeof config === "object" && config !== null && "totalBytesPerSecond" in config &&
    config.totalBytesPerSecond !== 0;
}

/** A link of a listener whose connections have their own targets. */
export function checkAcceptedLink({ endpoint, linked }: UseSubject, index: number): readonly Finding[] {
  if (!linked) return [];
  const what = connects(endpoint) ? "connections" : "sources";
  return [{
    severity: "warning",
    code: "accept-and-link",
    message: `Accept joins all ${what} to its target, and the link of the same socket carries none of their data`,
    messageIndex: index,
    hint: "remove the link, or accept into what it leads to: accept: { peer: NODE }",
  }];
}

function lacksPort(message: CheckedMessage | undefined): boolean {
  return message?.written !== undefined && /^inet(\/[^:[\]{}]+|6\/\[[^\]]*\])$/.test(message.written);
}
