/**
 * Ports on loopback: free ones, and whether one is bound. Read from the system's own tables, so that looking
 * is no connection.
 *
 * @module
 */

import { setTimeout as after } from "node:timers/promises";
import { type Child, Unavailable } from "./children.ts";

/** What a relay relays. */
export type Transport = "tcp" | "udp";

const START_MS = 15_000;

/** Ports that were given out: the system may offer one again before it is bound. */
const given = new Set<number>();

/** A port that is not bound. */
export function freePort(transport: Transport): number {
  for (;;) {
    const place = { hostname: "127.0.0.1", port: 0 };
    const socket = transport === "tcp" ? Deno.listen(place) : Deno.listenDatagram({ transport: "udp", ...place });
    const { port } = netAddress(socket.addr);
    socket.close();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/**
 * Waits until a program has bound its port.
 *
 * @throws Unavailable when it ends before, or takes too long
 */
export async function untilBound(transport: Transport, port: number, child: Child): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!await isBound(transport, port)) {
    const why = child.ended();
    if (why !== null) throw new Unavailable(why);
    if (performance.now() > deadline) throw new Unavailable(`nothing listened on port ${port} in time`);
    await after(20);
  }
}

/** The state of a socket in the system's tables: a TCP listener, an unconnected UDP socket. */
const STATES = { tcp: "0A", udp: "07" } as const;

async function isBound(transport: Transport, port: number): Promise<boolean> {
  const table = await Deno.readTextFile(`/proc/net/${transport}`);
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").some((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return local.endsWith(end) && state === STATES[transport];
  });
}

function netAddress(address: Deno.Addr): Deno.NetAddr {
  if (address.transport === "tcp" || address.transport === "udp") return address;
  throw new TypeError("A network socket has no network address");
}
