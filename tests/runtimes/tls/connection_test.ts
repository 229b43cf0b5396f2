/**
 * TLS connections with a peer that does what no library lets one do: it ends without close_notify, sends byte by byte,
 * stops in the middle, or sends what is broken.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { NetgraphError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { type SharedContext, TlsContexts } from "../../../src/runtimes/tls/contexts.ts";
import { Session } from "../../../src/runtimes/tls/session.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import type { Octets, Socket } from "../../../src/socket/socket.ts";
import type { TlsOptions } from "../../../src/socket/tls.ts";
import { pattern, Recorder, wholeOctets } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";

const LOCAL = { family: "inet", host: "127.0.0.1", port: 443 } as const;
const FUZZ_RUNS = 60;

/** A server with TLS, and a client that has a session of its own over TCP. */
class Ends {
  readonly server: Socket;
  readonly owner: Recorder;
  readonly peer: Peer;

  constructor(server: Socket, owner: Recorder, peer: Peer) {
    this.server = server;
    this.owner = owner;
    this.peer = peer;
  }
}

/** The client. */
class Peer extends Recorder {
  readonly socket: Socket;
  readonly session: Session;
  /** Changes what it sends. */
  mangle: (bytes: Uint8Array<ArrayBuffer>) => readonly Uint8Array<ArrayBuffer>[] = (bytes) => [bytes];
  readonly secured = Promise.withResolvers<void>();
  #isSecured = false;

  constructor(socket: Socket, context: SharedContext) {
    super();
    this.socket = socket;
    const common = {
      purpose: null,
      context: context.context.handle,
      checkedName: null,
      sentName: "localhost",
    } as const;
    this.session = new Session(context.ssl, { ...common, side: "client", verify: "none" });
  }

  override arrived({ buffer, offset, length }: Octets): void {
    this.session.feed(buffer.bytes.slice(offset, offset + length));
    this.go();
  }

  /** Goes on with the handshake, or decrypts. */
  go(): void {
    if (!this.#isSecured) {
      if (this.session.handshake() === 1) {
        this.#isSecured = true;
        this.secured.resolve();
      }
    } else {
      const into = new Uint8Array(64 * 1024);
      while (this.session.read(into) > 0);
    }
    this.flush();
  }

  /** Sends what the session has to say. */
  flush(): void {
    const into = new Uint8Array(256 * 1024);
    for (let length = this.session.take(into); length > 0; length = this.session.take(into)) {
      for (const bytes of this.mangle(into.slice(0, length))) this.socket.send(wholeOctets(bytes), null);
    }
  }
}

async function withEnds(options: TlsOptions, body: (ends: Ends) => Promise<void>): Promise<void> {
  assert.ok(tlsFiles !== null);
  const network = new MemoryNetwork({ time: systemClock });
  const sockets = network.openSockets();
  const contexts = new TlsContexts(systemClock);
  const context = contexts.use({});
  const listener = sockets.open(parseEndpoint("inet/stream/tls"));
  const accepting = new Recorder();
  listener.owner = accepting;
  listener.setTls?.({ ...tlsFiles.server, ...options });
  listener.bind(LOCAL);
  listener.listen(1);
  listener.accept();
  const client = sockets.open(parseEndpoint("inet/stream/tcp"));
  const peer = new Peer(client, context);
  client.owner = peer;
  const error = await new Promise<NetgraphError | null>((resolve) => client.connect(LOCAL, resolve));
  assert.equal(error, null);
  client.resume();
  await accepting.until(() => accepting.children.length === 1);
  const [child] = accepting.children;
  assert.ok(child !== undefined);
  try {
    await body(new Ends(child.socket, child.owner, peer));
  } finally {
    peer.session.free();
    for (const socket of [child.socket, client, listener]) socket.abort();
    await sockets.close();
    contexts.close();
  }
}

function check(name: string, options: TlsOptions, body: (ends: Ends) => Promise<void>): void {
  test(name, { skip: tlsSkip }, () => withEnds(options, body));
}

check("A TLS connection that ends without close_notify fails with ECONNRESET, behind its data", {}, async (ends) => {
  const { server, owner, peer } = ends;
  server.resume();
  peer.go();
  await peer.secured.promise;
  peer.session.write(new TextEncoder().encode("almost all"));
  peer.flush();
  peer.socket.shutdown();
  await owner.until(() => owner.errors.length === 1);
  assert.equal(owner.text(), "almost all");
  assert.deepEqual([owner.endedCount, owner.errors[0]?.code], [0, "ECONNRESET"]);
});

check("A TLS connection that ends with close_notify has ended, and carries the answer", {}, async (ends) => {
  const { server, owner, peer } = ends;
  server.resume();
  peer.go();
  await peer.secured.promise;
  peer.session.write(new TextEncoder().encode("all"));
  peer.session.end();
  peer.flush();
  peer.socket.shutdown();
  await owner.until(() => owner.endedCount === 1);
  assert.equal(owner.text(), "all");
  server.send(wholeOctets(new TextEncoder().encode("answer")), null);
  server.shutdown();
  await peer.until(() => peer.endedCount === 1);
  assert.deepEqual(owner.errors, []);
});

const several = tlsFiles === null ? {} : { certs: [tlsFiles.client] };

check("A TLS handshake byte by byte succeeds", { alpn: ["h2"], ...several }, async ({ server, owner, peer }) => {
  server.resume();
  peer.mangle = (bytes) => [...bytes].map((byte) => new Uint8Array([byte]));
  peer.go();
  await peer.secured.promise;
  const bytes = pattern(3_000, 1);
  peer.session.write(bytes);
  peer.flush();
  await owner.until(() => owner.receivedBytes === bytes.length);
  assert.deepEqual(owner.bytes(), bytes);
  assert.equal(server.tls?.serverName, "localhost");
});

check("A TLS handshake that stops ends in time", { handshakeTimeout: 50 }, async ({ owner, peer }) => {
  peer.mangle = (bytes) => [bytes.slice(0, 40)];
  peer.go();
  await owner.until(() => owner.errors.length === 1);
  const message = "TLS handshake took more than 0.05 s: the peer has not completed it";
  assert.deepEqual([owner.errors[0]?.code, owner.errors[0]?.message], ["ETLS", message]);
});

check("A TLS handshake of a silent peer ends in time", { handshakeTimeout: 50 }, async ({ owner }) => {
  await owner.until(() => owner.errors.length === 1);
  assert.match(owner.errors[0]?.message ?? "", /: the peer has sent nothing$/);
});

check("A peer that only looks whether the port is open has not failed TLS", {}, async ({ owner, peer }) => {
  peer.socket.shutdown();
  await owner.until(() => owner.errors.length === 1);
  assert.equal(owner.errors[0]?.code, "ECONNRESET");
});

check(
  "A TLS connection whose owner does not read takes no more than its limit",
  {},
  async ({ owner, server, peer }) => {
    peer.go();
    await peer.secured.promise;
    const bytes = pattern(4 * 1024 * 1024, 9);
    for (let at = 0; at < bytes.length; at += 64 * 1024) peer.session.write(bytes.slice(at, at + 64 * 1024));
    peer.flush();
    peer.session.end();
    peer.flush();
    // What the network in memory has taken is bounded, and the rest stays with the sender.
    assert.ok(peer.socket.queuedBytes > bytes.length / 2, `${peer.socket.queuedBytes} bytes wait`);
    server.resume();
    await owner.until(() => owner.endedCount === 1);
    assert.deepEqual(owner.bytes(), bytes);
  },
);

test("A TLS connection survives whatever its peer sends", { skip: tlsSkip, timeoutMs: 60_000 }, async () => {
  let state = 12345;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % limit;
  };
  const sent = pattern(20_000, 3);
  for (let run = 0; run < FUZZ_RUNS; run++) {
    const at = random(30_000);
    let passed = 0;
    await withEnds({ handshakeTimeout: 200 }, async ({ server, owner, peer }) => {
      server.resume();
      // One byte of all that is sent is another one, is left out, or comes twice.
      peer.mangle = (bytes) => {
        const place = at - passed;
        passed += bytes.length;
        if (place < 0 || place >= bytes.length) return [bytes];
        const [head, tail] = [bytes.slice(0, place), bytes.slice(place + 1)];
        const byte = bytes[place] ?? 0;
        const middle = [[byte ^ (1 + random(255))], [], [byte, byte]][random(3)] ?? [];
        return [new Uint8Array([...head, ...middle, ...tail])];
      };
      peer.go();
      const failed = owner.until(() => owner.errors.length + owner.endedCount > 0);
      await Promise.race([peer.secured.promise, failed, peer.until(() => peer.endedCount + peer.errors.length > 0)]);
      peer.session.write(sent);
      peer.session.end();
      peer.flush();
      peer.socket.shutdown();
      await failed;
      // Whatever came through is what was sent, and a whole one has an end.
      assert.deepEqual(owner.bytes(), sent.slice(0, owner.receivedBytes), `run ${run}, byte ${at}`);
      if (owner.endedCount === 1) assert.equal(owner.receivedBytes, sent.length);
    });
  }
});
