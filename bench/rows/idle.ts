/**
 * Row `idle`: the memory of an idle connection, in addition to that of the program without connections, before and after
 * it has carried data in both directions.
 *
 * A second figure is the memory of each further connection after the first thousand: the code and memory that a program
 * loads for its first connections would otherwise be divided among all of them.
 *
 * @module
 */

import { setTimeout as after } from "node:timers/promises";
import { Unavailable } from "../children.ts";
import type { Measured, Row, Subject } from "../row.ts";

const CONNECTIONS = 5_000;
/** After this number of connections, the memory of each further one is constant. */
const FIRST = 1_000;
/** The number of connections that are opened at the same time. */
const BATCH = 50;
/** The bytes that each connection carries in both directions before it is idle. */
const BURST_BYTES = 512 * 1024;
const SETTLE_MS = 500;

/** Memory of idle connections. */
export const idle: Row = {
  name: "idle",
  title: `Memory of ${CONNECTIONS} idle relayed connections over the empty program, each`,
  unit: "KiB",
  asideUnits: ["KiB each further", "KiB after 512 KiB"],
  cpu: null,
  transport: "tcp",
  lessIsBetter: true,
  direct: false,
  once: true,
  open() {
    const server = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
    void serve(server); // Until the benchmark ends.
    return Promise.resolve({ target: server.addr.port, measure });
  },
};

async function measure(port: number, { child, quick }: Subject): Promise<Measured> {
  if (child === null) throw new Unavailable("there is no process to measure");
  const { pid } = child;
  await warm(port);
  const clients: Deno.Conn[] = [];
  try {
    const empty = await residentKib(pid);
    const some = await residentWith(FIRST);
    const all = await residentWith(CONNECTIONS);
    const value = (all - empty) / CONNECTIONS;
    const further = (all - some) / (CONNECTIONS - FIRST);
    if (quick) return { value, asides: [further] };
    for (const client of clients) await burst(client);
    const burstAll = await residentWith(CONNECTIONS);
    return { value, asides: [further, (burstAll - empty) / CONNECTIONS] };
  } finally {
    for (const client of clients) client.close();
  }

  async function residentWith(connections: number): Promise<number> {
    while (clients.length < connections) clients.push(...await Promise.all(Array.from({ length: BATCH }, open)));
    await after(SETTLE_MS);
    return await residentKib(pid);
  }

  /** A connection that has reached the server: one byte was echoed. */
  async function open(): Promise<Deno.Conn> {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(new Uint8Array(1));
    await client.read(new Uint8Array(1));
    return client;
  }
}

/** The code that the first connection loads belongs to the program, not to the connection. */
async function warm(port: number): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await burst(client);
    client.close();
  }
  await after(SETTLE_MS);
}

async function burst(client: Deno.Conn): Promise<void> {
  const writing = writeAll(client, new Uint8Array(BURST_BYTES));
  const buffer = new Uint8Array(64 * 1024);
  for (let left = BURST_BYTES; left > 0;) {
    const count = await client.read(buffer);
    if (count === null) throw new Error(`${left} octets did not come back`);
    left -= count;
  }
  await writing;
}

async function serve(server: Deno.TcpListener): Promise<void> {
  // A relay that ends resets its connections.
  for await (const conn of server) echo(conn).catch(() => conn.close());
}

async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return conn.close();
    await writeAll(conn, buffer.subarray(0, count));
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

async function residentKib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? NaN);
}
