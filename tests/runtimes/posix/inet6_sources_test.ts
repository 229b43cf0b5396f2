/**
 * Sources of inet6 datagrams, by their octets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Inet6Sources } from "../../../src/runtimes/posix/inet6_sources.ts";
import type { SocketAddress } from "../../../src/socket/address.ts";
import { test } from "../../harness.ts";

const address = (port: number): SocketAddress => ({ family: "inet6", host: "::1", port, zone: null });

test("Inet6Sources gives the same object for the same octets, wherever they are, and forgets in time", () => {
  const sources = new Inet6Sources();
  const words = new Uint32Array(40);
  const [one, other] = [address(1), address(2)];
  words.set([10, 0, 0, 0, 0, 1, 0], 3);
  words.set([10, 0, 0, 0, 0, 1, 7], 20);
  assert.equal(sources.find(words, 3), null);
  sources.add(words, 3, one);
  sources.add(words, 20, other);
  words.copyWithin(30, 3, 10);
  assert.equal(sources.find(words, 30), one);
  assert.equal(sources.find(words, 20), other);
  // What is remembered is bounded.
  for (let port = 0; port < 5000; port++) {
    words.set([10 + port * 65536, 0, 0, 0, 0, 2, 0], 10);
    sources.add(words, 10, address(port));
  }
  assert.equal(sources.find(words, 3), null);
  assert.deepEqual(sources.find(words, 10), address(4999));
});
