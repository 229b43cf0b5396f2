/**
 * The capabilities of the system's own sockets, as data.
 *
 * Linux numbers: this is the table of Linux 6; a kernel without some of them reports the same error itself.
 *
 * @module
 */

import {
  bySocketKind,
  type Capabilities,
  type Features,
  featuresByKind,
  type OptionTable,
  type SocketKind,
} from "../../socket/capability.ts";
import { tlsProblem } from "../tls/library.ts";
import { type Endpoint, parseEndpoint } from "../../socket/endpoint.ts";
import { linuxHasOption, OPTIONS } from "../../socket/option_table.ts";

/** A local stream has no reset of its own: its peer reads an end of file. */
const LOCAL_STREAM: Features = {
  open: "native",
  bind: "native",
  "bind-connect": "native",
  accept: "native",
  backlog: "native",
  "backlog-change": "native",
  connect: "native",
  "half-close": "native",
  "back-pressure": "native",
};

/** TLS is ours, on every runtime. */
const STREAM: Features = { ...LOCAL_STREAM, reset: "native", tls: "emulated" };

const DGRAM: Features = {
  open: "native",
  bind: "native",
  "bind-connect": "native",
  connect: "native",
  "connect-filter": "native",
  "refused-datagrams": "native",
};

const UDP: Features = { ...DGRAM, "answer-from-asked": "native", "receive-room": "native" };

/** Everything that socket(2) accepts. */
const OTHER: Features = { ...STREAM, ...DGRAM, tls: "no" };

const ENDPOINTS: Readonly<Record<Exclude<SocketKind, "other">, Endpoint>> = {
  "inet/stream": parseEndpoint("inet/stream/tcp"),
  "inet6/stream": parseEndpoint("inet6/stream/tcp"),
  "local/stream": parseEndpoint("local/stream/0"),
  "inet/dgram": parseEndpoint("inet/dgram/udp"),
  "inet6/dgram": parseEndpoint("inet6/dgram/udp"),
  "local/dgram": parseEndpoint("local/dgram/0"),
};

/** Options that are actions: they have no value to read. */
const VERBS: ReadonlySet<string> = new Set([
  "IP_ADD_MEMBERSHIP",
  "IP_DROP_MEMBERSHIP",
  "IPV6_JOIN_GROUP",
  "IPV6_LEAVE_GROUP",
]);

function optionsOf(endpoint: Endpoint | null): OptionTable {
  const names = Object.keys(OPTIONS).filter((name) => endpoint === null || linuxHasOption(endpoint, name));
  return Object.fromEntries(names.map((name) => {
    return [name, { set: OPTIONS[name]?.readOnly ? "no" : "native", get: VERBS.has(name) ? "no" : "native" }];
  }));
}

/** The capabilities of runtime `posix`. */
export const POSIX_CAPABILITIES: Capabilities = {
  runtime: "posix",
  features: featuresByKind({
    stream: STREAM,
    localStream: LOCAL_STREAM,
    udp: UDP,
    localDgram: DGRAM,
    other: OTHER,
  }),
  get tlsLack() {
    return tlsProblem();
  },
  options: bySocketKind((kind) => optionsOf(kind === "other" ? null : ENDPOINTS[kind])),
};
