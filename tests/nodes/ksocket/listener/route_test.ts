/**
 * accept's `route` and `within`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SharedBuffer } from "../../../../src/buffer.ts";
import { test } from "../../../harness.ts";
import { alpn, GREASE, hello, padding, records, serverName } from "../../../support/client_hello.ts";
import { type Network, type Peer, withNetwork } from "../../../support/network.ts";

const at = (port: number): string => `inet/127.0.0.1:${port}`;
const [WEB, H2, SSH, OTHER, REST] = [9001, 9002, 9003, 9004, 9005];
const RULES = `{ sni=[ www.example *.example.net ] connect=${at(WEB)} } { alpn=h2 connect=${at(H2)} } ` +
  `{ starts="SSH-" silent=true connect=${at(SSH)} } { tls=true connect=${at(OTHER)} }`;
const DEFAULT = `{ connect=${at(REST)} }`;

/** The servers of all rules, by port. */
type Servers = ReadonlyMap<number, readonly Peer[]>;

/** A listener with the rules, in front of servers of the test's own. */
async function listen(network: Network, route = `${RULES} ${DEFAULT}`, fields = ""): Promise<Servers> {
  const servers = new Map([WEB, H2, SSH, OTHER, REST].map((port) => [port, network.serve(at(port)).peers]));
  await network.listen(`{ route=[ ${route} ] ${fields} }`);
  return servers;
}

/** The ports of servers that have connections. */
const reached = (servers: Servers) => [...servers].filter(([, peers]) => peers.length > 0).map(([port]) => port);
const results = (network: Network) => network.report("front").connections?.results ?? {};
const rules = (network: Network) => {
  const counts = network.report("front").connections?.byRule ?? [];
  return Object.fromEntries(counts.map(({ rule, active, total }) => [rule, [active, total]]));
};

function sendBytes(peer: Peer, bytes: Uint8Array): void {
  peer.socket.send({ buffer: new SharedBuffer(Uint8Array.from(bytes)), offset: 0, length: bytes.length }, null);
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

/** Sends bytes in pieces of that many, and returns the connection. */
async function say(network: Network, bytes: Uint8Array | string, size = Infinity): Promise<Peer> {
  const client = await network.connect();
  const whole = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  for (let from = 0; from < whole.length; from += size) {
    sendBytes(client, whole.subarray(from, from + size));
    await network.memory.advance(0);
  }
  await network.memory.advance(0);
  return client;
}

test("route selects the target by the first bytes, which reach it unchanged", () =>
  withNetwork(async (network) => {
    const servers = await listen(network);
    const cases: readonly (readonly [Uint8Array | string, number])[] = [
      [records(hello(GREASE, serverName("WWW.example"))), WEB],
      [records(hello(serverName("a.example.net"), padding(16_000)), 900), WEB],
      [records(hello(serverName("x.test"), alpn("h2"))), H2],
      [records(hello(GREASE)), OTHER],
      ["SSH-2.0-client\r\n", SSH],
      ["GET / HTTP/1.1\r\n\r\n", REST],
    ];
    const said = new Map<number, string[]>();
    for (const [bytes, port] of cases) {
      await say(network, bytes);
      said.set(port, [...said.get(port) ?? [], typeof bytes === "string" ? bytes : latin1(bytes)]);
    }
    await network.idle();
    for (const [port, peers] of servers) {
      assert.deepEqual(peers.map(({ owner }) => latin1(owner.bytes())), said.get(port), `${port}`);
    }
    assert.equal(network.report("front").connections?.total, cases.length);
    assert.deepEqual(rules(network), {
      "sni=[ www.example *.example.net ]": [2, 2],
      "alpn=h2": [1, 1],
      'starts="SSH-", silent': [1, 1],
      "tls=true": [1, 1],
      default: [1, 1],
    });
  }));

test("route reads a hello that comes byte by byte, and relays what follows in both directions", () =>
  withNetwork(async (network) => {
    const servers = await listen(network);
    const bytes = records(hello(GREASE, serverName("www.example")), 50);
    const client = await say(network, bytes, 1);
    assert.deepEqual(reached(servers), [WEB]);
    const [server] = servers.get(WEB) ?? [];
    client.send(" more");
    client.socket.shutdown();
    server?.send("answer");
    await network.memory.advance(0);
    assert.equal(latin1(server?.owner.bytes() ?? new Uint8Array(0)), `${latin1(bytes)} more`);
    assert.deepEqual([server?.owner.endedCount, client.owner.text(), client.owner.endedCount], [1, "answer", 0]);
    server?.socket.shutdown();
    await network.idle();
    assert.equal(client.owner.endedCount, 1);
    assert.deepEqual(network.undeclared(), []);
  }));

test("within sends silent clients by the silent rule, and those that said too little by the default", () =>
  withNetwork(async (network) => {
    const servers = await listen(network, undefined, "within=2s");
    await say(network, "");
    await say(network, "SS");
    await network.memory.advance(1_999);
    assert.deepEqual(reached(servers), []);
    await network.memory.advance(1);
    assert.deepEqual(reached(servers), [SSH, REST]);
    const [ssh] = servers.get(SSH) ?? [];
    ssh?.send("SSH-2.0-server\r\n");
    await network.memory.advance(0);
    assert.equal(servers.get(REST)?.[0]?.owner.text(), "SS");
  }));

test("a client that ends its direction is routed at once, with its end", () =>
  withNetwork(async (network) => {
    const servers = await listen(network);
    for (const text of ["", "SS"]) (await say(network, text)).socket.shutdown();
    await network.memory.advance(0);
    await network.memory.advance(0);
    const ends = [SSH, REST].map((port) => servers.get(port)?.[0]?.owner);
    assert.deepEqual(ends.map((owner) => [owner?.text(), owner?.endedCount]), [["", 1], ["SS", 1]]);
  }));

test("a client that leaves while its first bytes are read is counted as aborted, and leaves nothing", () =>
  withNetwork(async (network) => {
    const servers = await listen(network);
    const client = await say(network, "SS");
    assert.equal(network.report("front").connections?.active, 1);
    client.socket.abort();
    await network.idle();
    assert.deepEqual([results(network), reached(servers)], [{ accepted: 0, aborted: 1 }, []]);
    assert.deepEqual(network.undeclared(), []);
    await network.memory.advance(5_000);
    assert.deepEqual(reached(servers), []);
  }));

test("without a default, a connection that matches no rule is closed with reason no_route, and the event describes its first bytes", () =>
  withNetwork(async (network) => {
    await listen(network, RULES);
    const cases: readonly (readonly [Uint8Array | string, RegExp])[] = [
      ["GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", /HTTP for "a.test"/],
      ["\0\0\0\0\0", /5 bytes of an unknown protocol/],
    ];
    for (const [bytes] of cases) await say(network, bytes);
    await network.idle();
    assert.deepEqual(results(network), { accepted: 0, no_route: cases.length });
    assert.equal(network.report("front").reasons["no_route"], cases.length);
    const messages = network.events.flatMap((event) => {
      return event.kind === "connection-failed" && event.reason === "no_route" ? [event.error.message] : [];
    });
    cases.forEach(([, message], index) => assert.match(messages[index] ?? "", message));
    assert.deepEqual(network.undeclared(), []);
  }));

test("rules may lead to nodes and templates, and a changed one is for new connections", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(at(WEB));
    await network.declare("echo", "echo");
    await network.template(
      "session",
      'parameters=[ { name="to" } ] entry={ node="upstream" } nodes=[ { name="upstream" type="ksocket" ' +
        'hook="inet/stream/tcp" messages=[ { command="connect" argument="${with.to}" } ] } ]',
    );
    const route = (rest: string) =>
      `accept { route=[ { starts="T" template="session" with={ to="${at(WEB)}" } } ${rest} ] }`;
    await network.declare("front", "inet/stream/tcp", [
      "bind inet/127.0.0.1:80",
      "listen 128",
      route('{ peer="echo" }'),
    ]);
    await network.release();
    const first = await say(network, "echo me");
    await say(network, "T1");
    await network.memory.advance(0);
    assert.deepEqual([first.owner.text(), peers.map(({ owner }) => owner.text())], ["echo me", ["T1"]]);
    await network.msg("front", route(`{ connect=${at(WEB)} }`));
    first.send("!");
    await say(network, "x");
    await network.memory.advance(0);
    assert.deepEqual([first.owner.text(), peers.map(({ owner }) => owner.text())], ["echo me!", ["T1", "x"]]);
    assert.deepEqual(rules(network), { 'starts="T"': [1, 1], default: [2, 2] });
    assert.match(await network.msg("front", "getaccept") ?? "", /^\{ route=\[ \{ starts="T"/);
  }));

test("at most 32 KiB of a connection are looked at, and it is pushed back while it waits for its target", () =>
  withNetwork(async (network) => {
    const servers = await listen(network, `{ httpHost=a.test connect=${at(WEB)} } ${DEFAULT}`);
    const text = `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(40_000)}`;
    const client = await network.connect();
    client.send(text);
    await network.memory.advance(0);
    await network.idle();
    assert.deepEqual(reached(servers), [REST]);
    assert.equal(servers.get(REST)?.[0]?.owner.text().length, text.length);
  }));

test("clients that send one byte and wait do not hold up others, and are routed in time", () =>
  withNetwork(async (network) => {
    const servers = await listen(network);
    for (const client of await Promise.all(Array.from({ length: 200 }, () => network.connect()))) client.send("S");
    await network.idle();
    assert.deepEqual(reached(servers), []);
    await say(network, "SSH-2.0-client\r\n");
    assert.deepEqual(reached(servers), [SSH]);
    await network.memory.advance(3_000);
    assert.equal(servers.get(REST)?.length, 200);
    assert.equal(network.report("front").connections?.total, 201);
  }));

test("max counts connections whose first bytes are read, and deny refuses before they are", () =>
  withNetwork(async (network) => {
    const servers = await listen(network, undefined, "max=1 overflow=refuse");
    await say(network, "S");
    await say(network, "");
    assert.deepEqual([results(network), reached(servers)], [{ accepted: 0, limit: 1 }, []]);
    await network.msg("front", `accept { route=[ ${DEFAULT} ] deny=[ 127.0.0.0/8 ] }`);
    await say(network, "");
    assert.equal(results(network)["denied"], 1);
  }));

test("route works behind a PROXY header", () =>
  withNetwork(async (network) => {
    const servers = await listen(network, undefined, "proxyProtocol=require trusted=[127.0.0.0/8]");
    const header = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
    await say(network, `${header}SSH-2.0-x`);
    await say(network, `${header}SS`);
    await say(network, header);
    await network.memory.advance(3_000);
    const texts = [...servers].flatMap(([port, peers]) => peers.map(({ owner }) => [port, owner.text()]));
    assert.deepEqual(texts, [[SSH, "SSH-2.0-x"], [SSH, ""], [REST, "SS"]]);
    const clients = network.undeclared().map(({ behaviour }) => behaviour.report?.().peer);
    assert.equal(clients.filter((peer) => peer === "inet/192.0.2.7:56324").length, 3);
  }));

test("a template may refer to the client's address and port", () =>
  withNetwork(async (network) => {
    const { peers } = network.serve(at(WEB));
    await network.template(
      "session",
      'entry={ node="upstream" } nodes=[ { name="upstream" type="ksocket" hook="inet/stream/tcp" messages=[ ' +
        `{ command="connect" argument="${at(WEB)}" } ` +
        '{ command="send" argument="\\"from ${client.address} ${client.port}\\"" } ] } ]',
    );
    const header = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
    await network.listen('{ template="session" proxyProtocol=accept trusted=[127.0.0.0/8] }');
    for (const text of [`${header}a`, "b"]) await say(network, text);
    await network.memory.advance(0);
    const [named, own] = peers.map(({ owner }) => owner.text());
    assert.equal(named, "from 192.0.2.7 56324a");
    assert.match(own ?? "", /^from 127\.0\.0\.1 \d+b$/);
  }));
