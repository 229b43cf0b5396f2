/**
 * The capabilities of the in-memory network: everything that streams and datagrams have, and every option that has a
 * name.
 *
 * @module
 */

import {
  bySocketKind,
  type Capabilities,
  type Feature,
  FEATURES,
  type Features,
  featuresByKind,
  type OptionSupport,
  type OptionTable,
  type SocketKind,
} from "../../socket/capability.ts";
import { tlsProblemOfThisProcess } from "../tls/library.ts";
import { parseEndpoint } from "../../socket/endpoint.ts";
import { OPTIONS } from "../../socket/option_table.ts";

/** Options that a socket in memory keeps itself. */
const KNOWN: readonly string[] = ["SO_TYPE", "SO_ERROR"];

/** Options about datagrams that leave the process. */
const OUTER: readonly Feature[] = ["connect-filter", "answer-from-asked", "receive-room", "refused-datagrams"];

const LOCAL_STREAM: Features = Object.fromEntries(
  FEATURES.filter((feature) => !OUTER.includes(feature) && feature !== "tls").map((feature) => [feature, "native"]),
);

/** TLS is ours, on every runtime. */
const STREAM: Features = { ...LOCAL_STREAM, tls: "emulated" };

const DGRAM: Features = {
  open: "native",
  bind: "native",
  connect: "native",
  "connect-filter": "native",
};

/** A path without a socket is an error; datagrams to an address without one are lost. */
const LOCAL_DGRAM: Features = { ...DGRAM, "refused-datagrams": "native" };

const UDP: Features = { ...DGRAM, "answer-from-asked": "native" };

/** What runtime `memory` can do. */
export const MEMORY_CAPABILITIES: Capabilities = {
  runtime: "memory",
  features: featuresByKind({
    stream: STREAM,
    localStream: LOCAL_STREAM,
    udp: UDP,
    localDgram: LOCAL_DGRAM,
    other: {},
  }),
  get tlsLack() {
    return tlsProblemOfThisProcess();
  },
  options: bySocketKind((kind) => kind === "other" ? {} : optionsOf(kind)),
};

/** Options are remembered; a membership is one of several and therefore cannot be read. */
function optionsOf(kind: SocketKind): OptionTable {
  const endpoint = parseEndpoint(`${kind}/0`);
  const cells = Object.entries(OPTIONS).filter(([, fact]) => fact.appliesTo(endpoint)).map(([name, fact]) => {
    const answers = !fact.perGroup && (!fact.readOnly || KNOWN.includes(name));
    const support: OptionSupport = { set: fact.readOnly ? "no" : "emulated", get: answers ? "emulated" : "no" };
    return [name, support] as const;
  });
  return Object.fromEntries(cells);
}
