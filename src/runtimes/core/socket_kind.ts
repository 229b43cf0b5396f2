/**
 * Rejects sockets that a runtime does not have.
 *
 * @module
 */

import { NetgraphError } from "../../errors.ts";
import { type Capabilities, featureSupport, type SocketKind } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint } from "../../socket/endpoint.ts";
import { socketKind } from "../../socket/kind.ts";

/**
 * Rejects an endpoint that a runtime cannot open.
 *
 * @throws NetgraphError EAFNOSUPPORT, EPROTOTYPE or EPROTONOSUPPORT, for the first part that is wrong
 */
export function requireOpenable(endpoint: Endpoint, capabilities: Capabilities): SocketKind {
  const kind = socketKind(endpoint);
  const lacksTls = endpoint.tls && featureSupport(capabilities, kind, "tls") === "no";
  if (!lacksTls && featureSupport(capabilities, kind, "open") !== "no") return kind;
  const message = `Cannot open "${formatEndpoint(endpoint)}" on runtime "${capabilities.runtime}"`;
  const { family, type, tls } = endpoint;
  if (family !== "inet" && family !== "inet6" && family !== "local") {
    throw new NetgraphError("EAFNOSUPPORT", `${message}: address family is not supported, ${ADVICE}`);
  }
  if (type !== "stream" && type !== "dgram") {
    throw new NetgraphError("EPROTOTYPE", `${message}: socket type "${type}" is not supported, ${ADVICE}`);
  }
  const advice = tls ? "wanted protocol tcp" : ADVICE;
  throw new NetgraphError("EPROTONOSUPPORT", `${message}: protocol is not supported, ${advice}`);
}

const ADVICE = 'runtime "posix" passes it to the system';
