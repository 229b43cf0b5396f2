/**
 * Connecting through a proxy: the proxy is dialled, and asked for the target, within one time limit. A failure names the
 * proxy, the target, and what the proxy replied.
 *
 * @module
 */

import { errorText, NetgraphError } from "../../../errors.ts";
import type { ConnectAddress } from "../../../socket/address.ts";
import { connectAddress } from "../../../socket/address_text.ts";
import type { Endpoint } from "../../../socket/endpoint.ts";
import type { Socket } from "../../../socket/socket.ts";
import { parseProxy, type Proxy, type Via } from "../../../socket/via.ts";
import type { KsocketConfig } from "../ksocket_config.ts";
import { discardingOwner } from "../socket_owners.ts";
import { Dial, type DialDone, type DialOptions } from "./dial.ts";

/** The proxy of a connect, and what it is asked for. */
export interface ProxyRoute {
  readonly proxy: Proxy;
  readonly via: Via;
  /** For messages. */
  readonly text: string;
}

/**
 * The proxy for an address; null if none is configured.
 *
 * @throws NetgraphError EOPNOTSUPP for an address that no proxy connects to
 */
export function proxyRoute({ via, viaCredentials }: KsocketConfig, to: ConnectAddress): ProxyRoute | null {
  if (via === undefined) return null;
  const proxy = parseProxy(via);
  if ("why" in proxy) throw new NetgraphError("EINVAL", `Invalid proxy: ${proxy.why}`);
  if (to.family !== "inet" && to.family !== "inet6" && to.family !== "name") {
    const text = connectAddress.format(to);
    throw new NetgraphError("EOPNOTSUPP", `Cannot connect to ${text} through ${via}: only to inet/ and inet6/`);
  }
  const host = to.family === "name" ? to.name : to.host;
  const credentials = viaCredentials ?? null;
  return { proxy, via: { protocol: proxy.protocol, host, port: to.port, credentials }, text: via };
}

/** Starts to connect through a proxy. */
export function dialThrough(
  { proxy, text }: ProxyRoute,
  { open, target, ...options }: Omit<DialOptions, "another" | "address"> & {
    readonly target: ConnectAddress;
    /** Opens a socket through the proxy. */
    open(endpoint: Endpoint): Socket;
  },
  done: DialDone,
): Dial {
  const { endpoint } = options.socket;
  const { family } = proxy.address;
  const socket = open(family === "inet" || family === "inet6" ? { ...endpoint, family } : endpoint);
  socket.owner = discardingOwner();
  const another = (one: Endpoint["family"]): Socket => open({ ...endpoint, family: one });
  return new Dial({ ...options, socket, address: proxy.address, advise: false, another }, (result) => {
    if (result !== socket) socket.abort();
    done(result instanceof NetgraphError ? describe(result, options.node.label, { target, text }) : result);
  });
}

function describe(
  error: NetgraphError,
  node: string,
  { target, text }: { readonly target: ConnectAddress; readonly text: string },
): NetgraphError {
  const { code, cause, subject } = error;
  const said = cause instanceof NetgraphError ? cause.message : "";
  const why = said.startsWith("the proxy") || code === "ETLS"
    ? said
    : code === "ETIMEDOUT"
    ? said
    : `the proxy cannot be reached: ${errorText(code)}`;
  const message = `Cannot connect "${node}" to ${connectAddress.format(target)} through ${text}: ${why}`;
  return new NetgraphError(code, message, { subject, cause: error });
}
