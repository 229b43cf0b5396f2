/**
 * A listener whose address other threads bind too.
 *
 * The engine sets SO_REUSEPORT, not the topology: it is set when the listener has its address, so that binding still
 * fails if another program has the address, and reset when the listener is alone again.
 *
 * Deno and Bun set it only before a socket listens. There, every listener of a graph in several threads has it, and a
 * temporary socket without the option first binds the address, to check that no other program has it.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import type { Graph } from "../../../graph/core/graph.ts";
import type { Node } from "../../../graph/core/node.ts";
import type { Share } from "../../../graph/data/share.ts";
import { parseEndpoint } from "../../../socket/endpoint.ts";
import { optionKey, type SocketOption, sockopt } from "../../../socket/option.ts";
import type { Socket, SocketRuntime } from "../../../socket/socket.ts";

const SHARE: SocketOption = parseText(sockopt, "{ SO_REUSEPORT=1 }");
const ALONE: SocketOption = parseText(sockopt, "{ SO_REUSEPORT=0 }");

/** Allows the other parts of a listener to bind its address, or no longer allows it. */
export function shareAddress(node: Node, socket: Socket, { of }: Share): void {
  if (of > 1) return socket.setOption(SHARE);
  if (!isDeclared(node)) socket.setOption(ALONE);
}

/**
 * Allows the other parts of a listener to bind its address later, if that must be set before it listens.
 *
 * @throws NetgraphError EADDRINUSE if another socket has the address
 */
export function prepareToShare(
  { node, graph, runtime }: { readonly node: Node; readonly graph: Graph; readonly runtime: SocketRuntime },
  socket: Socket,
): void {
  const { endpoint, local } = socket;
  const isShared = graph.share.of > 1 && runtime.capabilities.sharesBeforeListening === true;
  if (!isShared || endpoint.family === "local" || isDeclared(node)) return;
  if (graph.share.part === 0 && local !== null && "port" in local && local.port !== 0) {
    // Without TLS, which it would have to be configured for: it accepts nothing.
    const probe = runtime.open(parseEndpoint(`${endpoint.family}/stream/tcp`));
    try {
      probe.bind(local);
      probe.listen(1);
    } finally {
      probe.abort();
    }
  }
  socket.setOption(SHARE);
}

/** True if the topology itself sets whether the address is shared. */
function isDeclared(node: Node): boolean {
  return node.log.entries().some(({ command, keys }) => {
    return command === "setopt" && keys?.includes(optionKey(SHARE)) === true;
  });
}
