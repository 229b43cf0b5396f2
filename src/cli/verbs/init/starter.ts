/**
 * The example topology of `init`: an echo server whose comments explain the file format.
 *
 * @module
 */

import { AsciiError } from "../../../ascii/error.ts";
import { parseScopeName } from "../../../graph/data/name.ts";

/** The default file name of `init`. */
const DEFAULT_FILE = "topology.yaml";

/** A file to be written, and the topology in it. */
export interface Starter {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/**
 * The starter for the argument: a file, or a topology whose file is `NAME.yaml`.
 *
 * @param word null if nothing was named
 * @returns what is wrong with the name
 */
export function starterFor(word: string | null): Starter | { readonly problem: string } {
  const given = word ?? DEFAULT_FILE;
  const file = /\.ya?ml$/i.test(given) ? given : `${given}.yaml`;
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.ya?ml$/i, "");
  try {
    parseScopeName(name);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    return { problem: `Cannot use "${given}": expected a name (a-z, 0-9, -) or a file that ends in .yaml` };
  }
  return { file, name, text: starterText(name) };
}

function starterText(name: string): string {
  return `name: ${name}
description: Sends its input back

nodes:
  # A node has hooks, which join it to other nodes. A ksocket is a socket with one hook, whose name selects the kind of
  # socket (inet6/stream/tcp, inet/dgram/udp, local/stream/0). "sockgraph types" lists all node types, and
  # "sockgraph types ksocket" all messages of a ksocket.
  server:
    type: ksocket
    hook: inet/stream/tcp
    messages: # sent in this order, once the hook is connected
      - bind: inet/127.0.0.1:\${PORT:-7007} # the environment variable PORT, or 7007
      - listen: 128
      - accept: { peer: echo } # each connection is joined to the node "echo"
      # Instead, to forward each connection to another server (a host name is resolved for each connection):
      # - accept: { connect: "inet/localhost:8080", max: 500 }
      - getname # reads the address, for "sockgraph status" and other nodes
  echo:
    type: echo

# Links join the hooks of two nodes. Write NODE:HOOK, or only NODE if its type selects the hook:
# links:
#   - [server, tap:left]
`;
}
