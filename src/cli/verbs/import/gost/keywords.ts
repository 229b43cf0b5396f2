/**
 * The keywords of gost's command lines and of its configuration, with what `import` does with each.
 *
 * @module
 */

import { type KeywordTable, rowsOf } from "../keyword.ts";

const ENGINE = "the engine has its own: --log-file, --http, --control";
const PROXY = "proxies with a protocol of their own are not imported; only forwards are (tcp, udp, tls)";
const TUNNEL = "chains of proxies are not imported; the nearest are connections with TLS: settls in a template";
const LIMIT =
  "the nearest are setconfig: { maxBytesPerSecond, totalBytesPerSecond } and accept: { max, maxPerSource, rate }";
const GUARD = "without it other clients would be admitted, and it has no counterpart";

/** Protocols of proxies and tunnels. */
const PROTOCOLS =
  "http http2 http3 socks socks4 socks4a socks5 ss ssu sni relay forward auto redirect red redu redir masque tun tap dns sshd ssh " +
  "rtcp rudp unix serial file router tunnel api metrics metric icmp icmp6 ftcp kcp quic wt h2 h2c h3 ws wss mws mwss mtls mtcp utls dtls ohttp otls " +
  "grpc pht phts https phttp obfs4 http-tunnel fake direct virtual stdio vsock sshw obfs-http obfs-tls";

/** All keywords. */
export const GOST_KEYWORDS: KeywordTable = {
  program: "gost",
  rows: [
    ...rowsOf(
      "a command line",
      ["imported", "-L", "a listener"],
      ["refused", "-F", TUNNEL],
      ["changed", "-C", "the configuration is not read: import it"],
      ["left-out", "-D -DD -O -V -api -metrics -I -M -R -log -obfs4-dir", ENGINE],
    ),
    ...rowsOf(
      "a protocol",
      ["imported", "tcp", "the hook inet/stream/tcp, accept: { connect }"],
      ["imported", "udp", "the hook inet/dgram/udp, accept: { connect }"],
      ["imported", "tls", "the hook inet/stream/tls"],
      ["refused", PROTOCOLS, PROXY],
    ),
    ...rowsOf(
      "a parameter",
      ["imported", "ttl", "setconfig: { idleTimeout } of udp"],
      [
        "imported",
        "keepAlive keepalive keepalive_idle keepalive_interval keepalive_count",
        "a flow of datagrams stays for idleTimeout",
      ],
      ["imported", "backlog", "listen"],
      ["imported", "strategy", "balance of the pool"],
      ["imported", "max_fails maxFails fail_timeout failTimeout", "sethealth: { fall, interval }"],
      ["imported", "cert certFile key keyFile", "settls: { cert, key }"],
      ["imported", "proxyProtocol", "setconfig: { sendProxy }"],
      [
        "left-out",
        "sniffing* dns name retries timeout readTimeout idleTimeout udpBufferSize udp_buffer_size bufferSize readBufferSize readQueueSize queue ip_list " +
        "interface so_mark netns resolver hosts prefer reuse mptcp nodelay logger observer recorder record metadata enableStats enablestats observer.*",
        "the parameter has no counterpart",
      ],
      ["left-out", "limiter limiter.in limiter.out limiter.conn.in limiter.conn.out climiter rlimiter", LIMIT],
      ["refused", "admission bypass whitelist blacklist auth auther secret ca caFile probe_resist knock", GUARD],
    ),
    ...rowsOf(
      "a configuration",
      ["imported", "services ServeNodes", "listeners"],
      ["imported", "admissions", "accept: { allow, deny }"],
      ["left-out", "chains hops ChainNodes Routes Retries Mark Interface", TUNNEL],
      [
        "left-out",
        "authers bypasses resolvers hosts ingresses routers sds recorders observers loggers quotas rewriters",
        "nothing that is imported uses it",
      ],
      ["left-out", "limiters climiters rlimiters", LIMIT],
      ["left-out", "tls", "the certificate of a service is in listener.tls"],
      ["left-out", "log profiling api metrics Debug", ENGINE],
    ),
    ...rowsOf(
      "a service",
      ["imported", "name addr handler listener forwarder admission admissions", "a listener"],
      [
        "left-out",
        "interface sockopts resolver hosts logger loggers observer recorders metadata status rewriter quota",
        "the parameter has no counterpart",
      ],
      ["left-out", "limiter climiter rlimiter", LIMIT],
      ["refused", "bypass bypasses", GUARD],
    ),
    ...rowsOf(
      "a handler",
      ["imported", "type", "the protocol"],
      ["imported", "retries", "connections try all targets that are up"],
      ["refused", "chain chainGroup", TUNNEL],
      ["refused", "auther authers auth", GUARD],
      ["left-out", "limiter", LIMIT],
      ["left-out", "tls observer metadata", "the parameter has no counterpart"],
    ),
    ...rowsOf(
      "a listener",
      ["imported", "type", "the protocol"],
      ["imported", "tls", "settls: { cert, key, ca }"],
      ["imported", "metadata", "see the parameters"],
      ["refused", "chain chainGroup", TUNNEL],
      ["refused", "auther authers auth", GUARD],
    ),
    ...rowsOf(
      "a forwarder",
      ["imported", "name nodes targets", "settargets"],
      ["imported", "selector", "balance, sethealth"],
      ["refused", "hop", TUNNEL],
    ),
    ...rowsOf(
      "a target",
      ["imported", "name addr network", "settargets"],
      [
        "refused",
        "host protocol path filter matcher",
        "a target is selected by its balance, or by the rules of accept: { route }",
      ],
      ["refused", "bypass bypasses", GUARD],
      ["left-out", "http auth metadata", "the parameter has no counterpart"],
      ["refused", "tls", "connections with TLS need settls in a template"],
    ),
  ],
};
