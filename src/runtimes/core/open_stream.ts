/**
 * Opening a stream socket on the transport of a runtime, with TLS where its protocol is `tls`.
 *
 * @module
 */

import type { Endpoint } from "../../socket/endpoint.ts";
import type { Via } from "../../socket/via.ts";
import { ViaTransport } from "./via_transport.ts";
import type { SocketHost } from "./socket_host.ts";
import { StreamSocket } from "./stream_socket.ts";
import type { StreamTransport } from "./stream_transport.ts";
import { TlsTransport } from "./tls_transport.ts";

/** Opens a stream socket; `plain` opens a transport without TLS, to the target or, with `via`, to a proxy. */
export function openStream(
  endpoint: Endpoint,
  { host, via = null }: { readonly host: SocketHost; readonly via?: Via | null | undefined },
  plain: () => StreamTransport,
): StreamSocket {
  const make = via === null ? plain : () => new ViaTransport({ via, make: plain, later: (call) => host.later(call) });
  return new StreamSocket(endpoint, host, endpoint.tls ? new TlsTransport(endpoint, host.tls, make) : make());
}
