/**
 * The node types for a socket runtime of this host, for checks of topologies without opening anything.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import { describeBuiltinTypes } from "../nodes/builtin.ts";
import { BUN_CAPABILITIES } from "../runtimes/bun/capabilities.ts";
import { DENO_CAPABILITIES } from "../runtimes/deno/capabilities.ts";
import { POSIX_CAPABILITIES } from "../runtimes/posix/capabilities.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { Capabilities, RuntimeName } from "../socket/capability.ts";

/** The capabilities of a socket runtime of this host. */
export async function capabilitiesOf(
  runtime: Pick<Runtime, "openSockets">,
  name: RuntimeName,
): Promise<Capabilities> {
  // It opens in the graph's own thread only, and needs a permission there.
  if (name === "posix") return POSIX_CAPABILITIES;
  // That of the other host, if its engine is asked.
  if (name === "deno") return DENO_CAPABILITIES;
  if (name === "bun") return BUN_CAPABILITIES;
  const sockets = await runtime.openSockets(name);
  await sockets.close();
  return sockets.capabilities;
}

/** The node types, for the capabilities of a socket runtime. */
export async function describeTypes(
  runtime: Pick<Runtime, "openSockets">,
  name: RuntimeName,
): Promise<readonly NodeType[]> {
  return describeBuiltinTypes(await capabilitiesOf(runtime, name));
}

/** True if a graph can be in several threads: they share the addresses of listeners, which only Linux distributes. */
export function hasThreads({ host, rights }: Pick<Runtime, "host" | "rights">, name: RuntimeName): boolean {
  return name === "posix" || (name === host.name && rights.system.startsWith("linux "));
}

/**
 * The socket runtime to use: the named one, otherwise the host's default. A simulation must be requested by name.
 *
 * @throws NetgraphError ENOSYS if the host has none
 */
export function socketRuntimeName(
  runtime: Pick<Runtime, "socketRuntimes" | "host">,
  named: RuntimeName | null,
): RuntimeName {
  const name = named ?? runtime.socketRuntimes.find((one) => one !== "memory");
  if (name !== undefined) return name;
  throw new NetgraphError("ENOSYS", `There are no sockets on ${runtime.host.name} yet: run it on Deno`);
}
