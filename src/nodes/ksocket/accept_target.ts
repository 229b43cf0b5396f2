/**
 * The handling of an accepted connection: the argument of `accept`.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { dictionary } from "../../ascii/dictionary.ts";
import { parseText } from "../../ascii/parse.ts";
import { readScalar } from "../../ascii/part.ts";
import { type Rate, rate } from "../../ascii/rate.ts";
import { enumeration, uint32 } from "../../ascii/scalar.ts";
import type { Scanner } from "../../ascii/scanner.ts";
import { optional, struct } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Use } from "../../graph/core/command.ts";
import type { ConnectAddress } from "../../socket/address.ts";
import { connectAddress } from "../../socket/address_text.ts";
import { type Cidr, cidr } from "../../socket/cidr.ts";
import { BALANCE, type Balance, plainTargets, targetList, type TargetSpec, targetSpec } from "../pool/target_spec.ts";

/** The handling of accepted connections. Exactly one of `template`, `peer` and `connect` is set. */
export interface AcceptTarget {
  /** A template, copied for each. */
  readonly template?: string;
  /** The parameters of the template. */
  readonly with?: Readonly<Record<string, string>>;
  /** A node to which all of them are joined: `bus`, `bus:hook`. */
  readonly peer?: string;
  /** The address of a new connection for each, or several targets of which a pool of the listener's own selects one. */
  readonly connect?: ConnectAddress | readonly TargetSpec[];
  /** How the target is selected from several. */
  readonly balance?: Balance;
  /** Sent to each clone before it is joined. */
  readonly messages?: readonly string[];
  /** The limit of open connections. */
  readonly max?: number;
  /** The limit of open connections from one source: an IPv4 address, or the /64 of an IPv6 address. */
  readonly maxPerSource?: number;
  /** How often connections are accepted. */
  readonly rate?: Rate;
  /** How often connections of one source are accepted. */
  readonly ratePerSource?: Rate;
  /** How many connections are accepted at once before a rate applies. */
  readonly burst?: number;
  /** Whether connections begin with a header of the PROXY protocol, which names their client. */
  readonly proxyProtocol?: "accept" | "require";
  /** The proxies whose headers are trusted. */
  readonly trusted?: readonly Cidr[];
  /**
   * What happens above `max` and `rate`: connections wait in the system's queue, or are closed. Datagrams do not wait: unless this
   * is `refuse`, the flow that has been idle for longest is closed.
   */
  readonly overflow?: "wait" | "refuse";
  /** A flow ends when each of its datagrams has this number of answers. */
  readonly replies?: number;
  /** The clients that are admitted; absent: all. */
  readonly allow?: readonly Cidr[];
  /** The clients that are refused, even if `allow` has them. */
  readonly deny?: readonly Cidr[];
}

/** The default limit of flows of datagrams of a listener, without `max`. */
export const DEFAULT_MAX_SESSIONS = 4096;

/** The default of `burst`. */
export const DEFAULT_BURST = 20;

/** An `allow` or `deny` list: an empty one would admit no client or all clients, and the intention would be unclear. */
const cidrs: AsciiType<readonly Cidr[]> = notEmpty(
  array(cidr),
  "an empty list admits no client; leave the key out to admit all",
);

const NO_LIMIT = "leave it out for no limit";

/** A limit of connections; the checks of the node report that 0 admits none. */
const limit: AsciiType<number> = {
  ...uint32,
  parse: (scanner) => {
    const { offset, length, text } = scanner.peek();
    if (/^-[0-9]+$/.test(text)) {
      throw scanner.fail("EINVAL", "A limit is at least 1", { offset, length, hint: NO_LIMIT });
    }
    return uint32.parse(scanner);
  },
  read: (literal) => readScalar(limit, literal),
};

/** A node, or a node and its hook. */
const peerName: AsciiType<string> = {
  ...string,
  parse: (scanner) => {
    const { offset, length } = scanner.peek();
    const text = string.parse(scanner);
    if (hasManyColons(text)) throw scanner.fail("EINVAL", `"${text}" is not NODE or NODE:HOOK`, { offset, length });
    return text;
  },
  read: (literal) => {
    const text = string.read(literal);
    const { length } = text;
    if (hasManyColons(text)) throw new AsciiError("EINVAL", `"${text}" is not NODE or NODE:HOOK`, { length });
    return text;
  },
};

/**
 * The argument of `accept`.
 *
 * @param message the type of the messages that each connection receives
 */
export function acceptTargetType(message: AsciiType<string>): AsciiType<AcceptTarget> {
  const fields = struct({
    template: optional(string, "The template that is copied for each connection; or peer or connect is given"),
    with: optional(dictionary(string), "The values of the template's parameters", {
      defaultNote: "the template's own defaults",
    }),
    peer: optional(peerName, "The node that all connections join: bus, bus:hook"),
    connect: optional(
      connectTargets,
      "The address to which a new connection is opened for each connection, pool/NAME, or a list of targets",
    ),
    balance: optional(BALANCE, "How the target is selected from a list", { default: "roundrobin" }),
    messages: optional(array(message), "Control messages that are sent to each connection before it is joined", {
      defaultNote: "none",
    }),
    max: optional(limit, "Maximum number of open connections", {
      unit: "connections",
      defaultNote: `no limit; ${DEFAULT_MAX_SESSIONS} for flows of datagrams`,
    }),
    maxPerSource: optional(
      limit,
      "Maximum number of open connections from one source: an address, or the /64 of IPv6",
      {
        unit: "connections",
        defaultNote: "no limit",
      },
    ),
    rate: optional(rate, "Maximum rate at which connections are accepted", { defaultNote: "no limit" }),
    ratePerSource: optional(
      rate,
      "Maximum rate at which connections from one source are accepted; those beyond it are closed",
      { defaultNote: "no limit" },
    ),
    burst: optional(limit, "Number of connections that are accepted at once before rate and ratePerSource apply", {
      unit: "connections",
      default: DEFAULT_BURST,
    }),
    proxyProtocol: optional(
      enumeration({ accept: 0, require: 1 }),
      "Whether connections begin with a PROXY header (v1 or v2) that names the client: accept reads one if there is one, " +
        "require closes connections without one",
      { defaultNote: "none is read" },
    ),
    trusted: optional(cidrs, "The proxies whose PROXY headers are trusted; a header of another source is refused", {
      defaultNote: "none; every client of a local socket",
    }),
    overflow: optional(
      enumeration({ wait: 0, refuse: 1 }),
      "What happens to connections beyond max and rate: they wait in the system's queue, or are refused; for flows of datagrams, " +
        "wait evicts the flow with the longest idle time",
      { default: "wait" },
    ),
    replies: optional(uint32, "Ends a flow when each of its datagrams has this number of replies", {
      unit: "replies",
      default: 0,
      defaultNote: "no limit",
    }),
    allow: optional(cidrs, "The networks that may connect", { defaultNote: "all" }),
    deny: optional(cidrs, "The networks that may not connect, even if allow lists them", { defaultNote: "none" }),
  });
  const type: AsciiType<AcceptTarget> = {
    ...fields,
    parse: (scanner: Scanner) => {
      const { offset } = scanner;
      return checkTarget(fields.parse(scanner), offset);
    },
    read: (literal) => {
      return literal.kind === "word" ? parseText(type, literal.text) : checkTarget(fields.read(literal), 0);
    },
  };
  return type;
}

/** The references of a target outside its node. */
export function usesOf(target: AcceptTarget | null): readonly Use[] {
  if (target === null) return [];
  const { template, peer } = target;
  const templates: Use[] = template === undefined
    ? []
    : [{ kind: "template", name: template, with: target.with ?? {} }];
  const { connect } = target;
  const pools = connect === undefined || isTargetList(connect) ? [] : usesOfConnect(connect);
  return [...templates, ...pools, ...(peer === undefined ? [] : [{ kind: "node", end: parsePeer(peer) } as const])];
}

/** True for a list of targets. */
export function isTargetList(connect: ConnectAddress | readonly TargetSpec[]): connect is readonly TargetSpec[] {
  return Array.isArray(connect);
}

/** The addresses to which connections are opened. */
export function addressesOf({ connect }: AcceptTarget): readonly ConnectAddress[] {
  if (connect === undefined) return [];
  return isTargetList(connect) ? connect.map(({ to }) => to) : [connect];
}

/** An address, or a list of targets. */
const connectTargets: AsciiType<ConnectAddress | readonly TargetSpec[]> = {
  ...connectAddress,
  description: {
    kind: "named",
    name: "connectAddresses",
    examples: ["inet/192.0.2.1:80", "inet/localhost:3000", "pool/NAME", "[ inet/192.0.2.1:80 inet/192.0.2.2:80 ]"],
    argumentOf: (step) => /^[0-9]+$/.test(step) ? targetSpec.description : null,
  },
  parse: (scanner) => scanner.peek().kind === "[" ? targetList.parse(scanner) : connectAddress.parse(scanner),
  read: (literal) => {
    if (literal.kind === "word") return parseText(connectTargets, literal.text);
    return literal.kind === "array" ? targetList.read(literal) : connectAddress.read(literal);
  },
  format: (value) => isTargetList(value) ? targetList.format(value) : connectAddress.format(value),
  pack: (value, writer) => isTargetList(value) ? targetList.pack(value, writer) : connectAddress.pack(value, writer),
};

/** What an address refers to outside its node. */
export function usesOfConnect(address: ConnectAddress | null): Use[] {
  return address?.family === "pool" ? [{ kind: "pool", name: address.name }] : [];
}

/** A target without fields that have their defaults. */
export function plainTarget(target: AcceptTarget): AcceptTarget {
  const { with: values, messages, overflow, replies, burst, connect, balance, ...rest } = target;
  return {
    ...rest,
    ...(connect === undefined ? {} : { connect: isTargetList(connect) ? plainTargets(connect) : connect }),
    ...(balance === undefined || balance === "roundrobin" ? {} : { balance }),
    ...(values === undefined || Object.keys(values).length === 0 ? {} : { with: values }),
    ...(messages === undefined || messages.length === 0 ? {} : { messages }),
    ...(burst === undefined || burst === DEFAULT_BURST ? {} : { burst }),
    ...(overflow === undefined || overflow === "wait" ? {} : { overflow }),
    ...(replies === undefined || replies === 0 ? {} : { replies }),
  };
}

function hasManyColons(text: string): boolean {
  return text.split(":").length > 2;
}

/** `bus:hook` or `bus`. */
export function parsePeer(text: string): { readonly node: string; readonly hook: string | null } {
  const colon = text.indexOf(":");
  return colon < 0 ? { node: text, hook: null } : { node: text.slice(0, colon), hook: text.slice(colon + 1) };
}

function checkTarget(target: AcceptTarget, offset: number): AcceptTarget {
  const given = [target.template, target.peer, target.connect].filter((one) => one !== undefined).length;
  if (given !== 1) {
    const found = given === 0 ? "none of them" : `${given} of them`;
    throw new AsciiError("EINVAL", `Accept takes exactly one of template, peer and connect, but has ${found}`, {
      offset,
    });
  }
  if (target.balance !== undefined && (target.connect === undefined || !isTargetList(target.connect))) {
    const hint = "a node of type pool has its own: setconfig: { balance: leastconn }";
    const where = { offset, path: ["balance"], hint };
    throw new AsciiError("EINVAL", 'Accept has "balance" but no list of targets in "connect"', where);
  }
  if (target.with !== undefined && target.template === undefined) {
    throw new AsciiError("EINVAL", 'Accept has "with" but no "template" to give it to', { offset, path: ["with"] });
  }
  return target;
}

function notEmpty<T>(type: AsciiType<readonly T[]>, hint: string): AsciiType<readonly T[]> {
  const check = (value: readonly T[], offset: number): readonly T[] => {
    if (value.length > 0) return value;
    throw new AsciiError("EINVAL", "List is empty", { offset, hint });
  };
  return {
    ...type,
    parse: (scanner) => {
      const { offset } = scanner;
      return check(type.parse(scanner), offset);
    },
    read: (literal) => check(type.read(literal), 0),
  };
}
