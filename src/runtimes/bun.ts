/**
 * The machine of the program, on Bun.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { bunBackground } from "./bun/background.ts";
import { bunControl } from "./bun/control.ts";
import { bunService } from "./bun/service.ts";
import { bunGlobal } from "./bun/types.ts";
import { hostAddressUsers } from "./host/address_users.ts";
import { systemClock } from "./host/clock_system.ts";
import { hostRights } from "./host_rights.ts";
import { fetchDownloads } from "./host/fetch_downloads.ts";
import { nodeCommands } from "./host/node_commands.ts";
import { nodeFiles } from "./host/node_files.ts";
import { nodeProcess, nodeWriteSome } from "./host/node_process.ts";
import { NodeStdio } from "./host/node_stdio.ts";
import { knownSystem } from "./posix/this_system.ts";
import type { Runtime } from "./runtime.ts";

/** The runtime on Bun. */
export const bunRuntime: Runtime = {
  host: { name: "bun", version: bunGlobal().version },
  clock: systemClock,
  files: nodeFiles,
  commands: nodeCommands,
  downloads: fetchDownloads,
  process: nodeProcess,
  stdio: new NodeStdio(nodeWriteSome),
  control: bunControl,
  rights: hostRights({ permissions: () => null, mayLoad: () => true, mayRun: () => true }),
  addresses: hostAddressUsers,
  service: bunService,
  background: bunBackground,
  socketRuntimes: ["bun", ...(knownSystem() === null ? [] : ["posix" as const]), "memory"],
  openSockets: async (name) => {
    if (name === "bun") return (await import("./bun/sockets.ts")).bunSockets(systemClock);
    if (name === "memory") {
      const { MemoryNetwork } = await import("./memory/network.ts");
      return new MemoryNetwork({ time: systemClock }).openSockets();
    }
    // Runtime posix is not opened here: it belongs to the thread of the graph.
    throw new NetgraphError("ENOSYS", `Cannot open runtime "${name}" on Bun: it offers "bun" and "memory"`);
  },
};
