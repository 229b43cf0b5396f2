/**
 * Programs on the library, as people write them with libnetgraph (users 4d, 11), with real peers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Graph } from "../../src/engine/library/graph.ts";
import type { GraphSocket } from "../../src/engine/library/graph_socket.ts";
import { KSOCKET_COMMANDS } from "../../src/nodes/ksocket/ksocket_commands.ts";
import { peer, test } from "../harness.ts";
import { launch, textFrom } from "../support/process.ts";
import { realRuntimes } from "../support/real_runtimes.ts";

const curl = peer("curl");
const socat = peer("socat");

interface Program {
  readonly graph: Graph;
  readonly socket: GraphSocket;
  /** The port that the program listens on. */
  readonly port: number;
}

for (const { name: runtime, skip } of realRuntimes) {
  const run = (criterion: string, needed: string | null, body: (program: Program) => Promise<void>): void => {
    test(`${criterion}, on ${runtime}`, { skip: skip ?? needed, timeoutMs: 60_000 }, async () => {
      await using graph = await Graph.open({ runtime });
      await using socket = await graph.socket();
      await socket.mkpeer(".", { type: "ksocket", ourhook: "listen", peerhook: "inet/stream/tcp" });
      await socket.msg("listen", "bind inet/127.0.0.1:0");
      await socket.msg("listen", "listen 1024");
      const reply = await socket.msg("listen", { commands: KSOCKET_COMMANDS, command: "getname", args: null });
      assert.ok(reply.value?.family === "inet");
      await body({ graph, socket, port: reply.value.port });
    });
  };

  run("HTTP demo answers curl on each connection, from a hook of its own", curl.skip, async (program) => {
    const url = `http://127.0.0.1:${program.port}/`;
    const served = serveHttp(program.socket, 6);
    const one = await textFrom(curl.path ?? "", ["-sS", "--max-time", "20", url]);
    const more = await Promise.all(
      Array.from({ length: 5 }, () => textFrom(curl.path ?? "", ["-sS", "--max-time", "20", url])),
    );
    assert.deepEqual([one, ...more], Array(6).fill("hello from a hook\n"));
    assert.equal(await served, 6);
    // Clones that were answered and hung up on are gone: none piles up.
    assert.equal((await program.socket.types()).find(({ name }) => name === "ksocket")?.nodes, 1);
  });

  run("mpd's TCP server names its clones, turns one away and arms again", socat.skip, async (program) => {
    const { graph, socket, port } = program;
    const target = `TCP:127.0.0.1:${port}`;
    const taken: string[] = [];
    for (const name of ["mpd-1", "unwanted", "mpd-2"]) {
      const accepted = accept(socket);
      await using client = launch(socat.path ?? "", ["-", target]);
      const clone = await accepted;
      if (name === "unwanted") {
        await socket.shutdown(clone);
        await client.stop();
        continue;
      }
      await socket.name(clone, name);
      // The clone's hook has any name: mpd calls it "data".
      await socket.connect(".", { path: clone, ourhook: name, peerhook: "data" });
      client.write(`call from ${name}\n`);
      taken.push(await lineOf(socket));
      await socket.write(name, "welcome\n");
      await client.until(/^welcome$/m);
      assert.deepEqual((await graph.nodes(`${name}:`))[0]?.hooks.map((hook) => hook.name), ["data"]);
    }
    assert.deepEqual(taken, ["mpd-1: call from mpd-1\n", "mpd-2: call from mpd-2\n"]);
  });
}

/** Takes `count` connections and answers each request; done when all have hung up. */
async function serveHttp(socket: GraphSocket, count: number): Promise<number> {
  const accepting = (async () => {
    for (let index = 0; index < count; index++) {
      const clone = await accept(socket);
      await socket.msg(clone, "setopt { SO_KEEPALIVE=1 }");
      await socket.connect(".", { path: clone, ourhook: `c${index}`, peerhook: "http" });
    }
  })();
  let over = 0;
  const answered = new Set<string>();
  for await (const item of socket) {
    if (item.kind === "data" && !answered.has(item.hook)) {
      answered.add(item.hook);
      const body = "hello from a hook\n";
      await socket.write(
        item.hook,
        `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      await socket.end(item.hook);
    }
    // The clone goes with its last hook: the original never took that care, and its clones piled up.
    if (item.kind === "eof") await socket.rmhook(".", item.hook);
    if (item.kind === "unhooked" && ++over === count) break;
  }
  await accepting;
  return over;
}

/** The next connection's path. */
async function accept(socket: GraphSocket): Promise<string> {
  const { value } = await socket.msg("listen", { commands: KSOCKET_COMMANDS, command: "accept", args: null });
  assert.ok(value !== null);
  return `[${value.nodeid.toString(16)}]:`;
}

async function lineOf(socket: GraphSocket): Promise<string> {
  for await (const item of socket) {
    if (item.kind === "data") return `${item.hook}: ${new TextDecoder().decode(item.octets)}`;
  }
  return "";
}
