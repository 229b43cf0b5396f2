/**
 * ksocket's messages case by case, as facts 3.1 to 3.7 have them and no vector or other test does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "../../harness.ts";
import { code, type Network, withNetwork } from "../../support/network.ts";

const PORT = "inet/127.0.0.1:4000";
const OTHER_PORT = "inet/127.0.0.1:4001";

facts("bind is refused a second time, and where the address is in use", async (network) => {
  await network.declare("ks", "inet/stream/tcp", [`bind ${PORT}`]);
  await assert.rejects(network.msg("ks", `bind ${OTHER_PORT}`), code("EINVAL"));
  await network.msg("ks", "listen 1");
  await network.declare("other", "inet/stream/tcp");
  await assert.rejects(network.msg("other", `bind ${PORT}`), code("EADDRINUSE"));
  await network.msg("other", `bind ${OTHER_PORT}`);
});

facts("listen is refused while connecting and connected, and may be said again", async (network) => {
  network.serve(OTHER_PORT);
  await network.declare("ks", "inet/stream/tcp");
  const connected = network.msg("ks", `connect ${OTHER_PORT}`);
  await assert.rejects(network.msg("ks", "listen 1"), code("EINVAL"));
  await connected;
  await assert.rejects(network.msg("ks", "listen 1"), code("EINVAL"));
  await network.listen("");
  await network.msg("front", "listen 5");
  await network.msg("front", "listen 100000");
  await network.connect();
});

facts("getname returns the unnamed address of each family, getpeername fails without a peer", async (network) => {
  const names = { "inet/dgram/udp": "inet/0.0.0.0", "inet6/stream/tcp": "inet6/[::]", "local/stream/0": 'local/""' };
  for (const [index, [hook, name]] of Object.entries(names).entries()) {
    await network.declare(`ks${index}`, hook);
    assert.equal(await network.msg(`ks${index}`, "getname"), name);
    await assert.rejects(network.msg(`ks${index}`, "getpeername"), code("ENOTCONN"));
  }
});

facts("connect that has failed leaves the node, which connects again", async (network) => {
  await network.declare("ks", "inet/stream/tcp");
  await assert.rejects(network.msg("ks", `connect ${PORT}`), code("ECONNREFUSED"));
  network.serve(PORT);
  assert.equal(await network.msg("ks", `connect ${PORT}`), "0");
});

facts("setopt is read back by getopt, by name and by numbers", async (network) => {
  await network.declare("ks", "inet/stream/tcp");
  await network.msg("ks", "setopt { level=0xffff name=8 data=[ 1 ] }");
  assert.equal(await network.msg("ks", "getopt SO_KEEPALIVE"), "{ SO_KEEPALIVE=1 }");
  assert.equal(await network.msg("ks", "getopt { level=0xffff name=8 }"), "{ SO_KEEPALIVE=1 }");
  await assert.rejects(network.msg("ks", "getopt { SO_KEEPALIVE=1 }"), code("EINVAL"));
  await assert.rejects(network.msg("ks", "setopt { SO_TYPE=1 }"), code("EINVAL"));
});

function facts(name: string, body: (network: Network) => Promise<void>): void {
  test(name, () => withNetwork(body));
}
