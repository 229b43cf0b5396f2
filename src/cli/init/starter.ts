/**
 * A first topology to change: an echo server that says in comments what there is to know.
 *
 * @module
 */

import { AsciiError } from "../../ascii/error.ts";
import { parseScopeName } from "../../graph/name.ts";

/** What `init` calls a file that nobody named. */
const DEFAULT_FILE = "topology.yaml";

/** A file to be written, and the topology in it. */
export interface Starter {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/**
 * The starter for what a person named: a file, or a topology whose file is `NAME.yaml`.
 *
 * @param word null where nothing was named
 * @returns what is wrong with the name
 */
export function starterFor(word: string | null): Starter | { readonly problem: string } {
  const given = word ?? DEFAULT_FILE;
  const file = /\.ya?ml$/.test(given) ? given : `${given}.yaml`;
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.ya?ml$/, "");
  try {
    parseScopeName(name);
  } catch (error) {
    if (!(error instanceof AsciiError)) throw error;
    return { problem: `Cannot name a topology "${name}": use up to 63 of a-z, 0-9 and -` };
  }
  return { file, name, text: starterText(name) };
}

function starterText(name: string): string {
  return `name: ${name}
description: Sends back what comes in

nodes:
  # A node is a part with hooks. A ksocket is a socket: the name of its one hook says which (inet6/stream/tcp,
  # inet/dgram/udp, local/stream/0). "sockgraph types" lists the other types, "sockgraph types ksocket" all messages.
  server:
    type: ksocket
    hook: inet/stream/tcp
    messages: # sent in this order, once the hook is connected
      - bind: inet/127.0.0.1:\${PORT:-7007} # the variable PORT of whoever applies this, or 7007
      - listen: 128
      - accept: { peer: echo } # each connection is joined to the node "echo"
      # In place of it, a connection of its own for each: a forward. A name is looked up every time.
      # - accept: { connect: "inet/localhost:8080", max: 500 }
      - getname # asks for the address, so that "sockgraph status" and other nodes know it
  echo:
    type: echo

# Nodes that stand between others are joined by links, NODE:HOOK or NODE alone where it has one obvious hook:
# links:
#   - [server, tap:left]
`;
}
