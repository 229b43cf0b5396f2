/**
 * The thread of a graph over runtime `deno`.
 *
 * @module
 */

import { denoSockets } from "../../runtimes/deno/sockets.ts";
import { systemClock } from "../../runtimes/host/clock_system.ts";
import { serveGraph } from "./host_thread.ts";

serveGraph(denoSockets(systemClock));
