/**
 * The node types as a socket runtime of this host has them, for those who check topologies and open nothing.
 *
 * @module
 */

import type { NodeType } from "../graph/node_type.ts";
import { describeBuiltinTypes } from "../nodes/builtin.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { RuntimeName } from "../socket/capability.ts";

/** The node types, given what a socket runtime can do. */
export async function describeTypes(
  runtime: Pick<Runtime, "openSockets">,
  name: RuntimeName,
): Promise<readonly NodeType[]> {
  const sockets = runtime.openSockets(name);
  try {
    return describeBuiltinTypes(sockets.capabilities);
  } finally {
    await sockets.close();
  }
}

/**
 * The socket runtime to use: the named one, else the host's default.
 *
 * @throws RangeError when the host has none at all
 */
export function socketRuntimeName(runtime: Pick<Runtime, "socketRuntimes">, named: RuntimeName | null): RuntimeName {
  const name = named ?? runtime.socketRuntimes[0];
  if (name === undefined) throw new RangeError("This host offers no socket runtime");
  return name;
}
