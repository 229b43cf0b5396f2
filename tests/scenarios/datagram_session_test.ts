/**
 * topologies/udp-forward.yaml at work: each client of UDP has a session of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { on, once } from "node:events";
import type { Engine } from "../../src/engine/engine.ts";
import type { NodeStatus } from "../../src/reconcile/status/status_types.ts";
import { hostTurn } from "../../src/runtimes/posix/turn.ts";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { startDnsmasq } from "../support/peers.ts";
import { freePort, launch, run, textFrom } from "../support/process.ts";
import { scenario } from "./world.ts";

const socat = peer("socat");
const logger = peer("logger");
const dig = peer("dig");
const dnsmasq = peer("dnsmasq");

scenario(
  "topologies/udp-forward.yaml brings two digs at once their answers from a real dnsmasq",
  { peers: [dig, dnsmasq], timeoutMs: 30_000 },
  (withTopology) =>
    withFolder(async (folder) => {
      const records = ["--address=/one.test/192.0.2.1", "--address=/two.test/192.0.2.2"];
      await using server = await startDnsmasq(dnsmasq.path ?? "", folder, records);
      await withTopology("udp-forward", { TARGET: `127.0.0.1:${server.port}` }, async ({ port, engine }) => {
        const at = String(await port("front"));
        const ask = (name: string) => textFrom(dig.path ?? "", ["@127.0.0.1", "-p", at, "+short", "+tries=1", name]);
        const answers = await Promise.all([ask("one.test"), ask("two.test")]);
        assert.deepEqual(answers, ["192.0.2.1\n", "192.0.2.2\n"]);
        assert.deepEqual(await counts(engine), { active: 2, total: 2 });
      });
    }),
);

scenario(
  "topologies/udp-forward.yaml gives each of several socats its own answers",
  { peers: [socat], timeoutMs: 30_000 },
  async (withTopology) => {
    await using server = await answering("re:");
    await withTopology("udp-forward", { TARGET: `127.0.0.1:${server.port}` }, async ({ address, engine }) => {
      const at = `UDP:${await address("front")}`;
      const names = ["one", "two", "three", "four"];
      const clients = names.map((name) => ({ name, process: launch(socat.path ?? "", ["-", at]) }));
      for (const { name, process } of clients) process.write(`${name}\n`);
      for (const { name, process } of clients) assert.equal(await process.until(/\n/), `re:${name}\n`);
      assert.equal((await counts(engine))?.active, 4);
      for (const { process } of clients) await process.stop();
    });
  },
);

scenario(
  "topologies/udp-forward.yaml takes syslog from logger",
  { peers: [socat, logger], timeoutMs: 30_000 },
  async (withTopology) => {
    const port = await freePort();
    await using receiver = launch(socat.path ?? "", ["-dd", "-u", `UDP-RECV:${port},bind=127.0.0.1`, "STDOUT"]);
    await receiver.until(/starting data transfer loop/);
    await withTopology("udp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf }) => {
      const flags = ["--server", "127.0.0.1", "--port", String(await portOf("front")), "--udp", "--tag", "probe"];
      await run(logger.path ?? "", [...flags, "hello"]);
      await receiver.until(/probe.* hello/);
    });
  },
);

scenario("udp-forward leaves running sessions where they began when its target changes", {}, async (withTopology) => {
  await using old = await answering("old:");
  await using young = await answering("new:");
  await withTopology("udp-forward", { TARGET: `127.0.0.1:${old.port}` }, async ({ port, engine, apply }) => {
    const at = await port("front");
    await using first = await Client.open();
    assert.equal(await first.ask(at, "a"), "old:a");
    const { result } = await apply({ env: { TARGET: `127.0.0.1:${young.port}`, PORT: "0" } });
    assert.equal(result, "applied");
    await using second = await Client.open();
    assert.equal(await second.ask(await port("front"), "b"), "new:b");
    assert.equal(await first.ask(at, "c"), "old:c");
    assert.deepEqual((await statusOf(engine, "front"))?.connections?.byGeneration, { 1: 1, 2: 1 });
  });
});

scenario("udp-forward goes on when its server was away", {}, async (withTopology) => {
  const port = await freePort();
  await withTopology("udp-forward", { TARGET: `127.0.0.1:${port}` }, async ({ port: portOf, engine }) => {
    const at = await portOf("front");
    await using early = await Client.open();
    early.send(at, "this is not received");
    early.send(at, "nor this");
    while ((await counts(engine))?.active !== 1) await hostTurn();
    await using _server = await answering("re:", port);
    await using late = await Client.open();
    assert.equal(await late.ask(at, "late"), "re:late");
    early.send(at, "early");
    // What it sent before may have waited in the engine until the server was there.
    await early.until("re:early");
    const front = await statusOf(engine, "front");
    assert.deepEqual([front?.state, front?.reasons], ["ready", {}]);
    assert.deepEqual(await counts(engine), { active: 2, total: 2 });
  });
});

scenario("udp-forward serves a thousand clients", { timeoutMs: 60_000 }, async (withTopology) => {
  await using server = await answering("re:");
  await withTopology("udp-forward", { TARGET: `127.0.0.1:${server.port}` }, async ({ port, engine }) => {
    const at = await port("front");
    await using stack = new AsyncDisposableStack();
    // In portions, as the system's buffers take them.
    for (let count = 0; count < 1000; count += 50) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => Client.open()));
      for (const client of clients) stack.use(client);
      const answers = await Promise.all(clients.map((client, index) => client.ask(at, `${count + index}`)));
      assert.deepEqual(answers, clients.map((_, index) => `re:${count + index}`));
    }
    assert.deepEqual(await counts(engine), { active: 1000, total: 1000 });
  });
});

scenario("sessions live on inet6, by a template that others share nothing of", {}, async (withTopology) => {
  const text = `
name: udp-forward
nodes:
  front:
    type: ksocket
    hook: inet6/dgram/udp
    messages: [{ bind: "inet6/[::1]:0" }, { accept: { template: back, replies: 1 } }, getname]
templates:
  back:
    entry: pass:left
    nodes: { pass: { type: tee }, echo: { type: echo } }
    links: [[pass:right, echo]]
`;
  await withTopology("udp-forward", {}, async ({ apply, port, engine }) => {
    assert.equal((await apply({ text })).result, "applied");
    const at = await port("front");
    await using one = await Client.open("::1");
    await using other = await Client.open("::1");
    assert.deepEqual(await Promise.all([one.ask(at, "one"), other.ask(at, "other")]), ["one", "other"]);
    assert.equal(await one.ask(at, "again"), "again");
    assert.deepEqual(await counts(engine), { active: 0, total: 3 });
  });
});

async function counts(engine: Engine): Promise<{ active: number; total: number } | null> {
  const connections = (await statusOf(engine, "front"))?.connections ?? null;
  return connections === null ? null : { active: connections.active, total: connections.total };
}

async function statusOf(engine: Engine, name: string): Promise<NodeStatus | undefined> {
  const [status] = (await engine.status()).topologies;
  return status?.nodes.find((node) => node.name === name);
}

/** A client with a port of its own. */
class Client {
  readonly #socket: Socket;
  readonly #host: string;

  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
  }

  static async open(host = "127.0.0.1"): Promise<Client> {
    return new Client(await openSocket(0, host), host);
  }

  send(port: number, text: string): void {
    this.#socket.send(text, port, this.#host);
  }

  async ask(port: number, text: string): Promise<string> {
    const answer = once(this.#socket, "message");
    this.send(port, text);
    const [octets] = await answer;
    return String(octets);
  }

  /** Waits for an answer, whatever comes before it. */
  async until(answer: string): Promise<void> {
    for await (const [octets] of on(this.#socket, "message")) if (String(octets) === answer) return;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((done) => this.#socket.close(done));
  }
}

/** A server that answers each datagram with `name` before it. */
async function answering(
  name: string,
  port = 0,
  host = "127.0.0.1",
): Promise<AsyncDisposable & { readonly port: number }> {
  const socket = await openSocket(port, host);
  socket.on("message", (octets, { port, address }) => socket.send(`${name}${octets}`, port, address));
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => socket.close(() => done())),
  };
}

async function openSocket(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = createSocket(host === "::1" ? "udp6" : "udp4");
  const bound = once(socket, "listening");
  socket.bind(port, host);
  await bound;
  return socket;
}

scenario("topologies/port-range.yaml has a listener for each port of its range", {}, async (withTopology) => {
  // The ports of the range are those of the target too.
  await using server = await answering("re:", 0, "127.0.0.2");
  const env = { PORTS: `${server.port}-${server.port}`, TARGET: "127.0.0.2" };
  await withTopology("port-range", env, async ({ port }) => {
    assert.equal(await port(`game-${server.port}`), server.port);
    const client = createSocket("udp4");
    try {
      client.send("ping", server.port, "127.0.0.1");
      const [bytes] = await once(client, "message");
      assert.equal(String(bytes), "re:ping");
    } finally {
      client.close();
    }
  });
});
