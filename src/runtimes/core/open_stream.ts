/**
 * Opening a stream socket on the transport of a runtime, with TLS where its protocol is `tls`.
 *
 * @module
 */

import type { Endpoint } from "../../socket/endpoint.ts";
import type { SocketHost } from "./socket_host.ts";
import { StreamSocket } from "./stream_socket.ts";
import type { StreamTransport } from "./stream_transport.ts";
import { TlsTransport } from "./tls_transport.ts";

/** Opens a stream socket; `make` opens a transport without TLS. */
export function openStream(endpoint: Endpoint, host: SocketHost, make: () => StreamTransport): StreamSocket {
  return new StreamSocket(endpoint, host, endpoint.tls ? new TlsTransport(endpoint, host.tls, make) : make());
}
