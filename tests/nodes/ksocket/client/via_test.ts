/**
 * Connecting through proxies: what they are asked, what follows their reply, and how a refusal is reported.
 *
 * @module
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseProxy } from "../../../../src/socket/via.ts";
import { test } from "../../../harness.ts";
import { withFolder } from "../../../support/folder.ts";
import { type Network, type Peer, withNetwork } from "../../../support/network.ts";

const PROXY = "inet/10.0.0.9:1080";
const bytes = (...octets: readonly number[]): string => String.fromCharCode(...octets);

/** A client of the proxy that connects to a target; what it has received leaves by its hook. */
async function dial(
  network: Network,
  via: string,
  target: string,
  credentials = "",
): Promise<{ readonly connected: Promise<string | null> }> {
  const file = credentials === "" ? "" : ` viaCredentials="${credentials}"`;
  await network.declare("out", "inet/stream/tcp", [`setconfig { via="${via}"${file} connectTimeout=2s }`]);
  const connected = network.msg("out", `connect ${target}`, { declared: true });
  connected.catch(() => {});
  await network.idle();
  return { connected };
}

/** What the proxy has received, as octets. */
function asked(peer: Peer | undefined): readonly number[] {
  return [...peer?.owner.bytes() ?? []];
}

async function refusal(connected: Promise<unknown>): Promise<string> {
  try {
    await connected;
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "connected";
}

test("via of a SOCKS proxy asks for the name, and passes on what follows the reply in the same piece", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(PROXY);
    const { connected } = await dial(network, "socks5://10.0.0.9:1080", "inet/db.example:5432");
    const [proxy] = peers;
    assert.deepEqual(asked(proxy), [5, 1, 0]);
    proxy?.send(bytes(5));
    await network.idle();
    proxy?.send(bytes(0));
    await network.idle();
    const name = [..."db.example"].map((letter) => letter.charCodeAt(0));
    assert.deepEqual(asked(proxy).slice(3), [5, 1, 0, 3, name.length, ...name, 5432 >> 8, 5432 & 255]);
    proxy?.send(bytes(5, 0, 0, 1, 1, 2, 3, 4, 0, 80) + "welcome");
    await network.idle();
    await connected;
    const before = asked(proxy).length;
    await network.msg("out", 'send "hello"');
    await network.idle();
    assert.equal(String.fromCharCode(...asked(proxy).slice(before)), "hello");
  }));

test("via relays both ways in a template, and the first data of the target is not lost", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(PROXY);
    await network.template(
      "through",
      'entry={ node="out" } nodes=[ { name="out" type="ksocket" hook="inet/stream/tcp" messages=[ ' +
        '{ command="setconfig" argument="{ via=\\"http://10.0.0.9:1080\\" }" } ' +
        '{ command="connect" argument="inet/10.0.0.1:25" } ] } ]',
    );
    await network.listen('{ template="through" }');
    const client = await network.connect();
    client.send("HELO");
    await network.idle();
    const [proxy] = peers;
    assert.equal(proxy?.owner.text(), "CONNECT 10.0.0.1:25 HTTP/1.1\r\nHost: 10.0.0.1:25\r\n\r\n");
    proxy?.send("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n220 mail");
    await network.idle();
    assert.equal(client.owner.text(), "220 mail");
    assert.match(proxy?.owner.text() ?? "", /\r\n\r\nHELO$/);
    client.socket.shutdown();
    await network.idle();
    proxy?.send("bye");
    proxy?.socket.shutdown();
    await network.idle();
    assert.deepEqual([client.owner.text(), client.owner.endedCount], ["220 mailbye", 1]);
    assert.deepEqual(network.undeclared(), []);
  }));

const REFUSALS: readonly (readonly [what: string, via: string, replies: readonly string[], why: RegExp])[] = [
  ["the target", "socks5", [bytes(5, 0), bytes(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)], /target refused.*\(SOCKS reply 5\)$/],
  ["the rules", "socks5", [bytes(5, 0), bytes(5, 2, 0, 1)], /does not allow this connection/],
  ["no authentication", "socks5", [bytes(5, 255)], /requires another authentication: set viaCredentials$/],
  ["another protocol", "socks5", ["HTTP/1.1 400 Bad Request\r\n"], /does not speak SOCKS version 5$/],
  ["a status", "http", ["HTTP/1.0 403 Filtered\r\n\r\n"], /replied "HTTP\/1\.0 403 Filtered"$/],
  ["no HTTP", "http", ["SSH-2.0-OpenSSH\r\n"], /does not speak HTTP$/],
];

for (const [what, protocol, replies, why] of REFUSALS) {
  test(`via reports a refusal of ${protocol}: ${what}`, () =>
    withNetwork(async (network) => {
      const { peers } = network.serve(PROXY);
      const { connected } = await dial(network, `${protocol}://10.0.0.9:1080`, "inet/10.0.0.1:80");
      for (const reply of replies) {
        peers[0]?.send(reply);
        await network.idle();
      }
      const message = await refusal(connected);
      const prefix = `Cannot connect "t/out" to inet/10.0.0.1:80 through ${protocol}://10.0.0.9:1080: the proxy `;
      assert.ok(message.startsWith(prefix), message);
      assert.match(message, why);
    }));
}

test("via reports a proxy that is not there, that hangs up, and one that is silent", () =>
  withNetwork(async (network) => {
    const { connected: absent } = await dial(network, "socks5://10.0.0.9:1080", "inet/10.0.0.1:80");
    assert.match(await refusal(absent), /through socks5:\/\/10\.0\.0\.9:1080: the proxy cannot be reached: connection/);
    const { peers } = network.serve(PROXY);
    const left = network.msg("out", "connect inet/10.0.0.1:80", { declared: true });
    await network.idle();
    peers[0]?.socket.shutdown();
    assert.match(await refusal(left), /the proxy closed the connection before it was through$/);
    const silent = network.msg("out", "connect inet/10.0.0.1:80", { declared: true });
    silent.catch(() => {});
    await network.idle();
    await network.memory.advance(2_500);
    assert.match(await refusal(silent), /no answer within 2 s$/);
    assert.deepEqual([peers.length, peers[1]?.owner.endedCount === 1 || peers[1]?.owner.errors.length === 1], [
      2,
      true,
    ]);
  }));

test("via sends credentials of a file, and reports a file without them", () =>
  withNetwork((network) =>
    withFolder(async (folder) => {
      const path = join(folder, "credentials");
      writeFileSync(path, "me:secret\n");
      const { peers } = network.serve(PROXY);
      const { connected } = await dial(network, "socks5://10.0.0.9:1080", "inet/10.0.0.1:80", path);
      assert.deepEqual(asked(peers[0]), [5, 2, 0, 2]);
      peers[0]?.send(bytes(5, 2));
      await network.idle();
      assert.equal(String.fromCharCode(...asked(peers[0]).slice(4)), bytes(1, 2) + "me" + bytes(6) + "secret");
      peers[0]?.send(bytes(1, 1));
      const message = await refusal(connected);
      assert.match(message, /the proxy refuses the credentials$/);
      assert.doesNotMatch(message, /secret/);
      writeFileSync(path, "nothing");
      const bad = network.msg("out", "connect inet/10.0.0.1:80", { declared: true });
      assert.match(await refusal(bad), /are not USER:PASSWORD/);
    })
  ));

test("parseProxy() has the address of a proxy, and says why a text is none", () => {
  const address = (text: string) => {
    const proxy = parseProxy(text);
    return "why" in proxy ? proxy.why.split(":")[0] : proxy.address;
  };
  assert.deepEqual(address("socks5://127.0.0.1:1080"), { family: "inet", host: "127.0.0.1", port: 1080 });
  assert.deepEqual(address("http://[::1]:3128/"), { family: "inet6", host: "::1", port: 3128, zone: null });
  assert.deepEqual(address("http://proxy.example:8080"), {
    family: "name",
    of: "tcp",
    name: "proxy.example",
    port: 8080,
  });
  assert.equal(address("http://me:secret@proxy:8080"), "credentials are read from a file");
  assert.equal(address("https://proxy:8080"), "expected socks5");
  assert.equal(address("socks5://proxy"), "expected a host and a port");
  assert.equal(address("socks5://proxy:70000"), "expected a host and a port");
});
