/**
 * The machine of the program, on Deno.
 *
 * @module
 */

import { NetgraphError } from "../errors.ts";
import { hostAddressUsers } from "./host/address_users.ts";
import { systemClock } from "./host/clock_system.ts";
import { denoBackground } from "./deno/background.ts";
import { denoControl } from "./deno/control.ts";
import { denoPermissions, mayLoad, mayRun } from "./deno/permissions.ts";
import { denoService } from "./deno/service.ts";
import { hostRights } from "./host_rights.ts";
import { fetchDownloads } from "./host/fetch_downloads.ts";
import { nodeCommands } from "./host/node_commands.ts";
import { filesBy } from "./host/node_files.ts";
import { processWith, type WriteSome } from "./host/node_process.ts";
import { NodeStdio } from "./host/node_stdio.ts";
import { knownSystem } from "./posix/this_system.ts";
import type { Runtime } from "./runtime.ts";

/** One by one: Deno 2.9's `readdir` blocks the thread for 200 ms for a folder of 30,000 files. */
async function namesIn(path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(path)) names.push(name);
  return names;
}

/** `write()` of Deno's `node:fs` blocks the thread while a pipe is full. */
const writeSome: WriteSome = (stream, bytes) => Deno[stream].write(bytes);

/** The runtime on Deno. */
export const denoRuntime: Runtime = {
  host: { name: "deno", version: Deno.version.deno },
  clock: systemClock,
  files: filesBy(namesIn),
  commands: nodeCommands,
  downloads: fetchDownloads,
  process: processWith(writeSome),
  stdio: new NodeStdio(writeSome),
  control: denoControl,
  rights: hostRights({ permissions: denoPermissions, mayLoad, mayRun }),
  addresses: hostAddressUsers,
  service: denoService,
  background: denoBackground,
  socketRuntimes: ["deno", ...(knownSystem() === null ? [] : ["posix" as const]), "memory"],
  openSockets: async (name) => {
    if (name === "deno") return (await import("./deno/sockets.ts")).denoSockets(systemClock);
    if (name === "memory") {
      const { MemoryNetwork } = await import("./memory/network.ts");
      return new MemoryNetwork({ time: systemClock }).openSockets();
    }
    // Runtime posix is not opened here: it belongs to the thread of the graph.
    throw new NetgraphError("ENOSYS", `Cannot open runtime "${name}" on Deno: it offers "deno" and "memory"`);
  },
};
