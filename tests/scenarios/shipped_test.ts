import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { peer } from "../harness.ts";
import { withFolder } from "../support/folder.ts";
import { startNginx, startRedis } from "../support/peers.ts";
import { freePort, launch, run, textFrom } from "../support/process.ts";
import { scenario } from "./world.ts";

const socat = peer("socat");
const curl = peer("curl");
const nginx = peer("nginx");
const redis = peer("redis-server");
const redisBenchmark = peer("redis-benchmark");

scenario("topologies/echo.yaml returns 32 MiB whole, with half-close", { peers: [socat] }, async (withTopology) => {
  await withTopology("echo", {}, async ({ address, engine }) => {
    const input = pattern(32 * 1024 * 1024);
    const { stdout } = await run(socat.path ?? "", ["-t30", "-", `TCP:${await address("server")}`], { input });
    assert.equal(stdout.length, input.length);
    assert.equal(digest(stdout), digest(input));
    const [status] = (await engine.status()).topologies;
    const server = status?.nodes.find((node) => node.name === "server");
    assert.deepEqual([server?.connections?.active, server?.connections?.total], [0, 1]);
  });
});

scenario(
  "topologies/tcp-forward.yaml carries HTTP to a real nginx, by name",
  { peers: [curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      await withTopology("tcp-forward", { TARGET: `localhost:${server.port}` }, async ({ address }) => {
        const url = `http://${await address("front")}/`;
        assert.equal(await textFrom(curl.path ?? "", ["-sS", url]), "hello from nginx\n");
        // Two requests on one connection: it is not closed under the client.
        assert.equal(await textFrom(curl.path ?? "", ["-sS", url, url]), "hello from nginx\n".repeat(2));
      });
    });
  },
);

scenario(
  "topologies/tcp-forward.yaml carries redis-benchmark to a real redis-server",
  { peers: [redis, redisBenchmark], timeoutMs: 60_000 },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startRedis(redis.path ?? "", folder);
      await withTopology("tcp-forward", { TARGET: `127.0.0.1:${server.port}` }, async ({ port, engine }) => {
        const flags = ["-p", String(await port("front")), "-n", "2000", "-c", "20", "-t", "set,get,lpush", "--csv"];
        const csv = await textFrom(redisBenchmark.path ?? "", flags);
        for (const name of ["SET", "GET", "LPUSH"]) assert.match(csv, new RegExp(`^"${name}","[0-9.]+"`, "m"));
        const [status] = (await engine.status()).topologies;
        const front = status?.nodes.find((node) => node.name === "front");
        assert.ok((front?.connections?.total ?? 0) >= 60);
        assert.equal(front?.connections?.refused, 0);
      });
    });
  },
);

scenario(
  "topologies/tcp-pool.yaml serves every client while real nginx are killed and come back",
  { peers: [curl, nginx], timeoutMs: 90_000 },
  async (withTopology) => {
    await withFolder(async (folder) => {
      const places = ["one", "two"].map((name) => join(folder, name));
      await Promise.all(places.map((place) => mkdir(place)));
      const [first = "", second = ""] = places;
      const one = await startNginx(nginx.path ?? "", first);
      await using two = await startNginx(nginx.path ?? "", second);
      const env = { ONE: `127.0.0.1:${one.port}`, TWO: `127.0.0.1:${two.port}`, SPARE: "127.0.0.1:1" };
      await withTopology("tcp-pool", env, async ({ address, engine }) => {
        const url = `http://${await address("front")}/`;
        const ask = async (count: number) => {
          // Each in a connection of its own, as HTTP/1.0 has it.
          const flags = ["-sS", "-0", ...Array.from({ length: count }, () => url)];
          assert.equal(await textFrom(curl.path ?? "", flags), "hello from nginx\n".repeat(count));
        };
        const pool = async () => {
          const [status] = (await engine.status()).topologies;
          return status?.nodes.find(({ name }) => name === "servers");
        };
        const until = async (fault: string | undefined) => {
          while ((await pool())?.faults[0]?.reason !== fault) await ask(1);
        };
        await ask(20);
        const totals = ((await pool())?.targets ?? []).map(({ total }) => total);
        assert.deepEqual(totals.slice(2), [0], "the backup is not used");
        assert.ok(totals.slice(0, 2).every((total) => total > 0), String(totals));
        await one[Symbol.asyncDispose]();
        await ask(20);
        await until("TargetsDown");
        await using _again = await startNginx(nginx.path ?? "", first, { port: one.port });
        await until(undefined);
        await ask(20);
      });
    });
  },
);

scenario("topologies/udp-echo.yaml answers the sender of each datagram", { peers: [socat] }, async (withTopology) => {
  await withTopology("udp-echo", {}, async ({ address }) => {
    const at = `UDP:${await address("server")}`;
    await using one = launch(socat.path ?? "", ["-", at]);
    await using other = launch(socat.path ?? "", ["-", at]);
    one.write("from one\n");
    other.write("from the other\n");
    assert.equal(await one.until(/\n/), "from one\n");
    assert.equal(await other.until(/\n/), "from the other\n");
  });
});

scenario("topologies/udp-mirror.yaml sends on, and copies", { peers: [socat] }, async (withTopology) => {
  const [main, copy] = [await freePort(), await freePort()];
  const receive = (port: number) =>
    launch(socat.path ?? "", ["-dd", "-u", `UDP-RECV:${port},bind=127.0.0.1`, "STDOUT"]);
  await using first = receive(main);
  await using second = receive(copy);
  await Promise.all([first, second].map((one) => one.until(/starting data transfer loop/)));
  await withTopology("udp-mirror", { MAIN: `127.0.0.1:${main}`, COPY: `127.0.0.1:${copy}` }, async ({ address }) => {
    await run(socat.path ?? "", ["-u", "-", `UDP-SENDTO:${await address("in")}`], { input: "<13>hello\n" });
    await Promise.all([first, second].map((one) => one.until(/<13>hello\n/)));
  });
});

scenario(
  "topologies/unix-to-tcp.yaml puts a unix socket before nginx",
  { peers: [curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      const path = join(folder, "web.sock");
      await withTopology("unix-to-tcp", { SOCKET: path, TARGET: `127.0.0.1:${server.port}` }, async () => {
        const text = await textFrom(curl.path ?? "", ["-sS", "--unix-socket", path, "http://localhost/"]);
        assert.equal(text, "hello from nginx\n");
        assert.equal((await stat(path)).mode & 0o777, 0o660);
      });
    });
  },
);

scenario(
  "topologies/tcp-to-unix.yaml puts a port before nginx's unix socket",
  { peers: [curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      await withTopology("tcp-to-unix", { SOCKET: server.path }, async ({ address }) => {
        const text = await textFrom(curl.path ?? "", ["-sS", `http://${await address("front")}/`]);
        assert.equal(text, "hello from nginx\n");
      });
    });
  },
);

scenario("topologies/chat.yaml: one leaves, two go on", { peers: [socat] }, async (withTopology) => {
  await withTopology("chat", {}, async ({ address, engine }) => {
    const at = `TCP:${await address("door")}`;
    const join = () => launch(socat.path ?? "", ["-", at]);
    await using ann = join();
    await using bob = join();
    await using cid = join();
    await untilActive(engine, 3);
    ann.write("hello\n");
    await Promise.all([bob.until(/^hello\n$/), cid.until(/^hello\n$/)]);
    await ann.stop();
    await untilActive(engine, 2);
    bob.write("still here\n");
    await cid.until(/^hello\nstill here\n$/);
    cid.write("so am I\n");
    await bob.until(/^hello\nso am I\n$/);
  });
});

scenario("topologies/discard.yaml swallows and counts", { peers: [socat] }, async (withTopology) => {
  await withTopology("discard", {}, async ({ address, engine }) => {
    const input = pattern(4 * 1024 * 1024);
    const { stdout } = await run(socat.path ?? "", ["-t30", "-", `TCP:${await address("server")}`], { input });
    assert.equal(stdout.length, 0);
    const [status] = (await engine.status()).topologies;
    const server = status?.nodes.find((node) => node.name === "server");
    assert.equal(server?.connections?.total, 1);
  });
});

/** Waits until the door has so many connections, looking whenever the graph has changed. */
async function untilActive(
  engine: { status(): Promise<{ topologies: readonly Topology[] }> },
  count: number,
): Promise<void> {
  for (;;) {
    const [chat] = (await engine.status()).topologies;
    if (chat?.nodes.some((node) => node.connections?.active === count)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Topology {
  readonly nodes: readonly { readonly connections: { readonly active: number } | null }[];
}

/** Octets that repeat late, so that a lost or doubled piece shows. */
function pattern(length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let at = 0; at < length; at++) octets[at] = (at * 31 + (at >> 8) * 17 + (at >> 16)) & 0xff;
  return octets;
}

function digest(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

scenario("topologies/parameters.yaml forwards the ports that are given", { peers: [socat] }, async (withTopology) => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.2");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    await withTopology("parameters", { "parameters.ports": `${port}` }, async () => {
      const { stdout } = await run(socat.path ?? "", ["-t10", "-", `TCP:127.0.0.1:${port}`], { input: pattern(99) });
      assert.deepEqual(Uint8Array.from(stdout), Uint8Array.from(pattern(99)));
    });
  } finally {
    server.close();
  }
});

scenario(
  "topologies/include.yaml forwards HTTP with the template of another file",
  { peers: [curl, nginx] },
  async (withTopology) => {
    await withFolder(async (folder) => {
      await using server = await startNginx(nginx.path ?? "", folder);
      await withTopology("include", { TARGET: `localhost:${server.port}` }, async ({ address }) => {
        for (const node of ["web", "admin"]) {
          const url = `http://${await address(node)}/`;
          assert.equal(await textFrom(curl.path ?? "", ["-sS", url]), "hello from nginx\n");
        }
      });
    });
  },
);
