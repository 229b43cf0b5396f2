/**
 * The kinds of values of socket options: how each is parsed, printed and packed.
 *
 * @module
 */

import { truthHint } from "../ascii/near.ts";
import { duration } from "../ascii/duration.ts";
import { int32, integer, uint32 } from "../ascii/scalar.ts";
import { required, struct, withInitial } from "../ascii/struct.ts";
import { readScalar } from "../ascii/part.ts";
import { describeToken } from "../ascii/scanner.ts";
import { shifted } from "../ascii/shift.ts";
import type { AsciiType } from "../ascii/type.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** SO_LINGER. */
export interface LingerValue {
  /** 0 or 1. */
  readonly onoff: number;
  /** In seconds. */
  readonly linger: number;
}

/** IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP. */
export interface MembershipValue {
  /** The multicast address. */
  readonly group: string;
  /** The address of the interface; 0.0.0.0 lets the system choose. */
  readonly interface: string;
}

/** IPV6_JOIN_GROUP and IPV6_LEAVE_GROUP. */
export interface Membership6Value {
  /** The multicast address. */
  readonly group: string;
  /** The number of the interface; 0 lets the system choose. */
  readonly interface: number;
}

/**
 * The value of an option: a number for integers, switches (0, 1) and times (milliseconds), text for an IPv4 address,
 * and octets for an option that is unknown.
 */
export type OptionValue = number | string | LingerValue | MembershipValue | Membership6Value | Uint8Array;

/** A kind of value. */
export interface ValueKind {
  /** Parses, prints and packs it. */
  readonly value: AsciiType<OptionValue>;
  /** The length in binary, in octets. */
  readonly octets: number;
  /** True if a system returns 0 or any other number for off and on. */
  readonly isSwitch?: boolean;
  /** True if several can be set at the same time, one per group. */
  readonly perGroup?: boolean;
  /** True if it can only be read. */
  readonly readOnly?: boolean;
}

const SWITCH_WORDS: ReadonlyMap<string, number> = new Map([["0", 0], ["1", 1], ["false", 0], ["true", 1]]);

/** 0 or 1, also written false and true. */
const switchValue: AsciiType<number> = {
  ...int32,
  description: { kind: "boolean" },
  parse: (scanner) => {
    const token = scanner.peek();
    const value = SWITCH_WORDS.get(token.text);
    if (token.kind !== "word" || value === undefined) {
      throw scanner.failAt(
        token,
        "EINVAL",
        `Expected true or false (1 or 0) but found ${describeToken(token)}`,
        truthHint(token.text),
      );
    }
    scanner.next();
    return value;
  },
  read: (literal) => readScalar(switchValue, literal),
  // Systems return the option's own bit rather than 1.
  unpack: (reader) => int32.unpack(reader) === 0 ? 0 : 1,
};

const ipv4Value = addressValue("IPv4 address", { octets: 4, example: "0.0.0.0", parse: parseIpv4, format: formatIpv4 });
const ipv6Value = addressValue("IPv6 address", {
  octets: 16,
  example: "ff02::1",
  parse: parseIpv6,
  format: formatIpv6,
});
const lingerValue: AsciiType<LingerValue> = struct({ onoff: int32, linger: int32 });
const membershipValue: AsciiType<MembershipValue> = struct({
  group: required(ipv4Value),
  interface: withInitial(ipv4Value, "0.0.0.0"),
});
const membership6Value: AsciiType<Membership6Value> = struct({ group: required(ipv6Value), interface: uint32 });

/** A struct timeval: seconds and microseconds in 64 bits each. */
const timeValue: AsciiType<number> = {
  ...duration,
  read: (literal) => readScalar(timeValue, literal),
  pack: (value, writer) => {
    writer.integer(Math.floor(value / 1000), 64);
    writer.integer((value % 1000) * 1000, 64);
  },
  unpack: (reader) => Number(reader.bigInteger(64)) * 1000 + Math.floor(Number(reader.bigInteger(64)) / 1000),
};

/** An int. */
export const INT: ValueKind = { value: int32, octets: 4 };
/** An int that only the system sets. */
export const ASKED: ValueKind = { ...INT, readOnly: true };
/** An int of 0 to 255. */
export const OCTET: ValueKind = { value: integer({ bits: 32, signed: true, min: 0, max: 255 }), octets: 4 };
/** Off or on. */
export const SWITCH: ValueKind = { value: switchValue, octets: 4, isSwitch: true };
/** A struct timeval. */
export const TIME: ValueKind = { value: timeValue, octets: 16 };
/** A struct linger. */
export const LINGER: ValueKind = { value: lingerValue, octets: 8 };
/** An IPv4 address. */
export const IPV4: ValueKind = { value: ipv4Value, octets: 4 };
/** A struct ip_mreq. */
export const MEMBERSHIP: ValueKind = { value: membershipValue, octets: 8, perGroup: true };
/** A struct ipv6_mreq. */
export const MEMBERSHIP6: ValueKind = { value: membership6Value, octets: 20, perGroup: true };

function addressValue(
  name: string,
  { octets, example, parse, format }: {
    octets: number;
    example: string;
    parse: (text: string) => Uint8Array;
    format: (octets: Uint8Array) => string;
  },
): AsciiType<string> {
  const type: AsciiType<string> = {
    description: { kind: "named", name, examples: [example] },
    parse: (scanner) => {
      const token = scanner.peek();
      const value = format(shifted(token.offset, () => parse(token.text)));
      scanner.next();
      return value;
    },
    read: (literal) => readScalar(type, literal),
    format: (value) => value,
    pack: (value, writer) => writer.octets(parse(value)),
    unpack: (reader) => format(reader.octets(octets)),
  };
  return type;
}
