/**
 * The bare loop on Deno, with which the graph is compared.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type Contender, STREAM_ROWS } from "../contender.ts";

/** `bare_loop.ts` in a process of its own. */
export const bare: Contender = {
  name: "bare Deno loop",
  role: "bare",
  rows: [...STREAM_ROWS, "datagrams"],
  quickRows: [],
  start({ children, transport, port, target }) {
    const program = fileURLToPath(new URL("../bare_loop.ts", import.meta.url));
    const flags = ["--no-prompt", "--allow-net", "--unstable-net"];
    return children.start([Deno.execPath(), "run", ...flags, program, transport, String(port), String(target)]);
  },
};
