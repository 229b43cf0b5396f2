/**
 * The reference vectors of node types: what ksocket answers to messages, which socket a hook opens, what a tag does, and
 * what goes where. A vector whose node is not built in yet is left out, by name.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { NetgraphError } from "../src/errors.ts";
import type { Node } from "../src/graph/node.ts";
import { AddressTag } from "../src/nodes/address_tag.ts";
import { test } from "./harness.ts";
import { makeGraph, makeProbe, octets } from "./support/graph.ts";
import { code, type Network, withNetwork } from "./support/network.ts";

interface Vector {
  readonly kind: string;
  readonly in?: string;
  readonly state?: string;
  readonly msg?: string;
  readonly error?: string;
  readonly overruled?: string;
  readonly node?: string;
  readonly hooks?: readonly string[];
  readonly input?: string;
  readonly output?: readonly string[];
  readonly tag?: string | null;
  readonly result?: string;
  readonly reply?: string | null;
}

const FILE = new URL("./reference/vectors.jsonl", import.meta.url);
const VECTORS: readonly Vector[] = readFileSync(FILE, "utf8").split("\n").filter((line) => line !== "").map((line) =>
  JSON.parse(line)
);
const PORT = "inet/127.0.0.1:4000";

function of(kind: string): readonly Vector[] {
  const found = VECTORS.filter((vector) => vector.kind === kind);
  assert.ok(found.length > 0);
  return found;
}

/** A ksocket in the state that a vector names. */
async function inState(network: Network, state: string): Promise<Node> {
  const datagram = state.startsWith("udp");
  const local = state.startsWith("local");
  const node = await network.declare("ks", datagram ? "inet/dgram/udp" : local ? "local/stream/0" : "inet/stream/tcp");
  if (state === "udp, connected") await network.tell("ks", "connect inet/127.0.0.1:9");
  if (state === "tcp, connected") {
    network.serve(PORT);
    await network.tell("ks", `connect ${PORT}`);
  }
  if (state.startsWith("tcp, listening")) {
    await network.tell("ks", `bind ${PORT}`);
    await network.tell("ks", "listen 5");
  }
  if (state === "port in use") network.serve(PORT);
  if (state === "foreign address") network.memory.fail("bind inet/203.0.113.1:1", "EADDRNOTAVAIL");
  await network.release();
  return node;
}

/** Vectors of binary arguments, of numbers on the wire and of moments that messages in text do not have. */
const NOT_IN_TEXT =
  /binary|sa_len|octets|cookie|unknown command number|^\(connection|level\/name|SO_TYPE|non-empty|without hook/;

for (const vector of of("ksocket_msg")) {
  const { state = "", msg = "", error, overruled } = vector;
  if (NOT_IN_TEXT.test(msg) || NOT_IN_TEXT.test(state)) continue;
  test(`vector ksocket_msg "${msg}" (${state}) holds`, () =>
    withNetwork(async (network) => {
      await inState(network, state);
      const text = msg.replace(/^ngctl: msg ks /, "").replace(/ \(.*\)$/, "").replace(/inet\/(127\.0\.0\.1|A):P/, PORT);
      if (text.startsWith("accept") && error === undefined) {
        const reply = network.port.send("t/ks:", "accept", null);
        await network.connect(PORT);
        assert.notEqual((await reply).from, `[${network.node("ks").id.toString(16)}]`);
        return;
      }
      const wanted = error === "EINPROGRESS" ? "ECONNREFUSED" : error;
      if (overruled === "an argument to a command without one is refused") {
        return await assert.rejects(network.tell("ks", text), code("EINVAL"));
      }
      if (overruled !== undefined) {
        // A local connect answers later: 0, or the errno, which the memory network calls a refusal for a missing path.
        if (error === undefined) network.serveLocal("/tmp/s");
        const answer = network.tell("ks", text);
        return error === undefined
          ? assert.equal(await answer, "0")
          : await assert.rejects(answer, (cause) => cause instanceof NetgraphError);
      }
      if (wanted === undefined) {
        const reply = await network.tell("ks", text);
        if (text.startsWith("get")) assert.equal(reply, vector.reply);
        return;
      }
      await assert.rejects(network.tell("ks", text), code(wanted));
    }));
}

for (const { in: hook = "", error } of of("socreate")) {
  test(`vector socreate "${hook}" holds`, () =>
    withNetwork(async (network) => {
      const made = network.declare("ks", hook);
      // What the kernel opens the memory network may not have; what it refuses nobody opens.
      if (error !== undefined) return await assert.rejects(made, (cause) => cause instanceof NetgraphError);
      await made.catch((cause) => assert.ok(cause instanceof NetgraphError && cause.code !== "EINVAL"));
    }));
}

for (const { node = "", hooks = [], input = "", output = [], error } of of("dataflow")) {
  if (!["hub", "tee", "hole", "split"].includes(node)) continue;
  test(`vector dataflow ${node} [${hooks}] from ${input} holds`, async () => {
    assert.equal(error, undefined);
    const { graph, port } = makeGraph();
    await port.openScope("t");
    const probe = makeProbe(graph);
    const made = graph.make(node, { scope: "t" });
    for (const hook of hooks) graph.connect({ node: probe.node, hook }, { node: made, hook });
    probe.end.send(input, octets("x"));
    assert.deepEqual(probe.got, output.map((hook) => `${hook} x`));
  });
}

for (const { state = "", tag, result = "" } of of("sockaddr_tag")) {
  test(`vector sockaddr_tag ${state}, tag ${tag} holds`, () =>
    withNetwork(async (network) => {
      const peer = network.datagrams("inet/127.0.0.1:9");
      const { peers } = network.serve(PORT);
      const probe = makeProbe(network.graph);
      const type = state.startsWith("udp") ? "inet/dgram/udp" : "inet/stream/tcp";
      await network.tell(probe.node.path, `mkpeer { type="ksocket" ourhook="x" peerhook="${type}" }`);
      const node = probe.node.hooks.get("x")?.peer?.node;
      assert.ok(node !== undefined);
      if (state === "udp connected") await network.tell(node.path, "connect inet/127.0.0.1:9");
      if (state === "tcp connected") await network.tell(node.path, `connect ${PORT}`);
      const id = tag === "id=own" ? node.id : tag === "id=0" ? 0 : node.id + 100;
      const address = { family: "inet", host: "127.0.0.1", port: 9 } as const;
      probe.end.send("x", octets("x"), tag === null ? {} : { tag: new AddressTag(id, address) });
      await network.idle();
      const sent = /^(sent|appended)/.test(result);
      assert.equal(peer.owner.text() + (peers[0]?.owner.text() ?? ""), sent ? "x" : "");
      assert.deepEqual(network.hook(node).dropped(), sent ? {} : { no_destination: 1 });
    }));
}

test("vectors of lifecycle that mkpeer, rmhook and paths are about hold", () =>
  withNetwork(async (network) => {
    const probe = makeProbe(network.graph);
    const hub = await network.declare("hub", "hub");
    const tell = (message: string) => network.tell("hub", message);
    const errors = of("lifecycle").filter(({ error }) => error !== undefined).length;
    const refused = [
      ['mkpeer { type="nope" ourhook="a" peerhook="b" }', "ENXIO"],
      ['mkpeer { type="socket" ourhook="a" peerhook="b" }', "EINVAL"],
      ['mkpeer { type="ksocket" ourhook="a" peerhook="bad" }', "EINVAL"],
      ['connect { path="gone:" ourhook="a" peerhook="b" }', "ENOENT"],
    ] as const;
    for (const [message, wanted] of refused) await assert.rejects(tell(message), code(wanted), message);
    assert.deepEqual([hub.hooks.size, network.undeclared().map(({ type }) => type.name)], [0, ["socket"]]);
    await tell('mkpeer { type="hole" ourhook="a" peerhook="b" }');
    await assert.rejects(tell('mkpeer { type="hole" ourhook="a" peerhook="b" }'), code("EEXIST"));
    await assert.rejects(network.port.send("gone:", "nodeinfo", null), code("ENOENT"));
    assert.equal(errors, refused.length + 2);
    await tell('rmhook { hook="never" }');
    await tell('rmhook { hook="a" }');
    assert.deepEqual(network.undeclared(), [probe.node]);
  }));
