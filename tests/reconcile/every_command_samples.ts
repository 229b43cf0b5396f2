/**
 * How every command of every type of node is tried on a node at work: the other messages of the node, and two arguments.
 *
 * @module
 */

import { BACK } from "./every_command_world.ts";

/** The messages of a node: the command under test is between `before` and `behind`. */
export interface Sample {
  /** Which topology the node is in. */
  readonly base: "listener" | "connected" | "datagrams" | "relay" | "pool" | "tls" | "alone";
  readonly before?: readonly string[];
  readonly behind?: readonly string[];
  /** Two arguments, as YAML; one where there is nothing to change, none where the command takes none. */
  readonly args: readonly string[];
  /** Nothing takes it back, whatever was read before. */
  readonly forGood?: true;
}

const BOUND = ['bind: "inet/127.0.0.1:80"'];
const LISTENING = [...BOUND, "listen: 128"];
const ARMED = [...LISTENING, `accept: { connect: "${BACK}" }`];
const CONNECTED = [`connect: "${BACK}"`];
const POLICY = relay('{ hook: "*", policy: block }', '{ hook: "*", policy: disconnect, bytes: 2KiB }');

/** The trials of each command, by type. Commands that are only sent manually are not allowed in a topology, and not listed here. */
export const SAMPLES: Readonly<Record<string, Readonly<Record<string, readonly Sample[]>>>> = {
  ksocket: {
    bind: [{ base: "datagrams", args: ["inet/127.0.0.1:81", "inet/127.0.0.1:82"] }],
    listen: [{ base: "listener", before: BOUND, args: ["5", "6"] }],
    accept: [{
      base: "listener",
      before: LISTENING,
      args: [`{ connect: "${BACK}" }`, `{ connect: "${BACK}", max: 9, deny: [10.9.0.0/16] }`],
    }],
    connect: [{ base: "datagrams", args: ["inet/10.0.0.9:7", "inet/10.0.0.9:8"] }],
    setopt: [
      listener("{ SO_KEEPALIVE: 1 }", "{ SO_KEEPALIVE: 0 }"),
      // Once it is set, the system sizes it by itself no more.
      { ...listener("{ SO_RCVBUF: 4096 }", "{ SO_RCVBUF: 8192 }"), forGood: true },
      listener("{ SO_REUSEPORT: 1 }"),
    ],
    setconfig: [
      ...["connectTimeout", "idleTimeout", "halfCloseTimeout", "embryoTimeout"].map((field) => {
        return listener(`{ ${field}: 7s }`, `{ ${field}: 8s }`);
      }),
      // Without a default of its own, only a new node connects directly again.
      listener('{ via: "socks5://127.0.0.1:1080" }', '{ via: "http://127.0.0.1:3128" }'),
      listener("{ maxQueueBytes: 2KiB }", "{ maxQueueBytes: 3KiB }"),
      listener("{ unlink: never }"),
      listener("{ idleTimeout: 7s, connectTimeout: 2s }", "{ connectTimeout: 3s }"),
      // What the process's umask says is not known: only a new node goes back to it.
      listener('{ mode: "0600" }', '{ mode: "0660" }'),
    ],
    send: [{ base: "connected", before: CONNECTED, args: ["hello", "there"] }],
    getname: [listening()],
    getopt: [listening("SO_KEEPALIVE", "SO_RCVBUF")],
    getconfig: [listening()],
    settls: [{ base: "tls", args: ["{ verify: none }", "{ verify: none, alpn: [h2] }"] }],
    gettls: [{ base: "tls", args: [] }],
    getstate: [listening()],
    getaccept: [listening()],
    getpeername: [{ base: "connected", before: CONNECTED, args: [] }],
  },
  pool: {
    settargets: [{
      base: "alone",
      args: [`[ "${BACK}" ]`, `[ "${BACK}", { to: "inet/10.0.0.9:80", backup: true } ]`],
      forGood: true,
    }],
    setconfig: [pool("{ balance: leastconn }", "{ balance: source }")],
    sethealth: [pool("{ fall: 3 }", "{ fall: 3, probe: none }")],
    draintarget: [pool(`"${BACK}"`)],
    disabletarget: [pool(`"${BACK}"`)],
    gettargets: [pool()],
    getconfig: [pool()],
    gethealth: [pool()],
  },
  exec: {
    setprogram: [{ base: "alone", args: ["{ path: /bin/cat }", "{ path: /bin/cat, args: [-u] }"] }],
    getprogram: [{ base: "alone", args: [] }],
  },
  file: {
    open: [{ base: "alone", args: ["{ path: /var/a, mode: append }", "{ path: /var/b, mode: append }"] }],
    getfile: [{ base: "alone", args: [] }],
  },
  hub: { setpersistent: [relay()], setpolicy: [POLICY], getpolicy: [relay('"*"')] },
  hole: { getstats: [relay("h")], clrstats: [relay("h")], getclrstats: [relay("h")] },
  tee: {
    getstats: [relay()],
    clrstats: [relay()],
    getclrstats: [relay()],
    setconfig: [relay("{ inject: false }")],
    getconfig: [relay()],
    setpolicy: [relay("{ hook: left2right, policy: block }", "{ hook: left2right, policy: disconnect }")],
    getpolicy: [relay("left2right")],
  },
  one2many: {
    setconfig: [relay("{ xmitAlg: all }", "{ failAlg: notify }")],
    getconfig: [relay()],
    getstats: [relay("-1")],
    clrstats: [relay("-1")],
    getclrstats: [relay("-1")],
    setpolicy: [POLICY],
    getpolicy: [relay('"*"')],
  },
  frame: {
    setconfig: [
      relay("{ framing: length16 }", "{ framing: length32 }"),
      relay("{ maxSize: 1KiB }", "{ maxSize: 2KiB }"),
    ],
    getconfig: [relay()],
  },
  pipe: {
    getstats: [relay()],
    clrstats: [relay()],
    getclrstats: [relay()],
    getrun: [relay()],
    getcfg: [relay()],
    setcfg: [
      ...["bandwidth", "delay", "overhead"].map((field) => relay(`{ ${field}: 110 }`, `{ ${field}: 120 }`)),
      ...["downstream", "upstream"].flatMap((lane) => {
        return ["bandwidth", "delay", "queuelen", "delaylen"].map((field) => {
          return relay(`{ ${lane}: { ${field}: 110 } }`, `{ ${lane}: { ${field}: 120 } }`);
        });
      }),
      relay("{ upstream: { drophead: true } }"),
      relay("{ downstream: { loss: 1, BER: 9, duplicate: 1 } }", "{ downstream: { loss: 2 } }"),
    ],
  },
  patch: {
    setconfig: [
      relay(
        "{ count: 1, ops: [{ offset: 0, length: 1, mode: 1, value: 65 }] }",
        "{ count: 1, ops: [{ offset: 1, length: 1, mode: 1, value: 66 }] }",
      ),
    ],
    getconfig: [relay()],
    getstats: [relay()],
    clrstats: [relay()],
    getclrstats: [relay()],
    getdlt: [relay()],
    setdlt: [relay("1")],
  },
  bridge: {
    setconfig: [relay("{ debugLevel: 1 }", "{ debugLevel: 2 }")],
    getconfig: [relay()],
    reset: [relay()],
    getstats: [relay("0")],
    clrstats: [relay("0")],
    getclrstats: [relay("0")],
    gettable: [relay()],
    setpersistent: [relay()],
    setpolicy: [POLICY],
    getpolicy: [relay('"*"')],
  },
};

function listener(...args: readonly string[]): Sample {
  return { base: "listener", behind: ARMED, args };
}

function listening(...args: readonly string[]): Sample {
  return { base: "listener", before: ARMED, args };
}

/** A pool with one target, through which a listener connects. */
function pool(...args: readonly string[]): Sample {
  return { base: "pool", before: [`settargets: [ "${BACK}" ]`], args };
}

function relay(...args: readonly string[]): Sample {
  return { base: "relay", args };
}
