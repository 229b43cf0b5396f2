/**
 * One table of all that can be wrong between two ends of TLS, and what each of them reports.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { NetgraphError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import type { Socket } from "../../../src/socket/socket.ts";
import type { TlsOptions } from "../../../src/socket/tls.ts";
import { octetsOf, Recorder } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";
import { type TlsFiles, tlsFiles, tlsSkip } from "../../support/tls.ts";

/** What is tried. */
interface Case {
  readonly name: string;
  readonly server: (files: TlsFiles) => TlsOptions;
  /** A client with TLS, or what another client sends. */
  readonly client: ((files: TlsFiles) => TlsOptions) | string;
  /** What each reports; null: that does not matter, or it does not fail. */
  readonly serverReports: RegExp | null;
  readonly clientReports: RegExp | null;
}

const LOCAL = { family: "inet", host: "127.0.0.1", port: 443 } as const;

const plain = ({ server }: TlsFiles): TlsOptions => server;
const trusting = ({ ca }: TlsFiles): TlsOptions => ({ ca: ca.cert, serverName: "localhost" });
const asks = ({ server, ca }: TlsFiles): TlsOptions => ({ ...server, ca: ca.cert, verifyClient: "require" });

/** A ClientHello without extensions, which offers no later version: one cipher of TLS 1.2. */
const HELLO_OF_1_2 = `\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03${"a".repeat(32)}\x00\x00\x02\x00\x2f\x01\x00`;

const CASES: readonly Case[] = [
  {
    name: "an expired certificate of a server, with its date",
    server: ({ certificates, ca }) => {
      return certificates.make({ name: "old", names: "DNS:localhost", issuer: ca, days: -1 });
    },
    client: trusting,
    serverReports: /^The peer refused the certificate: it has expired$/,
    clientReports: /: Certificate of "old" expired on \d{4}-\d\d-\d\d$/,
  },
  {
    name: "a wrong name, with both names",
    server: plain,
    client: ({ ca }) => ({ ca: ca.cert, serverName: "db.example" }),
    serverReports: /^The peer refused the certificate/,
    clientReports: /: Certificate is for localhost, 127\.0\.0\.1, [0:]+:1, and not for db\.example$/,
  },
  {
    name: "an IP address that the certificate does not have",
    server: plain,
    client: ({ ca }) => ({ ca: ca.cert, serverName: "10.0.0.1" }),
    serverReports: null,
    clientReports: /: Certificate is for localhost, .*, and not for 10\.0\.0\.1$/,
  },
  {
    name: "an unknown CA, with the issuer",
    server: plain,
    client: ({ client }) => ({ ca: client.cert, serverName: "localhost" }),
    serverReports: /^The peer refused the certificate: it does not know the CA$/,
    clientReports: /: Certificate of "server" is signed by an unknown CA: "Test CA"$/,
  },
  {
    name: "a certificate that is its own CA",
    server: ({ certificates }) => certificates.make({ name: "alone" }),
    client: trusting,
    serverReports: null,
    clientReports: /: Certificate of "alone" is self-signed/,
  },
  {
    name: "no common application protocol",
    server: (files) => ({ ...plain(files), alpn: ["h2"] }),
    client: (files) => ({ ...trusting(files), alpn: ["http/1.1", "spdy"] }),
    serverReports: /^No common application protocol \(ALPN\): this side supports h2$/,
    clientReports: /o common application protocol \(ALPN\): this side supports http\/1\.1, spdy$/,
  },
  {
    name: "no common version",
    server: (files) => ({ ...plain(files), minVersion: "1.3" }),
    client: HELLO_OF_1_2,
    serverReports: /^No common TLS version: this side supports 1\.3 only$/,
    clientReports: null,
  },
  {
    name: "a client without a certificate",
    server: asks,
    client: trusting,
    serverReports: /^The peer sent no certificate$/,
    clientReports: null,
  },
  {
    name: "a client with the certificate of another CA",
    server: asks,
    client: (files) => ({ ...trusting(files), ...files.certificates.make({ name: "foreign" }) }),
    serverReports: /^Certificate of "foreign" is self-signed/,
    clientReports: null,
  },
  {
    name: "a client with an expired certificate",
    server: asks,
    client: (files) => {
      return { ...trusting(files), ...files.certificates.make({ name: "late", issuer: files.ca, days: -1 }) };
    },
    serverReports: /^Certificate of "late" expired on \d{4}-\d\d-\d\d$/,
    clientReports: null,
  },
  {
    name: "HTTP",
    server: plain,
    client: "GET / HTTP/1.1\r\n\r\n",
    serverReports: /^The peer does not speak TLS: the peer sent HTTP$/,
    clientReports: null,
  },
  {
    name: "SSH",
    server: plain,
    client: "SSH-2.0-OpenSSH_9.2\r\n",
    serverReports: /^The peer does not speak TLS: the peer sent SSH$/,
    clientReports: null,
  },
  {
    name: "bytes of no protocol",
    server: plain,
    client: "\x01\x02\x03\x04\x05\x06\x07\x08",
    serverReports: /^The peer does not speak TLS: it sent 01 02 03 04 05 06 07 08$/,
    clientReports: null,
  },
];

for (const { name, server, client, serverReports, clientReports } of CASES) {
  test(`TLS reports ${name}`, { skip: tlsSkip }, async () => {
    assert.ok(tlsFiles !== null);
    const network = new MemoryNetwork({ time: systemClock });
    const sockets = network.openSockets();
    const open = (protocol: string): { socket: Socket; owner: Recorder } => {
      const socket = sockets.open(parseEndpoint(`inet/stream/${protocol}`));
      const owner = new Recorder();
      socket.owner = owner;
      return { socket, owner };
    };
    const listener = open("tls");
    listener.socket.setTls?.(server(tlsFiles));
    listener.socket.bind(LOCAL);
    listener.socket.listen(1);
    listener.socket.accept();
    const caller = open(typeof client === "string" ? "tcp" : "tls");
    if (typeof client !== "string") caller.socket.setTls?.(client(tlsFiles));
    const done = new Promise<NetgraphError | null>((resolve) => caller.socket.connect(LOCAL, resolve));
    if (typeof client === "string") caller.socket.send(octetsOf(client), null);
    const error = await done;
    if (clientReports !== null) assert.match(error?.message ?? "none", clientReports);
    const [child] = listener.owner.children;
    assert.ok(child !== undefined);
    if (serverReports !== null) {
      await child.owner.until(() => child.owner.errors.length === 1);
      assert.match(child.owner.errors[0]?.message ?? "none", serverReports);
      assert.equal(child.owner.errors[0]?.code, "ETLS");
    }
    for (const { socket } of [caller, listener, child]) socket.abort();
    await sockets.close();
  });
}
