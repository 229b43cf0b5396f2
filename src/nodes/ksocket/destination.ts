/**
 * Where accepted connections go: a copy of a template, a node that all of them share, or a new connection for each. A
 * listener has one destination, or one for each rule of its `route`.
 *
 * @module
 */

import { packSized, unpackSized } from "../../ascii/octets.ts";
import { AsciiError } from "../../ascii/error.ts";
import { dictionary } from "../../ascii/dictionary.ts";
import { parseText } from "../../ascii/parse.ts";
import { optional, type OptionalField } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Use } from "../../graph/core/command.ts";
import type { ConnectAddress } from "../../socket/address.ts";
import { connectAddress } from "../../socket/address_text.ts";
import { type Balance, plainTargets, targetList, type TargetSpec, targetSpec } from "../pool/target_spec.ts";

/** The destination of connections. Exactly one of `template`, `peer` and `connect` is set. */
export interface Destination {
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
}

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

/** An address, or a list of targets. */
export const connectTargets: AsciiType<ConnectAddress | readonly TargetSpec[]> = {
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
  // An address begins with its length, which is never 0.
  pack: (value, writer) => {
    if (!isTargetList(value)) return connectAddress.pack(value, writer);
    writer.integer(0, 8);
    packSized(writer, (inner) => targetList.pack(value, inner));
  },
  unpack: (reader) => {
    if (reader.next !== 0) return connectAddress.unpack(reader);
    reader.integer(8);
    return unpackSized(reader, (inner) => targetList.unpack(inner));
  },
};

/** The fields of a destination. */
export const DESTINATION_FIELDS: {
  readonly template: OptionalField<string>;
  readonly with: OptionalField<Readonly<Record<string, string>>>;
  readonly peer: OptionalField<string>;
  readonly connect: OptionalField<ConnectAddress | readonly TargetSpec[]>;
} = {
  template: optional(string, "The template that is copied for each connection; an alternative to peer and connect"),
  with: optional(dictionary(string), "The values of the template's parameters", {
    defaultNote: "the template's own defaults",
  }),
  peer: optional(peerName, "The node that all connections join: bus, bus:hook"),
  connect: optional(
    connectTargets,
    "The address to which a new connection is opened for each connection, pool/NAME, or a list of targets",
  ),
};

/** True for a list of targets. */
export function isTargetList(connect: ConnectAddress | readonly TargetSpec[]): connect is readonly TargetSpec[] {
  return Array.isArray(connect);
}

/** The addresses to which a destination opens connections. */
export function addressesOf({ connect }: Destination): readonly ConnectAddress[] {
  if (connect === undefined) return [];
  return isTargetList(connect) ? connect.map(({ to }) => to) : [connect];
}

/** The references of a destination outside its node. */
export function usesOfDestination({ template, with: values = {}, connect, peer }: Destination): readonly Use[] {
  const templates: Use[] = template === undefined ? [] : [{ kind: "template", name: template, with: values }];
  const pools = connect === undefined || isTargetList(connect) ? [] : usesOfConnect(connect);
  return [...templates, ...pools, ...(peer === undefined ? [] : [{ kind: "node", end: parsePeer(peer) } as const])];
}

/** The things outside its node to which an address refers. */
export function usesOfConnect(address: ConnectAddress | null): Use[] {
  return address?.family === "pool" ? [{ kind: "pool", name: address.name }] : [];
}

/** A destination without fields that have their defaults. */
export function plainDestination({ template, with: values, peer, connect, balance }: Destination): Destination {
  return {
    ...(template === undefined ? {} : { template }),
    ...(peer === undefined ? {} : { peer }),
    ...(connect === undefined ? {} : { connect: isTargetList(connect) ? plainTargets(connect) : connect }),
    ...(balance === undefined || balance === "roundrobin" ? {} : { balance }),
    ...(values === undefined || Object.keys(values).length === 0 ? {} : { with: values }),
  };
}

/** `bus:hook` or `bus`. */
export function parsePeer(text: string): { readonly node: string; readonly hook: string | null } {
  const colon = text.indexOf(":");
  return colon < 0 ? { node: text, hook: null } : { node: text.slice(0, colon), hook: text.slice(colon + 1) };
}

function hasManyColons(text: string): boolean {
  return text.split(":").length > 2;
}
