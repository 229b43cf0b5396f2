/**
 * The thread of a graph over runtime `bun`.
 *
 * @module
 */

import { bunSockets } from "../../runtimes/bun/sockets.ts";
import { systemClock } from "../../runtimes/host/clock_system.ts";
import { serveGraph } from "./host_thread.ts";

serveGraph(bunSockets(systemClock));
