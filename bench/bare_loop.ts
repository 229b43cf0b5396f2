/**
 * The smallest relay with Deno's API: `deno run --allow-net --unstable-net bare_loop.ts tcp|udp PORT TARGET`. It
 * has no limits, no time-outs and no names. The graph is compared with it.
 *
 * @module
 */

const BUFFER_BYTES = 256 * 1024;

if (import.meta.main) {
  const [transport, port, target] = Deno.args;
  const relay = transport === "udp" ? relayDatagrams : relayConnections;
  await relay(Number(port), Number(target));
}

async function relayConnections(port: number, target: number): Promise<void> {
  for await (const client of Deno.listen({ hostname: "127.0.0.1", port, tcpBacklog: 4096 })) {
    relayConnection(client, target).catch(() => client.close());
  }
}

async function relayConnection(client: Deno.TcpConn, target: number): Promise<void> {
  const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
  client.setNoDelay();
  server.setNoDelay();
  await Promise.allSettled([pump(client, server), pump(server, client)]);
  client.close();
  server.close();
}

async function pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) return await to.closeWrite();
    for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
  }
}

async function relayDatagrams(port: number, target: number): Promise<void> {
  const to = { transport: "udp", hostname: "127.0.0.1", port: target } as const;
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
  const out = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const [bytes] = await socket.receive(buffer);
    await out.send(bytes, to);
  }
}
