/**
 * The keywords of HAProxy's configuration, with what `import` does with each.
 *
 * @module
 */

import { type KeywordTable, NO_COUNTERPART, rowsOf } from "../keyword.ts";

const ENGINE = "the engine has no such setting";
const HTTP = "it belongs to HTTP, which sockgraph does not read";
const LOG = "access logs are an option: apply --access-log FILE";
const STICK =
  "tables of clients have no counterpart; the nearest are accept: { maxPerSource, ratePerSource } and balance: source";
const CIPHERS = "OpenSSL selects the ciphers; settls has minVersion only";
const GUARD = "without it other clients would be admitted, and it has no counterpart";
const CHECKS = "checks connect, and send and expect one text: sethealth: { send, expect }";
const SAMPLE = "samples and variables have no counterpart";

const SECTIONS = rowsOf(
  "a file",
  ["imported", "global defaults frontend backend listen", "read"],
  ["left-out", "peers", "tables of clients are not shared"],
  ["left-out", "resolvers", "names are looked up by the system's resolver"],
  ["left-out", "userlist cache http-errors fcgi-app haterm", HTTP],
  ["left-out", "mailers program ring traces log-profile acme", ENGINE],
  [
    "left-out",
    "log-forward",
    "a log forward is not read; the nearest is a frame with framing: newline or octet-counted",
  ],
  ["left-out", "crt-list crt-store", "certificates are read from the crt of bind"],
);

const GLOBAL = rowsOf(
  "global",
  [
    "left-out",
    "maxconn maxconnrate maxsessrate maxsslconn maxsslrate maxpipes",
    "limits are those of each listener: accept: { max, rate }",
  ],
  [
    "left-out",
    "nbthread nbproc thread-groups thread-group thread-hard-limit cpu-map cpu-policy cpu-set numa-cpu-mapping",
    "threads are an option: apply --runtime posix --threads 4",
  ],
  ["left-out", "stats", "status, metrics and the control socket are always there"],
  ["left-out", "log log-send-hostname log-tag", LOG],
  [
    "changed",
    "ca-base crt-base default-path",
    "paths of certificates are joined with it, or are relative to the topology",
  ],
  [
    "left-out",
    "ssl-default-bind-options ssl-default-server-options",
    "TLS 1.2 is the oldest version; settls: { minVersion } changes it",
  ],
  [
    "left-out",
    "ssl-default-bind-ciphers ssl-default-bind-ciphersuites ssl-default-bind-curves ssl-default-bind-sigalgs ssl-default-bind-client-sigalgs " +
    "ssl-default-server-ciphers ssl-default-server-ciphersuites ssl-default-server-curves ssl-default-server-sigalgs ssl-default-server-client-sigalgs ssl-dh-param-file",
    CIPHERS,
  ],
  ["changed", "ssl-server-verify", "certificates of servers are verified where ssl has no verify none"],
  [
    "left-out",
    "user group uid gid chroot daemon pidfile node description localpeer quiet zero-warning noepoll noevports nogetaddrinfo nokqueue " +
    "nopoll noreuseport nosplice busy-polling cluster-secret debug deviceatlas-* 51degrees-* wurfl-* external-check expose-* " +
    "fd-hard-limit grace close-spread-time hard-stop-after h1-* h2-* httpclient.* insecure-* issuers-chain-path lua-* max-spread-checks " +
    "maxcompcpuusage maxcomprate maxzlibmem master-worker mworker-max-reloads mworker-* no-memory-trimming no-quic ocsp-update.* pp2-never-send-local presetenv " +
    "prealloc-fd profiling.* resetenv server-state-base server-state-file set-dumpable set-var set-var-fmt setcap setenv shm-stats-file* " +
    "spread-checks ssl-engine ssl-load-extra-* ssl-mode-async ssl-propquery ssl-provider ssl-provider-path ssl-security-level " +
    "ssl-skip-self-issued-ca stats-file strict-limits harden.* dns-accept-family force-cfg-parser-pause tune.* ulimit-n unix-bind unsetenv warn-blocked-traffic-after " +
    "acme.* anonkey email-alert jwt.* key-base limited-quic ssl-passphrase-cmd",
    ENGINE,
  ],
  [
    "left-out",
    "accept-* balance option timeout",
    "it belongs into another section",
  ],
);

const PROXY = rowsOf(
  "a proxy",
  ["imported", "mode", "mode tcp; sections of other modes are left out as a whole"],
  ["imported", "bind", "bind, listen"],
  ["imported", "server server-template default-server", "settargets"],
  ["imported", "dispatch", "accept: { connect }"],
  ["imported", "balance", "balance of the pool"],
  ["imported", "default_backend use_backend acl", "accept: { connect } or { route }"],
  ["imported", "backlog", "listen"],
  ["imported", "maxconn", "accept: { max }"],
  ["imported", "rate-limit", "accept: { rate }"],
  [
    "imported",
    "timeout clitimeout contimeout srvtimeout",
    "setconfig: { connectTimeout, idleTimeout, halfCloseTimeout }",
  ],
  ["imported", "tcp-request", "accept: { allow, deny } for sources; within"],
  ["imported", "tcp-check", "sethealth: { send, expect }"],
  ["imported", "option no", "see the list of options"],
  [
    "imported",
    "clitcpka-cnt clitcpka-idle clitcpka-intvl",
    "accept: { messages: [setopt { TCP_KEEPCNT }] } with option clitcpka",
  ],
  ["imported", "disabled enabled", "a disabled section is left out"],
  ["imported", "description id", "read"],
  ["changed", "retries", "connections try each target that is up once"],
  [
    "left-out",
    "srvtcpka-cnt srvtcpka-idle srvtcpka-intvl",
    "keepalive towards servers has no setting; the nearest is setopt in a template",
  ],
  ["left-out", "hash-type hash-balance-factor", "balance: source has consistent hashing"],
  [
    "left-out",
    "log log-format log-format-sd log-tag error-log-format log-steps capture unique-id-format unique-id-header",
    LOG,
  ],
  [
    "left-out",
    "source",
    "sockets that connect have the address that the system chooses; the nearest is a template with bind",
  ],
  [
    "left-out",
    "fullconn max-keep-alive-queue max-session-srv-conns",
    "targets have no limit of their own; the nearest is accept: { max }",
  ],
  ["left-out", "stick stick-table", STICK],
  ["left-out", "persist force-persist ignore-persist force-be-switch", "the nearest is balance: source"],
  ["left-out", "stats monitor monitor-net monitor-uri", "status, metrics and /readyz are those of the engine"],
  [
    "left-out",
    "http-check http-request http-response http-after-response http-reuse http-send-name-header http-error errorfile errorfiles errorloc errorloc302 errorloc303 " +
    "redirect compression cookie retry-on use-fcgi-app declare appsession reqadd reqrep rspadd reqirep rspirep block",
    HTTP,
  ],
  [
    "left-out",
    "bind-process load-server-state-from-file server-state-file-name email-alert external-check guid filter description-only quic-initial",
    ENGINE,
  ],
  ["refused", "use-server", "the choice of a single server by a condition has no counterpart"],
  ["changed", "tcp-response", "answers are not examined, so it is left out"],
  ["refused", "transparent", "the original destination of a connection is not known"],
  ["left-out", ".if .elif .else .endif .diag .notice .warning .alert", "conditions of the file are not evaluated"],
);

const BIND = rowsOf(
  "bind",
  ["imported", "ssl crt key", "the hook inet/stream/tls, settls: { cert, key }"],
  ["imported", "ca-file verify", "settls: { ca, verifyClient }"],
  ["imported", "alpn", "settls: { alpn }"],
  ["imported", "ssl-min-ver", "settls: { minVersion }"],
  ["imported", "accept-proxy", "accept: { proxyProtocol: require }"],
  ["imported", "backlog", "listen"],
  ["imported", "maxconn", "accept: { max }"],
  ["imported", "mode", "setconfig: { mode }"],
  ["imported", "name id nice", "read"],
  ["imported", "v4v6 v6only", "setopt: { IPV6_V6ONLY }"],
  ["imported", "no-sslv3 no-tlsv10 no-tlsv11 force-tlsv13 force-tlsv12 no-tlsv12 no-tlsv13", "settls: { minVersion }"],
  ["left-out", "user group uid gid", "a path has the owner of the engine; setconfig: { mode } sets its permissions"],
  ["left-out", "process thread shards nbconn idle-ping", ENGINE],
  [
    "left-out",
    "ciphers ciphersuites curves ecdhe sigalgs client-sigalgs prefer-client-ciphers prefer-server-ciphers ssl-max-ver force-sslv3 force-tlsv10 force-tlsv11",
    CIPHERS,
  ],
  [
    "left-out",
    "tls-tickets no-tls-tickets tls-ticket-keys no-strict-sni allow-0rtt crt-ignore-err default-crt ca-verify-file no-ca-names no-alpn npn ocsp-update ktls ech",
    "it has no counterpart in settls",
  ],
  ["refused", "crl-file ca-ignore-err strict-sni generate-certificates ca-sign-file ca-sign-pass crt-list", GUARD],
  ["refused", "interface namespace transparent accept-netscaler-cip", GUARD],
  [
    "left-out",
    "defer-accept mss tcp-ut tfo tcp-md5sig tcp-ss cc",
    "the socket option has no counterpart here; docs/socket-options.md lists all",
  ],
  ["left-out", "level severity-output expose-fd guid guid-prefix label", ENGINE],
  ["refused", "proto quic-cc-algo quic-force-retry quic-socket", HTTP],
);

const SERVER = rowsOf(
  "server",
  ["imported", "check inter fall rise fastinter downinter", "sethealth"],
  ["imported", "weight backup disabled enabled", "settargets; disabletarget"],
  ["imported", "send-proxy send-proxy-v2", "settargets: [{ proxy }]"],
  [
    "imported",
    "ssl verify ca-file sni verifyhost crt alpn ssl-min-ver",
    "a template with the hook inet/stream/tls, and settls",
  ],
  [
    "imported",
    "resolvers init-addr resolve-prefer",
    "names are looked up by the system; resolve: all for server-template",
  ],
  [
    "imported",
    "no-check no-check-send-proxy no-check-ssl no-backup no-ssl no-send-proxy no-send-proxy-v2 no-send-proxy-v2-ssl no-send-proxy-v2-ssl-cn no-sslv3 no-tlsv10 no-tlsv11 no-tls-tickets ssl-reuse tls-tickets stick",
    "read",
  ],
  [
    "changed",
    "send-proxy-v2-ssl send-proxy-v2-ssl-cn set-proxy-v2-tlv-fmt proxy-v2-options",
    "the header has version 2 without values (TLV)",
  ],
  ["changed", "check-send-proxy", "probes begin with the same header as connections"],
  ["changed", "check-ssl check-sni check-alpn check-via-socks4", "probes connect as connections do"],
  ["left-out", "maxconn minconn maxqueue", "targets have no limit of their own; the nearest is accept: { max }"],
  ["left-out", "slowstart", "a target gets its share at once"],
  [
    "left-out",
    "port addr check-proto check-reuse-pool check-pool-conn-name",
    "probes connect to the address of the target",
  ],
  [
    "left-out",
    "agent-addr agent-check agent-inter agent-port agent-send no-agent-check",
    "agents have no counterpart; draintarget and disabletarget are messages",
  ],
  [
    "left-out",
    "track observe on-error error-limit",
    "each failed connection counts; the nearest is sethealth: { fall }",
  ],
  ["left-out", "on-marked-down on-marked-up", "open connections go on; the nearest is a manual drain"],
  [
    "left-out",
    "cookie non-stick redir proto ws no-ssl-reuse no-tfo tfo tcp-ut tcp-md5sig cc id log-proto log-bufsize guid hash-key namespace resolve-net resolve-opts pool-* max-reuse " +
    "init-state idle-ping strict-maxconn ech track-ssl renegotiate no-renegotiate",
    NO_COUNTERPART,
  ],
  [
    "left-out",
    "ciphers ciphersuites curves sigalgs client-sigalgs ssl-max-ver force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-tlsv12 no-tlsv13 npn allow-0rtt crl-file no-verifyhost sni-auto no-sni-auto " +
    "check-sni-auto no-check-sni-auto",
    CIPHERS,
  ],
  ["left-out", "source usesrc interface", "sockets that connect have the address that the system chooses"],
  ["refused", "socks4", "proxies between are not supported"],
);

const OPTION = rowsOf(
  "option",
  ["imported", "clitcpka tcpka", "accept: { messages: [setopt { SO_KEEPALIVE=1 }] }"],
  [
    "imported",
    "redispatch splice-auto splice-request splice-response tcp-smart-accept tcp-smart-connect independent-streams allbackups",
    "the behaviour here",
  ],
  ["imported", "tcp-check", "sethealth"],
  ["imported", "redis-check", "sethealth: { send, expect }"],
  ["changed", "mysql-check pgsql-check smtpchk ldap-check ssl-hello-chk httpchk spop-check external-check", CHECKS],
  ["changed", "nolinger", "connections are closed without resetting them; the nearest is setopt: { SO_LINGER }"],
  ["left-out", "srvtcpka", "keepalive towards servers has no setting; the nearest is setopt in a template"],
  [
    "left-out",
    "tcplog httplog httpslog dontlognull dontlog-normal logasap log-health-checks log-separate-errors contstats socket-stats",
    LOG,
  ],
  ["left-out", "persist prefer-last-server", "the nearest is balance: source"],
  ["refused", "transparent http_proxy", "the original destination of a connection is not known"],
  [
    "left-out",
    "abortonclose accept-invalid-http-request accept-invalid-http-response accept-unsafe-violations-in-http-request accept-unsafe-violations-in-http-response " +
    "checkcache disable-h2-upgrade forceclose forwardfor forwarded h1-case-adjust-bogus-client h1-case-adjust-bogus-server http-buffer-request http-drop-request-trailers http-drop-response-trailers " +
    "http-ignore-probes http-keep-alive http-no-delay http-pretend-keepalive http-restrict-req-hdr-names http-server-close http-tunnel http-use-htx http-use-proxy-header httpclose idle-close-on-response originalto host",
    HTTP,
  ],
);

const TIMEOUT = rowsOf(
  "timeout",
  ["imported", "connect client server tunnel client-fin server-fin check", "setconfig, sethealth"],
  ["imported", "client-hs", "setconfig: { handshakeTimeout }"],
  ["left-out", "queue", "connections do not wait for a target"],
  ["left-out", "http-request http-keep-alive tarpit", HTTP],
);

const REQUEST = rowsOf(
  "tcp-request",
  ["imported", "inspect-delay", "accept: { within }"],
  ["imported", "connection session content", "rules; those that depend on the source become allow and deny"],
);

const ACTION = rowsOf(
  "tcp-request rule",
  ["imported", "accept reject silent-drop", "accept: { allow, deny }, or a route without a default"],
  ["imported", "expect-proxy", "accept: { proxyProtocol: require }"],
  ["refused", "expect-netscaler-cip", GUARD],
  ["left-out", "track-sc* sc-*", STICK],
  [
    "left-out",
    "set-var* unset-var* capture set-log-level set-nice set-bc-mark set-bc-tos set-fc-mark set-fc-tos set-mark set-tos set-retries do-log send-spoe-group ot-group pause lua.* add-acl* del-acl*",
    SAMPLE,
  ],
  [
    "left-out",
    "set-src set-src-port set-priority-class set-priority-offset set-bandwidth-limit attach-srv close",
    SAMPLE,
  ],
  [
    "refused",
    "set-dst set-dst-port do-resolve* use-service switch-mode reject-if",
    "the target of a connection cannot be computed",
  ],
);

/** All keywords. */
export const HAPROXY_KEYWORDS: KeywordTable = {
  program: "HAProxy",
  rows: [...SECTIONS, ...GLOBAL, ...PROXY, ...BIND, ...SERVER, ...OPTION, ...TIMEOUT, ...REQUEST, ...ACTION],
};

/** The keywords of `bind` and `server` that a number of words follow; all others have none. */
export const VALUES: Readonly<Record<"bind" | "server", ReadonlySet<string>>> = {
  bind: new Set(
    ("crt key ca-file verify alpn ssl-min-ver ssl-max-ver backlog maxconn mode name id nice user group uid gid process thread shards ciphers " +
      "ciphersuites curves ecdhe sigalgs client-sigalgs tls-ticket-keys crt-ignore-err ca-ignore-err default-crt ca-verify-file npn ocsp-update crl-file ca-sign-file " +
      "ca-sign-pass crt-list interface namespace accept-netscaler-cip mss tcp-ut tcp-md5sig cc level severity-output expose-fd guid guid-prefix label proto " +
      "quic-cc-algo quic-socket nbconn idle-ping ktls ech tcp-ss").split(" "),
  ),
  server: new Set(
    ("inter fall rise fastinter downinter weight verify ca-file sni verifyhost crt alpn ssl-min-ver ssl-max-ver resolvers init-addr resolve-prefer " +
      "proxy-v2-options set-proxy-v2-tlv-fmt check-sni check-alpn check-proto maxconn minconn maxqueue slowstart port addr agent-addr agent-inter agent-port agent-send " +
      "track observe on-error error-limit on-marked-down on-marked-up cookie redir proto ws tcp-ut tcp-md5sig cc id log-proto log-bufsize guid hash-key namespace " +
      "resolve-net resolve-opts pool-low-conn pool-max-conn pool-purge-delay pool-conn-name max-reuse init-state idle-ping ciphers ciphersuites curves sigalgs client-sigalgs " +
      "npn crl-file source interface socks4 usesrc check-pool-conn-name").split(" "),
  ),
};
