/**
 * Keywords as the programs have them: nginx 1.22 (each word of its stream module was tried in a file), and the matrix and
 * the list of global keywords in the manual of HAProxy 2.6.
 *
 * @module
 */

/** Directives of nginx's stream module. */
export const NGINX_DIRECTIVES: readonly string[] = (
  "access_log allow deny error_log geo hash include least_conn limit_conn limit_conn_dry_run " +
  "limit_conn_log_level limit_conn_zone listen log_format map map_hash_bucket_size map_hash_max_size " +
  "open_log_file_cache preread_buffer_size preread_timeout proxy_bind proxy_buffer_size proxy_connect_timeout " +
  "proxy_download_rate proxy_downstream_buffer proxy_half_close proxy_next_upstream " +
  "proxy_next_upstream_timeout proxy_next_upstream_tries proxy_pass proxy_protocol proxy_protocol_timeout " +
  "proxy_requests proxy_responses proxy_socket_keepalive proxy_ssl proxy_ssl_certificate " +
  "proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_name " +
  "proxy_ssl_password_file proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_session_reuse " +
  "proxy_ssl_trusted_certificate proxy_ssl_verify proxy_ssl_verify_depth proxy_timeout proxy_upload_rate " +
  "proxy_upstream_buffer random resolver resolver_timeout return server set set_real_ip_from split_clients " +
  "ssl_alpn ssl_certificate ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_conf_command ssl_crl " +
  "ssl_dhparam ssl_ecdh_curve ssl_handshake_timeout ssl_password_file ssl_prefer_server_ciphers ssl_preread " +
  "ssl_protocols ssl_session_cache ssl_session_ticket_key ssl_session_tickets ssl_session_timeout " +
  "ssl_trusted_certificate ssl_verify_client ssl_verify_depth tcp_nodelay variables_hash_bucket_size " +
  "variables_hash_max_size zone"
).split(" ");

/** Keywords of HAProxy's proxies, with their second word. */
export const HAPROXY_PROXY: readonly string[] = (
  "backlog,balance,bind,bind-process,capture cookie,capture request header,capture response header," +
  "clitcpka-cnt,clitcpka-idle,clitcpka-intvl,compression,cookie,declare capture,default-server,default_backend," +
  "description,disabled,dispatch,email-alert from,email-alert level,email-alert mailers,email-alert myhostname," +
  "email-alert to,enabled,error-log-format,errorfile,errorfiles,errorloc,errorloc302,errorloc303," +
  "external-check command,external-check path,filter,force-persist,fullconn,hash-type,http-check comment," +
  "http-check connect,http-check disable-on-404,http-check expect,http-check send,http-check send-state," +
  "http-check set-var,http-check unset-var,http-error,http-reuse,http-send-name-header,id,ignore-persist," +
  "load-server-state-from-file,log,log-format,log-format-sd,log-tag,max-keep-alive-queue,maxconn,mode," +
  "monitor fail,monitor-uri,option abortonclose,option accept-invalid-http-request," +
  "option accept-invalid-http-response,option allbackups,option checkcache,option clitcpka,option contstats," +
  "option disable-h2-upgrade,option dontlog-normal,option dontlognull,option external-check,option forwardfor," +
  "option h1-case-adjust-bogus-client,option h1-case-adjust-bogus-server,option http-buffer-request," +
  "option http-ignore-probes,option http-keep-alive,option http-no-delay,option http-pretend-keepalive," +
  "option http-restrict-req-hdr-names,option http-server-close,option http-use-proxy-header,option httpchk," +
  "option httpclose,option httplog,option httpslog,option idle-close-on-response,option independent-streams," +
  "option ldap-check,option log-health-checks,option log-separate-errors,option logasap,option mysql-check," +
  "option nolinger,option originalto,option persist,option pgsql-check,option prefer-last-server," +
  "option redis-check,option redispatch,option smtpchk,option socket-stats,option splice-auto," +
  "option splice-request,option splice-response,option spop-check,option srvtcpka,option ssl-hello-chk," +
  "option tcp-check,option tcp-smart-accept,option tcp-smart-connect,option tcpka,option tcplog," +
  "option transparent,persist rdp-cookie,rate-limit sessions,redirect,retries,retry-on,server," +
  "server-state-file-name,server-template,source,srvtcpka-cnt,srvtcpka-idle,srvtcpka-intvl,stats admin," +
  "stats auth,stats enable,stats hide-version,stats http-request,stats realm,stats refresh,stats scope," +
  "stats show-desc,stats show-legends,stats show-node,stats uri,stick match,stick on,stick store-request," +
  "stick store-response,stick-table,tcp-check comment,tcp-check connect,tcp-check expect,tcp-check send," +
  "tcp-check send-binary,tcp-check send-binary-lf,tcp-check send-lf,tcp-check set-var,tcp-check unset-var," +
  "timeout check,timeout client,timeout client-fin,timeout connect,timeout http-keep-alive," +
  "timeout http-request,timeout queue,timeout server,timeout server-fin,timeout tarpit,timeout tunnel," +
  "transparent,unique-id-format,unique-id-header,use-fcgi-app,use-server,use_backend"
).split(",");

/** HAProxy's global keywords. */
export const HAPROXY_GLOBAL: readonly string[] = (
  "51degrees-cache-size 51degrees-data-file 51degrees-property-name-list 51degrees-property-separator " +
  "busy-polling ca-base chroot cluster-secret cpu-map crt-base daemon default-path description " +
  "deviceatlas-json-file deviceatlas-log-level deviceatlas-properties-cookie deviceatlas-separator " +
  "expose-experimental-directives external-check fd-hard-limit gid grace group " +
  "h1-accept-payload-with-any-method h1-case-adjust h1-case-adjust-file h2-workaround-bogus-websocket-clients " +
  "hard-stop-after httpclient.resolvers.id httpclient.resolvers.prefer httpclient.ssl.ca-file " +
  "httpclient.ssl.verify insecure-fork-wanted insecure-setuid-wanted issuers-chain-path localpeer log " +
  "log-send-hostname log-tag lua-load lua-load-per-thread lua-prepend-path max-spread-checks maxcompcpuusage " +
  "maxcomprate maxconn maxconnrate maxpipes maxsessrate maxsslconn maxsslrate maxzlibmem mworker-max-reloads " +
  "nbthread no-memory-trimming node noepoll noevports nogetaddrinfo nokqueue nopoll noreuseport nosplice " +
  "numa-cpu-mapping pidfile pp2-never-send-local presetenv profiling.tasks quiet resetenv server-state-base " +
  "server-state-file set-dumpable set-var setenv spread-checks ssl-default-bind-ciphers " +
  "ssl-default-bind-ciphersuites ssl-default-bind-curves ssl-default-bind-options ssl-default-server-ciphers " +
  "ssl-default-server-ciphersuites ssl-default-server-options ssl-dh-param-file ssl-engine ssl-mode-async " +
  "ssl-propquery ssl-provider ssl-provider-path ssl-server-verify ssl-skip-self-issued-ca stats strict-limits " +
  "tune.buffers.limit tune.buffers.reserve tune.bufsize tune.comp.maxlevel tune.fail-alloc " +
  "tune.fd.edge-triggered tune.h2.header-table-size tune.h2.initial-window-size tune.h2.max-concurrent-streams " +
  "tune.http.cookielen tune.http.logurilen tune.http.maxhdr tune.idle-pool.shared tune.idletimer " +
  "tune.lua.forced-yield tune.lua.maxmem tune.lua.service-timeout tune.lua.session-timeout " +
  "tune.lua.task-timeout tune.maxaccept tune.maxpollevents tune.maxrewrite tune.pattern.cache-size " +
  "tune.peers.max-updates-at-once tune.pipesize tune.pool-high-fd-ratio tune.pool-low-fd-ratio " +
  "tune.quic.frontend.conn-tx-buffers.limit tune.quic.frontend.max-idle-timeout " +
  "tune.quic.frontend.max-streams-bidi tune.quic.retry-threshold tune.rcvbuf.client tune.rcvbuf.server " +
  "tune.recv_enough tune.runqueue-depth tune.sched.low-latency tune.sndbuf.client tune.sndbuf.server " +
  "tune.ssl.cachesize tune.ssl.capture-buffer-size tune.ssl.capture-cipherlist-size tune.ssl.default-dh-param " +
  "tune.ssl.force-private-cache tune.ssl.hard-maxrecord tune.ssl.keylog tune.ssl.lifetime tune.ssl.maxrecord " +
  "tune.ssl.ssl-ctx-cache-size tune.vars.global-max-size tune.vars.proc-max-size tune.vars.reqres-max-size " +
  "tune.vars.sess-max-size tune.vars.txn-max-size tune.zlib.memlevel tune.zlib.windowsize uid ulimit-n " +
  "unix-bind unsetenv user wurfl-cache-size wurfl-data-file wurfl-information-list " +
  "wurfl-information-list-separator zero-warning"
).split(" ");
