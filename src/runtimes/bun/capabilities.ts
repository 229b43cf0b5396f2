/**
 * What Bun's own network API supports, as data (reference: Bun 1.4.5).
 *
 * @module
 */

import {
  type Capabilities,
  type Features,
  featuresByKind,
  type OptionSupport,
  type OptionTable,
} from "../../socket/capability.ts";
import { tlsProblem } from "../tls/library.ts";

const ASKABLE_OPTIONS: OptionTable = {
  SO_TYPE: { set: "no", get: "emulated" },
  SO_ERROR: { set: "no", get: "emulated" },
};

/** Set in the system, and remembered for reads: Bun cannot read options. */
const SETTABLE: OptionSupport = { set: "native", get: "emulated" };

/** A membership is one of several and therefore cannot be read. */
const MEMBERSHIP: OptionSupport = { set: "native", get: "no" };

const STREAM: Features = {
  open: "native",
  bind: "emulated",
  "bind-connect": "native",
  /** Bun accepts every connection immediately; those that were not requested wait unread. */
  accept: "emulated",
  /** Bun always listens with 512; as many more wait as were requested. */
  backlog: "hint",
  "backlog-change": "hint",
  connect: "native",
  "half-close": "native",
  reset: "native",
  "back-pressure": "native",
  /** Ours, on every runtime. */
  tls: "emulated",
};

/** Unix sockets have no reset, and Bun does not report a client's address. */
const LOCAL_STREAM: Features = { ...STREAM, "bind-connect": "no", reset: "no", tls: "no" };

const DGRAM: Features = {
  open: "native",
  bind: "native",
  connect: "emulated",
  "connect-filter": "emulated",
  "receive-room": "native",
  "refused-datagrams": "native",
};

const TCP_OPTIONS: OptionTable = {
  TCP_NODELAY: SETTABLE,
  /** If TCP_KEEPIDLE is also set, Bun sets TCP_KEEPINTVL to 1 and TCP_KEEPCNT to 10. */
  SO_KEEPALIVE: SETTABLE,
  TCP_KEEPIDLE: SETTABLE,
  SO_REUSEPORT: SETTABLE,
  /** Bun sets it on every TCP listener; it cannot be switched off. */
  SO_REUSEADDR: { set: "hint", get: "emulated" },
  ...ASKABLE_OPTIONS,
};

const UDP_OPTIONS: OptionTable = {
  SO_REUSEADDR: SETTABLE,
  SO_REUSEPORT: SETTABLE,
  SO_BROADCAST: SETTABLE,
  ...ASKABLE_OPTIONS,
};

/** What runtime `bun` can do. */
export const BUN_CAPABILITIES: Capabilities = {
  runtime: "bun",
  sharesBeforeListening: true,
  features: featuresByKind({
    stream: STREAM,
    localStream: LOCAL_STREAM,
    udp: DGRAM,
    localDgram: {},
    other: {},
  }),
  get tlsLack() {
    return tlsProblem();
  },
  options: {
    "inet/stream": { ...TCP_OPTIONS, IP_TOS: SETTABLE },
    "inet6/stream": { ...TCP_OPTIONS, IPV6_V6ONLY: SETTABLE },
    "local/stream": ASKABLE_OPTIONS,
    "inet/dgram": {
      ...UDP_OPTIONS,
      IP_TTL: SETTABLE,
      IP_MULTICAST_IF: SETTABLE,
      IP_MULTICAST_TTL: SETTABLE,
      IP_MULTICAST_LOOP: SETTABLE,
      IP_ADD_MEMBERSHIP: MEMBERSHIP,
      IP_DROP_MEMBERSHIP: MEMBERSHIP,
    },
    "inet6/dgram": {
      ...UDP_OPTIONS,
      IPV6_V6ONLY: SETTABLE,
      IPV6_UNICAST_HOPS: SETTABLE,
      IPV6_MULTICAST_IF: SETTABLE,
      IPV6_MULTICAST_HOPS: SETTABLE,
      IPV6_MULTICAST_LOOP: SETTABLE,
      IPV6_JOIN_GROUP: MEMBERSHIP,
      IPV6_LEAVE_GROUP: MEMBERSHIP,
    },
    "local/dgram": {},
    other: {},
  },
};
