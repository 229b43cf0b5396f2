/**
 * The handling of an accepted connection: the argument of `accept`.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { duration } from "../../ascii/duration.ts";
import { notZero } from "../../ascii/not_zero.ts";
import { checked } from "../../ascii/checked.ts";
import { readComposite, readScalar } from "../../ascii/part.ts";
import { type Rate, rate } from "../../ascii/rate.ts";
import { enumeration, uint32 } from "../../ascii/scalar.ts";
import { optional, struct } from "../../ascii/struct.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Use } from "../../graph/core/command.ts";
import { type Cidr, cidr } from "../../socket/cidr.ts";
import { BALANCE } from "../pool/target_spec.ts";
import {
  type Destination,
  DESTINATION_FIELDS,
  isTargetList,
  plainDestination,
  usesOfDestination,
} from "./destination.ts";
import { DEFAULT_WITHIN_MS, plainRule, type RouteRule, routeRules } from "./routing/route_rule.ts";

/** The handling of accepted connections. Exactly one of `template`, `peer`, `connect` and `route` is set. */
export interface AcceptTarget extends Destination {
  /** The rules that choose the destination of each connection by its first bytes. */
  readonly route?: readonly RouteRule[];
  /** How long the first bytes are waited for, in milliseconds. */
  readonly within?: number;
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
  /** The rule for a header of the PROXY protocol at the beginning of connections, which names their client. */
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
const cidrs: AsciiType<readonly Cidr[]> = checked(array(cidr), (blocks, offset) => {
  if (blocks.length > 0) return blocks;
  const hint = "an empty list admits no client; leave the key out to admit all";
  throw new AsciiError("EINVAL", "List is empty", { offset, hint });
});

const NO_LIMIT = "leave it out for no limit";

/** A limit of connections; the checks of the node report that 0 admits none. */
const limit: AsciiType<number> = {
  ...uint32,
  parse: (scanner) => {
    const { offset, length, text } = scanner.peek();
    if (/^-[0-9]+$/.test(text)) {
      throw scanner.fail("EINVAL", `Invalid limit ${text}: expected a number that is at least 1`, {
        offset,
        length,
        hint: NO_LIMIT,
      });
    }
    return uint32.parse(scanner);
  },
  read: (literal) => readScalar(limit, literal),
};

/**
 * The argument of `accept`.
 *
 * @param message the type of the messages that each connection receives
 */
export function acceptTargetType(message: AsciiType<string>): AsciiType<AcceptTarget> {
  const fields = struct({
    ...DESTINATION_FIELDS,
    balance: optional(BALANCE, "How the target is selected from a list", { default: "roundrobin" }),
    route: optional(
      routeRules,
      "Rules that select the target by the first bytes of a connection, in place of template, peer and connect",
    ),
    within: optional(
      notZero(duration, "leaves clients no time to send anything"),
      "Time for the first bytes; connections of clients that send nothing match the first rule with silent: true, " +
        "otherwise the rule without conditions",
      { default: DEFAULT_WITHIN_MS },
    ),
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
    rate: optional(
      rate,
      "Maximum rate at which connections are accepted; those beyond it wait, or are closed with overflow: refuse",
      { defaultNote: "no limit" },
    ),
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
      defaultNote: "none; for local sockets, every client",
    }),
    overflow: optional(
      enumeration({ wait: 0, refuse: 1 }),
      "What happens to connections beyond max and rate. wait: they wait in the system's queue; for flows of datagrams, evict the one " +
        "with the longest idle time. refuse: they are refused",
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
  const target = checked(fields, checkTarget);
  const type: AsciiType<AcceptTarget> = {
    ...target,
    read: (literal) => readComposite(type, literal, target.read),
  };
  return type;
}

/** The destinations of a target: its own, or those of its rules. */
export function destinationsOf(target: AcceptTarget): readonly Destination[] {
  return target.route ?? [target];
}

/** The references of a target outside its node. */
export function usesOf(target: AcceptTarget | null): readonly Use[] {
  return target === null ? [] : destinationsOf(target).flatMap(usesOfDestination);
}

/** A target without fields that have their defaults. */
export function plainTarget(target: AcceptTarget): AcceptTarget {
  const { with: _values, connect: _connect, balance: _balance, route, within, messages, ...others } = target;
  const { overflow, replies, burst, ...rest } = others;
  return {
    ...rest,
    ...plainDestination(target),
    ...(route === undefined ? {} : { route: route.map(plainRule) }),
    ...(within === undefined || within === DEFAULT_WITHIN_MS ? {} : { within }),
    ...(messages === undefined || messages.length === 0 ? {} : { messages }),
    ...(burst === undefined || burst === DEFAULT_BURST ? {} : { burst }),
    ...(overflow === undefined || overflow === "wait" ? {} : { overflow }),
    ...(replies === undefined || replies === 0 ? {} : { replies }),
  };
}

function checkTarget(target: AcceptTarget, offset: number): AcceptTarget {
  const given = [target.template, target.peer, target.connect, target.route].filter((one) => one !== undefined).length;
  if (given !== 1) {
    const found = given === 0 ? "none of them" : `${given} of them`;
    throw new AsciiError("EINVAL", `Accept needs exactly one of template, peer, connect and route, but has ${found}`, {
      offset,
    });
  }
  if (target.within !== undefined && target.route === undefined) {
    const hint = "remove it, or add rules: route: [{ sni: www.example, connect: ADDRESS }]";
    throw new AsciiError("EINVAL", '"within" requires "route"', { offset, path: ["within"], hint });
  }
  if (target.balance !== undefined && (target.connect === undefined || !isTargetList(target.connect))) {
    const hint = "for a pool node, set it there: setconfig: { balance: leastconn }";
    const where = { offset, path: ["balance"], hint };
    throw new AsciiError("EINVAL", '"balance" requires a list of targets in "connect"', where);
  }
  if (target.with !== undefined && target.template === undefined) {
    throw new AsciiError("EINVAL", '"with" requires "template"', { offset, path: ["with"] });
  }
  return target;
}
