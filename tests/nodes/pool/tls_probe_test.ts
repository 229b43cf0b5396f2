/**
 * Probes of targets that are reached with TLS.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TlsOptions } from "../../../src/socket/tls.ts";
import { test } from "../../harness.ts";
import { type Network, withNetwork } from "../../support/network.ts";
import { tlsFiles, tlsSkip } from "../../support/tls.ts";

const A = "inet/10.0.0.1:443";

test("a target that is reached with TLS is down while its certificate is wrong, and probed with TLS", {
  skip: tlsSkip,
}, () =>
  withNetwork(async (network) => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca } = tlsFiles;
    const right = certificates.make({ name: "right", names: "IP:10.0.0.1", issuer: ca });
    const server = serveTls(network, certificates.make({ name: "wrong", names: "IP:10.0.0.1" }));
    await network.declare("db", "pool", [`settargets [ ${A} ]`, "sethealth { interval=1s probe=down }"]);
    const messages = [["settls", `{ ca="${ca.cert}" }`], ["connect", "pool/db"]].map(([command, argument]) => {
      return `{ command="${command}" argument="${argument?.replaceAll('"', '\\"')}" }`;
    });
    const upstream = `{ name="up" type="ksocket" hook="inet/stream/tls" messages=[ ${messages.join(" ")} ] }`;
    await network.template("secured", `entry={ node="up" hook="inet/stream/tls" } nodes=[ ${upstream} ]`);
    await network.listen('{ template="secured" }');
    await network.connect();
    await network.memory.advance(3_000);
    const target = () => network.report("db").targets?.[0];
    assert.equal(target()?.state, "down");
    assert.match(target()?.error?.message ?? "", /: Certificate of "wrong" is self-signed/);
    assert.ok((target()?.probes.failed ?? 0) > 0, "probes fail as connections do");
    server(right);
    await network.memory.advance(1_500);
    assert.equal(target()?.state, "up");
    await network.connect();
    await network.memory.advance(10);
    assert.equal(target()?.active, 1);
  }));

test(
  "a server that refuses the certificate of this side after its handshake is reported",
  { skip: tlsSkip },
  () =>
    withNetwork(async (network) => {
      assert.ok(tlsFiles !== null);
      const { certificates, ca } = tlsFiles;
      const right = certificates.make({ name: "right", names: "IP:10.0.0.1", issuer: ca });
      serveTls(network, { ...right, ca: ca.cert, verifyClient: "require" });
      const messages = [["settls", `{ ca="${ca.cert}" }`], ["connect", A]].map(([command, argument]) => {
        return `{ command="${command}" argument="${argument?.replaceAll('"', '\\"')}" }`;
      });
      const upstream = `{ name="up" type="ksocket" hook="inet/stream/tls" messages=[ ${messages.join(" ")} ] }`;
      await network.template("secured", `entry={ node="up" hook="inet/stream/tls" } nodes=[ ${upstream} ]`);
      await network.listen('{ template="secured" }');
      await network.connect();
      await network.memory.advance(100);
      const failures = network.events.flatMap((event) => event.kind === "connection-failed" ? [event] : []);
      assert.deepEqual(failures.map(({ node, reason }) => [node, reason]), [["front", "tls"]]);
      assert.match(failures[0]?.error.message ?? "", /10\.0\.0\.1:443 has failed: The peer requires a certificate/);
    }),
);

/** A server with TLS; what it returns gives it another certificate. */
function serveTls(network: Network, first: TlsOptions): (next: TlsOptions) => void {
  const { socket, owner } = network.socket("inet/stream/tls");
  socket.setTls?.(first);
  socket.bind({ family: "inet", host: "10.0.0.1", port: 443 });
  socket.listen(16);
  owner.accepted = (child) => {
    child.owner = network.socket().owner;
    child.resume();
  };
  for (let count = 0; count < 100; count++) socket.accept();
  return (next) => socket.setTls?.(next);
}
