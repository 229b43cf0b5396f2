/**
 * file: reading to the end, appending, a full disk, and limits.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SharedBuffer } from "../../src/buffer.ts";
import { test } from "../harness.ts";
import { code, type Network, withNetwork } from "../support/network.ts";

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const contentOf = (network: Network, path: string): string => new TextDecoder().decode(network.memory.files.get(path));

function template(open: string): string {
  return `entry={ node="file" } nodes=[ { name="file" type="file" messages=[ { command="open" argument="${
    open.replaceAll('"', '\\"')
  }" } ] } ]`;
}

test("file sends a file to its end to each client, and the connection ends", () =>
  withNetwork(async (network) => {
    const text = "line\n".repeat(100_000);
    network.memory.files.set("/srv/motd", encode(text));
    await network.template("read", template('{ path="/srv/motd" }'));
    await network.listen('{ template="read" }');
    const clients = [await network.connect(), await network.connect()];
    await network.idle();
    for (const { owner, socket } of clients) {
      assert.deepEqual([owner.text().length, owner.text() === text, owner.endedCount], [text.length, true, 1]);
      socket.shutdown();
    }
    await network.idle();
    assert.deepEqual(network.undeclared(), []);
  }));

test("file appends what a client sends, and ends the connection after it", () =>
  withNetwork(async (network) => {
    network.memory.files.set("/var/log", encode("before\n"));
    await network.template("log", template('{ path="/var/log" mode=append }'));
    await network.listen('{ template="log" }');
    const client = await network.connect();
    await network.idle();
    client.send("one\n");
    client.send("two\n");
    client.socket.shutdown();
    await network.idle();
    assert.equal(contentOf(network, "/var/log"), "before\none\ntwo\n");
    assert.deepEqual([client.owner.endedCount, client.owner.errors, network.undeclared()], [1, [], []]);
  }));

test("file counts what a full disk does not take, and recovers with the next write", () =>
  withNetwork(async (network) => {
    await network.declare("disk", "file", ['open { path="/var/log" mode=truncate }']);
    await network.declareAt("in", { hook: "inet/dgram/udp", to: "disk" }, ["bind inet/127.0.0.1:5140"]);
    await network.release();
    const peer = network.datagrams("inet/127.0.0.1:9");
    const send = async (text: string): Promise<void> => {
      const { socket } = peer;
      const octets = encode(text);
      socket.send({ buffer: new SharedBuffer(octets), offset: 0, length: octets.length }, {
        family: "inet",
        host: "127.0.0.1",
        port: 5140,
      });
      await network.idle();
    };
    await send("a");
    network.memory.fail("write /var/log", "ENOSPC");
    await send("bcd");
    const faults = () => (network.node("disk").report()?.faults ?? []).map(({ reason, code }) => [reason, code]);
    assert.deepEqual(faults(), [["FileFailed", "ENOSPC"]]);
    await send("e");
    assert.deepEqual(faults(), []);
    assert.equal(contentOf(network, "/var/log"), "ae");
    assert.match(await network.msg("disk", "getfile") ?? "", /octets=2 lost=3/);
    assert.deepEqual(network.node("disk").hooks.list().map((hook) => hook.droppedBytes()), [{ error: 3 }]);
  }));

test("file that is not there refuses the client, and one with a relative path is refused", () =>
  withNetwork(async (network) => {
    await network.template("read", template('{ path="/srv/none" }'));
    await network.listen('{ template="read" }');
    const client = await network.connect();
    await network.idle();
    assert.equal(client.owner.errors.length + client.owner.endedCount, 1);
    const [fault] = network.node("front").report()?.faults ?? [];
    assert.match(fault?.message ?? "", /Cannot open "\/srv\/none": no such file/i);
    await network.declare("one", "file");
    await assert.rejects(network.msg("one", 'open { path="here" }'), code("EINVAL"));
    await assert.rejects(network.msg("one", 'open { path="/srv/none" }'), code("ENOENT"));
    assert.deepEqual(network.undeclared(), []);
  }));
