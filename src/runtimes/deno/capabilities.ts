/**
 * What Deno's own network API supports, as data (reference: Deno 2.9.6; `Deno.listenDatagram` needs
 * `"unstable": ["net"]`).
 *
 * @module
 */

import { type Capabilities, type Features, featuresByKind, type OptionTable } from "../../socket/capability.ts";
import { tlsProblemOfThisProcess } from "../tls/library.ts";

const ASKABLE_OPTIONS: OptionTable = {
  SO_TYPE: { set: "no", get: "emulated" },
  SO_ERROR: { set: "no", get: "emulated" },
};

const STREAM: Features = {
  open: "native",
  bind: "emulated",
  accept: "native",
  backlog: "native",
  /** The backlog is set once, when the listener opens. */
  "backlog-change": "hint",
  connect: "native",
  "half-close": "native",
  "back-pressure": "native",
};

/** TLS is ours, on every runtime. */
const TCP_STREAM: Features = { ...STREAM, tls: "emulated" };

/** Deno listens on unix sockets always with a backlog of 1024. */
const LOCAL_STREAM: Features = { ...STREAM, backlog: "hint" };

/** Its sockets are not connected in the system, which therefore reports no rejected datagrams. */
const DGRAM: Features = { open: "native", bind: "native", connect: "emulated", "connect-filter": "emulated" };

/** Datagrams of such a socket do not carry its path, so they cannot be answered. */
const LOCAL_DGRAM: Features = { ...DGRAM, bind: "hint", "refused-datagrams": "native" };

const TCP_OPTIONS: OptionTable = {
  /** Set by default on every connection: a relay of small requests would wait for acknowledgements otherwise. */
  TCP_NODELAY: { set: "native", get: "emulated" },
  SO_KEEPALIVE: { set: "native", get: "emulated" },
  SO_REUSEPORT: { set: "native", get: "emulated" },
  /** Deno sets it on every TCP listener; it cannot be switched off. */
  SO_REUSEADDR: { set: "hint", get: "emulated" },
  ...ASKABLE_OPTIONS,
};

const UDP_OPTIONS: OptionTable = {
  SO_REUSEADDR: { set: "native", get: "emulated" },
  /** Deno sets it on every UDP socket; it cannot be switched off. */
  SO_BROADCAST: { set: "hint", get: "emulated" },
  ...ASKABLE_OPTIONS,
};

const UDP4_OPTIONS: OptionTable = {
  ...UDP_OPTIONS,
  IP_ADD_MEMBERSHIP: { set: "native", get: "no" },
  IP_DROP_MEMBERSHIP: { set: "native", get: "no" },
  IP_MULTICAST_LOOP: { set: "native", get: "emulated" },
  /** Deno applies it together with a membership only. */
  IP_MULTICAST_TTL: { set: "hint", get: "emulated" },
};

const UDP6_OPTIONS: OptionTable = {
  ...UDP_OPTIONS,
  IPV6_JOIN_GROUP: { set: "native", get: "no" },
  IPV6_LEAVE_GROUP: { set: "native", get: "no" },
  IPV6_MULTICAST_LOOP: { set: "native", get: "emulated" },
};

/** False in a Deno that was started without `--unstable-net`; on another host the table describes a Deno with it. */
const HAS_DATAGRAMS = !("Deno" in globalThis) || typeof Deno.listenDatagram === "function";

const MISSING_DATAGRAMS = HAS_DATAGRAMS ? {} : {
  openHints: Object.fromEntries(
    ["inet/dgram", "inet6/dgram", "local/dgram"].map((kind) => [kind, "run Deno with --unstable-net"]),
  ),
};

/** What runtime `deno` can do. */
export const DENO_CAPABILITIES: Capabilities = {
  runtime: "deno",
  sharesBeforeListening: true,
  features: featuresByKind({
    stream: TCP_STREAM,
    localStream: LOCAL_STREAM,
    udp: HAS_DATAGRAMS ? DGRAM : {},
    localDgram: HAS_DATAGRAMS ? LOCAL_DGRAM : {},
    other: {},
  }),
  ...MISSING_DATAGRAMS,
  permissions: { tls: "--allow-ffi" },
  endPermissions: { exec: "--allow-run=PATH", file: "--allow-write=PATH" },
  get tlsLack() {
    return tlsProblemOfThisProcess();
  },
  options: {
    "inet/stream": TCP_OPTIONS,
    "inet6/stream": TCP_OPTIONS,
    "local/stream": ASKABLE_OPTIONS,
    "inet/dgram": UDP4_OPTIONS,
    "inet6/dgram": UDP6_OPTIONS,
    "local/dgram": ASKABLE_OPTIONS,
    other: {},
  },
};
