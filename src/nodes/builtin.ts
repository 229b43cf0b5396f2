/**
 * All types of node, in the order of listings.
 *
 * @module
 */

import type { NodeType } from "../graph/core/node_type.ts";
import type { Capabilities } from "../socket/capability.ts";
import type { SocketRuntime } from "../socket/socket.ts";
import type { StandardIo } from "../socket/standard_io.ts";
import { bridgeType } from "./bridge.ts";
import { echoType } from "./echo.ts";
import { execType } from "./exec/exec.ts";
import { fileType } from "./file/file.ts";
import { frameType } from "./frame.ts";
import { holeType } from "./hole.ts";
import { hubType } from "./hub.ts";
import { describeKsocket, ksocketType } from "./ksocket/ksocket.ts";
import { one2manyType } from "./one2many.ts";
import { patchType } from "./patch.ts";
import { pipeType } from "./pipe.ts";
import { describePool, poolType } from "./pool/pool.ts";
import { socketType } from "./socket.ts";
import { splitType } from "./split.ts";
import { stdioType } from "./stdio.ts";
import { teeType } from "./tee.ts";

/**
 * The types of node, with sockets of `runtime`; without `stdio` there is no standard input and output.
 *
 * @example
 * ```ts
 * import { builtinTypes, MemoryNetwork } from "@sockgraph/sockgraph";
 *
 * const types = builtinTypes(new MemoryNetwork().openSockets());
 * console.log(types[0]?.name); // ksocket
 * ```
 */
export function builtinTypes(runtime: SocketRuntime, stdio: StandardIo | null = null): readonly NodeType[] {
  const exec = execType(runtime.capabilities, runtime.programs ?? null);
  const file = fileType(runtime.capabilities, runtime.files ?? null);
  return [ksocketType(runtime), poolType(runtime), ...PLAIN_TYPES, stdioType(stdio), exec, file];
}

/**
 * The types of node as facts, for checks of topologies for a runtime without opening anything.
 *
 * @example
 * ```ts
 * import { describeBuiltinTypes, MemoryNetwork } from "@sockgraph/sockgraph";
 *
 * const { capabilities } = new MemoryNetwork().openSockets();
 * console.log(describeBuiltinTypes(capabilities).some(({ name }) => name === "tee")); // true
 * ```
 */
export function describeBuiltinTypes(capabilities: Capabilities): readonly NodeType[] {
  const exec = execType(capabilities, null);
  const file = fileType(capabilities, null);
  return [describeKsocket(capabilities), describePool(), ...PLAIN_TYPES, stdioType(null), exec, file];
}

/** The node types that need nothing of a host, including the program's own end. */
export const PLAIN_TYPES: readonly NodeType[] = [
  socketType,
  echoType,
  hubType,
  holeType,
  teeType,
  one2manyType,
  splitType,
  frameType,
  pipeType,
  patchType,
  bridgeType,
];
