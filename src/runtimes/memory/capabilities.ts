/**
 * The capabilities of the in-memory network: everything that streams and datagrams have, and every option that has a
 * name.
 *
 * @module
 */

import {
  type Capabilities,
  type Feature,
  FEATURES,
  type OptionSupport,
  type SocketKind,
  type Support,
} from "../../socket/capability.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";
import { OPTIONS } from "../../socket/option_table.ts";

/** Options that a socket in memory keeps itself. */
const KNOWN: readonly string[] = ["SO_TYPE", "SO_ERROR"];

/** Options about datagrams that leave the process. */
const OUTER: readonly Feature[] = ["connect-filter", "answer-from-asked", "receive-room", "refused-datagrams"];

const LOCAL_STREAM: Readonly<Partial<Record<Feature, Support>>> = Object.fromEntries(
  FEATURES.filter((feature) => !OUTER.includes(feature) && feature !== "tls").map((feature) => [feature, "native"]),
);

/** TLS is ours, on every runtime. */
const STREAM: Readonly<Partial<Record<Feature, Support>>> = { ...LOCAL_STREAM, tls: "emulated" };

const DGRAM: Readonly<Partial<Record<Feature, Support>>> = {
  open: "native",
  bind: "native",
  connect: "native",
  "connect-filter": "native",
};

/** A path without a socket is an error; datagrams to an address without one are lost. */
const LOCAL_DGRAM: Readonly<Partial<Record<Feature, Support>>> = { ...DGRAM, "refused-datagrams": "native" };

const UDP: Readonly<Partial<Record<Feature, Support>>> = { ...DGRAM, "answer-from-asked": "native" };

/** What runtime `memory` can do. */
export const MEMORY_CAPABILITIES: Capabilities = {
  runtime: "memory",
  features: {
    "inet/stream": STREAM,
    "inet6/stream": STREAM,
    "local/stream": LOCAL_STREAM,
    "inet/dgram": UDP,
    "inet6/dgram": UDP,
    "local/dgram": LOCAL_DGRAM,
    other: {},
  },
  options: {
    "inet/stream": optionsOf("inet/stream"),
    "inet6/stream": optionsOf("inet6/stream"),
    "local/stream": optionsOf("local/stream"),
    "inet/dgram": optionsOf("inet/dgram"),
    "inet6/dgram": optionsOf("inet6/dgram"),
    "local/dgram": optionsOf("local/dgram"),
    other: {},
  },
};

/** Options are remembered; a membership is one of several and therefore cannot be read. */
function optionsOf(kind: SocketKind): Readonly<Record<string, OptionSupport>> {
  const endpoint = parseEndpoint(`${kind}/0`);
  const cells = Object.entries(OPTIONS).filter(([, fact]) => fact.appliesTo(endpoint)).map(([name, fact]) => {
    const answers = !fact.perGroup && (!fact.readOnly || KNOWN.includes(name));
    const support: OptionSupport = { set: fact.readOnly ? "no" : "emulated", get: answers ? "emulated" : "no" };
    return [name, support] as const;
  });
  return Object.fromEntries(cells);
}
