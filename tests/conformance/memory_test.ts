/**
 * The conformance suite over the runtime `memory`.
 *
 * @module
 */

import { MEMORY_CAPABILITIES } from "../../src/runtimes/memory/capabilities.ts";
import { MemoryNetwork } from "../../src/runtimes/memory/network.ts";
import { testSocketRuntime } from "./socket_runtime.ts";

let network = new MemoryNetwork();

testSocketRuntime({
  name: "memory",
  capabilities: MEMORY_CAPABILITIES,
  skip: null,
  open: () => {
    network = new MemoryNetwork();
    return network.openSockets();
  },
  folder: () => ({ path: "/memory", remove: () => {} }),
  removePath: (path) => network.removePath(path),
});
