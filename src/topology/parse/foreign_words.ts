/**
 * Words that are unknown at their place, but have a meaning: those of other tools, and those of future features.
 *
 * Each has the nearest existing feature. A row is not used if a type, message, key or field of that name exists.
 *
 * @module
 */

import { nearest } from "../../ascii/near.ts";

/** The meaning of a word. */
interface Meaning {
  /** The future feature; absent if it exists under another name. */
  readonly coming?: string;
  /** The nearest existing feature. */
  readonly near: string;
}

const TARGET: Meaning = { near: "a target is written accept: { connect: ADDRESS }, or { peer: NODE }" };
const POOL =
  "for several targets, use a node of type pool: settargets: [ADDRESS, ADDRESS], accept: { connect: pool/NAME }";
const TARGETS: Meaning = { near: POOL };
const BALANCE: Meaning = { near: "a node of type pool balances: settargets: […], setconfig: { balance: leastconn }" };
const CHECK: Meaning = {
  near: "a node of type pool checks its targets: sethealth: { interval: 2s, fall: 3, rise: 2 }",
};
const TLS: Meaning = {
  near: "TLS is the hook inet/stream/tls, and settls: { cert: server.pem, key: server.key } or settls: { ca: ca.pem }",
};
const RATE: Meaning = {
  near: "accept: { rate: 100/s } limits connections, setconfig: { maxBytesPerSecond: 10MiB } their bytes",
};
const PROXY: Meaning = {
  near: "PROXY headers are read by accept: { proxyProtocol: require, trusted: [10.0.0.0/8] }, and sent by " +
    "setconfig: { sendProxy: v2 }",
};
const ROUTE: Meaning = {
  near: "rules are written accept: { route: [{ sni: www.example, connect: ADDRESS }, { connect: ADDRESS }] }",
};
const LIMIT: Meaning = { near: "limits are written accept: { max: 100, maxPerSource: 10 }" };
const ACCESS: Meaning = { near: "lists of addresses are written accept: { allow: [10.0.0.0/8], deny: [10.0.0.1] }" };
const TIMEOUT: Meaning = { near: "time-outs are written setconfig: { connectTimeout: 5s, idleTimeout: 1m }" };
const ADDRESS: Meaning = {
  near: "addresses belong in messages: bind: inet/127.0.0.1:8080, connect: inet/localhost:80",
};
const HOOK: Meaning = { near: "family, type and protocol are in the hook: inet/stream/tcp" };
const LOG: Meaning = { near: "sockgraph events shows connections and failures" };
const RETRY: Meaning = { near: "the engine retries nodes that fail, with back-off" };
const ORDER: Meaning = {
  near: "nodes that come first are named by depends: [db], or by replies such as ${front.getname.port}",
};
const THREADS: Meaning = { near: "threads are an option: apply --runtime posix --threads 4" };
const NODES: Meaning = { near: "sockets and what joins them are nodes: nodes: { front: { type: ksocket } }" };
const LINKS: Meaning = { near: "nodes are joined by links: [[front, echo]]" };
const HEADING: Meaning = { near: "a topology begins with name: and nodes:, a node with type:" };
const FILES: Meaning = { near: "templates of other files are used by include: [common.yaml] of a topology" };
const EXPAND: Meaning = { near: "a node for each of several values is written each: { port: 9000-9099 }" };
const VARIABLES: Meaning = {
  near: "values are parameters: { port: 8080 } with --set port=9000, or come from the environment: ${PORT:-8080}",
};
const PROGRAM: Meaning = { near: "a program is a node: type: exec, messages: [setprogram: { path: /bin/cat }]" };
const NAMES: Meaning = { near: "connect looks a host name up for each connection: connect: inet/db.example:5432" };
const TEXT_CHECK: Meaning = {
  near: 'a probe connects, or sends one text and expects one: sethealth: { send: "PING\\r\\n", expect: "+PONG" }',
};
const STICK: Meaning = {
  near:
    "there are no tables of clients; balance: source selects the same target for the same address, and accept: { maxPerSource, " +
    "ratePerSource } limits each address",
};
const PREREAD: Meaning = {
  near:
    "the first bytes of TLS select a target: accept: { route: [{ sni: www.example, connect: ADDRESS }, { alpn: h2, connect: ADDRESS }] }",
};
const FAILURES: Meaning = { near: "failures mark a target as down: sethealth: { fall: 3, interval: 10s }" };
const CIPHERS: Meaning = {
  near: 'there is no choice of ciphers and curves; settls: { minVersion: "1.3" } sets the oldest version',
};
const REVOKED: Meaning = {
  near: "there are no revocation lists; settls: { ca, verifyClient: require } admits clients of one CA",
};
const OPENSSL: Meaning = {
  near: "OPENSSL addresses of socat are the hook inet/stream/tls, and settls: { cert, key } or settls: { ca, verify }",
};
const OPTION: Meaning = { near: "socket options are messages: setopt: { SO_REUSEPORT: 1 }" };
const HTTP: Meaning = {
  near:
    "requests of HTTP are not read, except for the host: accept: { route: [{ httpHost: www.example, connect: ADDRESS }] }",
};
const SOURCE: Meaning = {
  near: "there are no rules by the address of a client; allow and deny of accept decide who may connect",
};
const SCRIPT: Meaning = { near: "there are no scripts and no variables of a connection" };

/** In lower case, without "-" and "_". */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ...each(TARGET, "to target upstream backend server forward forwardto destination dest dst proxypass dial remote"),
  ...each(TARGETS, "targets upstreams backends pool endpoints destinations"),
  ...each(BALANCE, "balance weight lb loadbalancing loadbalancer strategy algorithm backup sticky hash"),
  ...each(CHECK, "check checks health healthcheck healthchecks probe livenessprobe fall rise"),
  ...each(TLS, "tls ssl cert certificate certificates key privatekey ca verify ciphers alpn settls"),
  ...each(RATE, "rate ratelimit bandwidth throttle shape limitrate"),
  ...each(PROXY, "proxy proxyprotocol sendproxy acceptproxy"),
  ...each(ROUTE, "route routes routing sni httphost match rules acls host hosts"),
  ...each(LIMIT, "limit limits maxconn maxconns maxconnections connectionlimit maxchildren"),
  ...each(ACCESS, "acl access whitelist blacklist allowlist denylist range allowfrom sources"),
  ...each(TIMEOUT, "timeout timeouts idle idletimeout connecttimeout timeoutclient timeoutserver timeoutconnect"),
  ...each(ADDRESS, "address addresses addr ip port ports listenaddress listenport bindaddress"),
  ...each(HOOK, "protocol proto family network mode socktype"),
  ...each(LOG, "log logs logging logfile accesslog errorlog debug loglevel"),
  ...each(RETRY, "retry retries forever interval"),
  ...each(ORDER, "dependson depends after before requires needs"),
  ...each(THREADS, "threads workers processes replicas nbthread"),
  ...each(NODES, "services service sockets listeners servers frontend frontends"),
  ...each(LINKS, "edges connections wires"),
  ...each(HEADING, "version apiversion kind metadata spec schema"),
  ...each(FILES, "include includes import imports"),
  ...each(EXPAND, "foreach forall for loop repeat count matrix portrange ranges"),
  ...each(VARIABLES, "vars variables var env environment defaults values inputs args arguments params"),
  ...each(NAMES, "dns resolver resolvers resolve"),
  ...each(PROGRAM, "program setprogram exec command"),
  ...each(
    TEXT_CHECK,
    "httpchk httpcheck tcpcheck redischeck mysqlcheck pgsqlcheck smtpchk agentcheck checksend option",
  ),
  ...each(STICK, "sticktable stick stickon persist persistence affinity sessionaffinity"),
  ...each(
    PREREAD,
    "sslpreread sslprereadservername sslprereadalpnprotocols sslprereadprotocol preread reqsslsni tlspassthrough passthrough",
  ),
  ...each(FAILURES, "maxfails failtimeout outlierdetection slowstart"),
  ...each(CIPHERS, "ciphersuites cipher curves ecdhcurve ecdhe dhparam sslciphers sslprotocols"),
  ...each(REVOKED, "crl crlfile ocsp stapling"),
  ...each(OPENSSL, "openssl openssllisten opensslconnect"),
  ...each(OPTION, "reuseport reuseaddr keepalive sokeepalive nodelay tcpnodelay rcvbuf sndbuf deferaccept freebind"),
  ...each(HTTP, "location locations header headers redirect httprequest httpresponse cookie compression gzip"),
  ...each(SOURCE, "src geo geoip splitclients usebackend"),
  ...each(SCRIPT, "lua js njs script scripts map maps set setvar"),
};

/** Node types that do not exist yet. */
const TYPES: readonly string[] = ["source", "tag", "bpf"];

/** The names of node types in other tools, in lower case, without "-" and "_". */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  ...each("sockets are nodes of type ksocket", "socket tcp udp unix local listener listen server client connect proxy"),
  ...each(
    "a forward is a ksocket with accept: { connect: ADDRESS }",
    "forward tcpforward udpforward relay",
  ),
  ...each("pool balances connections between targets", "balancer loadbalancer upstream upstreams backend backends"),
  ...each("tee copies what passes", "tap mirror copy duplicate span monitor"),
  ...each("bridge is a switch for Ethernet frames, hub passes all to all", "switch"),
  ...each("hub passes all to all", "repeater broadcast chat fanout"),
  ...each("pipe delays, limits and loses", "delay shaper netem dummynet limit rate latency"),
  ...each("hole accepts all data and sends nothing", "null sink discard drop devnull"),
  ...each("stdio reads standard input and writes standard output", "file stdin stdout console tty log logger"),
  ...each("exec runs a program", "program process command cmd spawn run system inetd cgi"),
  ...each("frame cuts a stream into items", "lines line delimiter syslog splitter"),
};

/** Fields that will accept a list of targets. */
const TARGET_FIELDS: readonly string[] = ["template", "connect"];

interface Words {
  readonly message: string;
  readonly hint: string;
}

/** The message for a future node type; null for any other. */
export function plannedType(name: string): Words | null {
  return TYPES.includes(name) ? { message: `Node type "${name}" is not supported yet`, hint: "remove it" } : null;
}

/** Advice for an unknown node type. */
export function typeHint(name: string, known: readonly string[]): string {
  const near = adviceFor(name, known, ownOf(TYPE_WORDS, name));
  const list = `known types: ${known.join(", ")}`;
  return near === null ? list : /^did you/.test(near) ? near : `${near}; ${list}`;
}

/**
 * The message for an unknown message, key or field; it is null if the word is not a future feature.
 *
 * @param known the known words at that place
 */
export function unknownWord(
  name: string,
  { known, kind = "fields" }: { readonly known: readonly string[]; readonly kind?: "fields" | "keys" | "messages" },
): { readonly message: string | null; readonly hint: string } {
  const meaning = ownOf(MEANINGS, name);
  const list = known.length === 0 ? `it has no ${kind}` : `known ${kind}: ${known.join(", ")}`;
  const near = adviceFor(name, known, meaning?.near ?? null);
  if (near === null) return { message: null, hint: list };
  if (/^did you/.test(near)) return { message: null, hint: near };
  const message = meaning?.coming === undefined ? null : `${meaning.coming} is not supported yet`;
  return { message, hint: `${near}; ${list}` };
}

/** The existing feature that is nearest to a word of another tool; null for a word without one. */
export function nearestFeature(name: string): string | null {
  return ownOf(MEANINGS, name)?.near ?? null;
}

/** `listen=128` and `listen:128`, which are one word in YAML; null for any other. */
export function joinedWords(
  text: string,
  known: readonly string[],
): { readonly message: null; readonly hint: string } | null {
  const [, name = "", value = ""] = /^([A-Za-z]\w*)[=:](.+)$/.exec(text) ?? [];
  return known.includes(name) ? { message: null, hint: `write ${name}: ${value}` } : null;
}

/** The message for a list where a message has one target; null for any other list. */
export function listOfTargets(name: string): Words | null {
  return TARGET_FIELDS.includes(name)
    ? {
      message: `A list for "${name}" is not supported here`,
      hint: "accept balances a list of at least one target, and so does a node of type pool",
    }
    : null;
}

/** The same word in another spelling, otherwise the meaning of the word in other tools, otherwise a similar one. */
function adviceFor(name: string, known: readonly string[], meaning: string | null): string | null {
  const same = known.find((one) => plain(one) === plain(name));
  // Among the fields of settls, advice on TLS is of no use: `certificate` is `cert`.
  if (same === undefined && meaning === TLS.near && known.includes("cert")) {
    const short = known.find((one) => plain(name).startsWith(one)) ?? nearest(name, known);
    return short === null ? null : `did you mean "${short}"?`;
  }
  const near = same ?? (meaning === null ? nearest(name, known) : null);
  return near === null ? meaning : `did you mean "${near}"?`;
}

function each<T>(meaning: T, words: string): Record<string, T> {
  return Object.fromEntries(words.split(" ").map((word) => [word, meaning]));
}

function ownOf<T>(table: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(table, plain(name)) ? table[plain(name)] ?? null : null;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}
