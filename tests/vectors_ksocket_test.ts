/**
 * The reference vectors of ksocket: what it answers to messages, which socket a hook opens, what a tag does.
 *
 * Messages go in as text, so what the vectors say of binary arguments is said to `binary2ascii`, by which alone such
 * octets come in.
 *
 * @module
 */

import assert from "node:assert/strict";
import { codeOfFreebsdErrno, codeOfLinuxErrno, NetgraphError } from "../src/errors.ts";
import type { Node } from "../src/graph/core/node.ts";
import { AddressTag, KSOCKET_COOKIE } from "../src/nodes/address_tag.ts";
import { optionNumbers, optionOctets } from "../src/socket/option.ts";
import { makeProbe, octets } from "./support/graph.ts";
import { code, type Network, withNetwork } from "./support/network.ts";
import { type Vector, VectorTests } from "./support/vectors.ts";

const PORT = "inet/127.0.0.1:4000";
const tests = new VectorTests("tests/vectors_ksocket_test.ts");

/** A ksocket in the state that a vector names. */
async function inState(network: Network, state: string): Promise<Node> {
  if (state.startsWith("node without hook")) {
    await network.port.send("t/:", "mkpeer", '{ type="ksocket" ourhook="ks" }');
    return network.node("ks");
  }
  const datagram = state.startsWith("udp");
  const local = state.startsWith("local");
  const node = await network.declare("ks", datagram ? "inet/dgram/udp" : local ? "local/stream/0" : "inet/stream/tcp");
  if (state === "udp, connected") await network.msg("ks", "connect inet/127.0.0.1:9");
  if (state === "tcp, connected") {
    network.serve(PORT);
    await network.msg("ks", `connect ${PORT}`);
  }
  if (state.startsWith("tcp, listening")) {
    await network.msg("ks", `bind ${PORT}`);
    await network.msg("ks", "listen 5");
  }
  if (state === "port in use") network.serve(PORT);
  if (state === "foreign address") network.memory.fail("bind inet/203.0.113.1:1", "EADDRNOTAVAIL");
  if (state === "local stream, listener present") network.serveLocal("/tmp/s");
  if (state === "local stream, path is not listening") network.socket("local/dgram/0").socket.bind(LOCAL);
  await network.release();
  return node;
}

const LOCAL = { family: "local", path: "/tmp/s" } as const;

type Say = (network: Network, vector: Vector) => Promise<void>;

/** Octets of a command's argument are no argument of it. */
function refusesOctets(cmd: number, ...cases: readonly (readonly number[])[]): Say {
  return async (network) => {
    for (const given of cases) {
      const data = given.length === 0 ? "[]" : `[ ${given.join(" ")} ]`;
      const message = `binary2ascii { cmd=${cmd} typecookie=${KSOCKET_COOKIE} data=${data} }`;
      await assert.rejects(network.msg("ks", message), code("EINVAL"), message);
    }
  };
}

function refuses(message: string, desired: string): Say {
  return (network) => assert.rejects(network.msg("ks", message), code(desired), message);
}

/** Messages that are no text, or not alone. */
const SPOKEN: Readonly<Record<string, Say>> = {
  "bind with binary argument of 0 or 1 octets": refusesOctets(1, [], [16]),
  "bind with sa_len larger than the argument": refusesOctets(1, [16, 2, 0, 80, 127, 0, 0]),
  "listen with an argument that is not 4 octets": refusesOctets(2, [], [1, 0, 0], [1, 0, 0, 0, 0]),
  "accept with non-empty argument": refuses("accept 1", "EINVAL"),
  "getname with non-empty argument": refuses("getname 1", "EINVAL"),
  "getpeername with non-empty argument": refuses("getpeername 1", "EINVAL"),
  "getopt with anything other than exactly 8 octets": refusesOctets(8, [], [1, 0, 0, 0], [1, 0, 0, 0, 2, 0, 0, 0, 0]),
  "unknown command number with the ksocket cookie": refusesOctets(99, []),
  "foreign cookie": refuses("binary2ascii { cmd=1 typecookie=1 data=[] }", "EINVAL"),
  "setopt unknown level/name": async (network, vector) => {
    await refuses("setopt { level=4711 name=1 value=[ 1 ] }", "ENOPROTOOPT")(network, vector);
    await refuses("getopt { level=4711 name=1 }", "ENOPROTOOPT")(network, vector);
  },
  "getopt level=65535 name=0x1008 (SO_TYPE) on udp": async (network, vector) => {
    await network.declare("udp", "inet/dgram/udp");
    const text = await network.msg("udp", "getopt { level=65535 name=0x1008 }");
    assert.equal(text, "{ SO_TYPE=2 }");
    const { value } = await network.port.send("t/udp:", "getopt", "SO_TYPE");
    const hex = [...optionOctets(Object(value))].map((octet) => octet.toString(16).padStart(2, "0")).join("");
    assert.equal(hex, vector["reply_value_hex"]);
    assert.deepEqual(optionNumbers(Object(value), "linux"), vector["linux"]);
  },
  "(connection arrives)": async (network) => {
    await network.connect(PORT);
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
    await network.msg("ks", "accept");
    assert.equal(network.undeclared().length, 1);
  },
  accept: async (network, vector) => {
    if (vector.error !== undefined) return await refuses("accept", vector.error)(network, vector);
    const reply = network.port.send("t/ks:", "accept", null);
    await network.connect(PORT);
    const [clone] = network.undeclared();
    assert.equal((await reply).from, clone?.path);
    assert.notEqual(clone?.path, `[${network.node("ks").id.toString(16)}]`);
  },
  "connect inet/A:P (peer refuses)": async (network, vector) => {
    // EINPROGRESS at once means that the reply comes later.
    const answer = network.msg("ks", `connect ${PORT}`);
    assert.deepEqual([vector.error, await network.msg("ks", "getstate")], ["EINPROGRESS", "connecting"]);
    const { arg_int32: freebsd, arg_name: name, linux } = Object(vector["then"]);
    assert.deepEqual([codeOfFreebsdErrno(freebsd), codeOfLinuxErrno(linux)], [name, name]);
    await assert.rejects(answer, code(name));
  },
};

tests.each("ksocket_msg", (vector) =>
  withNetwork(async (network) => {
    const { error, overruled } = vector;
    const [state, msg] = [String(vector["state"]), String(vector["msg"])];
    const { errno } = Object(vector["linux"] ?? {});
    if (errno !== undefined) assert.equal(codeOfLinuxErrno(errno), error);
    if (vector["freebsd_errno"] !== undefined) assert.equal(codeOfFreebsdErrno(Number(vector["freebsd_errno"])), error);
    await inState(network, state);
    const say = SPOKEN[msg];
    if (say !== undefined) return await say(network, vector);
    const text = msg.replace(/^ngctl: msg ks /, "").replace(/inet\/(127\.0\.0\.1|A):P/, PORT);
    switch (overruled) {
      case "an argument to a command without one is refused":
        return await assert.rejects(network.msg("ks", text), code("EINVAL"));
      case "every stream connect answers with a reply of its own": {
        const answer = network.msg("ks", text);
        assert.equal(await network.msg("ks", "getstate"), "connecting");
        if (error === undefined) return assert.equal(await answer, "0");
        // A path that is not there refuses in memory; the system says ENOENT.
        return await assert.rejects(answer, (cause) => cause instanceof NetgraphError);
      }
      default:
        assert.equal(overruled, undefined);
    }
    if (error !== undefined) return await assert.rejects(network.msg("ks", text), code(error));
    const reply = await network.msg("ks", text);
    if (vector["reply"] !== undefined) assert.equal(reply, vector["reply"]);
    if (text === "connect inet/127.0.0.1:10") assert.equal(await network.msg("ks", "getpeername"), text.slice(8));
    if (text.startsWith("listen")) assert.match(await network.msg("ks", "getname") ?? "", /^inet\/0\.0\.0\.0:\d+$/);
  }));

tests.each("socreate", ({ in: hook = "", error }) =>
  withNetwork(async (network) => {
    const made = network.declare("ks", hook);
    // The memory network may lack what the kernel opens; what the kernel refuses must not open.
    if (error !== undefined) return await assert.rejects(made, (cause) => cause instanceof NetgraphError);
    await made.catch((cause) => assert.ok(cause instanceof NetgraphError && cause.code !== "EINVAL"));
  }));

tests.each("sockaddr_tag", ({ state, tag, result, overruled }) =>
  withNetwork(async (network) => {
    const peer = network.datagrams("inet/127.0.0.1:9");
    const { peers } = network.serve(PORT);
    const probe = makeProbe(network.graph);
    const type = String(state).startsWith("udp") ? "inet/dgram/udp" : "inet/stream/tcp";
    await network.msg(probe.node.path, `mkpeer { type="ksocket" ourhook="x" peerhook="${type}" }`);
    const node = probe.node.hooks.get("x")?.peer?.node;
    assert.ok(node !== undefined);
    if (state === "udp connected") await network.msg(node.path, "connect inet/127.0.0.1:9");
    if (state === "tcp connected") await network.msg(node.path, `connect ${PORT}`);
    const id = tag === "id=own" ? node.id : tag === "id=0" ? 0 : node.id + 100;
    const address = { family: "inet", host: "127.0.0.1", port: 9 } as const;
    probe.end.send("x", octets("x"), tag === null ? {} : { tag: new AddressTag(id, address) });
    await network.idle();
    const sent = /^(sent|appended)/.test(String(result));
    assert.ok(overruled === undefined || (overruled === "ENOTCONN, as the manual page says" && !sent));
    assert.equal(peer.owner.text() + (peers[0]?.owner.text() ?? ""), sent ? "x" : "");
    // The errno of data that goes nowhere is the count that its sender can read at the hook.
    assert.deepEqual(network.hook(node).dropped(), sent ? {} : { no_destination: 1 });
  }));

tests.done();
