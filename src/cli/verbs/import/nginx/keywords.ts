/**
 * The keywords of nginx's stream module and of the context around it, with what `import` does with each.
 *
 * @module
 */

import { type KeywordRow, type KeywordTable, rowsOf } from "../keyword.ts";

const ENGINE = "the engine has no such setting";
const LOG = "access logs are an option: apply --access-log FILE";
const CIPHERS = "OpenSSL selects the ciphers; settls has minVersion only";
const COMMERCIAL = "it belongs to the commercial version";
const HTTP = "it belongs to HTTP, which sockgraph does not read";
const SCRIPT = "scripts have no counterpart";

const MAIN = rowsOf(
  "main",
  ["imported", "stream include", "read"],
  [
    "left-out",
    "http mail google_perftools_profiles",
    "the block as a whole; only stream is imported",
  ],
  [
    "left-out",
    "events user worker_processes worker_cpu_affinity worker_priority worker_rlimit_core worker_rlimit_nofile " +
    "worker_rlimit_sigpending worker_shutdown_timeout working_directory daemon debug_points env lock_file " +
    "master_process pcre_jit pid ssl_engine ssl_object_cache_inheritable thread_pool timer_resolution load_module mgmt usage_report",
    ENGINE,
  ],
  ["left-out", "error_log", "the engine logs to standard error or its log file"],
);

/** Directives of stream and server: nginx inherits them. */
const SHARED = [
  ["imported", "include", "read"],
  ["imported", "allow deny", "accept: { allow, deny }"],
  ["imported", "limit_conn", "accept: { maxPerSource } or { max }"],
  ["left-out", "limit_conn_dry_run limit_conn_log_level", "refused connections are events and counters"],
  ["left-out", "access_log open_log_file_cache", LOG],
  ["left-out", "error_log", "the engine logs to standard error or its log file"],
  ["imported", "preread_timeout", "accept: { within }"],
  ["left-out", "preread_buffer_size", "at most 32 KiB of a connection are read"],
  ["imported", "proxy_connect_timeout", "setconfig: { connectTimeout }"],
  ["imported", "proxy_timeout", "setconfig: { idleTimeout }"],
  ["imported", "proxy_protocol", "setconfig: { sendProxy: v1 }"],
  ["imported", "proxy_protocol_timeout", "setconfig: { handshakeTimeout }"],
  ["imported", "proxy_responses", "accept: { replies }"],
  ["imported", "proxy_upload_rate proxy_download_rate", "setconfig: { maxBytesPerSecond }"],
  ["imported", "proxy_half_close", "a half-close is always forwarded"],
  ["imported", "proxy_next_upstream", "connections try all targets that are up"],
  ["left-out", "proxy_next_upstream_timeout proxy_next_upstream_tries", "connectTimeout limits all attempts together"],
  ["left-out", "proxy_requests", "a flow of datagrams ends by idleTimeout or accept: { replies }"],
  ["left-out", "proxy_buffer_size proxy_downstream_buffer proxy_upstream_buffer", "buffers have their own bounds"],
  [
    "left-out",
    "proxy_bind",
    "sockets that connect have the address that the system chooses; nearest: a template with bind",
  ],
  ["imported", "proxy_socket_keepalive", "setopt: { SO_KEEPALIVE: 1 } in the template of targets with TLS"],
  ["imported", "proxy_ssl", "a template with the hook inet/stream/tls"],
  ["imported", "proxy_ssl_certificate proxy_ssl_certificate_key", "settls: { cert, key }"],
  ["imported", "proxy_ssl_trusted_certificate", "settls: { ca }"],
  ["imported", "proxy_ssl_verify", "settls: { verify }"],
  ["imported", "proxy_ssl_name", "settls: { serverName }"],
  ["imported", "proxy_ssl_server_name", "settls: { serverName }; the name is always sent"],
  ["imported", "proxy_ssl_protocols", "settls: { minVersion }"],
  ["imported", "proxy_ssl_alpn", "settls: { alpn }"],
  ["left-out", "proxy_ssl_ciphers proxy_ssl_conf_command", CIPHERS],
  ["refused", "proxy_ssl_password_file", "keys with a passphrase cannot be read"],
  ["refused", "proxy_ssl_crl", "revocation lists have no counterpart"],
  [
    "left-out",
    "proxy_ssl_verify_depth proxy_ssl_session_reuse proxy_ssl_certificate_cache proxy_ssl_key_log",
    "it has no counterpart in settls",
  ],
  ["imported", "ssl_certificate ssl_certificate_key", "settls: { cert, key } or { certs }"],
  ["imported", "ssl_client_certificate ssl_verify_client", "settls: { ca, verifyClient }"],
  ["changed", "ssl_trusted_certificate", "it only serves OCSP beside ssl_client_certificate, and is left out"],
  ["imported", "ssl_protocols", "settls: { minVersion }"],
  ["imported", "ssl_alpn", "settls: { alpn }"],
  ["imported", "ssl_handshake_timeout", "setconfig: { handshakeTimeout }"],
  ["left-out", "ssl_ciphers ssl_prefer_server_ciphers ssl_ecdh_curve ssl_dhparam ssl_conf_command", CIPHERS],
  [
    "left-out",
    "ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_session_ticket_key",
    "session tickets are used, with keys of the engine",
  ],
  ["refused", "ssl_password_file", "keys with a passphrase cannot be read"],
  [
    "refused",
    "ssl_crl ssl_ocsp ssl_reject_handshake",
    "without it other clients would be admitted, and it has no counterpart",
  ],
  [
    "left-out",
    "ssl_verify_depth ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_ocsp_cache ssl_ocsp_responder " +
    "ssl_certificate_cache ssl_certificate_compression ssl_key_log ssl_ech_file ssl_engine",
    "it has no counterpart in settls",
  ],
  ["refused", "ssl", "the directive was removed from nginx: write listen … ssl"],
  ["imported", "ssl_preread", "accept: { route }"],
  ["imported", "set_real_ip_from", "accept: { trusted }"],
  ["imported", "tcp_nodelay", "accept: { messages: [setopt { TCP_NODELAY=0 }] }"],
  ["changed", "resolver", "names are looked up by the system's resolver"],
  ["left-out", "resolver_timeout", "names are looked up by the system's resolver"],
  ["refused", "js_access js_filter js_preread", SCRIPT],
  [
    "left-out",
    "js_import js_include js_path js_preload_object js_set js_var js_periodic js_context_reuse js_engine js_fetch_buffer_size " +
    "js_fetch_ciphers js_fetch_max_response_buffer_size js_fetch_protocols js_fetch_timeout js_fetch_trusted_certificate " +
    "js_fetch_verify js_fetch_verify_depth js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time " +
    "js_fetch_keepalive_timeout js_fetch_proxy js_shared_dict_zone js_load_http_native_module js_load_stream_native_module",
    SCRIPT,
  ],
  ["refused", "mqtt mqtt_set_connect mqtt_preread", "MQTT is not read"],
  ["left-out", "mqtt_buffers mqtt_rewrite_buffer_size", "MQTT is not read"],
  [
    "left-out",
    "zone_sync_buffers zone_sync_connect_retry_interval zone_sync_connect_timeout zone_sync_interval zone_sync_recv_buffer_size " +
    "zone_sync_server zone_sync_ssl zone_sync_ssl_certificate zone_sync_ssl_certificate_key zone_sync_ssl_ciphers " +
    "zone_sync_ssl_conf_command zone_sync_ssl_crl zone_sync_ssl_name zone_sync_ssl_password_file zone_sync_ssl_protocols " +
    "zone_sync_ssl_server_name zone_sync_ssl_trusted_certificate zone_sync_ssl_verify zone_sync_ssl_verify_depth zone_sync_timeout",
    COMMERCIAL,
  ],
] as const;

const STREAM = rowsOf(
  "stream",
  ...SHARED,
  ["imported", "server upstream", "a listener; a pool"],
  ["imported", "map", "rules of accept: { route }, if its variable is one of ssl_preread"],
  ["imported", "limit_conn_zone", "accept: { maxPerSource } or { max }"],
  ["left-out", "map_hash_bucket_size map_hash_max_size variables_hash_bucket_size variables_hash_max_size", ENGINE],
  ["left-out", "log_format", LOG],
  [
    "left-out",
    "geo geoip_country geoip_city geoip_org geoip_proxy geoip_proxy_recursive geoip2 geoip2_proxy split_clients num_map",
    "routing by a client's address or by chance has no counterpart",
  ],
  ["left-out", "match keyval keyval_zone otel_exporter", COMMERCIAL],
);

const SERVER = rowsOf(
  "server",
  ...SHARED,
  ["imported", "listen", "bind, listen"],
  ["imported", "proxy_pass", "accept: { connect }"],
  ["imported", "server_name", "accept: { route: [{ sni }] } where servers share a port"],
  ["refused", "pass return", "the server answers by itself or passes the connection on inside of nginx"],
  ["refused", "set", "variables have no value here"],
  ["left-out", "status_zone", "status and metrics have every listener"],
  ["imported", "health_check", "sethealth: { probe: all }"],
  ["left-out", "health_check_timeout", COMMERCIAL],
  ["refused", "zone_sync", COMMERCIAL],
  [
    "refused",
    "location root index try_files rewrite return_http error_page add_header proxy_set_header proxy_http_version fastcgi_pass uwsgi_pass " +
    "client_max_body_size gzip if proxy_read_timeout proxy_send_timeout proxy_redirect proxy_cache proxy_buffering proxy_buffers " +
    "auth_basic auth_basic_user_file http2 http3 server_tokens charset expires keepalive_timeout sendfile proxy_pass_header alias limit_req",
    HTTP,
  ],
);

const LISTEN = rowsOf(
  "listen",
  ["imported", "ssl", "the hook inet/stream/tls"],
  ["imported", "udp", "the hook inet/dgram/udp"],
  ["imported", "proxy_protocol", "accept: { proxyProtocol: require }"],
  ["imported", "reuseport", "setopt: { SO_REUSEPORT: 1 }"],
  ["imported", "backlog", "listen"],
  ["imported", "so_keepalive", "accept: { messages: [setopt { SO_KEEPALIVE=1 }] }"],
  ["imported", "ipv6only", "setopt: { IPV6_V6ONLY }"],
  ["imported", "rcvbuf sndbuf", "setopt: { SO_RCVBUF }, { SO_SNDBUF }"],
  ["imported", "bind", "each listener is a socket of its own"],
  ["imported", "default_server", "the default rule where servers share a port"],
  ["left-out", "fastopen setfib accept_filter deferred quic multipath", "the option has no counterpart"],
  ["refused", "http2 http3 spdy", HTTP],
);

const UPSTREAM = rowsOf(
  "upstream",
  ["imported", "include", "read"],
  ["imported", "server", "settargets"],
  ["imported", "zone", "the state of targets is shared by all threads"],
  ["imported", "least_conn", "balance: leastconn"],
  ["imported", "hash", "balance: source, if the key is the client's address"],
  ["imported", "random", "balance: random"],
  ["changed", "least_time", "the nearest is balance: leastconn"],
  ["changed", "resolver", "names are looked up by the system's resolver"],
  ["left-out", "resolver_timeout", "names are looked up by the system's resolver"],
  ["left-out", "state", COMMERCIAL],
  ["left-out", "keepalive keepalive_requests keepalive_time keepalive_timeout ntlm queue sticky ip_hash", HTTP],
  [
    "left-out",
    "check check_keepalive_requests check_shm_size check_http_send check_http_expect_alive",
    "the module is not a part of nginx; the nearest is sethealth: { probe: all }",
  ],
);

const UPSTREAM_SERVER = rowsOf(
  "upstream server",
  ["imported", "weight", "settargets: [{ weight }]"],
  ["imported", "backup", "settargets: [{ backup: true }]"],
  ["imported", "down", "disabletarget"],
  ["imported", "max_fails fail_timeout", "sethealth: { fall, interval }"],
  ["imported", "resolve", "settargets: [{ resolve: all }]"],
  ["left-out", "max_conns", "targets have no limit of their own; the nearest is accept: { max }"],
  ["left-out", "slow_start service route drain", COMMERCIAL],
);

/** All keywords. */
export const NGINX_KEYWORDS: KeywordTable = {
  program: "nginx",
  rows: [...MAIN, ...STREAM, ...SERVER, ...LISTEN, ...UPSTREAM, ...UPSTREAM_SERVER] satisfies readonly KeywordRow[],
};
