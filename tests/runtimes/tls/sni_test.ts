/**
 * Several certificates of one server: the name that the client asks for chooses.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { NetgraphError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/runtimes/host/clock_system.ts";
import { MemoryNetwork } from "../../../src/runtimes/memory/network.ts";
import { parseEndpoint } from "../../../src/socket/endpoint.ts";
import { Recorder } from "../../conformance/recorder.ts";
import { test } from "../../harness.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";

const LOCAL = { family: "inet", host: "127.0.0.1", port: 443 } as const;

test(
  "TLS presents the certificate that has the name, then a wildcard, then the first one",
  { skip: tlsSkip },
  async () => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca, server } = tlsFiles;
    const sockets = new MemoryNetwork({ time: systemClock }).openSockets();
    const listener = sockets.open(parseEndpoint("inet/stream/tls"));
    const accepting = new Recorder();
    listener.owner = accepting;
    listener.setTls?.({
      ...server,
      certs: [
        certificates.make({ name: "a", names: "DNS:a.test", issuer: ca }),
        certificates.make({ name: "b", names: "DNS:*.b.test", issuer: ca }),
      ],
    });
    listener.bind(LOCAL);
    listener.listen(1);
    const asked = async (serverName: string): Promise<string> => {
      listener.accept();
      const client = sockets.open(parseEndpoint("inet/stream/tls"));
      client.owner = new Recorder();
      client.setTls?.({ ca: ca.cert, serverName });
      const error = await new Promise<NetgraphError | null>((resolve) => client.connect(LOCAL, resolve));
      client.abort();
      return error?.message.replace(/^.*: Certificate/, "Certificate") ?? "verified";
    };
    for (const name of ["localhost", "a.test", "A.test", "x.b.test"]) assert.equal(await asked(name), "verified", name);
    assert.match(await asked("c.test"), /^Certificate is for localhost, .*, and not for c\.test$/);
    assert.match(await asked("x.y.b.test"), /^Certificate is for localhost, /);
    for (const { socket } of accepting.children) socket.abort();
    listener.abort();
    await sockets.close();
  },
);
